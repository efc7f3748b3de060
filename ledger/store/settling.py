"""Working out what follows from the journals of a run: a pure function of what the tables hold, so order never matters.

A run is dirty when its own data changed (2) or when only something beside it did (1). Settling a run of the first kind
passes on: runs that shared a device with it and runs around or inside it are settled again.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, case, delete, func, insert, or_, select, update

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.run_account import RunFigures, account_run
from joulebook.ledger.store.accounts import figure_columns
from joulebook.ledger.store.cleaning import number_of, plain_json, table_of, text_of
from joulebook.ledger.store.observing import details_of, device_rows, host_rows, run_use
from joulebook.ledger.store.phase_energy import settle_phases
from joulebook.ledger.store.sights import Family, Row, load_journals
from joulebook.ledger.store.tables import (
    COUNT_NAMES,
    children,
    counts,
    dirty_days,
    edits,
    journals,
    ledger_state,
    qualities,
    run_devices,
    run_hosts,
    run_zones,
    runs,
    warnings,
)
from joulebook.ledger.store.taking import inserting

DECLARED_TEXTS = ("name", "project", "kind", "stage", "model", "task")
_DEPTH_LIMIT = 64


def dirty_runs(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """Runs to settle, those whose own data changed first, in a fixed order."""
    query = select(runs.c.run_id, runs.c.dirty).where(runs.c.dirty > 0)
    rows = connection.execute(query.order_by(runs.c.dirty.desc(), runs.c.run_id).limit(limit))
    return [(run_id, dirty) for run_id, dirty in rows]


def settle(connection: Connection, run_id: str, factors: Factors) -> None:
    """Work out one run again from its journals and mark those that this concerns."""
    before = _locked(connection, run_id)
    own = load_journals(connection, [run_id])
    if before is None:
        return
    if not own:  # imported: nothing here follows from journals
        from joulebook.ledger.store.imports import settle_imported

        settle_imported(connection, run_id, factors)
        return
    parent, lineage = _lineage(connection, run_id, own)
    moved = before["parent_run_id"] != parent or before["top_level"] != (len(lineage) == 1)
    row: Row = {"run_id": run_id, "parent_run_id": parent, "top_level": len(lineage) == 1, "dirty": 0}
    connection.execute(update(runs).where(runs.c.run_id == run_id).values(row))
    family = Family(connection, own, load_journals(connection, runs_inside(connection, run_id)))
    changes = _edited(connection, run_id)
    row |= _declared(own, changes) | _times(own) | _score(connection, own)
    row |= _details(connection, family)
    devices = device_rows(connection, family, lineage)
    hosts = host_rows(connection, family, lineage, changes.get("location"))
    use_row = {"kind": row["kind"], **row}
    figures = account_run(run_use(use_row, devices, hosts), factors)
    row |= figure_columns(figures) | place_of(hosts, figures)
    row["hosts"] = len({host["boot_id"] for host in hosts})
    row["warnings"] = warnings_told(connection, [run_id]).get(run_id, 0) + len(figures.warnings)
    row["factor_hash"] = factors.content_hash
    row["revision"] = next_revision(connection)
    connection.execute(update(runs).where(runs.c.run_id == run_id).values(row))
    _replace(connection, run_devices, run_id, devices)
    _replace(connection, run_hosts, run_id, hosts)
    _replace(connection, run_zones, run_id, zone_rows(run_id, row["started_at"], figures))
    settle_phases(connection, family, devices, running=row["status"] == "running")
    mark_day(connection, {before["day"], row["day"]})
    if before["dirty"] >= 2 or moved:
        around = set(lineage)
        if all(device["share_how"] == "whole" for device in devices):
            around |= {journal["run_id"] for journal in family.inner}
        _pass_on(connection, run_id, lineage=lineage, around=around, devices=devices, hosts=hosts)


def _locked(connection: Connection, run_id: str) -> Row | None:
    query = select(runs).where(runs.c.run_id == run_id).with_for_update()
    found = connection.execute(query).mappings().first()
    return None if found is None else dict(found)


def next_revision(connection: Connection) -> int:
    """Count the ledger's revision up by one."""
    grown = update(ledger_state).values(revision=ledger_state.c.revision + 1).returning(ledger_state.c.revision)
    return int(connection.execute(grown).scalar_one())


def mark_day(connection: Connection, days: set[int]) -> None:
    """Have the rollups of these days worked out again."""
    statement = inserting(connection, dirty_days).on_conflict_do_nothing()
    connection.execute(statement, [{"day": day} for day in sorted(days)])


# --- around and inside ------------------------------------------------------------------------------------------


def _lineage(connection: Connection, run_id: str, own: Sequence[Row]) -> tuple[str | None, list[str]]:
    """The parent that was named, and the chain of runs around this one that the books know (itself first)."""
    named = sorted({parent for journal in own if (parent := text_of(journal["opening"].get("parent"), 200))})
    if not named:
        query = select(children.c.parent_run_id).where(children.c.run_id == run_id)
        named = sorted(connection.execute(query).scalars())
    parent = next((name for name in named if name != run_id), None)
    lineage, upper = [run_id], parent
    while upper is not None and len(lineage) < _DEPTH_LIMIT:
        query = select(runs.c.run_id, runs.c.parent_run_id).where(runs.c.run_id == upper)
        found = connection.execute(query).first()
        if found is None:
            break
        if found[0] in lineage:  # a circle can only come from a broken journal: then nobody is inside anybody
            return None, [run_id]
        lineage.append(found[0])
        upper = found[1]
    return parent, lineage


def runs_inside(connection: Connection, run_id: str) -> list[str]:
    """Runs inside this one, at any depth."""
    found: list[str] = []
    level = [run_id]
    while level and len(found) < 100_000:
        query = select(runs.c.run_id).where(runs.c.parent_run_id.in_(level)).order_by(runs.c.run_id)
        level = [inner for inner in connection.execute(query).scalars() if inner != run_id and inner not in found]
        found += level
    return found


def _pass_on(
    connection: Connection,
    run_id: str,
    *,
    lineage: Sequence[str],
    around: set[str],
    devices: Sequence[Row],
    hosts: Sequence[Row],
) -> None:
    """Mark what this run's new data concerns: the run around it, runs that waited for it, and who shared with it."""
    if len(lineage) > 1:
        inner = runs.c.run_id == lineage[1]
        connection.execute(update(runs).where(inner, runs.c.dirty < 2).values(dirty=2))
    named = select(children.c.run_id).where(children.c.parent_run_id == run_id)
    orphans = or_(runs.c.parent_run_id == run_id, runs.c.run_id.in_(named)) & runs.c.top_level
    connection.execute(update(runs).where(orphans, runs.c.run_id != run_id, runs.c.dirty == 0).values(dirty=1))
    for table, rows in ((run_devices, devices), (run_hosts, hosts)):
        for row in rows:
            beside = select(table.c.run_id).where(
                table.c.boot_id == row["boot_id"], table.c.from_b < row["to_b"], table.c.to_b > row["from_b"]
            )
            if table is run_devices:
                beside = beside.where(run_devices.c.device_id == row["device_id"])
            others = runs.c.run_id.in_(beside) & runs.c.run_id.not_in(sorted(around)) & (runs.c.dirty == 0)
            connection.execute(update(runs).where(others).values(dirty=1))


# --- columns ----------------------------------------------------------------------------------------------------


def _edited(connection: Connection, run_id: str) -> dict[str, Any]:
    """What persons put right, the newest of each field; `tags` are merged in order."""
    query = select(edits.c.field, edits.c.new).where(edits.c.run_id == run_id).order_by(edits.c.edit_no)
    changes: dict[str, Any] = {}
    for field, new in connection.execute(query):
        changes[field] = {**changes.get("tags", {}), **(new or {})} if field == "tags" else new
    return changes


def _declared(own: Sequence[Row], changes: dict[str, Any]) -> Row:
    openings = [journal["opening"] for journal in own]
    row: Row = {}
    for field in DECLARED_TEXTS:
        row[field] = next((value for opening in openings if (value := text_of(opening.get(field))) is not None), None)
    sizes = (number_of(opening.get("parameters")) for opening in openings)
    row["parameters"] = next((size for size in sizes if size is not None), None)
    tags: dict[str, Any] = {}
    for opening in reversed(openings):
        tags |= table_of(opening.get("tags"))
    row |= {field: value for field, value in changes.items() if field not in {"tags", "location"}}
    tags |= changes.get("tags", {})
    row["tags"] = {key: value for key, value in plain_json(tags).items() if value is not None}
    return row


def _times(own: Sequence[Row]) -> Row:
    status = _status([journal["close_status"] or journal["state"] for journal in own])
    started = min(journal["opened_at"] for journal in own)
    ended = max(journal["opened_at"] + journal["last_b"] - journal["opened_b"] for journal in own)
    if len({journal["boot_id"] for journal in own}) == 1:  # one clock that nobody sets
        seconds = max(journal["last_b"] for journal in own) - min(journal["opened_b"] for journal in own)
    else:
        seconds = ended - started
    exits = [journal["exit_status"] for journal in own if journal["exit_status"] is not None]
    return {
        "status": status,
        "exit_status": next((code for code in exits if code), exits[0] if exits else None),
        "day": int(started // 86400),
        "month": month_of(started),
        "started_at": started,
        "ended_at": None if status == "running" else started + seconds,
        "duration_s": max(0.0, seconds),
    }


def month_of(seconds: float) -> int:
    """The first of the month (UTC) of a moment, in days since 1970."""
    day = time.gmtime(seconds)
    return calendar.timegm((day.tm_year, day.tm_mon, 1, 0, 0, 0)) // 86400


def _status(states: Sequence[str]) -> str:
    """Of several ranks, the one that a person must know of first."""
    if "open" in states:
        return "running"
    return next((state for state in ("failed", "interrupted") if state in states), "finished")


def _score(connection: Connection, own: Sequence[Row]) -> Row:
    """The newest quality score stands in the list of runs; all of them in the run's document."""
    numbers = [journal["journal_no"] for journal in own]
    newest = qualities.c.at.desc(), qualities.c.name, qualities.c.value
    query = select(qualities.c.name, qualities.c.value).where(qualities.c.journal_no.in_(numbers)).order_by(*newest)
    found = connection.execute(query.limit(1)).first()
    return {"quality_name": found[0] if found else None, "quality_value": found[1] if found else None}


def _details(connection: Connection, family: Family) -> Row:
    amounts = counts_of(connection, family)
    starts = {journal["boot_id"]: journal["opened_at"] - journal["opened_b"] for journal in reversed(family.journals)}
    row: Row = {"details": details_of(family, amounts, starts)}
    return row | {name: amounts.get(name) for name in COUNT_NAMES}


def counts_of(connection: Connection, family: Family) -> dict[str, float]:
    """Work done by the run and the runs inside it, as their energy is in its energy too."""
    numbers = [journal["journal_no"] for journal in family.journals]
    query = (
        select(counts.c.name, func.sum(counts.c.amount))
        .where(counts.c.journal_no.in_(numbers))
        .group_by(counts.c.name)
        .order_by(counts.c.name)
    )
    return {name: float(amount) for name, amount in connection.execute(query)}


def warnings_told(connection: Connection, run_ids: Sequence[str]) -> dict[str, int]:
    """How many warnings the journals of each run hold; one with lines that are no records is one more."""
    in_journal = select(func.count(warnings.c.warning_no)).where(warnings.c.journal_no == journals.c.journal_no)
    broken = case((journals.c.bad_lines > 0, 1), else_=0)
    query = select(journals.c.run_id, in_journal.scalar_subquery() + broken).where(journals.c.run_id.in_(run_ids))
    found: dict[str, int] = {}
    for run_id, n in connection.execute(query):
        found[run_id] = found.get(run_id, 0) + int(n)
    return found


def place_of(hosts: Sequence[Row], figures: RunFigures) -> Row:
    """The zone with most of the energy stands for the run in lists."""
    if not hosts:
        return {"zone": None, "zone_assumed": None}
    zones = sorted(figures.zones, key=lambda part: -(part.energy_j.value if part.energy_j else 0.0))
    if not zones:
        return {"zone": hosts[0]["zone"], "zone_assumed": hosts[0]["zone_assumed"]}
    return {"zone": zones[0].zone.zone, "zone_assumed": zones[0].zone.assumed}


def zone_rows(run_id: str, started_at: float, figures: RunFigures) -> list[Row]:
    """The `run_zones` rows: energy by zone, for re-accounting emissions of very many runs at once."""
    year = time.gmtime(started_at).tm_year
    rows = []
    for part in figures.zones:
        energy = part.energy_j
        ends = (energy.value, energy.low, energy.high) if energy else (None, None, None)
        row = {"run_id": run_id, "zone": part.zone.zone, "year": year, "assumed": part.zone.assumed}
        rows.append(row | dict(zip(("energy_j", "energy_low_j", "energy_high_j"), ends, strict=True)))
    return rows


def _replace(connection: Connection, table: Table, run_id: str, rows: Sequence[Row]) -> None:
    connection.execute(delete(table).where(table.c.run_id == run_id))
    if rows:
        connection.execute(insert(table), list(rows))
