"""The ledger's store: journals coming in, queries going out.

    ledger = open_ledger("ledger.sqlite")          # or a SQLAlchemy URL; makes and migrates what is missing
    report = sync(ledger, journals_dir)            # any number of times, from any number of processes
    frame = list_runs(ledger, RunFilter(projects=("support-bot",)))

Everything that comes out is data (frames, dicts, dataclasses); nothing outside this folder sees a table.
"""

from __future__ import annotations

from joulebook.ledger.store.documents import each_document, run_document, run_documents
from joulebook.ledger.store.edits import edit_run
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger, open_ledger
from joulebook.ledger.store.queries import count_runs, filter_options, find_run, list_runs
from joulebook.ledger.store.rollups import RunTotals, rollup, totals
from joulebook.ledger.store.syncing import SyncReport, sync
from joulebook.ledger.store.traces import trace

__all__ = [
    "Ledger",
    "RunFilter",
    "RunTotals",
    "SyncReport",
    "count_runs",
    "each_document",
    "edit_run",
    "filter_options",
    "find_run",
    "list_runs",
    "open_ledger",
    "rollup",
    "run_document",
    "run_documents",
    "sync",
    "totals",
    "trace",
]
