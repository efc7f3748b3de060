"""Candidates from one's own runs: grouped by model within one task, energy and quality of the mean over the runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from joulebook.ledger.accounting.comparison import Candidate, Place, Quality, Unit
from joulebook.ledger.accounting.comparison_draws import log_sd
from joulebook.ledger.accounting.comparison_quality import quality_of
from joulebook.ledger.accounting.figure import Figure, weakest
from joulebook.ledger.accounting.observations import COMPONENTS
from joulebook.ledger.accounting.uncertainty import Z90
from joulebook.ledger.store import Ledger, RunFilter, filter_options, list_runs
from joulebook.ledger.store.model_uses import ModelUse, model_uses, telling

Row = Mapping[str, Any]
Document = Mapping[str, Any]

# What was done to make a model is no use of it.
_USES = ("serve", "evaluate")
_PLACES: Mapping[str, Place] = {"cloud": "cloud", "own server": "own server", "laptop": "laptop", "phone": "phone"}
MAX_RUNS = 1_000  # newest runs of some models: enough to know their tasks
SINGLE_RUN_GSD = 1.05  # one run says nothing of its own spread; runs of one job differ by some per cent
_FACTS = ("run_id", "parent_run_id", "model", "parameters", "kind", "stage", "tags")
_UNITS: Mapping[Unit, tuple[str, float]] = {
    "request": ("requests", 1.0),
    "sample": ("samples", 1.0),
    "1k-tokens": ("tokens_out", 1000.0),
}


def run_tasks(ledger: Ledger) -> tuple[str, ...]:
    """Tasks that own runs carry."""
    return tuple(filter_options(ledger).get("tasks", []))


def tasks_of_models(ledger: Ledger, names: Sequence[str]) -> dict[str, int]:
    """Tasks on which the named models were run, newest first, with how many of the names; part of a name will do."""
    models = filter_options(ledger).get("models", [])
    meant = {name: _meant(name, models) for name in names}
    known = {model for found in meant.values() for model in found}
    if not known:
        return {}
    asked = RunFilter(models=tuple(sorted(known)), include_children=True)
    frame = list_runs(ledger, asked, limit=MAX_RUNS)
    pairs = {(str(task), str(model)) for task, model in zip(frame["task"], frame["model"], strict=True) if task}
    tasks = dict.fromkeys(str(task) for task in frame["task"] if task)
    return {task: sum(any((task, model) in pairs for model in found) for found in meant.values()) for task in tasks}


def _meant(name: str, models: Sequence[str]) -> list[str]:
    """Models that a typed name means: itself, else all whose name holds it."""
    wanted = name.casefold()
    exact = [model for model in models if model.casefold() == wanted]
    return exact or [model for model in models if wanted in model.casefold()]


def run_candidates(
    ledger: Ledger, task: str, unit: Unit, *, gpu_only: bool = False, run_filter: RunFilter | None = None
) -> list[Candidate]:
    """One candidate a model with runs of this task that count the unit; empty where there are none.

    With `gpu_only` by what its GPUs took, and without those whose GPUs' energy is not known; with a filter by the runs
    that pass it.
    """
    column, size = _UNITS[unit]
    uses = model_uses(ledger, task, column, size=size, stages=_USES, gpu_only=gpu_only, run_filter=run_filter)
    said = telling(ledger, [run_id for use in uses for run_id in use.newest])
    found = [_candidate(task, unit, use, [said[run_id] for run_id in use.newest]) for use in uses]
    return [_of_accelerators(candidate) for candidate in found] if gpu_only else found


def candidates_of_documents(documents: Iterable[Document], unit: Unit) -> list[Candidate]:
    """The same from runs in full, newest last: every task and model among them, under whatever factors they have."""
    by_task: dict[str, list[Row]] = {}
    full: dict[str, Document] = {}
    for document in documents:
        if document.get("task") and document.get("model"):
            by_task.setdefault(str(document["task"]), []).insert(0, _row_of(document))
            full[document["run_id"]] = _short(document)
    return [
        candidate_of(task, unit, rows, [full[row["run_id"]] for row in _telling(rows)])
        for task, all_rows in sorted(by_task.items())
        for rows in _by_model(all_rows, unit).values()
    ]


def _telling(rows: Sequence[Row]) -> list[Row]:
    """The runs to read in full: the newest, for devices and latency, and the newest with a quality."""
    judged = [row for row in rows if row["quality_name"]][:1]
    return [rows[0], *(row for row in judged if row is not rows[0])]


def _by_model(rows: Sequence[Row], unit: Unit) -> dict[str, list[Row]]:
    """Runs that use a model and count the unit; the work of a parent is counted in its children."""
    parents = {row["parent_run_id"] for row in rows}
    groups: dict[str, list[Row]] = {}
    for row in rows:
        counted = _units(row, unit) and (row["energy_j"] or 0) > 0
        if counted and row["model"] and _is_use(row) and row["run_id"] not in parents:
            groups.setdefault(str(row["model"]), []).append(row)
    return groups


def _is_use(row: Row) -> bool:
    return row["stage"] in _USES if row["stage"] else row["kind"] != "training"


def _row_of(document: Document) -> Row:
    """A run in full as `list_runs` would have it."""
    energy = document["energy_j"] or {}
    parts = document.get("energy_by_component") or {}
    return {
        **{name: document.get(name) for name in _FACTS},
        **{name: (document.get("counts") or {}).get(name) for name in ("requests", "samples", "tokens_out")},
        **{f"{name}_j": (parts.get(name) or {}).get("value") for name in ("gpu", "cpu", "ram", "other")},
        "quality_name": document["quality"][-1]["name"] if document.get("quality") else None,
        "energy_j": energy.get("value"),
        "energy_low_j": energy.get("low"),
        "energy_high_j": energy.get("high"),
        "energy_method": energy.get("method"),
        "measured_share": energy.get("measured_share"),
    }


def _short(document: Document) -> Document:
    """What a candidate needs of a run in full, without its phases."""
    said = {name: document.get(name) for name in ("run_id", "quality", "latency_s", "devices", "zones")}
    return {**said, "factor_set": (document.get("energy_j") or {}).get("vintage")}


def candidate_of(task: str, unit: Unit, rows: Sequence[Row], documents: Sequence[Document]) -> Candidate:
    """One candidate from the runs of one model.

    Args:
        task: Of all of them.
        unit: Of work; each row counts some.
        rows: As `list_runs` has them, newest first, each with a known energy above 0.
        documents: Those of them in full that say what the rows don't: quality, latency, devices.
    """
    return _candidate(task, unit, _use_of(rows, unit), documents)


def _candidate(task: str, unit: Unit, use: ModelUse, documents: Sequence[Document]) -> Candidate:
    own_gsd = _own_gsd(use)
    energy, shared_gsd = _energy(use, own_gsd)
    overall, by_language = _qualities(documents)
    place = _place(use.tags, documents)
    return Candidate(
        model=use.model,
        model_id=use.model,
        origin="runs",
        task=task,
        unit=unit,
        energy_per_unit_j=_with_vintage(energy, documents),
        own_gsd=own_gsd,
        shared_gsd=((f"meter of {energy.method} runs", shared_gsd),),
        run_to_run_sd_j=_sd(use),
        runs=use.n,
        quality=overall,
        latency_s=_latency(documents),
        parameters=use.parameters,
        hardware=_hardware(documents),
        place=place,
        prompts_leave=None if place is None else place == "cloud",
        by_language=by_language,
        components_j=tuple((name, joules / use.units) for name, joules in use.components_j.items()),
        source=f"{use.n} own run{'s' if use.n > 1 else ''}",
    )


def _with_vintage(energy: Figure, documents: Sequence[Document]) -> Figure:
    """Where some of it is modelled: the factor set that the newest runs were worked out with, as all of them are."""
    if energy.method == "measured":
        return energy
    return replace(energy, vintage=next((document.get("factor_set") for document in documents), None))


def _of_accelerators(candidate: Candidate) -> Candidate:
    energy = candidate.energy_per_unit_j
    return replace(candidate, energy_per_unit_j=replace(energy, boundary="accelerators") if energy else None)


def _units(row: Row, unit: Unit) -> float:
    """Units of work in a run; 0 where it didn't count them."""
    column, size = _UNITS[unit]
    count = row[column]
    return count / size if count and count > 0 else 0.0


def _use_of(rows: Sequence[Row], unit: Unit) -> ModelUse:
    """The sums over some runs of one model, newest first, as the ledger makes them over all."""
    rates = [row["energy_j"] / _units(row, unit) for row in rows]
    newest = _telling(rows)
    return ModelUse(
        model=str(rows[0]["model"]),
        n=len(rows),
        units=math.fsum(_units(row, unit) for row in rows),
        energy_j=_sum(rows, "energy_j"),
        low_j=_sum(rows, "energy_low_j"),
        high_j=_sum(rows, "energy_high_j"),
        rate_sum_j=math.fsum(rates),
        rate_squares_j2=math.fsum(rate * rate for rate in rates),
        methods=tuple(dict.fromkeys(row["energy_method"] for row in rows if row["energy_method"])),
        measured_j=math.fsum(s * row["energy_j"] for row in rows if (s := row["measured_share"] or 0.0) > 0),
        components_j={name: joules for name in COMPONENTS if (joules := _sum(rows, f"{name}_j"))},
        parameters=next((row["parameters"] for row in rows if row["parameters"] and row["parameters"] > 0), None),
        newest=tuple(row["run_id"] for row in newest),
        tags=tuple(row["tags"] if isinstance(row["tags"], Mapping) else {} for row in newest),
    )


def _energy(use: ModelUse, own_gsd: float) -> tuple[Figure, float]:
    """Mean energy per unit, and the geometric standard deviation that its meters give all runs alike."""
    total = use.energy_j
    shared_gsd = math.exp(log_sd(Figure(total, min(use.low_j, total), max(use.high_j, total), "modelled", "IT")))
    widen = math.exp(math.hypot(math.log(own_gsd), math.log(shared_gsd)) * Z90)
    mean = total / use.units
    method = weakest(use.methods) if use.methods else "modelled"
    return Figure(mean, mean / widen, mean * widen, method, "IT", None, use.measured_j / total), shared_gsd


def _sum(rows: Sequence[Row], column: str) -> float:
    return math.fsum(row[column] for row in rows if row[column] is not None and row[column] == row[column])


def _own_gsd(use: ModelUse) -> float:
    """Geometric standard error of the mean over runs; a guess for a single run."""
    spread, mean = _sd(use), use.rate_sum_j / use.n
    if spread is None or mean <= 0:
        return SINGLE_RUN_GSD
    return math.exp(spread / mean / math.sqrt(use.n))


def _sd(use: ModelUse) -> float | None:
    """Standard deviation of a unit's energy from run to run."""
    if use.n < 2:
        return None
    squares = use.rate_squares_j2 - use.rate_sum_j**2 / use.n
    return math.sqrt(max(0.0, squares) / (use.n - 1))


def _qualities(documents: Sequence[Document]) -> tuple[Quality | None, tuple[Quality, ...]]:
    """The quality of the newest run that has one, as a whole and by language; a whole made of its languages by n."""
    for document in documents:
        entries = [_quality(entry) for entry in document.get("quality") or []]
        if not entries:
            continue
        first = entries[0].name
        same = [q for q in entries if q.name == first]
        by_language = tuple(q for q in same if q.language)
        whole = [q for q in same if not q.language]
        return (whole[-1] if whole else _pooled(by_language)), by_language
    return None, ()


def _quality(entry: Mapping[str, Any]) -> Quality:
    return quality_of(
        str(entry["name"]),
        float(entry["value"]),
        n=int(entry["n"]) if entry.get("n") else None,
        sd=entry.get("sd"),
        higher_is_better=entry.get("higher_is_better", True) is not False,
        language=entry.get("language"),
    )


def _pooled(by_language: tuple[Quality, ...]) -> Quality | None:
    """One quality over the languages, each as heavy as its test set; only where every n is known."""
    sizes = [q.n for q in by_language if q.n]
    if not by_language or len(sizes) < len(by_language):
        return by_language[0] if len(by_language) == 1 else None
    total = sum(sizes)
    mean = math.fsum(q.value * n for q, n in zip(by_language, sizes, strict=True)) / total
    first = by_language[0]
    return quality_of(first.name, mean, n=total, higher_is_better=first.higher_is_better)


def _latency(documents: Sequence[Document]) -> Figure | None:
    """Median latency over the newest runs, from the fastest to the slowest run's median as its range."""
    medians = [
        (doc["latency_s"]["p50"], doc["latency_s"].get("n") or 1)
        for doc in documents
        if doc.get("latency_s") and doc["latency_s"].get("p50") is not None
    ]
    if not medians:
        return None
    mean = math.fsum(p * n for p, n in medians) / math.fsum(n for _, n in medians)
    values = [p for p, _ in medians]
    return Figure(mean, min(*values, mean), max(*values, mean), "measured", "request, median")


def _hardware(documents: Sequence[Document]) -> str | None:
    """Names of the accelerators, else of all devices that the newest runs used."""
    devices = [device for doc in documents for device in doc.get("devices") or []]
    gpus = {str(device["name"]) for device in devices if device.get("component") == "gpu"}
    return ", ".join(sorted(gpus or {str(device["name"]) for device in devices})) or None


def _place(tags: Sequence[Mapping[str, Any]], documents: Sequence[Document]) -> Place | None:
    """Where it runs, from the tag `place`; else a cloud where the location came from a cloud's own variables."""
    for own in tags:
        tagged = _PLACES.get(str(own.get("place", "")).lower())
        if tagged:
            return tagged
    clouds = (zone.get("how") == "cloud" for doc in documents for zone in doc.get("zones") or [])
    return "cloud" if any(clouds) else None
