"""Lists of runs for tables, and finding one by what a person types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, literal_column, select

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.conditions import conditions
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.tables import MEASURED_NAMES, figure_names, runs

if TYPE_CHECKING:
    import pandas as pd

RUN_COLUMNS = (
    "run_id", "parent_run_id", "name", "project", "kind", "stage", "model", "parameters", "task", "tags", "status",
    "exit_status", "started_at", "ended_at", "duration_s", "hosts", "energy_j", "energy_low_j", "energy_high_j",
    "energy_method", "measured_share", "gpu_j", "cpu_j", "ram_j", "other_j", "facility_energy_j",
    "facility_energy_low_j", "facility_energy_high_j", "emissions_g", "emissions_low_g", "emissions_high_g",
    "cost_usd", "cost_low_usd", "cost_high_usd", "water_l", "water_low_l", "water_high_l", "requests", "tokens_in",
    "tokens_out", "samples", "quality_name", "quality_value", "zone", "zone_assumed", "warnings", "revision",
    *MEASURED_NAMES,
)  # fmt: skip


_WHOLE = ("hosts", "warnings", "revision")
_TIMES = ("started_at", "ended_at")
_NUMBERS = {
    *(name for names in figure_names() for name in names),
    *("parameters", "duration_s", "measured_share", "requests", "tokens_in", "tokens_out", "samples", "quality_value"),
    *MEASURED_NAMES,
}


def list_runs(
    ledger: Ledger,
    run_filter: RunFilter | None = None,
    *,
    sort: str = "started_at",
    descending: bool = True,
    limit: int | None = 200,
    offset: int = 0,
) -> pd.DataFrame:
    """One page of runs, sorted by the database; columns as in `RUN_COLUMNS`, unknown is None or NaN.

    `tags` is a dict, `started_at` and `ended_at` are UTC timestamps, `hosts` and `warnings` are numbers of them.

    Args:
        ledger: The books.
        run_filter: Which runs; None is all top-level ones.
        sort: One of the columns; runs without a value come last either way.
        descending: Largest first.
        limit: Rows of the page; None gives all.
        offset: Rows before the page.

    Raises:
        LedgerError: `sort` is no column.
    """
    import pandas as pd

    if sort not in RUN_COLUMNS or sort == "tags":
        raise LedgerError(f"runs can't be sorted by {sort!r}; choose one of {', '.join(RUN_COLUMNS)}")
    wanted = run_filter or RunFilter()
    column = runs.c[sort]
    order = (column.desc() if descending else column.asc()).nulls_last()
    orders = (order, runs.c.run_id.desc() if descending else runs.c.run_id)
    where = conditions(wanted, children=wanted.include_children or bool(wanted.run_ids))
    if limit is not None:  # first which runs, from an index, then their wide rows
        page = select(runs.c.run_id).where(*where).order_by(*orders).limit(limit).offset(offset)
        where = [runs.c.run_id.in_(page)]
    query = select(*(runs.c[name] for name in RUN_COLUMNS)).where(*where).order_by(*orders)
    with ledger.reading() as connection:
        rows = connection.execute(query.offset(offset) if offset and limit is None else query).all()
    # As objects first: pandas would make NaN of an unknown text.
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(RUN_COLUMNS), dtype=object)
    for name in _WHOLE:
        frame[name] = frame[name].astype("int64")
    for name in _TIMES:
        frame[name] = pd.to_datetime(frame[name].astype("float64"), unit="s", utc=True).astype("datetime64[us, UTC]")
    for name in _NUMBERS & set(RUN_COLUMNS):
        frame[name] = frame[name].astype("float64")
    return frame


def count_runs(ledger: Ledger, run_filter: RunFilter | None = None) -> int:
    """How many runs pass the filter, for paging."""
    wanted = run_filter or RunFilter()
    where = conditions(wanted, children=wanted.include_children or bool(wanted.run_ids))
    with ledger.reading() as connection:
        query = select(func.count(literal_column("*"))).select_from(runs).where(*where)
        return int(connection.execute(query).scalar_one())


def find_run(ledger: Ledger, text: str) -> str:
    """The run id meant by an id, a unique prefix of one, a name (its newest) or `latest`.

    Raises:
        LedgerError: Nothing fits, or several ids begin so.
    """
    newest = runs.c.started_at.desc(), runs.c.run_id.desc()
    with ledger.reading() as connection:
        if connection.execute(select(runs.c.run_id).where(runs.c.run_id == text)).first() is not None:
            return text
        if text == "latest":
            found = connection.execute(
                select(runs.c.run_id).where(runs.c.top_level).order_by(*newest).limit(1)
            ).scalar()
            if found is None:
                raise LedgerError("there are no runs yet; meter one with `joulebook run -- CMD`")
            return str(found)
        named = connection.execute(select(runs.c.run_id).where(runs.c.name == text).order_by(*newest).limit(1)).scalar()
        if named is not None:
            return str(named)
        starts = runs.c.run_id.startswith(text, autoescape=True) if text else runs.c.run_id.is_(None)
        ids = list(connection.execute(select(runs.c.run_id).where(starts).order_by(runs.c.run_id).limit(4)).scalars())
    if len(ids) == 1:
        return str(ids[0])
    if ids:
        raise LedgerError(f"several runs begin with {text!r} ({', '.join(ids[:3])}); give more of the id")
    raise LedgerError(f"no run has the id or name {text!r}; `joulebook runs` lists them")


def filter_options(ledger: Ledger) -> dict[str, list[str]]:
    """What there is to choose from: projects, models, tasks, kinds, stages, statuses, each sorted, None left out."""
    columns = {"projects": "project", "models": "model", "tasks": "task", "kinds": "kind", "stages": "stage"}
    found: dict[str, list[str]] = {}
    with ledger.reading() as connection:
        for key, name in {**columns, "statuses": "status"}.items():
            query = select(runs.c[name]).where(runs.c[name].is_not(None)).distinct().order_by(runs.c[name])
            found[key] = sorted(connection.execute(query).scalars())
    return found
