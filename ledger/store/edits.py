"""What a person knows better than the meter, written down with who and when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.cleaning import number_of, table_of, text_of
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.settling import DECLARED_TEXTS
from joulebook.ledger.store.syncing import settle_run
from joulebook.ledger.store.tables import edits, run_hosts, runs

KINDS = ("training", "inference")
STAGES = ("pretrain", "finetune", "distil", "label", "evaluate", "search", "serve")


def edit_run(ledger: Ledger, run_id: str, changes: Mapping[str, object], who: str) -> tuple[str, ...]:
    """Change what was declared about a run; every change is kept beside what stood there before.

    Args:
        ledger: Open for writing.
        run_id: A full run id (`find_run` makes one).
        changes: Any of name, project, kind, stage, model, parameters, task, location, tags. `tags` are merged; a tag
            of None goes. None for another field makes it unknown.
        who: Who says so.

    Returns:
        The fields that changed; those that were so already are not among them, and nothing is kept of them.

    Raises:
        LedgerError: No such run, no such field, or a value that the field can't take; nothing is changed then.
    """
    cleaned = {field: _cleaned(field, value) for field, value in changes.items()}
    with ledger.writing(alone=True) as connection:
        before = connection.execute(select(runs).where(runs.c.run_id == run_id)).mappings().first()
        if before is None:
            raise LedgerError(f"no run has the id {run_id!r}; `joulebook runs` lists them")
        rows = [
            {
                "run_id": run_id,
                "at": time.time(),
                "who": text_of(who) or "unknown",
                "field": field,
                "old": before["zone" if field == "location" else field],
                "new": new,
            }
            for field, new in cleaned.items()
            if not _is_so(connection, before, field, new)
        ]
        if rows:
            connection.execute(insert(edits), rows)
    if rows:
        settle_run(ledger, run_id)
    return tuple(str(row["field"]) for row in rows)


def _is_so(connection: Connection, row: Mapping[Any, Any], field: str, new: Any) -> bool:
    """Whether a run says this already; a place that was assumed, or in which not all machines stood, is news."""
    if field == "tags":
        return all((row["tags"] or {}).get(key) == value for key, value in new.items())
    if field != "location":
        return bool(row[field] == new)
    said = select(edits.c.new).where(edits.c.run_id == row["run_id"], edits.c.field == field)
    if connection.scalar(said.order_by(edits.c.edit_no.desc())) == new:
        return True
    hosts = select(run_hosts.c.zone, run_hosts.c.zone_assumed).where(run_hosts.c.run_id == row["run_id"])
    return {tuple(host) for host in connection.execute(hosts)} == {(new, False)}


def _cleaned(field: str, value: object) -> Any:
    if field == "location":
        return _zone(value)
    if field == "tags":
        return {str(key): text_of(item) for key, item in table_of(value).items() if text_of(str(key))}
    if field == "parameters":
        number = None if value is None else number_of(value)
        if value is not None and (number is None or number <= 0):
            raise LedgerError(f"parameters must be a number above 0, for example 7e9, not {value!r}")
        return number
    if field not in DECLARED_TEXTS:
        known = ", ".join((*DECLARED_TEXTS, "parameters", "location", "tags"))
        raise LedgerError(f"{field!r} of a run can't be changed; what can be: {known}")
    for name, choices in (("kind", KINDS), ("stage", STAGES)):
        if field == name and value is not None and value not in choices:
            raise LedgerError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return text_of(value)


def _zone(value: object) -> str | None:
    """A place that the factor sets know, in their spelling."""
    from joulebook.ledger.locations import resolve_location

    if value is None:
        return None
    found = resolve_location({"how": "edited", "zone": str(value)})
    if found.how == "unknown":
        raise LedgerError(f"{value!r} is no known place; give an ISO 3166 code, for example KOR, DEU or US-CA")
    return found.zone
