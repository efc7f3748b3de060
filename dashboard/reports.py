"""The reports that the page offers: tables in SI units, units in the column names, ranges beside every figure."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pandas as pd

from joulebook.dashboard import data
from joulebook.ledger.store import RunFilter


def _runs(books: data.Books, asked: RunFilter) -> pd.DataFrame:
    return data.runs(books, asked, limit=None)


def _by(*columns: str) -> Callable[[data.Books, RunFilter], pd.DataFrame]:
    def made(books: data.Books, asked: RunFilter) -> pd.DataFrame:
        return data.rollup(books, columns, run_filter=asked)

    return made


REPORTS: dict[str, Callable[[data.Books, RunFilter], pd.DataFrame]] = {
    "runs": _runs,
    "days": _by("day"),
    "projects": _by("project"),
    "models": _by("model", "task"),
}


def command(name: str, asked: RunFilter) -> str:
    """The same on the command line, where there is such a report; else the list of runs as JSON."""
    if name != "runs":
        return "joulebook runs --json"
    options = [f"--from {asked.start:%Y-%m-%d}"] if asked.start else []
    options += [f"--to {asked.end:%Y-%m-%d}"] if asked.end else []
    options += [f"--project {shlex.quote(project)}" for project in asked.projects]
    return " ".join(["joulebook report runs", *options, "--out runs.csv"])
