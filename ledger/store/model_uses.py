"""What models did for one task, summed by the database: a page on large and small reads no run after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal_column, or_, select

from joulebook.ledger.accounting.figure import METHOD_ORDER, Method
from joulebook.ledger.accounting.observations import COMPONENTS
from joulebook.ledger.store.conditions import conditions
from joulebook.ledger.store.documents import latency
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.tables import factor_sets, journals, latencies, qualities, run_devices, run_hosts, runs

_QUALITY = ("name", "value", "n", "sd", "higher_is_better", "language")
_NEWEST = ("newest_run", "newest_judged", "newest_sized")
_NEWEST_RUNS = 5_000  # tell the size of nearly every model; the others are looked up by name


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Sums over the runs that used one model for one task and counted the unit of work.

    Attributes:
        units: Work done, in the unit asked for.
        rate_sum_j: Sum over runs of their joules per unit; `rate_squares_j2` that of the squares.
        methods: How the energies are known, each once.
        measured_j: Joules that a device measured.
        components_j: Joules by component; what no run knows is left out.
        parameters: Of the newest run that tells them.
        newest: Ids of the newest run, and of the newest with a quality where that is another.
        tags: Theirs.
    """

    model: str
    n: int
    units: float
    energy_j: float
    low_j: float
    high_j: float
    rate_sum_j: float
    rate_squares_j2: float
    methods: tuple[Method, ...]
    measured_j: float
    components_j: Mapping[str, float]
    parameters: float | None
    newest: tuple[str, ...]
    tags: tuple[Mapping[str, Any], ...]


def model_uses(
    ledger: Ledger,
    task: str,
    column: str,
    *,
    size: float,
    stages: Sequence[str],
    gpu_only: bool = False,
    run_filter: RunFilter | None = None,
) -> list[ModelUse]:
    """One sum a model, the most runs first; runs that made a model or hold others that did the work are left out.

    Args:
        ledger: The books.
        task: Whose runs.
        column: Of the work: `requests`, `samples`, `tokens_out`, `tokens_in`.
        size: How much of it is one unit.
        stages: Those that use a model; a run without a stage is a use unless it is a training.
        gpu_only: Of the energy that the runs' GPUs took, and of runs where that is known.
        run_filter: Only of these runs, children among them; None for all.
    """
    joules = runs.c.gpu_j if gpu_only else runs.c.energy_j
    asked = conditions(run_filter, children=True) if run_filter else []
    where = [*_uses(task, column, stages, asked), joules > 0]
    query = select(runs.c.model, *_sums(runs.c[column] / size, joules)).where(*where).group_by(runs.c.model)
    with ledger.reading() as connection:
        rows = connection.execute(query.order_by(func.count(literal_column("*")).desc(), runs.c.model)).mappings().all()
        said = _said_at(connection, where, {row[name] for row in rows for name in _NEWEST if row[name] is not None})
        gpus = _gpu_sums(connection, where) if gpu_only else {}
    return [_of_gpus(use, gpus.get(use.model, ())) if gpu_only else use for use in (_use(row, said) for row in rows)]


def telling(ledger: Ledger, run_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What some runs say beside their sums, as a run's document has it: `quality`, `latency_s`, `devices`, `zones`.

    And `factor_set`, by whose name they were worked out.
    """
    found: dict[str, dict[str, Any]] = {
        run_id: {"run_id": run_id, "quality": [], "latency_s": None, "devices": [], "zones": [], "factor_set": None}
        for run_id in run_ids
    }
    with ledger.reading() as connection:
        owner = _journals_of(connection, run_ids)
        query = select(qualities).where(qualities.c.journal_no.in_(owner))
        order = (qualities.c.at, qualities.c.name, qualities.c.value)
        for row in connection.execute(query.order_by(*order)).mappings():
            found[owner[row["journal_no"]]]["quality"].append({name: row[name] for name in _QUALITY})
        for run_id, numbers in _with_latencies(connection, owner).items():
            found[run_id]["latency_s"] = latency(connection, numbers)
        devices = select(run_devices.c.run_id, run_devices.c.name, run_devices.c.component).where(
            run_devices.c.run_id.in_(run_ids), ~run_devices.c.reserved
        )
        for row in connection.execute(devices).mappings():
            found[row["run_id"]]["devices"].append({"name": row["name"], "component": row["component"]})
        hosts = select(run_hosts.c.run_id, run_hosts.c.zone, run_hosts.c.zone_how).where(
            run_hosts.c.run_id.in_(run_ids)
        )
        for row in connection.execute(hosts).mappings():
            found[row["run_id"]]["zones"].append({"zone": row["zone"], "how": row["zone_how"]})
        names = select(runs.c.run_id, factor_sets.c.name).where(runs.c.run_id.in_(run_ids))
        for row in connection.execute(
            names.join(factor_sets, factor_sets.c.content_hash == runs.c.factor_hash)
        ).mappings():
            found[row["run_id"]]["factor_set"] = row["name"]
    return found


def newest_sizes(ledger: Ledger) -> dict[str, float]:
    """Parameters by model, as its newest runs tell them; models of unknown size are left out."""
    newest = select(runs.c.model, runs.c.parameters).order_by(runs.c.started_at.desc()).limit(_NEWEST_RUNS).subquery()
    with ledger.reading() as connection:
        found = _largest(connection, newest)
        names = set(connection.execute(select(runs.c.model).where(runs.c.model.is_not(None)).distinct()).scalars())
        return found | _largest(connection, runs, names - set(found))


def _largest(connection: Connection, table: Any, names: set[str] | None = None) -> dict[str, float]:
    if names is not None and not names:
        return {}
    query = select(table.c.model, func.max(table.c.parameters)).where(table.c.parameters.is_not(None))
    where = table.c.model.is_not(None) if names is None else table.c.model.in_(names)
    return {str(model): float(size) for model, size in connection.execute(query.where(where).group_by(table.c.model))}


def _uses(
    task: str, column: str, stages: Sequence[str], asked: Sequence[ColumnElement[bool]]
) -> list[ColumnElement[bool]]:
    inner = runs.alias()
    # A plain `==` would have SQLite go through the task once a run.
    of_child = [inner.c.parent_run_id == runs.c.run_id, inner.c.task.concat("") == task]
    if asked:
        of_child.append(inner.c.run_id.in_(select(runs.c.run_id).where(*asked).correlate(None)))
    child = select(inner.c.run_id).where(*of_child).correlate(runs).exists()
    unstaged = or_(runs.c.kind.is_(None), runs.c.kind != "training")
    return [
        runs.c.task == task,
        runs.c.model.is_not(None),
        runs.c.model != "",
        runs.c[column] > 0,
        runs.c.energy_j > 0,
        or_(runs.c.stage.in_(stages), or_(runs.c.stage.is_(None), runs.c.stage == "") & unstaged),
        *asked,
        ~child,
    ]


def _sums(units: ColumnElement[Any], joules: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    rate = joules / units
    measured = case((runs.c.measured_share > 0, runs.c.measured_share * runs.c.energy_j), else_=0.0)
    return [
        func.count(literal_column("*")).label("n"),
        func.sum(units).label("units"),
        func.sum(joules).label("energy_j"),
        func.sum(runs.c.energy_low_j).label("low_j"),
        func.sum(runs.c.energy_high_j).label("high_j"),
        func.sum(rate).label("rate_sum_j"),
        func.sum(rate * rate).label("rate_squares_j2"),
        func.sum(measured).label("measured_j"),
        *(func.sum(runs.c[f"{name}_j"]).label(f"{name}_j") for name in COMPONENTS),
        *(func.max(case((runs.c.energy_method == name, 1), else_=0)).label(name) for name in METHOD_ORDER),
        func.max(runs.c.started_at).label("newest_run"),
        func.max(case((runs.c.quality_name.is_not(None), runs.c.started_at))).label("newest_judged"),
        func.max(case((runs.c.parameters > 0, runs.c.started_at))).label("newest_sized"),
    ]


def _gpu_sums(connection: Connection, where: Sequence[ColumnElement[bool]]) -> dict[str, list[Mapping[Any, Any]]]:
    """What the GPUs of the runs took, by model and method, with the ends of its range."""
    sums = (func.sum(run_devices.c[name]).label(name) for name in ("energy_j", "low_j", "high_j"))
    query = (
        select(runs.c.model, run_devices.c.method, *sums)
        .join(run_devices, run_devices.c.run_id == runs.c.run_id)
        .where(*where, run_devices.c.component == "gpu", ~run_devices.c.reserved, run_devices.c.energy_j > 0)
        .group_by(runs.c.model, run_devices.c.method)
    )
    found: dict[str, list[Mapping[Any, Any]]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(str(row["model"]), []).append(row)
    return found


def _of_gpus(use: ModelUse, parts: Sequence[Mapping[Any, Any]]) -> ModelUse:
    """The same with the range, methods and measured part of its GPUs alone."""
    together = sum(part["energy_j"] for part in parts)
    if not together > 0:
        return replace(use, low_j=use.energy_j, high_j=use.energy_j, components_j={"gpu": use.energy_j})
    measured = sum(part["energy_j"] for part in parts if part["method"] == "measured")
    return replace(
        use,
        low_j=use.energy_j * sum(part["low_j"] for part in parts) / together,
        high_j=use.energy_j * sum(part["high_j"] for part in parts) / together,
        methods=tuple(name for name in METHOD_ORDER if any(part["method"] == name for part in parts)),
        measured_j=use.energy_j * measured / together,
        components_j={"gpu": use.energy_j},
    )


def _said_at(
    connection: Connection, where: Sequence[ColumnElement[bool]], moments: set[float]
) -> dict[tuple[str, float], Mapping[str, Any]]:
    """The runs that began at some moments, by model and moment: those that the sums named as newest."""
    columns = (runs.c[name] for name in ("model", "started_at", "run_id", "parameters", "tags"))
    query = select(*columns).where(*where, runs.c.started_at.in_(moments)).order_by(runs.c.run_id)
    found = connection.execute(query).mappings()
    return {(str(row["model"]), row["started_at"]): dict(row) for row in found}


def _use(row: Mapping[Any, Any], said: Mapping[tuple[str, float], Mapping[str, Any]]) -> ModelUse:
    model = str(row["model"])
    at = {name: said[model, row[name]] for name in _NEWEST if row[name] is not None}
    sized = at.get("newest_sized")
    telling = [at[name] for name in ("newest_run", "newest_judged") if name in at]
    return ModelUse(
        model=model,
        n=int(row["n"]),
        units=float(row["units"]),
        energy_j=float(row["energy_j"]),
        low_j=float(row["low_j"] or 0.0),
        high_j=float(row["high_j"] or 0.0),
        rate_sum_j=float(row["rate_sum_j"]),
        rate_squares_j2=float(row["rate_squares_j2"]),
        methods=tuple(name for name in METHOD_ORDER if row[name]),
        measured_j=float(row["measured_j"]),
        components_j={name: float(row[f"{name}_j"]) for name in COMPONENTS if row[f"{name}_j"]},
        parameters=sized["parameters"] if sized else None,
        tags=tuple(run["tags"] or {} for run in telling),
        newest=tuple(dict.fromkeys(run["run_id"] for run in telling)),
    )


def _journals_of(connection: Connection, run_ids: Sequence[str]) -> dict[int, str]:
    query = select(journals.c.journal_no, journals.c.run_id).where(journals.c.run_id.in_(run_ids))
    return {int(number): str(run_id) for number, run_id in connection.execute(query)}


def _with_latencies(connection: Connection, owner: Mapping[int, str]) -> dict[str, list[int]]:
    """The journals that hold latencies, by run."""
    query = select(latencies.c.journal_no).where(latencies.c.journal_no.in_(owner)).distinct()
    found: dict[str, list[int]] = {}
    for (number,) in connection.execute(query):
        found.setdefault(owner[number], []).append(number)
    return found
