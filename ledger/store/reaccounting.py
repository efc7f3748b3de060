"""All runs under another factor set, from the observed amounts in the books: no journal and no reading is looked at."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.run_account import account_run
from joulebook.ledger.store.accounts import figure_columns, keep_factors
from joulebook.ledger.store.observing import run_use
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.settling import mark_day, next_revision, place_of, warnings_told, zone_rows
from joulebook.ledger.store.sights import Row
from joulebook.ledger.store.tables import ledger_state, run_devices, run_hosts, run_zones, runs

_CHUNK = 500


def reaccount(ledger: Ledger, factors: Factors, *, budget_s: float | None = None) -> int:
    """Bring settled runs to this factor set, the newest first; returns how many could not be, or not in time.

    Those whose figures only need multiplying come first and all at once, the others one by one. Some hundreds of the
    newest are brought over whatever the budget: small books are never left behind by a slow machine.
    """
    with ledger.reading() as connection:
        if not _stale(connection, factors.content_hash, set()):
            return 0
    from joulebook.ledger.store.bulk_reaccounting import reaccount_in_bulk  # loads pandas, which few syncs need

    began = time.monotonic()

    def in_time() -> bool:
        return budget_s is None or time.monotonic() - began <= budget_s

    reaccount_in_bulk(ledger, factors, in_time)
    failed: set[str] = set()
    is_begun = False
    while True:
        with ledger.reading() as connection:
            stale = _stale(connection, factors.content_hash, failed)
            if stale and is_begun and not in_time():
                return _stale_count(connection, factors.content_hash)
        if not stale:
            return len(failed)
        with ledger.writing(alone=True) as connection:
            keep_factors(connection, factors)
            connection.execute(update(ledger_state).values(factor_hash=factors.content_hash))
            failed |= _reaccount_some(connection, stale, factors)
        is_begun = True


def all_are_on(ledger: Ledger, content_hash: str) -> bool:
    """Whether every settled run was worked out with this set of factors."""
    with ledger.reading() as connection:
        return not _stale(connection, content_hash, set())


def _on_another(content_hash: str) -> ColumnElement[bool]:
    # Before, after or none: three looks into an index, where `!=` would read every run.
    others = runs.c.factor_hash < content_hash, runs.c.factor_hash > content_hash, runs.c.factor_hash.is_(None)
    # `+ 0`, here and where they are sorted: SQLite would else take the index of another column and read every run.
    return or_(*others) & (runs.c.dirty + 0 == 0)


def _stale(connection: Connection, content_hash: str, failed: set[str]) -> list[str]:
    newest = select(runs.c.run_id).where(_on_another(content_hash)).order_by((runs.c.started_at + 0).desc())
    found = connection.execute(newest.limit(_CHUNK + len(failed))).scalars()
    return [run_id for run_id in found if run_id not in failed][:_CHUNK]


def _stale_count(connection: Connection, content_hash: str) -> int:
    query = select(func.count(literal_column("*"))).select_from(runs).where(_on_another(content_hash))
    return int(connection.execute(query).scalar_one())


def _reaccount_some(connection: Connection, run_ids: Sequence[str], factors: Factors) -> set[str]:
    """Account for these runs one by one; ids of those for which it failed: they must not keep the others back."""
    revision = next_revision(connection)
    rows, zones, days, failed = [], [], set(), set()
    told = warnings_told(connection, run_ids)
    for run, devices, hosts in load_uses(connection, run_ids):
        try:
            figures = account_run(run_use(run, devices, hosts), factors)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            failed.add(run["run_id"])
            continue
        row = figure_columns(figures) | place_of(hosts, figures)
        row |= {"warnings": told.get(run["run_id"], 0) + len(figures.warnings)}
        row |= {"factor_hash": factors.content_hash, "revision": revision}
        rows.append({f"new_{name}": value for name, value in row.items()} | {"run": run["run_id"]})
        zones += zone_rows(run["run_id"], run["started_at"], figures)
        days.add(run["day"])
    if rows:
        names = [name.removeprefix("new_") for name in rows[0] if name != "run"]
        statement = update(runs).where(runs.c.run_id == bindparam("run"))
        connection.execute(statement.values({name: bindparam(f"new_{name}") for name in names}), rows)
        connection.execute(delete(run_zones).where(run_zones.c.run_id.in_([row["run"] for row in rows])))
        mark_day(connection, days)
    if zones:
        connection.execute(insert(run_zones), zones)
    return failed


def load_uses(connection: Connection, run_ids: Sequence[str]) -> list[tuple[Row, list[Row], list[Row]]]:
    """Rows of some runs with those of their devices and hosts, as `run_use` takes them."""
    found = connection.execute(select(runs).where(runs.c.run_id.in_(run_ids)).order_by(runs.c.run_id)).mappings()
    by_run: dict[str, tuple[Row, list[Row], list[Row]]] = {row["run_id"]: (dict(row), [], []) for row in found}
    for table, place in ((run_devices, 1), (run_hosts, 2)):
        query = select(table).where(table.c.run_id.in_(run_ids)).order_by(*table.primary_key.columns)
        for row in connection.execute(query).mappings():
            by_run[row["run_id"]][place].append(dict(row))  # type: ignore[union-attr]
    return list(by_run.values())
