"""Estimate: figures before there is a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from joulebook.dashboard import data, estimate, places
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import estimate as multiples
from joulebook.dashboard.charts import tradeoff_tornado
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.headline import Headline, headlines
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.states import error_state
from joulebook.dashboard.components.table import table
from joulebook.dashboard.escape import plain
from joulebook.dashboard.navigation import view
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.ledger import estimates
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.money import RENTAL
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.site_prior import SitePrior
from joulebook.ledger.sites import zone_code
from joulebook.meters.errors import MeterError

KINDS = ("training", "inference")
TASKS = ("chat", "reasoning", "code", "image", "video")
Line = tuple[str, Figure | None, fmt.Quantity]


def number(name: str, value: float | None, *, least: float = 1e-6, width: int = 150) -> float | None:
    """A number whose text and key have one name."""
    return st.number_input(
        t(f"estimate.{name}"), min_value=least, value=value, key=f"estimate_{name}", bind="query-params",
        format="%g", placeholder=t("estimate.open"), width=width,
    )  # fmt: skip


def device_and_place() -> tuple[str, str | None]:
    """On what and where."""
    device = st.selectbox(
        t("estimate.accelerator"), estimate.device_names(), index=3, key="estimate_accelerator", bind="query-params",
        width=190,
    )  # fmt: skip
    names = places.choices()
    declared = data.settings().location
    place = st.selectbox(
        t("compare.where"), list(names), index=None, placeholder=declared or t("compare.world_mean"),
        key="estimate_where", bind="query-params", width=220,
    )  # fmt: skip
    return device, names[place] if place else declared


def ask_training() -> estimate.TrainingAsked:
    """The inputs of a training."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        billions = number("parameters_b", 7.0) or 7.0
        tokens = number("tokens_b", 2000.0) or 2000.0
        device, place = device_and_place()
        count = number("count", 512.0, least=1.0)
        hours = number("hours", None, width=190)
    return estimate.TrainingAsked(billions * 1e9, tokens * 1e9, device, int(count) if count else None, hours, place)


def ask_inference() -> estimate.InferenceAsked:
    """The inputs of an inference."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        billions = number("total_b", 70.0) or 70.0
        device, place = device_and_place()
        batch = number("batch", None, least=1.0)
        precision = st.selectbox(
            t("estimate.precision"), estimate.PRECISIONS, key="estimate_precision", bind="query-params", width=120
        )
        task = st.selectbox(t("word.task"), TASKS, key="estimate_task", bind="query-params", width=140)
        with st.popover(t("compare.more")):
            active = number("active_b", None)
            devices = number("devices", None, least=1.0)
            tokens_in = number("tokens_in", None, least=0.0)
            tokens_out = number("tokens_out", None)
    return estimate.InferenceAsked(
        billions * 1e9, active * 1e9 if active else None, device, int(devices) if devices else None, batch,
        precision, task, tokens_in, tokens_out, place,
    )  # fmt: skip


def own_prior(device: str) -> SitePrior | None:
    """What the books say of training on a device; None where there are no runs to go by, or no books."""
    try:
        found = data.site_prior(data.open_books(), estimates.training_device(device).name)
    except (LedgerError, MeterError):  # an estimate needs no books; the other pages say what is wrong with them
        return None
    return found if found.utilisation else None


def by_own_runs(asked: estimate.TrainingAsked) -> tuple[estimate.TrainingAsked, str]:
    """The training as the site's own runs have it where there are some, and what to say of that beside the figures."""
    prior = own_prior(asked.device)
    if prior is None:
        return asked, ""
    used = st.toggle(t("estimate.own"), value=True, key="estimate_own", bind="query-params")
    said = estimate.prior_line(prior, asked.device, used=used)
    return (estimate.on_device(asked, asked.device, prior) if used else asked), said


def show_training() -> None:
    """A training."""
    asked, of_own = by_own_runs(ask_training())
    found = estimate.training(asked)
    days = found.duration_s
    with slot:
        answer(
            t(
                "estimate.answer_training", energy=text(found.facility_energy_j, "energy"),
                emissions=text(found.emissions_g, "emissions"), cost=text(found.cost_usd, "money"),
                what=cost_note(found.cost_usd),
            ),
            t("estimate.answer_days", days=days_text(days)) if days else "",
        )  # fmt: skip
        headlines([
            Headline("hours", t("estimate.accelerator_hours"), found.accelerator_hours, "count", unit_suffix=" h"),
            Headline("energy", t("word.energy"), found.facility_energy_j, "energy", note=t("boundary.facility")),
            Headline("emissions", t("word.emissions"), found.emissions_g, "emissions", note=t("note.location_based")),
            Headline("cost", t("word.cost"), found.cost_usd, "money", note=cost_note(found.cost_usd)),
            Headline("water", t("word.water"), found.water_l, "volume", note=t("note.water")),
        ])  # fmt: skip
        if of_own:
            st.caption(of_own)
    lines: list[Line] = [
        (t("estimate.accelerator_hours_long"), found.accelerator_hours, "count"),
        (t("estimate.it_energy"), found.energy_j, "energy"),
        (t("estimate.facility_energy"), found.facility_energy_j, "energy"),
        (t("estimate.development"), found.development_energy_j, "energy"),
        (t("word.emissions"), found.emissions_g, "emissions"),
        (t("word.cost"), found.cost_usd, "money"),
        (t("word.water"), found.water_l, "volume"),
    ]
    width(estimate.training_parts(asked), found.emissions_g, "emissions")
    left, right = st.columns(2, gap="large")
    with left:
        devices(
            [*estimate.DEVICES],
            asked.device,
            lambda name: (
                estimate.training(
                    estimate.on_device(asked, name, own_prior(name) if asked.utilisation else None)
                ).facility_energy_j
            ),
        )
    with right:
        elsewhere(asked.location, lambda code: estimate.training(replace(asked, location=_real(code))).emissions_g)
    hours_of_day(asked.location, found.emissions_g)
    close("training", lines, found.assumptions, asked.location)


def show_inference() -> None:
    """An inference."""
    asked = ask_inference()
    found = estimate.inference(asked)
    with slot:
        answer(
            t(
                "estimate.answer_inference", token=text(found.energy_per_token_j, "joules"),
                request=text(found.energy_per_request_j, "energy"),
                full=text(found.full_stack_energy_per_request_j, "energy"),
                emissions=text(found.emissions_g, "emissions"), cost=text(found.cost_usd, "money"),
                what=cost_note(found.cost_usd), water=text(found.water_l, "volume"),
            )
        )  # fmt: skip
        figures = {
            "token": (t("estimate.per_token"), found.energy_per_token_j, "joules", t("boundary.accelerators")),
            "request": (t("estimate.per_request"), found.energy_per_request_j, "energy", t("boundary.accelerators")),
            "full": (
                t("estimate.full_stack"), found.full_stack_energy_per_request_j, "energy", t("estimate.with_host"),
            ),
            "emissions": (
                t("estimate.emissions_request"), found.emissions_g, "emissions", t("note.location_based"),
            ),
            "cost": (t("estimate.cost_request"), found.cost_usd, "money", cost_note(found.cost_usd)),
            "water": (t("estimate.water_request"), found.water_l, "volume", t("note.water")),
        }  # fmt: skip
        headlines([Headline(key, *parts[:3], note=parts[3]) for key, parts in figures.items()])  # type: ignore[arg-type]
    lines: list[Line] = [
        (t("estimate.per_token"), found.energy_per_token_j, "joules"),
        (t("estimate.per_request"), found.energy_per_request_j, "energy"),
        (t("estimate.full_stack"), found.full_stack_energy_per_request_j, "energy"),
        (t("estimate.emissions_request"), found.emissions_g, "emissions"),
        (t("estimate.cost_request"), found.cost_usd, "money"),
        (t("estimate.water_request"), found.water_l, "volume"),
    ]
    width(estimate.inference_parts(asked), found.emissions_g, "emissions")
    left, middle, right = st.columns(3, gap="medium")
    with left:
        devices(
            [*estimate.DEVICES],
            asked.device,
            lambda name: estimate.inference(replace(asked, device=name)).energy_per_request_j,
        )
    with middle:
        batches(asked)
    with right:
        elsewhere(asked.location, lambda code: estimate.inference(replace(asked, location=_real(code))).emissions_g)
    hours_of_day(asked.location, found.emissions_g)
    close("inference", lines, found.assumptions, asked.location)


def cost_note(figure: Figure | None) -> str:
    """What the money is for: electricity, or accelerators by the hour."""
    rented = figure is not None and figure.boundary == RENTAL
    return t("estimate.rented" if rented else "note.electricity")


def _real(code: str) -> str | None:
    return None if code == "WLD" else code


def text(figure: Figure | None, quantity: fmt.Quantity) -> str:
    """A figure in a sentence, in bold."""
    return f"**{fmt.with_range(figure.value, figure.low, figure.high, quantity)}**" if figure else t("figure.unknown")


def days_text(figure: Figure) -> str:
    """A duration in days with its range."""
    ends = [fmt.number(end / 86_400) for end in (figure.value, figure.low, figure.high)]
    return t("compare.value_with_range", value=ends[0], low=ends[1], high=ends[2])


def width(parts: Sequence[estimate.Part], figure: Figure | None, quantity: fmt.Quantity) -> None:
    """The tornado of what makes the range wide."""
    if figure is None or not parts:
        return
    bars, centre, unit = estimate.swings(parts, figure, quantity)
    title = t("estimate.tornado_title", name=bars[0].name)
    chart(
        tradeoff_tornado.figure(bars, current_palette(), centre=centre, x_note=unit), title=title,
        subtitle=t("estimate.tornado_subtitle"), alt=title, key="estimate-tornado",
    )  # fmt: skip


def multiple(frame: pd.DataFrame, unit: str, *, title: str, subtitle: str, key: str) -> None:
    """One small multiple."""
    chart(multiples.ranges(frame, current_palette(), unit=unit), title=title, subtitle=subtitle, alt=title, key=key)


def devices(names: list[str], asked: str, at: object) -> None:
    """The same on other devices."""
    frame, unit = estimate.elsewhere([(name, name) for name in names], at, asked=asked, quantity="energy")  # type: ignore[arg-type]
    title = t("estimate.devices_title", name=frame["label"].iloc[0])
    multiple(frame, unit, title=title, subtitle=t("estimate.devices_subtitle"), key="estimate-devices")


def elsewhere(asked: str | None, at: object) -> None:
    """The same elsewhere."""
    labels = estimate.place_labels(asked or "WLD")
    frame, unit = estimate.elsewhere(labels, at, asked=asked or "WLD", quantity="emissions")  # type: ignore[arg-type]
    ratio = frame["value"].iloc[-1] / frame["value"].iloc[0]
    title = t(
        "estimate.places_title", low=frame["label"].iloc[0], high=frame["label"].iloc[-1], times=fmt.number(ratio)
    )
    multiple(frame, unit, title=title, subtitle=t("estimate.places_subtitle"), key="estimate-places")


def batches(asked: estimate.InferenceAsked) -> None:
    """The same with other batches."""
    keys = [(f"{batch}", t("estimate.batch_of", n=fmt.whole(batch))) for batch in estimate.BATCHES]
    frame, unit = estimate.elsewhere(
        keys, lambda key: estimate.inference(replace(asked, batch=float(key))).energy_per_request_j,
        asked=f"{asked.batch:g}" if asked.batch else "64", quantity="energy",
    )  # fmt: skip
    ratio = frame["value"].iloc[-1] / frame["value"].iloc[0]
    title = t("estimate.batches_title", times=fmt.number(ratio))
    multiple(frame, unit, title=title, subtitle=t("estimate.batches_subtitle"), key="estimate-batches")


def hours_of_day(location: str | None, figure: Figure | None) -> None:
    """The same at another hour of the day, where the place has a profile."""
    day = estimate.day_of(location)
    if day is None or figure is None:
        return
    unit = fmt.unit_for("emissions", figure.value)
    values = [figure.value * share / unit.size for share in day]
    best = values.index(min(values))
    title = t("estimate.hours_title", hour=best, percent=fmt.percent(1 - min(day)))
    chart(
        multiples.hours(values, current_palette(), unit=unit.name, best=best, mean=figure.value / unit.size),
        title=title, subtitle=t("estimate.hours_subtitle"), alt=title, key="estimate-hours",
    )  # fmt: skip


def close(kind: str, lines: list[Line], assumptions: tuple[str, ...], location: str | None) -> None:
    """The table, what was assumed, and the record."""
    table(
        estimate.table_of(lines), key="estimate-table", alt=t("estimate.table_alt"), export=estimate.export_of(lines),
        file_name=f"estimate-{kind}.csv",
    )  # fmt: skip
    st.subheader(t("estimate.assumed"), anchor=False)
    stood_in = places.stand_ins([zone_code(location)] if location else ())
    st.markdown("\n".join(f"- {plain(line, limit=300)}" for line in (stood_in, *assumptions) if line))
    st.markdown(estimate.record_line(kind))
    st.page_link(view("scoreboard"), label=t("nav.scoreboard"), icon=":material/scoreboard:")


with header(t("nav.estimate")):
    words = {t(f"estimate.{kind}"): kind for kind in KINDS}
    picked = st.segmented_control(
        t("estimate.kind"), list(words), default=next(iter(words)), required=True, key="estimate_kind",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
slot = st.container()
try:
    if words[picked] == "training":
        show_training()
    else:
        show_inference()
except LedgerError as error:
    error_state(str(error))
page_footer(None, boundary=t("estimate.boundary"))
