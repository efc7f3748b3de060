"""Trade-off, the section elsewhere or later: nothing is worked out before one of its questions is chosen."""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard import estimate, places, tradeoff
from joulebook.dashboard import format as fmt
from joulebook.dashboard import tradeoff_elsewhere as other
from joulebook.dashboard.charts import estimate as multiples
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.states import error_state, note
from joulebook.dashboard.components.table import name_width_px, table
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.comparison import Candidate
from joulebook.ledger.elsewhere import Served
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.sites import WORLD, zone_code

Pair = tuple[Candidate | None, Candidate | None]
NOW = {"accelerator": "H100", "batch": 64.0, "precision": "bf16"}  # of the worked example
OTHER_DEVICES = ("A100", "H200", "MI300X", "B200")
EXAMPLE_BILLIONS = {"large": 70.0, "small": 8.0}


def section(asked: tradeoff.Inputs, found: tradeoff.Answer, pair: Pair) -> None:
    """The section whole.

    Args:
        asked: The page's inputs.
        found: The trade-off in kWh.
        pair: The models that were chosen; None where figures were typed.
    """
    st.subheader(t("tradeoff.elsewhere_title"), anchor=False)
    words = {t(f"tradeoff.change_{kind}"): kind for kind in other.KINDS}
    picked = st.segmented_control(
        t("tradeoff.change"), list(words), default=None, key="tradeoff_change", bind="query-params"
    )
    if picked is None:
        st.caption(t("tradeoff.elsewhere_none"))
        return
    try:
        if words[picked] == "region":
            _regions(asked, found)
        elif words[picked] == "hour":
            _hours(asked, found)
        else:
            _served(words[picked], asked, found, pair)
    except LedgerError as error:
        error_state(str(error))


def _regions(asked: tradeoff.Inputs, found: tradeoff.Answer) -> None:
    by_zone = {zone: label for label, zone in reversed(places.choices().items())}
    labels = st.multiselect(
        t("tradeoff.regions"), list(places.choices()), default=[by_zone[zone] for zone in estimate.PLACES],
        placeholder=t("places.search"), key="tradeoff_regions", bind="query-params",
    )  # fmt: skip
    names = places.names_of(labels)
    there = other.regions(found.result, asked.location, list(names))
    rows = other.region_rows(there, zone_code(asked.location) if asked.location else WORLD, names)
    st.markdown(other.region_sentence(rows))
    _both(rows, "emissions", "tradeoff.region_subtitle")
    table(
        other.region_table(there, rows), key="tradeoff-regions-table", alt=t("tradeoff.change_region"),
        export=other.region_export(there), file_name="tradeoff-regions.csv",
        columns={t("tradeoff.place"): st.column_config.Column(width=name_width_px((row.name for row in rows), 280))},
    )  # fmt: skip
    if said := places.stand_ins(row.key for row in rows):
        st.caption(said)
    st.caption(t("tradeoff.region_note"))


def _hours(asked: tradeoff.Inputs, found: tradeoff.Answer) -> None:
    zones = other.zones()
    if not zones:
        note(t("tradeoff.no_profiles"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        zone = st.selectbox(
            t("tradeoff.zone"), list(zones), index=other.zone_near(asked.location), format_func=zones.get,
            key="tradeoff_zone", bind="query-params", width=260,
        )  # fmt: skip
        duration_h = st.number_input(
            t("tradeoff.work_hours"), min_value=0.5, max_value=8760.0, value=8.0, step=1.0, key="tradeoff_hours",
            bind="query-params", format="%g", width=180,
        )  # fmt: skip
    worked = other.hours(found.result, zone, duration_h)
    said = other.hour_sentence(worked)
    st.markdown(said)
    values = [one.intensity_g_per_kwh for one in worked.day.hours]
    best, worst = other.best_and_worst(worked)
    title = t("tradeoff.hour_title", best=f"{best:02d}:00", worst=f"{worst:02d}:00")
    chart(
        multiples.hours(values, current_palette(), unit="g/kWh", best=best, mean=sum(values) / len(values)),
        title=title, subtitle=t("tradeoff.hour_subtitle", time=worked.day.time_zone), alt=title,
        key="tradeoff-hours-chart",
    )  # fmt: skip
    table(
        other.hour_table(worked), key="tradeoff-hours-table", alt=t("tradeoff.change_hour"),
        export=other.hour_export(worked), file_name="tradeoff-hours.csv", height=282,
    )  # fmt: skip
    if worked.once_g:
        st.caption(t("tradeoff.hour_note"))


def _served(kind: str, asked: tradeoff.Inputs, found: tradeoff.Answer, pair: Pair) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        now = _served_now(kind, pair)
    name_now, changes = _others(kind, now)
    rows = other.served_rows(asked, found.result, now, name_now, changes)
    st.markdown(other.served_sentence(rows))
    _both(rows, "joules", f"tradeoff.{kind}_subtitle")
    table(
        other.served_table(rows), key="tradeoff-served-table", alt=t(f"tradeoff.change_{kind}"),
        export=other.served_export(rows, kind), file_name=f"tradeoff-{kind}.csv",
    )  # fmt: skip
    st.caption(t("tradeoff.served_note"))


def _served_now(kind: str, pair: Pair) -> Served:
    """How both models are served now, as far as the question needs it."""
    names = estimate.device_names()
    device = st.selectbox(
        t("tradeoff.accelerator_now"), names, index=names.index(str(NOW["accelerator"])), key="tradeoff_accelerator",
        bind="query-params", width=200,
    )  # fmt: skip
    if kind == "accelerator":
        return Served(device)
    batch = st.number_input(
        t("tradeoff.batch_now"), min_value=1.0, value=float(NOW["batch"]), step=1.0, key="tradeoff_batch",
        bind="query-params", format="%g", width=150,
    )  # fmt: skip
    precision = st.selectbox(
        t("tradeoff.precision_now"), estimate.PRECISIONS, key="tradeoff_precision", bind="query-params", width=130
    )
    sizes = {role: _parameters(role, model) for role, model in zip(other.ROLES, pair, strict=True)}
    return Served(device, batch, precision, sizes)


def _parameters(role: str, model: Candidate | None) -> float | None:
    """The size of a model: as the books or its publishers have it, else typed in billions.

    Raises:
        LedgerError: Nothing is typed.
    """
    if model and model.parameters:
        return model.parameters
    billions = st.number_input(
        t(f"tradeoff.{role}_b"), min_value=1e-3, value=None if model else EXAMPLE_BILLIONS[role],
        key=f"tradeoff_{role}_b", bind="query-params", format="%g", placeholder=t("tradeoff.none"), width=160,
    )  # fmt: skip
    if billions is None:
        raise LedgerError(t("tradeoff.size_needed", name=t(f"tradeoff.{role}_b")))
    return billions * 1e9


def _others(kind: str, now: Served) -> tuple[str, dict[str, list[str] | list[float]]]:
    """How it is served now in words, and the other ways that were chosen."""
    if kind == "accelerator":
        chosen = _pick(kind, estimate.device_names(), list(OTHER_DEVICES))
        return now.accelerator, {"accelerators": [name for name in chosen if name != now.accelerator]}
    if kind == "precision":
        chosen = _pick(kind, list(estimate.PRECISIONS), ["fp8", "mxfp4"])
        return now.precision, {"precisions": [name for name in chosen if name != now.precision]}
    known = [fmt.whole(batch) for batch in estimate.BATCHES]
    numbers = dict(zip(known, estimate.BATCHES, strict=True))
    batches = [float(numbers[name]) for name in _pick(kind, known, known)]
    return t("estimate.batch_of", n=f"{now.batch:g}"), {"batches": [n for n in batches if n != now.batch]}


def _pick(kind: str, options: list[str], default: list[str]) -> list[str]:
    return st.multiselect(
        t(f"tradeoff.other_{kind}"), options, default=default, placeholder=t("tradeoff.none"),
        key=f"tradeoff_other_{kind}", bind="query-params",
    )  # fmt: skip


def _both(rows: list[other.Row], quantity: fmt.Quantity, subtitle: str) -> None:
    """The large and the small model side by side, a row a place or way."""
    drawn = other.frames(rows, quantity)
    for column, (role, (frame, unit)) in zip(st.columns(2, gap="large"), drawn.items(), strict=True):
        ratio = frame["value"].iloc[-1] / frame["value"].iloc[0]
        title = t(f"tradeoff.span_{role}", times=fmt.number(ratio))
        with column:
            chart(
                multiples.ranges(frame, current_palette(), unit=unit), title=title, subtitle=t(subtitle), alt=title,
                key=f"tradeoff-elsewhere-{role}",
            )  # fmt: skip
