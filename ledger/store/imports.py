"""Runs that came from somebody else's file into the books: all of a file or nothing, any number of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.run_account import RunFigures, account_run
from joulebook.ledger.importers.records import ImportedDevice, ImportedRun, run_id_of
from joulebook.ledger.locations import resolve_location
from joulebook.ledger.store.accounts import factors_now, figure_columns, keep_factors
from joulebook.ledger.store.observing import run_use
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.rollups import refresh_rollups
from joulebook.ledger.store.settling import mark_day, month_of, next_revision, zone_rows
from joulebook.ledger.store.tables import COUNT_NAMES, edits, ledger_state, run_devices, run_hosts, run_zones, runs

Row = dict[str, Any]
# Runs written together; a query names them all, and SQLite takes some 30,000 names.
_AT_ONCE = 500


@dataclass(slots=True)
class Inserted:
    """Ids of runs that are new, that a file says more about now, and that the books had already."""

    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def insert_imported(ledger: Ledger, imported: Sequence[ImportedRun]) -> Inserted:
    """Bring the runs of one file into the books, in one transaction.

    A run that the books have with the same content stays as it is, what persons changed about it included; one with
    other content (a tracker that went on) is replaced.

    Raises:
        LedgerError: The ledger can't be written; nothing was changed then.
    """
    factors, done = factors_now(), Inserted()
    with ledger.writing(alone=True) as connection:
        keep_factors(connection, factors)
        connection.execute(update(ledger_state).values(factor_hash=factors.content_hash))
        for i in range(0, len(imported), _AT_ONCE):
            _insert(connection, imported[i : i + _AT_ONCE], factors, done)
        refresh_rollups(connection)
    return done


def _insert(connection: Connection, imported: Sequence[ImportedRun], factors: Factors, done: Inserted) -> None:
    ids = [run.run_id for run in imported]
    query = select(runs.c.run_id, runs.c.details, runs.c.day).where(runs.c.run_id.in_(ids))
    before = {run_id: (details.get("imported"), day) for run_id, details, day in connection.execute(query)}
    fresh = [run for run in imported if run.run_id not in before or before[run.run_id][0] != dict(run.original)]
    known = {run.run_id for run in fresh}
    done.unchanged += [run_id for run_id in ids if run_id not in known]
    done.updated += [run_id for run_id in ids if run_id in known and run_id in before]
    done.new += [run_id for run_id in ids if run_id in known and run_id not in before]
    if not fresh:
        return
    replaced = sorted(known & set(before))
    for table in (run_devices, run_hosts, run_zones, runs):
        connection.execute(delete(table).where(table.c.run_id.in_(replaced)))
    mark_day(connection, {before[run_id][1] for run_id in replaced} | {int(run.started_at // 86400) for run in fresh})
    _write(connection, fresh, factors)
    for run_id in replaced:
        settle_imported(connection, run_id, factors)


def _write(connection: Connection, fresh: Sequence[ImportedRun], factors: Factors) -> None:
    """Rows of many new runs with their figures, a statement a table."""
    revision = next_revision(connection)
    rows: dict[str, list[Row]] = {"runs": [], "hosts": [], "devices": [], "zones": []}
    for run in fresh:
        row, host, devices = _run_row(run), _host_row(run), _device_rows(run)
        figures = account_run(run_use(row, devices, [host]), factors)
        rows["runs"].append(row | _figures(figures, host, factors) | {"revision": revision})
        rows["hosts"].append(host)
        rows["devices"] += devices
        rows["zones"] += zone_rows(run.run_id, run.started_at, figures)
    for table, name in ((runs, "runs"), (run_hosts, "hosts"), (run_devices, "devices"), (run_zones, "zones")):
        if rows[name]:
            connection.execute(insert(table), rows[name])


def _figures(figures: RunFigures, host: Row, factors: Factors) -> Row:
    return figure_columns(figures) | {
        "zone": host["zone"],
        "zone_assumed": host["zone_assumed"],
        "warnings": len(figures.warnings),
        "factor_hash": factors.content_hash,
        "dirty": 0,
    }


def settle_imported(connection: Connection, run_id: str, factors: Factors) -> None:
    """Work out the figures of an imported run, with what persons put right about it."""
    changes = _edited(connection, run_id)
    location = changes.pop("location", None)
    if location is not None:
        zone = resolve_location({"how": "edited", "zone": location})
        place = {"zone": zone.zone, "zone_how": zone.how, "zone_assumed": zone.assumed}
        connection.execute(update(run_hosts).where(run_hosts.c.run_id == run_id).values(place))
    here = runs.c.run_id == run_id
    if changes:
        connection.execute(update(runs).where(here).values(changes))
    run = dict(connection.execute(select(runs).where(here)).mappings().one())
    devices, hosts = (
        [dict(row) for row in connection.execute(select(table).where(table.c.run_id == run_id)).mappings()]
        for table in (run_devices, run_hosts)
    )
    figures = account_run(run_use(run, devices, hosts), factors)
    row = _figures(figures, hosts[0], factors) | {"revision": next_revision(connection)}
    connection.execute(update(runs).where(here).values(row))
    connection.execute(delete(run_zones).where(run_zones.c.run_id == run_id))
    if zones := zone_rows(run_id, run["started_at"], figures):
        connection.execute(insert(run_zones), zones)
    mark_day(connection, {run["day"]})


def _edited(connection: Connection, run_id: str) -> Row:
    query = select(edits.c.field, edits.c.new).where(edits.c.run_id == run_id).order_by(edits.c.edit_no)
    changes: Row = {}
    for name, new in connection.execute(query):
        changes[name] = {**changes.get("tags", {}), **(new or {})} if name == "tags" else new
    if "tags" in changes:
        kept = connection.execute(select(runs.c.tags).where(runs.c.run_id == run_id)).scalar() or {}
        changes["tags"] = {key: value for key, value in {**kept, **changes["tags"]}.items() if value is not None}
    return changes


def _boot(run: ImportedRun) -> str:
    """What stands for the machine: the file does not tell one from another, so each run has its own."""
    return f"import-{run.run_id}"


def _run_row(run: ImportedRun) -> Row:
    parent = None if run.parent_key is None else run_id_of(run.source, run.parent_key)
    return {
        "run_id": run.run_id,
        "parent_run_id": parent,
        "top_level": parent is None,
        "dirty": 0,
        "revision": 0,
        "name": run.name,
        "kind": None,
        "project": run.project,
        "model": run.model,
        "task": run.task,
        "tags": {**run.tags, "imported": run.source},
        "status": "finished",
        "day": int(run.started_at // 86400),
        "month": month_of(run.started_at),
        "started_at": run.started_at,
        "ended_at": run.started_at + run.duration_s,
        "duration_s": run.duration_s,
        "hosts": 1,
        "details": {
            "declared": dict(run.declared),
            "counts": dict(run.counts),
            "hours": [],
            "imported": dict(run.original),
            "warnings": list(run.warnings),
        },
        "warnings": 0,
        **{name: run.counts.get(name) for name in COUNT_NAMES},
    }


def _host_row(run: ImportedRun) -> Row:
    zone = resolve_location({"how": "flag", "zone": run.zone or ""})
    use = {
        "host": run.source,
        "boot_id": _boot(run),
        "duration_s": run.duration_s,
        "cpu_model": run.cpu_model,
        "threads": run.threads,
        "memory_bytes": run.memory_bytes,
    }
    return {
        "run_id": run.run_id,
        "boot_id": _boot(run),
        "host": run.source,
        "zone": zone.zone,
        "zone_how": "imported" if run.zone and not zone.assumed else "unknown",
        "zone_assumed": zone.assumed,
        "from_b": 0.0,
        "to_b": run.duration_s,
        "windows": [[0.0, run.duration_s]],
        "use": use,
    }


def _device_rows(run: ImportedRun) -> list[Row]:
    return [
        {
            "run_id": run.run_id,
            "device_id": f"{_boot(run)}/{device.component}-{i}",
            "boot_id": _boot(run),
            "host": run.source,
            "name": device.name,
            "component": device.component,
            "source": run.source,
            "from_b": 0.0,
            "to_b": run.duration_s,
            "windows": [[0.0, run.duration_s]],
            **_joules(device),
            "method": device.method,
            "coverage": 1.0,
            "share": 1.0,
            "share_how": "whole",
            "reserved": False,
            "why_unknown": device.why_unknown or (None if device.energy_j is not None else "not in the file"),
        }
        for i, device in enumerate(run.devices)
    ]


def _joules(device: ImportedDevice) -> Row:
    shown = device.range_j
    if shown is None:
        return {"energy_j": None, "low_j": None, "high_j": None}
    return {"energy_j": shown.value, "low_j": shown.low, "high_j": shown.high}
