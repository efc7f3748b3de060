"""What the page of a run shows, worked out from its document: sentence, figures, bands, tables, assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import power
from joulebook.dashboard.charts.power import Band
from joulebook.dashboard.components.headline import Headline, Working
from joulebook.dashboard.escape import plain
from joulebook.dashboard.figures import boundary_word, figure_of, kind_word, mark
from joulebook.dashboard.saving import WORK_UNITS
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.forecasts import fraction_done, is_total, to_do, whole_run

Document = Mapping[str, Any]
OUTSIDE = "outside phases"


def title(document: Document) -> str:
    """The run's name, or its id where it has none."""
    return str(document["name"] or document["run_id"])


def sentence(document: Document) -> str:
    """Say what it was, what it used with its range, and where most of it went."""
    energy = figure_of(document["energy_j"])
    said = {
        "what": _what(document),
        "state": t("run.state_" + document["status"]),
        "duration": fmt.duration(document["duration_s"]),
    }
    if energy is None:
        return t("run.answer_unknown", **said)
    parts = fmt.shown(energy.value, energy.low, energy.high, "energy")
    span = f" ({fmt.span(parts)})" if parts.low else ""
    emissions = figure_of(document["emissions_g"]["location"])
    known = t(
        "run.answer",
        **said,
        energy=fmt.amount(energy.value, "energy"),
        span=span,
        emissions=fmt.amount(emissions.value if emissions else None, "emissions"),
    )
    return " ".join(part for part in (known, _most(document, energy), _measured(energy)) if part)


def _what(document: Document) -> str:
    kind = kind_of(document["stage"], document["kind"]) or t("run.run")
    words = [plain(document[name]) for name in ("model", "task") if document[name]]
    return f"{plain(kind).capitalize()}" + (f" ({', '.join(words)})" if words else "")


def kind_of(stage: str | None, kind: str | None) -> str:
    """Stage of a run, or its kind, in the reader's words; empty where neither was said."""
    return kind_word(stage or kind or "")


def _most(document: Document, energy: Figure) -> str:
    known = {name: figure["value"] for name, figure in document["energy_by_component"].items() if figure}
    if len(known) < 2 or energy.value <= 0:
        return ""
    name = max(known, key=lambda key: known[key])
    return t("run.most", component=t("component." + name), share=fmt.percent(known[name] / energy.value))


def _measured(energy: Figure) -> str:
    if energy.measured_share is None:
        return ""
    if energy.measured_share <= 0:
        return t("run.all_modelled")
    return t("run.measured", share=fmt.percent(energy.measured_share))


def headlines(document: Document) -> list[Headline]:
    """Energy, per unit of work, emissions, cost, water, duration with the mean power."""
    energy = figure_of(document["energy_j"])
    facility = figure_of(document["facility_energy_j"])
    cards = [
        Headline(
            "energy",
            t("word.energy"),
            energy,
            "energy",
            note=_beside_energy(document),
            working=_energy_working(document),
        ),
        *_whole(document, energy),
        *_per_unit(document, energy),
        Headline(
            "emissions",
            t("word.emissions"),
            figure_of(document["emissions_g"]["location"]),
            "emissions",
            note=t("note.location_based"),
            working=_emissions_working(document, facility),
        ),
        Headline(
            "cost",
            t("word.cost"),
            figure_of(document["cost_usd"]),
            "money",
            note=t("note.electricity"),
            working=_rate_working("cost", facility, figure_of(document["cost_usd"]), "USD/kWh"),
        ),
        Headline(
            "water",
            t("word.water"),
            figure_of(document["water_l"]),
            "volume",
            note=t("note.water"),
            working=_rate_working("water", facility, figure_of(document["water_l"]), "L/kWh"),
        ),
        _power(document, energy),
    ]
    return [card for card in cards if card is not None]


def _beside_energy(document: Document) -> str:
    """The boundary of the total, and the energy above idle where idle power was measured before the run."""
    above = figure_of(document["energy_above_idle_j"])
    if above is None:
        return t("boundary.IT")
    amount = fmt.with_range(above.value, above.low, above.high, "energy")
    return f"{t('boundary.IT')}; {t('run.above_idle', energy=f'{mark(above.method)} {amount}')}"


def _whole(document: Document, energy: Figure | None) -> list[Headline]:
    """The forecast of a run on its way, where it says how much there is to do."""
    done = fraction_done(document) if document["status"] == "running" else None
    if done is None or energy is None:
        return []
    note, numbers = (
        t("run.done", share=fmt.percent(done)),
        f"{fmt.amount(energy.value, 'energy')} ÷ {fmt.percent(done)}",
    )
    working = Working(t("working.forecast"), numbers)
    return [Headline("forecast", t("run.forecast"), whole_run(energy, done), "energy", note=note, working=working)]


def work_of(document: Document) -> tuple[str, float] | None:
    """The unit that the run's energy is shared out over, and how much of it was done."""
    return next(((unit, float(n)) for unit in WORK_UNITS if (n := document["counts"].get(unit))), None)


def work_done(document: Document) -> str:
    """Say `90 of 400 requests, 18 000 tokens read`; seconds of requests are no work, nor is what is to do."""
    known = {"requests", "samples", "tokens_in", "tokens_out", "requests_failed"}
    totals = to_do(document)

    def amount(unit: str, n: float) -> str:
        return t("run.of_all", done=fmt.whole(n), all=fmt.whole(totals[unit])) if unit in totals else fmt.whole(n)

    return ", ".join(
        t("work_n." + unit, n=amount(unit, n)) if unit in known else f"{amount(unit, n)} {unit}"
        for unit, n in document["counts"].items()
        if n and unit != "request_s" and not is_total(unit)
    )


def _per_unit(document: Document, energy: Figure | None) -> list[Headline]:
    work = work_of(document)
    if work is None or energy is None:
        return []
    unit, done = work
    return [
        Headline(
            "per-unit",
            t("run.per_unit", unit=t(f"work_one.{unit}")),
            energy.scaled(1 / done),
            "joules",
            note=t(f"work_n.{unit}", n=fmt.whole(done)),
            working=Working(
                t("working.per_unit"),
                f"{fmt.amount(energy.value, 'energy')} ÷ {fmt.whole(done)} = "
                f"{fmt.amount(energy.value / done, 'joules')}",
            ),
        )
    ]


def _power(document: Document, energy: Figure | None) -> Headline | None:
    duration_s = document["duration_s"]
    if energy is None or not duration_s:
        return None
    return Headline(
        "power",
        t("run.mean_power"),
        energy.scaled(1 / duration_s),
        "power",
        working=Working(
            t("working.power"),
            f"{fmt.si(energy.value, 'energy')} ÷ {fmt.si(duration_s, 'duration')} = "
            f"{fmt.amount(energy.value / duration_s, 'power')}",
        ),
    )


def _energy_working(document: Document) -> Working:
    lines = [
        f"{t('component.' + name)}: {mark(figure['method'])} "
        + fmt.with_range(figure["value"], figure["low"], figure["high"], "energy")
        for name, figure in document["energy_by_component"].items()
        if figure
    ]
    above = document["energy_above_idle_j"]
    if above:
        amount = fmt.with_range(above["value"], above["low"], above["high"], "energy")
        said = f"{plain(boundary_word(above['boundary']), 200)}: {amount}"
        lines.append(t("run.above_idle_how", above=said, idle=plain(above["vintage"], 200)))
    missing = [t("run.missing", what=plain(what)) for what in document["missing"]]
    return Working(t("working.energy"), None, (*lines, *missing))


def _emissions_working(document: Document, facility: Figure | None) -> Working:
    lines = []
    for zone in document["zones"]:
        intensity = figure_of(zone["intensity_g_per_kwh"])
        if intensity:
            span = fmt.span(fmt.shown(intensity.value, intensity.low, intensity.high, "count"))
            lines.append(
                t(
                    "working.intensity",
                    zone=plain(zone["zone"]),
                    value=fmt.number(intensity.value),
                    span=span,
                    vintage=plain(intensity.vintage or ""),
                )
            )
    numbers = None
    if facility and len(lines) == 1:
        value = document["zones"][0]["intensity_g_per_kwh"]["value"]
        emissions = document["emissions_g"]["location"]
        numbers = (
            f"{fmt.amount(facility.value, 'energy')} × {fmt.number(value)} g/kWh = "
            f"{fmt.amount(emissions['value'] if emissions else None, 'emissions')}"
        )
    return Working(t("working.emissions"), numbers, lines)


def _rate_working(name: str, facility: Figure | None, figure: Figure | None, unit: str) -> Working:
    numbers = None
    if facility and figure and facility.value > 0:
        rate = figure.value / (facility.value / 3.6e6)
        quantity: fmt.Quantity = "money" if name == "cost" else "volume"
        numbers = (
            f"{fmt.amount(facility.value, 'energy')} × {fmt.number(rate)} {unit} = {fmt.amount(figure.value, quantity)}"
        )
    return Working(t(f"working.{name}"), numbers)


def bands(document: Document) -> list[Band]:
    """Phases on the time axis, each on the first level where it overlaps no other; parents begin first."""
    start = when(document["started_at"])
    spans = []
    for phase in (one for row in document["phases"] for one in row.get("sample") or [row]):
        if phase["started_at"] is not None and phase["name"] != OUTSIDE:
            begin_s = (when(phase["started_at"]) - start).total_seconds()
            spans.append((begin_s, -(phase["duration_s"] or 0.0), phase["name"]))
    ends_s: list[float] = []
    drawn = []
    for begin_s, minus_s, name in sorted(spans):
        slack_s = 1e-6 * max(1.0, abs(begin_s))
        level = next((i for i, end_s in enumerate(ends_s) if end_s <= begin_s + slack_s), len(ends_s))
        ends_s[level : level + 1] = [begin_s - minus_s]
        drawn.append(Band(name, begin_s, begin_s - minus_s, level))
    return drawn


def when(text: str) -> datetime:
    """A time of a document; UTC where it carries no zone."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def power_title(trace: pd.DataFrame, drawn: Sequence[Band]) -> str:
    """The finding of the power chart: where the power was highest, and in which phase."""
    times, total_w = power.total(trace)
    at = int(np.nanargmax(total_w))
    peak_s, peak_w = float(times[at]), float(total_w[at])
    inside = [band for band in drawn if band.start_s <= peak_s <= band.end_s]
    peak = fmt.amount(peak_w, "power")
    if inside:
        return t("run.power_peak_in", power=peak, phase=max(inside, key=lambda band: band.level).name)
    return t("run.power_peak", power=peak, when=fmt.duration(peak_s))


def phase_rows(document: Document, *, each: bool) -> pd.DataFrame:
    """Own energy by phase, what is left outside of phases, and their sum, which is the run's total.

    Columns: phase, n, duration_s, energy_j, energy_low_j, energy_high_j, share. With `each` a row a phase, else a name.
    """
    rows = [_phase_row(phase) for phase in document["phases"]]
    total = document["energy_j"]
    frame = pd.DataFrame(rows, columns=["phase", "n", "duration_s", "energy_j", "energy_low_j", "energy_high_j"])
    if total and OUTSIDE not in set(frame["phase"]):
        frame.loc[len(frame)] = _outside(frame, document)
    if not each:
        frame = frame.groupby("phase", sort=False, as_index=False).sum(min_count=1)
    if total:
        frame.loc[len(frame)] = [t("run.total"), 1, document["duration_s"], total["value"], total["low"], total["high"]]
        frame["share"] = frame["energy_j"] / total["value"] if total["value"] else float("nan")
    return frame


def _phase_row(phase: Mapping[str, Any]) -> list[Any]:
    own = phase["own_energy_j"] or {"value": None, "low": None, "high": None}
    return [phase["name"], phase.get("n", 1), phase["duration_s"], own["value"], own["low"], own["high"]]


def _outside(frame: pd.DataFrame, document: Document) -> list[Any]:
    left_j = document["energy_j"]["value"] - frame["energy_j"].fillna(0.0).sum()
    left_s = max(0.0, document["duration_s"] - frame["duration_s"].fillna(0.0).sum())
    return [OUTSIDE, 1, left_s, left_j, None, None]


def shown_phases(frame: pd.DataFrame, document: Document) -> pd.DataFrame:
    """The phase table as text, all energies in the unit of the total so that they can be added up by eye."""
    total = document["energy_j"]
    unit = fmt.unit_for("energy", total["value"] if total else None)
    work = work_of(document)
    columns: dict[str, list[Any]] = {
        t("run.phase"): [t("run.outside") if name == OUTSIDE else name for name in frame["phase"]],
        t("run.times"): [fmt.whole(n) for n in frame["n"]],
        t("word.duration"): [fmt.duration(s) for s in frame["duration_s"]],
        f"{t('word.energy')}, {unit.name}": [_in_unit(j, unit, total) for j in frame["energy_j"]],
        t("figure.range"): [
            fmt.span(fmt.shown(row.energy_j, row.energy_low_j, row.energy_high_j, "energy", unit))
            for row in frame.itertuples()
        ],
        t("word.share"): [fmt.percent(share) for share in frame.get("share", [None] * len(frame))],
    }
    if work:
        label = t("word.per", amount="J", unit=t(f"work_one.{work[0]}"))
        columns[label] = [fmt.number(j / work[1]) for j in frame["energy_j"]]
    return pd.DataFrame(columns)


def _in_unit(energy_j: float | None, unit: fmt.Unit, total: Mapping[str, Any] | None) -> str:
    """With one decimal more than the total has by itself, so that the column adds up by eye."""
    if energy_j is None or pd.isna(energy_j):
        return t("figure.unknown")
    places = 1 + fmt.places_of((total or {"value": energy_j})["value"] / unit.size)
    return fmt.number(energy_j / unit.size, places)


def device_rows(devices: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Devices as a table: what the whole device used in that time, and the run's part of it."""
    return pd.DataFrame(
        [
            {
                t("run.device"): device["name"],
                t("run.component"): t("component." + device["component"]),
                t("run.host"): device["host"],
                t("run.device_energy"): _with_mark(device["device_energy_j"]),
                t("run.own_energy"): _with_mark(device["energy_j"]),
                t("run.id"): device["id"],
            }
            for device in devices
        ]
    )


def _with_mark(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return t("figure.unknown")
    return f"{mark(figure['method'])} {fmt.with_range(figure['value'], figure['low'], figure['high'], 'energy')}"


def assumptions(document: Document) -> list[str]:
    """What was assumed, modelled or missing, a line of Markdown each."""
    lines = []
    for zone in document["zones"]:
        key = "run.place_assumed" if zone["assumed"] else "run.place"
        lines.append(t(key, zone=plain(zone["zone"]), how=t("how." + zone["how"])))
    facility, energy = figure_of(document["facility_energy_j"]), figure_of(document["energy_j"])
    if facility and energy and energy.value > 0:
        lines.append(
            t("run.pue", pue=plain(facility.vintage or f"PUE {fmt.number(facility.value / energy.value)}", 200))
        )
    for name, figure in document["energy_by_component"].items():
        if figure and figure["method"] == "modelled":
            lines.append(t("run.modelled", component=t("component." + name)))
    lines += [t("run.missing", what=plain(what)) for what in document["missing"]]
    for absent in document["details"].get("absent") or []:
        said = [absent.get(part) for part in ("source", "why", "hint")]
        lines.append(
            t("run.absent", what=plain(said[0] or ""), why=plain(said[1] or ""), hint=plain(said[2] or "", 300))
        )
    return lines + [plain(warning, limit=400) for warning in document["warnings"]]
