"""Sums over runs: kept by day, project, model, kind, stage, zone and task, so that pages don't read every run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, Connection, Select, case, delete, func, insert, literal, literal_column, select

from joulebook.ledger.accounting.figure import Figure, Method
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.conditions import conditions, contains, seconds_of
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.tables import (
    COUNT_NAMES,
    MEASURED_NAMES,
    dirty_days,
    figure_names,
    ledger_state,
    rollups,
    runs,
)

if TYPE_CHECKING:
    import pandas as pd


_GROUPS = ("project", "model", "kind", "stage", "zone", "task")
_SUMS = [*(name for names in figure_names() for name in names), *COUNT_NAMES, *MEASURED_NAMES]
_SPANS = {"day", "week", "month"}


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Sums over top-level runs, each joule once. A figure is None where no run of them knows it.

    Ranges add up end to end: what makes a range wide (grid factors, PUE, models of the unmetered) is shared by runs.

    Attributes:
        n: Runs, `n_unknown_energy` of them without any known energy.
        counts: Work done: requests, tokens_in, tokens_out, samples.
        revision: Ledger revision at which this was read.
    """

    n: int
    n_unknown_energy: int
    duration_s: float
    energy_j: Figure | None
    energy_by_component: dict[str, Figure | None]
    facility_energy_j: Figure | None
    emissions_g: Figure | None
    cost_usd: Figure | None
    water_l: Figure | None
    embodied_g: Figure | None
    counts: dict[str, float] = field(default_factory=dict)
    revision: int = 0


def totals(ledger: Ledger, run_filter: RunFilter | None = None) -> RunTotals:
    """Sums over the top-level runs that pass the filter (over all named ones where it has `run_ids`)."""
    wanted = run_filter or RunFilter()
    query = _sums_of_rollups(wanted) if _fits_rollups(wanted) else _sums_of_runs(wanted)
    with ledger.reading() as connection:
        row = dict(connection.execute(query).mappings().one())
        state = connection.execute(select(ledger_state.c.revision, ledger_state.c.factor_hash)).one()
        vintage = _vintage(connection, state[1])
    return _totals_of(row, int(state[0]), vintage)


def _vintage(connection: Connection, content_hash: str | None) -> str | None:
    from joulebook.ledger.store.tables import factor_sets

    query = select(factor_sets.c.name).where(factor_sets.c.content_hash == content_hash)
    return connection.execute(query).scalar()


def _fits_rollups(wanted: RunFilter) -> bool:
    """Whether the rollups know all that the filter asks about."""
    beyond = (wanted.text, wanted.statuses, wanted.run_ids, wanted.energy_min_j, wanted.energy_max_j)
    on_days = all(moment is None or seconds_of(moment) % 86400 == 0 for moment in (wanted.start, wanted.end))
    return not any(item is not None and item != () for item in beyond) and on_days


def _sums_of_rollups(wanted: RunFilter) -> Select[Any]:
    table = rollups.c
    columns = [func.sum(table[name]).label(name) for name in ("n", "n_known", "duration_s", "measured_j", *_SUMS)]
    return select(*columns).where(*_rollup_conditions(wanted, _spans_for((), wanted.start, wanted.end)))


def _spans_for(by: Sequence[str], *edges: datetime | None) -> str:
    """The longest span whose sums answer the question: nothing shorter is asked for, and no edge lies inside one."""
    days = [int(seconds_of(edge) // 86400) for edge in edges if edge is not None]
    if "day" not in by and "week" not in by and all(_month_of(day) == day for day in days):
        return "month"
    if "day" not in by and "month" not in by and all((day + 3) % 7 == 0 for day in days):
        return "week"
    return "day"


def _month_of(day: int) -> int:
    moment = datetime.fromtimestamp(day * 86400, UTC)
    return day - moment.day + 1


def _rollup_conditions(wanted: RunFilter, span: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [rollups.c.span == span]
    for name, values in (
        ("project", wanted.projects),
        ("model", wanted.models),
        ("task", wanted.tasks),
        ("kind", wanted.kinds),
        ("stage", wanted.stages),
    ):
        if values:
            found.append(contains(rollups.c[name], values))
    if wanted.start is not None:
        found.append(rollups.c.day >= int(seconds_of(wanted.start) // 86400))
    if wanted.end is not None:
        found.append(rollups.c.day < int(-(-seconds_of(wanted.end) // 86400)))
    return found


def _sums_of_runs(wanted: RunFilter) -> Select[Any]:
    return select(*_run_sums()).where(*conditions(wanted, children=bool(wanted.run_ids)))


def _run_sums() -> list[ColumnElement[Any]]:
    known = case((runs.c.energy_j.is_not(None), 1), else_=0)
    return [
        func.count(literal_column("*")).label("n"),
        func.coalesce(func.sum(known), 0).label("n_known"),
        func.sum(runs.c.duration_s).label("duration_s"),
        func.sum(runs.c.energy_j * runs.c.measured_share).label("measured_j"),
        *(func.sum(runs.c[name]).label(name) for name in _SUMS),
    ]


def _totals_of(row: dict[str, Any], revision: int, vintage: str | None) -> RunTotals:
    share = _share(row["measured_j"], row["energy_j"])
    boundaries = {"gpu": "accelerators", "cpu": "IT", "ram": "IT", "other": "IT"}

    def figure(name: str, unit: str, boundary: str) -> Figure | None:
        value, low, high = (row[f"{name}{part}_{unit}"] for part in ("", "_low", "_high"))
        if value is None:
            return None
        read = _share(row[f"{name}_measured_j"], value) if name in boundaries else share
        method: Method = "measured" if (read or 0.0) > 0.999 and boundary in {"IT", "accelerators"} else "modelled"
        return Figure(value, min(low, value), max(high, value), method, boundary, vintage, read)

    return RunTotals(
        n=int(row["n"] or 0),
        n_unknown_energy=int((row["n"] or 0) - (row["n_known"] or 0)),
        duration_s=float(row["duration_s"] or 0.0),
        energy_j=figure("energy", "j", "IT"),
        energy_by_component={name: figure(name, "j", boundary) for name, boundary in boundaries.items()},
        facility_energy_j=figure("facility_energy", "j", "facility"),
        emissions_g=figure("emissions", "g", "facility"),
        cost_usd=figure("cost", "usd", "facility"),
        water_l=figure("water", "l", "facility"),
        embodied_g=figure("embodied", "g", "life cycle"),
        counts={name: float(row[name]) for name in COUNT_NAMES if row[name] is not None},
        revision=revision,
    )


def _share(measured_j: float | None, energy_j: float | None) -> float | None:
    return (measured_j or 0.0) / energy_j if energy_j else None


def rollup(
    ledger: Ledger,
    *,
    by: Sequence[str] = ("day",),
    start: datetime | None = None,
    end: datetime | None = None,
    run_filter: RunFilter | None = None,
) -> pd.DataFrame:
    """Sums by any of day, week, month, project, model, kind, stage, zone, task, read from the rollup tables.

    Columns: those of `by` (`day`, `week` and `month` as UTC midnights), then n, n_known, duration_s, measured_j,
    measured_share, and for energy_j, gpu_j, cpu_j, ram_j, other_j, facility_energy_j, emissions_g,
    emissions_market_annual_g, emissions_market_hourly_draft_g, water_l, embodied_g, cost_usd also the ends of the range
    (`energy_low_j`, `energy_high_j`, ...), requests, tokens_in, tokens_out, samples, and what devices measured of each
    component (`gpu_measured_j`, ...). Top-level runs only.

    Args:
        ledger: The books.
        by: What to group by.
        start: From this day on (UTC); it and `end` narrow what the filter asks.
        end: To before this day.
        run_filter: What rollups can't answer (text, status, energy, ids, times inside a day) is read from the runs.

    Raises:
        LedgerError: `by` names something else.
    """
    import pandas as pd

    unknown = set(by) - {*_GROUPS, *_SPANS}
    if unknown:
        raise LedgerError(
            f"runs can't be summed by {min(unknown)!r}; choose of {', '.join(sorted({*_GROUPS, *_SPANS}))}"
        )
    wanted = run_filter or RunFilter()
    fits = _fits_rollups(wanted)
    table = rollups if fits else runs
    columns = [_key(table, name) for name in dict.fromkeys(by)]
    sums = _rollup_sums() if fits else _run_sums()
    span = _spans_for(by, wanted.start, wanted.end, start, end)
    where = _rollup_conditions(wanted, span) if fits else conditions(wanted, children=bool(wanted.run_ids))
    query = select(*columns, *sums).where(*where, *_span(table, start, end)).group_by(*columns).order_by(*columns)
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    names = [*dict.fromkeys(by), *(item.name for item in sums)]
    return _finished(pd.DataFrame.from_records([tuple(row) for row in rows], columns=names))


def _key(table: Any, name: str) -> ColumnElement[Any]:
    if table is rollups or name not in _SPANS:
        return cast("ColumnElement[Any]", table.c[name])
    return _week_of(runs.c.day).label("week") if name == "week" else runs.c[name]


def _week_of(day: ColumnElement[int]) -> ColumnElement[int]:
    """The Monday of a day; day 0 of Unix time was a Thursday."""
    return day - (day + 3) % 7


def _rollup_sums() -> list[ColumnElement[Any]]:
    return [func.sum(rollups.c[name]).label(name) for name in ("n", "n_known", "duration_s", "measured_j", *_SUMS)]


def _span(table: Any, start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    found = []
    if start is not None:
        found.append(table.c.day >= int(seconds_of(start) // 86400))
    if end is not None:
        found.append(table.c.day < int(-(-seconds_of(end) // 86400)))
    return found


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
    """Times as times, numbers as numbers, and the measured share beside its sums."""
    import pandas as pd

    for name in frame.columns:
        if name in _SPANS:
            frame[name] = pd.to_datetime(frame[name].astype("int64") * 86400, unit="s", utc=True)
        elif name in _GROUPS:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
        elif name in {"n", "n_known"}:
            frame[name] = frame[name].astype("int64")
        else:
            frame[name] = frame[name].astype("float64")
    frame["measured_share"] = frame["measured_j"] / frame["energy_j"].where(frame["energy_j"] > 0)
    return frame


# --- keeping them -----------------------------------------------------------------------------------------------


def refresh_rollups(connection: Connection) -> int:
    """Work out the rollups of all days that changed, and of their weeks and months; returns how many days it was."""
    days = list(connection.execute(select(dirty_days.c.day).order_by(dirty_days.c.day)).scalars())
    for part in _in_parts(days):
        connection.execute(delete(rollups).where(rollups.c.span == "day", rollups.c.day.in_(part)))
        connection.execute(_summed_days(part))
        connection.execute(delete(dirty_days).where(dirty_days.c.day.in_(part)))
    for span, firsts in (("week", {day - (day + 3) % 7 for day in days}), ("month", {_month_of(day) for day in days})):
        for part in _in_parts(sorted(firsts)):
            connection.execute(delete(rollups).where(rollups.c.span == span, rollups.c.day.in_(part)))
            connection.execute(_summed_spans(span, part))
    return len(days)


def _in_parts(days: Sequence[int]) -> list[Sequence[int]]:
    return [days[i : i + 500] for i in range(0, len(days), 500)]


def _summed_days(days: Sequence[int]) -> Any:
    keys = [runs.c.day, _week_of(runs.c.day), runs.c.month, *(runs.c[name] for name in _GROUPS)]
    sums = _run_sums()
    summed = select(literal("day"), *keys, *sums).where(runs.c.day.in_(days), runs.c.top_level).group_by(*keys)
    names = ["span", "day", "week", "month", *_GROUPS, *(item.name for item in sums)]
    return insert(rollups).from_select(names, summed)


def _summed_spans(span: str, firsts: Sequence[int]) -> Any:
    first = rollups.c[span]
    groups = [rollups.c[name] for name in _GROUPS]
    sums = _rollup_sums()
    month = func.min(rollups.c.month)
    chosen = select(literal(span), first, _week_of(first), month, *groups, *sums)
    summed = chosen.where(rollups.c.span == "day", first.in_(firsts)).group_by(first, *groups)
    names = ["span", "day", "week", "month", *_GROUPS, *(item.name for item in sums)]
    return insert(rollups).from_select(names, summed)
