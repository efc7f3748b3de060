"""The reports that the page offers: those of the ledger's room, made by the same code as `joulebook report`."""

from __future__ import annotations

import io
import itertools
import shlex
from dataclasses import replace

import pandas as pd

from joulebook.dashboard import data
from joulebook.ledger.reports.making import built_reports, report_module, write_report
from joulebook.ledger.store import RunFilter

PREVIEW_RUNS = 300  # some milliseconds each
_KINDS = {".csv": "text/csv", ".json": "application/json", ".md": "text/markdown"}


def names() -> list[str]:
    """Reports that there are, in the order in which they are offered."""
    return built_reports()


def is_table(name: str) -> bool:
    """Whether the report is rows; else it is a document."""
    return hasattr(report_module(name), "rows")


def can_be_shown(name: str, runs: int) -> bool:
    """Whether its beginning can be made while somebody waits: most reports read every run before their first row."""
    return name == "runs" or runs <= PREVIEW_RUNS


def first_rows(books: data.Books, name: str, asked: RunFilter, n: int) -> pd.DataFrame:
    """The first rows of a table."""
    if name == "runs":
        oldest = data.runs(books, asked, descending=False, limit=n)["run_id"]
        asked = replace(asked, run_ids=tuple(oldest))
        if oldest.empty:
            return pd.DataFrame()
    return data.kept(
        ("report", books.address, books.revision, name, asked, n),
        lambda: pd.DataFrame(itertools.islice(report_module(name).rows(books.ledger, asked), n)),
    )


def document(books: data.Books, name: str, asked: RunFilter) -> str:
    """A document in full."""
    return data.kept(
        ("document", books.address, books.revision, name, asked),
        lambda: str(report_module(name).text(books.ledger, asked)),
    )


def suffix(name: str) -> str:
    """Ending of the report's file."""
    return ".csv" if is_table(name) else str(report_module(name).SUFFIX)


def mime(name: str) -> str:
    """Kind of the report's file."""
    return _KINDS.get(suffix(name), "text/plain")


def content(books: data.Books, name: str, asked: RunFilter) -> bytes:
    """The file, stamped so that `joulebook verify` can make it again; tables begin with a byte-order mark."""
    out = io.StringIO(newline="")
    write_report(books.ledger, name, asked, out)
    return out.getvalue().encode("utf-8-sig" if is_table(name) else "utf-8")


def command(name: str, asked: RunFilter) -> str:
    """The same on the command line."""
    options = [f"--from {asked.start:%Y-%m-%d}"] if asked.start else []
    options += [f"--to {asked.end:%Y-%m-%d}"] if asked.end else []
    options += [f"--project {shlex.quote(project)}" for project in asked.projects]
    return " ".join(["joulebook report", name, *options, f"--out {name}{suffix(name)}"])
