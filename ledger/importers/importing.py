"""Foreign files into the books, with a report of what was found in each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from joulebook.ledger.importers.reading import read_file
from joulebook.ledger.importers.records import Parsed
from joulebook.ledger.store import Ledger
from joulebook.ledger.store.imports import Inserted, insert_imported
from joulebook.ledger.store.tables import runs


def import_files(ledger: Ledger, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Import files one by one, each as a whole or not at all; an error in one does not keep the others out.

    Returns:
        A report a file: file, format, rows, energy_kwh, refused, ids of runs_new, runs_updated and runs_unchanged, and
        findings of file, row, column, severity, code and text.
    """
    return [_import(ledger, path) for path in paths]


def _import(ledger: Ledger, path: Path) -> dict[str, Any]:
    parsed = read_file(path)
    _leave_out_own(ledger, parsed)
    done = Inserted() if parsed.refused else insert_imported(ledger, parsed.runs)
    return _report(parsed, done)


def _leave_out_own(ledger: Ledger, parsed: Parsed) -> None:
    """A row of a report of these books has the id of a run in them."""
    ids = sorted({str(run.original["run_id"]) for run in parsed.runs if run.original.get("run_id")})
    known: set[str] = set()
    with ledger.reading() as connection:
        for i in range(0, len(ids), 500):  # SQLite takes some 30,000 names at once
            known.update(connection.scalars(select(runs.c.run_id).where(runs.c.run_id.in_(ids[i : i + 500]))))
    for run in parsed.runs:
        if (run_id := run.original.get("run_id")) in known:
            parsed.say("in-the-books", "note", f"the run {run_id} is in the books already; left out", row=run.row)
    parsed.runs = [run for run in parsed.runs if run.original.get("run_id") not in known]


def _report(parsed: Parsed, done: Inserted) -> dict[str, Any]:
    top = [run for run in parsed.runs if run.parent_key is None]
    return {
        "file": parsed.path,
        "format": parsed.source,
        "rows": parsed.rows,
        "refused": parsed.refused,
        "energy_kwh": None if parsed.refused else sum(run.energy_j for run in top) / 3.6e6,
        "runs_new": done.new,
        "runs_updated": done.updated,
        "runs_unchanged": done.unchanged,
        "findings": [
            {
                "file": parsed.path,
                "row": located.row,
                "column": located.column,
                "severity": located.finding.severity,
                "code": located.finding.code,
                "text": located.finding.text,
            }
            for located in parsed.findings
        ],
    }
