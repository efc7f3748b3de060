"""How the books bear 200,000 runs, one run of 10 million readings, and another factor set over a million runs.

    python benchmarks/ledger_scale.py [--runs 200000] [--readings 10000000] [--folder DIR]

The books are those of `made_up_books.py`. Every time is the best of three on a warm file.
The last lines are a Markdown table for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from made_up_books import ZONES, fill, fill_long_run, rng

from joulebook.ledger.accounting.emissions import emissions_of
from joulebook.ledger.store import (
    RunFilter,
    filter_options,
    list_runs,
    open_ledger,
    rollup,
    run_document,
    totals,
    trace,
)
from joulebook.ledger.store.accounts import factors_now
from joulebook.ledger.store.syncing import settle_run


def best(action: Callable[[], Any], times: int = 3) -> tuple[float, float]:
    """Seconds by the clock and of processor time, of the quickest of some tries."""
    found = []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        action()
        found.append((time.perf_counter() - began, time.process_time() - used))
    return min(wall for wall, _ in found), min(cpu for _, cpu in found)


def shown(times: tuple[float, float]) -> str:
    """Milliseconds by the clock, processor time in brackets (the clock runs on while others use the machine)."""
    return f"{times[0] * 1e3:,.0f} ms ({times[1] * 1e3:,.0f})"


def peak_mib() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def emissions_of_a_million() -> str:
    """Time and MiB of emissions of a million runs under one factor set."""
    n, factors = 1_000_000, factors_now()
    energy = rng.lognormal(13, 1.5, n)
    energies = np.stack([energy, energy * 0.9, energy * 1.2])
    zones = np.array(ZONES, dtype=object)[rng.integers(0, len(ZONES), n)]
    years = rng.integers(2020, 2027, n)
    before = peak_mib()
    times = best(lambda: emissions_of(energies, zones, years, factors))
    return f"{shown(times)}, {peak_mib() - before:.0f} MiB"


def main() -> None:
    """Fill the books, take the times, print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200_000)
    parser.add_argument("--readings", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        path = Path(folder) / "ledger.sqlite"
        ledger = open_ledger(str(path))
        lines = [
            (
                "emissions of 1,000,000 runs under another factor set",
                emissions_of_a_million(),
            )
        ]
        fill(ledger, asked.runs)
        size = path.stat().st_size / 2**20
        lines.append((f"ledger of {asked.runs:,} runs", f"{size:,.0f} MiB"))
        middle = f"run{asked.runs // 2:07d}"
        since = datetime(2026, 1, 1, tzinfo=UTC)
        queries: list[tuple[str, Callable[[], Any]]] = [
            ("open the ledger", lambda: open_ledger(str(path)).close()),
            ("list_runs, first page of 200 by time", lambda: list_runs(ledger)),
            (
                "list_runs, by energy, one project",
                lambda: list_runs(ledger, RunFilter(projects=("project 3",)), sort="energy_j"),
            ),
            ("list_runs, page 500", lambda: list_runs(ledger, offset=100_000)),
            ("list_runs, text search", lambda: list_runs(ledger, RunFilter(text="job 4321"))),
            ("totals of all (rollups)", lambda: totals(ledger)),
            (
                "totals of a project since 2026 (rollups)",
                lambda: totals(ledger, RunFilter(projects=("project 3",), start=since)),
            ),
            ("totals of a text search (reads runs)", lambda: totals(ledger, RunFilter(text="job 4321"))),
            ("rollup by day", lambda: rollup(ledger, by=("day",))),
            ("rollup by week and project", lambda: rollup(ledger, by=("week", "project"))),
            ("rollup by project and model", lambda: rollup(ledger, by=("project", "model"))),
            ("filter_options", lambda: filter_options(ledger)),
            ("run_document of a run", lambda: run_document(ledger, middle)),
        ]
        lines += [(name, shown(best(action))) for name, action in queries]
        fill_long_run(ledger, asked.readings)
        lines.append((f"{asked.readings:,} readings, compressed", f"{path.stat().st_size / 2**20 - size:,.0f} MiB"))
        lines.append(("settle that run", shown(best(lambda: settle_run(ledger, "long"), times=1))))
        end = asked.readings / 20
        long_queries: list[tuple[str, Callable[[], Any]]] = [
            ("its document", lambda: run_document(ledger, "long")),
            ("its whole trace, 2,000 points", lambda: trace(ledger, "long")),
            ("an hour of its trace", lambda: trace(ledger, "long", start_s=end / 2, end_s=end / 2 + 3600)),
        ]
        lines += [(name, shown(best(action))) for name, action in long_queries]
        lines.append(("most memory held by the whole benchmark", f"{peak_mib():,.0f} MiB"))
        ledger.close()
    print("| what | by the clock (processor time) |\n|---|---|")
    for name, figure in lines:
        print(f"| {name} | {figure} |")


if __name__ == "__main__":
    main()
