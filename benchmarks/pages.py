"""How long each page of the app takes to answer with 200,000 runs in the books.

    python benchmarks/pages.py [--runs 200000] [--ledger FILE]

The books are those of `made_up_books.py`. Streamlit's own test runner runs each page as the server would; the browser's
drawing comes on top. *First* is the first visit after the books changed, with nothing kept from before; *again* is any
later visit, which looks for new journals too. The process has run each page once on small books before, as a server has
that answered one person.
The last lines are a Markdown table for docs/benchmarks.md. With `--ledger`, the books are kept in that file and used
again.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

import streamlit as st
from made_up_books import fill
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import data
from joulebook.ledger.store import open_ledger

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"
WARM_UP_RUNS = 3000
# Name of the view, and the query of its link; the second of a pair is the same page as a link may ask for it.
Query = dict[str, str | list[str]]
Seconds = tuple[float, float]
VISITS: tuple[tuple[str, str, Query], ...] = (
    ("Overview", "overview", {}),
    ("Overview, all time by project", "overview", {"overview_period": "All time", "overview_by": "projects"}),
    ("Runs", "runs", {}),
    ("Runs, one project by energy", "runs", {"runs_projects": "project 3", "runs_sort": "Most energy first"}),
    ("Runs, text search", "runs", {"runs_text": "job 4321"}),
    ("Run", "run", {"run": "run0001000"}),
    ("Side by side, four runs", "side_by_side", {"runs": [f"run{k:07d}" for k in (0, 40, 80, 120)]}),
    ("Live", "live", {}),
    ("Compare", "compare", {"compare_task": "task 1"}),
    ("Trade-off", "tradeoff", {}),
    ("Trade-off, from models", "tradeoff", {"tradeoff_from": "Models", "tradeoff_task": "task 1"}),
    ("Estimate", "estimate", {}),
    ("Who pays, all runs", "who_pays", {}),
    ("Who pays, one project", "who_pays", {"who_pays_of": "Project project 3"}),
    ("Models", "models", {}),
    ("Scoreboard", "scoreboard", {}),
    ("Reports", "reports", {}),
    ("Method", "method", {}),
)


def visit(view: str, query: Query, *, forgetting: bool = False) -> Seconds:
    """Seconds that one page's run takes, by the clock and of processor time; a page that fails ends the measuring."""
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.run()  # a session begins with the first page; the test runner looks for pages and components then
    if view != "overview":
        app.switch_page(f"views/{view}.py")
    for key, value in query.items():
        app.query_params[key] = value
    if forgetting:
        st.cache_data.clear()
    else:
        data._taken_in.clear()  # what is kept for two seconds only
    began, used = time.perf_counter(), time.process_time()
    app.run()
    took = time.perf_counter() - began, time.process_time() - used
    if app.exception or app.error:
        raise SystemExit(f"{view}: {(app.exception or app.error)[0].value}")
    return took


def use(ledger: Path) -> None:
    """Point the app at books that no journals come into."""
    os.environ["JOULEBOOK_LEDGER"] = str(ledger)
    os.environ["JOULEBOOK_JOURNALS"] = str(ledger.parent / "no-journals")


def filled(path: Path, n: int) -> Path:
    """Books of so many runs, made where there are none yet."""
    if not path.exists():
        ledger = open_ledger(str(path))
        fill(ledger, n)
        ledger.close()
    return path


def measured() -> list[tuple[str, Seconds, Seconds]]:
    """First and later visits of every page: best of three each."""
    found = []
    for name, view, query in VISITS:
        first, again = [], []
        for _ in range(3):
            first.append(visit(view, query, forgetting=True))
            again.append(visit(view, query))
        found.append((name, min(first), min(again)))
        print(f"{name}: first {shown(min(first))}, again {shown(min(again))}", file=sys.stderr)
    return found


def shown(took: Seconds) -> str:
    """Seconds by the clock, processor time in brackets (the clock runs on while others use the machine)."""
    return f"{took[0]:.2f} s ({took[1]:.2f})"


def main() -> None:
    """Fill the books, visit every page, print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200_000)
    parser.add_argument("--ledger", type=Path)
    asked = parser.parse_args()
    st.config.set_option("server.address", "127.0.0.1")
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("streamlit"):
            logging.getLogger(name).setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        use(filled(Path(folder) / "small.sqlite", WARM_UP_RUNS))
        for _, view, query in VISITS:
            visit(view, query)
        use(filled(asked.ledger or Path(folder) / "ledger.sqlite", asked.runs))
        rows = measured()
    print("| page, by the clock (processor time) | first visit after a change | again |\n|---|---|---|")
    for name, first, again in rows:
        print(f"| {name} | {shown(first)} | {shown(again)} |")


if __name__ == "__main__":
    main()
