"""Runs under another factor set by multiplication, tens of thousands at a time, where accounting gives the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    func,
    select,
    update,
)

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.linear_changes import is_linear
from joulebook.ledger.accounting.many_runs import LINEAR, figures_of_runs, warnings_of_runs
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.accounts import FIGURE_FIELDS, keep_factors, kept_factors, names_of_three
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.settling import mark_day, next_revision
from joulebook.ledger.store.tables import ledger_state, runs
from joulebook.ledger.store.zone_parts import ManyRuns, many_runs

_AT_ONCE = 20_000

_NAMES = [name for field in LINEAR for name in names_of_three(FIGURE_FIELDS[field])]
_UNKNOWN = names_of_three(FIGURE_FIELDS["emissions_market_hourly_draft_g"])
_CHANGED = ("warnings", *_NAMES, *_UNKNOWN, "factor_hash", "revision")


def reaccount_in_bulk(ledger: Ledger, factors: Factors, in_time: Callable[[], bool]) -> None:
    """Bring the runs that can be multiplied to this factor set, the newest first, while there is time.

    Left alone are those on a set that differs otherwise than by factors of energy, and those with contracts or hourly
    series of their own.
    """
    for old in _linear_sets(ledger, factors):
        passed_over = 0
        while in_time():
            try:
                with ledger.writing(alone=True) as connection:
                    found = _next(connection, old, factors, passed_over)
                    _write(connection, found, old, factors)
            except (ArithmeticError, ValueError):  # one place among thousands: found out run by run
                break
            passed_over += len(found.apart)
            if len(found.frame) + len(found.apart) < _AT_ONCE:
                break


def _linear_sets(ledger: Ledger, factors: Factors) -> Iterator[Factors]:
    """The other sets that runs are on from which there is a short way."""
    with ledger.reading() as connection:
        others = [known for known in _hashes(connection) if known != factors.content_hash]
        sets = [_kept(connection, known) for known in others]
    return (old for old in sets if old is not None and is_linear(old, factors))


def _hashes(connection: Connection) -> Iterator[str]:
    """The sets that runs are on, one look into an index each."""
    known: str | None = ""
    while known is not None:
        known = connection.execute(select(func.min(runs.c.factor_hash)).where(runs.c.factor_hash > known)).scalar()
        if known is not None:
            yield known


def _kept(connection: Connection, content_hash: str) -> Factors | None:
    try:
        return kept_factors(connection, content_hash)
    except LedgerError:  # of another version of the formulas
        return None


def _next(connection: Connection, old: Factors, factors: Factors, passed_over: int) -> ManyRuns:
    where = (runs.c.factor_hash == old.content_hash, runs.c.dirty == 0)
    newest = (runs.c.started_at.desc(), runs.c.run_id)
    return many_runs(connection, where, (old, factors), order=newest, limit=_AT_ONCE, offset=passed_over)


def _write(connection: Connection, found: ManyRuns, old: Factors, factors: Factors) -> None:
    if found.frame.empty:
        return
    keep_factors(connection, factors)
    connection.execute(update(ledger_state).values(factor_hash=factors.content_hash))
    # Straight to the driver: SQLAlchemy would look at every value of every row.
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    changes = ", ".join(f"{name} = {mark}" for name in _CHANGED)
    statement = f"UPDATE runs SET {changes} WHERE run_id = {mark}"  # noqa: S608 (names of columns, no values)
    same = [*(None for _ in _UNKNOWN), factors.content_hash, next_revision(connection)]
    rows = [(*row, *same, run_id) for run_id, *row in _rows(found, old, factors)]
    connection.exec_driver_sql(statement, rows)
    mark_day(connection, {int(day) for day in found.frame["day"].unique()})


def _rows(found: ManyRuns, old: Factors, factors: Factors) -> Iterator[tuple[Any, ...]]:
    """Run id, warnings and the columns `_NAMES` of each run."""
    figures = figures_of_runs(found.parts, factors)
    more = warnings_of_runs(found.parts, factors) - warnings_of_runs(found.parts, old)
    columns = [found.frame["run_id"].tolist(), (found.frame["warnings"].to_numpy() + more).tolist()]
    columns += [_none_for_nan(amounts) for field in LINEAR for amounts in figures[field]]
    return zip(*columns, strict=True)


def _none_for_nan(amounts: NDArray[np.float64]) -> list[float | None]:
    values: list[float | None] = amounts.tolist()
    for i in np.flatnonzero(np.isnan(amounts)):
        values[i] = None
    return values
