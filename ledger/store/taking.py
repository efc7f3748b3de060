"""One journal into the tables, from where it was last left, in one transaction: all of what is new or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.batches import Batch, Row, gather, opening_row
from joulebook.ledger.store.chunks import ROWS, Columns, chunk_row, no_columns, unpack
from joulebook.ledger.store.tables import (
    absences,
    children,
    chunks,
    counts,
    gaps,
    journal_devices,
    journals,
    latencies,
    phases,
    qualities,
    runs,
    warnings,
)
from joulebook.meters.errors import MeterError
from joulebook.meters.journal import is_alive, read_records

_BLOCK_BYTES = 32 << 20


class NotAJournalError(LedgerError):
    """A file among the journals that can't be taken in."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one journal gave: new records, lines that were no records, and its state now."""

    run_id: str
    state: str
    records: int
    bad_lines: int
    changed: bool


def inserting(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the words of this database."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def journal_id_of(path: Path) -> str:
    """The journal id in `<run id>.<journal id>.jsonl`."""
    return path.name.removesuffix(".jsonl").rpartition(".")[2]


def take_journal(connection: Connection, path: Path) -> Taken:
    """Take in what is new in one journal.

    Raises:
        NotAJournalError: No journal, one of a newer version, or one that can't be read; nothing of it was taken in.
    """
    alive = is_alive(path)  # before reading: what a meter writes while it lets go is read, or read next time
    opening = _opening(path)
    row = _locked_row(connection, opening)
    before = (row["position"], row["state"])
    taken = bad_lines = 0
    while True:
        batch = Batch()
        records, position = _read(path, row["position"])
        if position == row["position"]:
            break
        bad = _line_count(path, row["position"], position) - len(records)
        gather(batch, records)
        _write(connection, row, batch)
        row["position"], row["bad_lines"] = position, row["bad_lines"] + bad
        taken, bad_lines = taken + len(records), bad_lines + bad
    row["state"] = "closed" if row["close_status"] else "open" if alive else "interrupted"
    changed = (row["position"], row["state"]) != before
    if changed:
        _keep(connection, row)
    return Taken(row["run_id"], row["state"], taken, bad_lines, changed)


def _read(path: Path, position: int) -> tuple[list[dict[str, Any]], int]:
    try:
        return read_records(path, position, _BLOCK_BYTES)
    except MeterError as error:
        raise NotAJournalError(str(error)) from None


def _opening(path: Path) -> Row:
    """The journal's row from its first line; the file's name is not to be trusted."""
    try:
        records, _ = read_records(path, 0, 1)
    except MeterError as error:
        raise NotAJournalError(str(error)) from None
    row = opening_row(records[0], journal_id_of(path)) if records else None
    if row is None:
        raise NotAJournalError(f"{path}: is not a journal (it has no whole opening record); nothing of it was taken in")
    return row


def _locked_row(connection: Connection, opening: Row) -> Row:
    """The journal's row, made if it is new, and kept from other processes until the transaction ends."""
    statement = inserting(connection, journals).values(**opening).on_conflict_do_nothing()
    connection.execute(statement)
    query = select(journals).where(journals.c.journal_id == opening["journal_id"]).with_for_update()
    return dict(connection.execute(query).mappings().one())


def _line_count(path: Path, start: int, end: int) -> int:
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(end - start)
    return data.count(b"\n") - data.count(b"\n\n") - data.startswith(b"\n")


def _keep(connection: Connection, row: Row) -> None:
    names = ("position", "state", "last_b", "close_status", "exit_status", "bad_lines")
    where = journals.c.journal_no == row["journal_no"]
    connection.execute(update(journals).where(where).values({name: row[name] for name in names}))
    placeholder = {
        "run_id": row["run_id"],
        "top_level": False,
        "dirty": 2,
        "revision": 0,
        "status": "running",
        "day": int(row["opened_at"] // 86400),
        "month": 0,
        "started_at": row["opened_at"],
        "duration_s": 0.0,
        "hosts": 1,
        "details": {},
        "warnings": 0,
    }
    statement = inserting(connection, runs).values(**placeholder)
    connection.execute(statement.on_conflict_do_update(index_elements=["run_id"], set_={"dirty": 2}))


def _write(connection: Connection, row: Row, batch: Batch) -> None:
    number = row["journal_no"]
    if batch.closing:  # readings just after the end tell where a counter's ticks lie; the run does not last longer
        row.update(batch.closing)
    elif not row["close_status"]:
        row["last_b"] = max(row["last_b"], batch.last_b)
    for stream in sorted(batch.streams):
        _append_chunks(connection, number, stream, batch.columns(stream))
    _write_devices(connection, number, batch)
    _write_phases(connection, number, batch)
    plain = ((gaps, batch.gaps), (absences, batch.absences), (warnings, batch.warnings), (qualities, batch.qualities))
    for table, rows in plain:
        if rows:
            connection.execute(insert(table), [{"journal_no": number, **item} for item in rows])
    _add_up(connection, counts, number, batch.counts)
    _add_up(connection, latencies, number, batch.latencies)
    if batch.children:
        statement = inserting(connection, children).on_conflict_do_nothing()
        connection.execute(
            statement, [{"parent_run_id": row["run_id"], "run_id": child} for child in sorted(batch.children)]
        )


def _append_chunks(connection: Connection, number: int, stream: str, columns: Columns) -> None:
    """Add readings to a stream; its last chunk is filled up first, so that many small syncs leave no crumbs."""
    of_stream = (chunks.c.journal_no == number) & (chunks.c.stream == stream)
    last = connection.execute(select(chunks).where(of_stream).order_by(chunks.c.seq.desc()).limit(1)).mappings().first()
    seq = 0 if last is None else last["seq"] + 1
    if last is not None and (last["n"] < ROWS or columns.b[0] < last["to_b"]):
        columns = unpack(stream, last["n"], last["data"]).joined(columns).in_order()
        seq = last["seq"]
        connection.execute(chunks.delete().where(of_stream & (chunks.c.seq == seq)))
    rows = []
    for i in range(0, len(columns), ROWS):
        part = Columns(columns.b[i : i + ROWS], columns.values[i : i + ROWS])
        rows.append({"journal_no": number, "stream": stream, "seq": seq, **chunk_row(stream, part)})
        seq += 1
    connection.execute(insert(chunks), rows)


def _write_devices(connection: Connection, number: int, batch: Batch) -> None:
    if batch.devices:
        statement = inserting(connection, journal_devices)
        keys = ["journal_no", "device_no"]
        later = statement.on_conflict_do_update(index_elements=keys, set_={"tick_s": statement.excluded.tick_s})
        connection.execute(later, [{"journal_no": number, **row} for row in batch.devices.values()])
    for device, most in batch.contexts.items():
        known = journal_devices.c.own_contexts
        here = (journal_devices.c.journal_no == number) & (journal_devices.c.device_no == device)
        grows = here & (known.is_(None) | (known < most))
        connection.execute(update(journal_devices).where(grows).values(own_contexts=min(most, 2**31 - 1)))
    for device, watts in batch.baselines.items():
        here = (journal_devices.c.journal_no == number) & (journal_devices.c.device_no == device)
        connection.execute(update(journal_devices).where(here).values(baseline_w=watts))


def _write_phases(connection: Connection, number: int, batch: Batch) -> None:
    if batch.phases:
        statement = inserting(connection, phases).on_conflict_do_nothing()
        connection.execute(statement, [{"journal_no": number, **row} for row in batch.phases.values()])
    if batch.phase_ends:
        here = (phases.c.journal_no == number) & (phases.c.phase_no == bindparam("phase")) & phases.c.end_b.is_(None)
        statement = update(phases).where(here).values(end_b=bindparam("end"), failed=bindparam("fails"))
        ends = [{"phase": no, "end": b, "fails": failed} for no, (b, failed) in batch.phase_ends.items()]
        connection.execute(statement, ends)


def _add_up(connection: Connection, table: Table, number: int, items: Any) -> None:
    if not items:
        return
    key, amount = ("name", "amount") if table is counts else ("bucket", "n")
    statement = inserting(connection, table)
    grown = {amount: table.c[amount] + statement.excluded[amount]}
    statement = statement.on_conflict_do_update(index_elements=["journal_no", key], set_=grown)
    connection.execute(statement, [{"journal_no": number, key: name, amount: n} for name, n in items.items()])


def load_stream(connection: Connection, journal_no: int, stream: str) -> Columns:
    """All readings of one stream, in order of time."""
    of_stream = (chunks.c.journal_no == journal_no) & (chunks.c.stream == stream)
    query = select(chunks.c.n, chunks.c.data).where(of_stream).order_by(chunks.c.seq)
    parts = [unpack(stream, n, data) for n, data in connection.execute(query)]
    if not parts:
        return no_columns(stream)
    joined = Columns(np.concatenate([part.b for part in parts]), np.concatenate([part.values for part in parts]))
    return joined.in_order()
