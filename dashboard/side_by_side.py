"""Two or more runs held against the first: same work or not, difference against uncertainty, facts in rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from joulebook.dashboard import format as fmt
from joulebook.dashboard import run_page
from joulebook.dashboard.charts.ranges import Point
from joulebook.dashboard.escape import plain
from joulebook.dashboard.figures import figure_of, mark
from joulebook.dashboard.runs_table import state
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.comparison_draws import log_sd
from joulebook.ledger.accounting.comparison_pairs import Amount, Part, ratio
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import Z90, Range
from joulebook.ledger.candidates_runs import SINGLE_RUN_GSD

Document = Mapping[str, Any]
THRESHOLD = 0.95  # as in Compare: from here on a difference is said
_TIMES_FROM = 2.0  # from here on a ratio reads better as "3.1 times" than as "310 %"


@dataclass(frozen=True, slots=True)
class Rows:
    """The runs to compare.

    Attributes:
        names: One a run, told apart by a number where two are alike.
        unit: Unit of work that all of them did, or None: then totals are compared.
        energy: Energy per unit or in total, for each run.
    """

    documents: tuple[Document, ...]
    names: tuple[str, ...]
    unit: str | None
    energy: tuple[Figure | None, ...]

    @property
    def quantity(self) -> fmt.Quantity:
        """How energies are shown: joules a unit, or watt-hours in total."""
        return "joules" if self.unit else "energy"


def labels(frame: pd.DataFrame) -> dict[str, str]:
    """Run id -> name and start, for choosing."""
    return {
        row.run_id: f"{row.name if isinstance(row.name, str) else row.run_id} · {fmt.moment(row.started_at)}"
        for row in frame.itertuples()
    }


def gather(documents: Sequence[Document]) -> Rows:
    """Bring runs onto one footing: per unit of work where all did the same kind of work, else in total."""
    work = [run_page.work_of(document) for document in documents]
    units = {found[0] if found else None for found in work}
    unit = units.pop() if len(units) == 1 else None
    energies: list[Figure | None] = []
    for document, found in zip(documents, work, strict=True):
        energy = figure_of(document["energy_j"])
        energies.append(energy.scaled(1 / found[1]) if energy and unit and found else energy)
    return Rows(tuple(documents), _told_apart(documents), unit, tuple(energies))


def _told_apart(documents: Sequence[Document]) -> tuple[str, ...]:
    names = [run_page.title(document) for document in documents]
    return tuple(
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})" for i, name in enumerate(names)
    )


def energy_of(document: Document, unit: str | None) -> Amount | None:
    """A run's energy by what its errors are of, per unit of work where there is one; None where it is unknown."""
    energy, work = figure_of(document["energy_j"]), run_page.work_of(document)
    if energy is None or energy.value <= 0:
        return None
    known = {name: figure_of(json) for name, json in document["energy_by_component"].items() if json}
    parts = [Part(figure, _error_of(document, name, figure)) for name, figure in known.items() if figure]
    again = SINGLE_RUN_GSD**Z90  # the same job run again differs by some per cent, as Compare has it for a single run
    factors = [Part(Figure(1.0, 1 / again, again, "modelled", "IT"))]
    factors += [Part(_exactly(1 / work[1]))] if unit and work else []
    return Amount(tuple(parts) or (Part(energy),), tuple(factors))


def _error_of(document: Document, component: str, figure: Figure) -> str | None:
    """A device that is read has its own error, a model that of the processor it models; what was declared has none."""
    if figure.method == "modelled":
        machines = document.get("details", {}).get("machines") or []
        models = sorted({str((found.get("machine") or {}).get("cpu_model") or "") for found in machines})
        return f"model of {component} of {', '.join(models)}"
    ids = sorted(str(device["id"]) for device in document["devices"] if device["component"] == component)
    return f"meter of {', '.join(ids)}" if ids and figure.method in {"measured", "sampled"} else None


def emissions_of(document: Document, unit: str | None) -> Amount | None:
    """A run's emissions: its energy, the overhead of its place and its grid, where it ran in one place."""
    energy, facility = energy_of(document, unit), figure_of(document["facility_energy_j"])
    grids = [(zone["zone"], figure_of(zone["intensity_g_per_kwh"])) for zone in document["zones"]]
    it = figure_of(document["energy_j"])
    if energy is None or facility is None or it is None or len(grids) != 1 or grids[0][1] is None:
        return None
    zone, intensity = grids[0]
    spread = math.sqrt(max(0.0, log_sd(facility) ** 2 - log_sd(it) ** 2)) * Z90
    overhead = facility.value / it.value
    pue = Figure(overhead, overhead / math.exp(spread), overhead * math.exp(spread), facility.method, "facility")
    factors = (Part(pue, f"PUE {facility.vintage}"), Part(intensity, f"grid of {zone} {intensity.vintage}"))
    return Amount(energy.parts, (*energy.factors, *factors))


def _exactly(value: float) -> Figure:
    return Figure(value, value, value, "measured", "IT")


def sentence(rows: Rows) -> str:
    """Say how the one that differs most from the first differs, and with which probability it does."""
    amounts = [energy_of(document, rows.unit) for document in rows.documents]
    found = {i: ratio(amounts[0], other) for i, other in enumerate(amounts[1:], start=1) if amounts[0] and other}
    known = {i: times for i, times in found.items() if times}
    if not known:
        return t("side.unknown")
    i = max(known, key=lambda i: abs(math.log(known[i].times.value)))
    times, more = known[i].times, known[i].probability_more
    per = t("side.per", unit=t(f"work_one.{rows.unit}")) if rows.unit else ""
    sure = max(more, 1 - more)
    share = t("side.percent", share=fmt.percent(times.value))
    said = t(
        "side.real" if sure >= THRESHOLD else "side.not_real",
        first=plain(rows.names[0]),
        other=plain(rows.names[i]),
        share=share if times.value < _TIMES_FROM else t("side.times", n=fmt.number(times.value)),
        span=_span(times),
        per=per,
        which=t("side.more" if more >= 0.5 else "side.less"),
        p=_probability(sure),
    )
    return " ".join(part for part in (said, _carbon(rows, i)) if part)


def _probability(p: float) -> str:
    """Ten thousand draws tell no more than that it is over 0.999."""
    return t("side.almost_sure") if p > 0.999 else f"{p:.2f}"


def _carbon(rows: Rows, i: int) -> str:
    """The same of emissions, where the two ran on other grids; on one grid they differ as their energies do."""
    first, other = (rows.documents[0], rows.documents[i])
    if {zone["zone"] for zone in first["zones"]} == {zone["zone"] for zone in other["zones"]}:
        return ""
    amounts = [emissions_of(document, rows.unit) for document in (first, other)]
    found = ratio(amounts[0], amounts[1]) if amounts[0] and amounts[1] else None
    if found is None:
        return ""
    more = found.probability_more
    return t(
        "side.carbon",
        share=t("side.percent", share=fmt.percent(found.times.value))
        if found.times.value < _TIMES_FROM
        else t("side.times", n=fmt.number(found.times.value)),
        span=_span(found.times),
        which=t("side.more" if more >= 0.5 else "side.less"),
        p=_probability(max(more, 1 - more)),
    )


def _span(times: Range) -> str:
    if times.value < _TIMES_FROM:
        return t("figure.span", low=fmt.percent(times.low), high=fmt.percent(times.high))
    return fmt.span(fmt.shown(times.value, times.low, times.high, "count"))


def same_work(rows: Rows) -> list[str]:
    """One sentence of Markdown for each way in which the runs differ beside their model."""
    found = []
    for key, values in (
        ("task", {document["task"] for document in rows.documents}),
        ("kind", {run_page.kind_of(document["stage"], document["kind"]) for document in rows.documents}),
        ("boundary", {tuple(sorted(_known_parts(document))) for document in rows.documents}),
        ("hardware", {_hardware(document) for document in rows.documents}),
    ):
        if len(values) > 1:
            found.append(t(f"side.other_{key}", values=plain("; ".join(sorted(_words(v) for v in values)), 300)))
    if rows.unit is None:
        found.append(t("side.other_unit"))
    unfinished = [name for name, d in zip(rows.names, rows.documents, strict=True) if d["status"] != "finished"]
    if unfinished:
        found.append(t("side.unfinished", names=plain(", ".join(unfinished), 300)))
    return found


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return " + ".join(t("component." + name) for name in value) or t("figure.unknown")
    return str(value) if value else t("figure.unknown")


def _known_parts(document: Document) -> list[str]:
    return [name for name, figure in document["energy_by_component"].items() if figure]


def _hardware(document: Document) -> str:
    """The accelerators, or the processors where there are none."""
    names = sorted({device["name"] for device in document["devices"] if device["component"] == "gpu"})
    machines = document.get("details", {}).get("machines") or []
    models = sorted({str((found.get("machine") or {}).get("cpu_model") or "") for found in machines})
    return ", ".join(names or models)


def points(rows: Rows) -> list[Point]:
    """The runs for the chart, in the order chosen; the first is accented."""
    return [
        Point(name, figure, accent=i == 0) for i, (name, figure) in enumerate(zip(rows.names, rows.energy, strict=True))
    ]


def title(rows: Rows) -> str:
    """The finding: who uses least."""
    known = [(figure.value, name) for figure, name in zip(rows.energy, rows.names, strict=True) if figure]
    if not known:
        return t("side.unknown_title")
    least, name = min(known)
    return t("side.least", name=name, energy=fmt.amount(least, rows.quantity))


def subtitle(rows: Rows) -> str:
    """What is drawn."""
    return t("side.subtitle_unit", unit=t(f"work_one.{rows.unit}")) if rows.unit else t("side.subtitle_total")


def facts(rows: Rows, *, only_differences: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts in rows and runs in columns, as text and as raw values; `only_differences` leaves out what is alike."""
    table = [(label, [show(document) for document in rows.documents]) for label, show in _SHOWN.items()]
    table = [(label, values) for label, values in table if any(values)]
    if only_differences:
        table = [(label, values) for label, values in table if len(set(values)) > 1]
    shown = pd.DataFrame([values for _, values in table], columns=list(rows.names))
    shown.insert(0, t("side.fact"), [t(f"side.fact_{label}") for label, _ in table])
    return shown, _raw(rows)


def _raw(rows: Rows) -> pd.DataFrame:
    columns = []
    for document in rows.documents:
        flat = {name: document[name] for name in ("run_id", "name", "model", "task", "status", "duration_s")}
        for name, figure in (
            ("energy_j", document["energy_j"]),
            ("emissions_g", document["emissions_g"]["location"]),
            ("cost_usd", document["cost_usd"]),
            ("water_l", document["water_l"]),
        ):
            stem, unit = name.rsplit("_", 1)
            flat |= {name: figure and figure["value"]}
            flat |= {f"{stem}_{end}_{unit}": figure and figure[end] for end in ("low", "high")}
            flat |= {f"{stem}_method": figure and figure["method"], f"{stem}_vintage": figure and figure["vintage"]}
        columns.append(flat | {f"count_{name}": n for name, n in document["counts"].items()})
    return pd.DataFrame(columns)


def _figure(json: Mapping[str, Any] | None, quantity: fmt.Quantity) -> str:
    if json is None:
        return t("figure.unknown")
    return f"{mark(json['method'])} {fmt.with_range(json['value'], json['low'], json['high'], quantity)}"


def _per_unit(document: Document) -> str:
    work, energy = run_page.work_of(document), figure_of(document["energy_j"])
    if work is None or energy is None:
        return ""
    one = energy.scaled(1 / work[1])
    shown = fmt.with_range(one.value, one.low, one.high, "joules")
    return t("word.per", amount=f"{mark(one.method)} {shown}", unit=t(f"work_one.{work[0]}"))


def _power(document: Document) -> str:
    energy = figure_of(document["energy_j"])
    return fmt.amount(energy.value / document["duration_s"], "power") if energy and document["duration_s"] else ""


_SHOWN: dict[str, Any] = {
    "energy": lambda d: _figure(d["energy_j"], "energy"),
    "per_unit": _per_unit,
    "emissions": lambda d: _figure(d["emissions_g"]["location"], "emissions"),
    "cost": lambda d: _figure(d["cost_usd"], "money"),
    "water": lambda d: _figure(d["water_l"], "volume"),
    "duration": lambda d: fmt.duration(d["duration_s"]),
    "power": _power,
    "measured": lambda d: fmt.percent(d["energy_j"]["measured_share"]) if d["energy_j"] else "",
    "work": run_page.work_done,
    "quality": lambda d: "; ".join(f"{q['name']} {fmt.number(q['value'])}" for q in d["quality"]),
    "latency": lambda d: fmt.duration(d["latency_s"]["p95"]) if d["latency_s"] else "",
    "model": lambda d: d["model"] or "",
    "parameters": lambda d: fmt.amount(d["parameters"], "count") if d["parameters"] else "",
    "task": lambda d: d["task"] or "",
    "kind": lambda d: run_page.kind_of(d["stage"], d["kind"]),
    "project": lambda d: d["project"] or "",
    "state": lambda d: state(d["status"]),
    "started": lambda d: fmt.moment(datetime.fromisoformat(d["started_at"])),
    "hardware": _hardware,
    "zone": lambda d: ", ".join(zone["zone"] for zone in d["zones"]),
    "factors": lambda d: d["details"]["factor_set"]["name"],
    "command": lambda d: " ".join(str(word) for word in d["details"].get("command") or []),
}
