"""How long the books take for another factor set: what it changes, and every run's figures under it.

    python benchmarks/reaccounting_speed.py [--runs 200000] [--arrays 1000000] [--ledger ADDRESS]

The runs are those of `made_up_books.py`, with their energy by zone. The last lines are a Markdown table.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from made_up_books import fill

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.many_runs import Place, ZoneParts, figures_of_runs
from joulebook.ledger.factor_effect import effect
from joulebook.ledger.store import Ledger, open_ledger, totals
from joulebook.ledger.store.accounts import factors_now
from joulebook.ledger.store.reaccounting import reaccount
from joulebook.ledger.store.rollups import refresh_rollups

_ZONES = """
    INSERT INTO run_zones (run_id, zone, year, energy_j, energy_low_j, energy_high_j, assumed)
    SELECT run_id, zone, CASE WHEN day < 20454 THEN 2025 ELSE 2026 END, energy_j, energy_low_j, energy_high_j,
      zone_assumed
    FROM runs WHERE run_id NOT IN (SELECT run_id FROM run_zones)
"""


def changed(factors: Factors) -> Factors:
    """The set with the grid a tenth cleaner everywhere and another PUE."""
    grid = {
        key: replace(row, value=row.value * 0.9, low=row.low * 0.9, high=row.high * 0.9)
        for key, row in factors.table.items()
        if key.startswith("grid/")
    }
    pue = replace(factors.table["pue"], value=1.4)
    return replace(factors, name="next", table={**factors.table, **grid, "pue": pue})


def arrays(n: int, factors: Factors) -> ZoneParts:
    """Energies of so many runs over all zones of a set, two years, places declared and assumed."""
    random = np.random.default_rng(7)
    zones = sorted({key.split("/")[1] for key in factors.table if key.startswith("grid/")})
    places = [Place(zone, year, assumed) for zone in zones for year in (2025, 2026) for assumed in (False, True)]
    energy = random.lognormal(13, 1.5, n)
    return ZoneParts(
        places=places,
        place=random.integers(0, len(places), n),
        run=np.arange(n),
        energy_j=np.stack([energy, energy * 0.9, energy * 1.2]),
        n_runs=n,
        gpu_hours=np.full(n, np.nan),
    )


def timed(work: Callable[[], Any]) -> str:
    """Seconds by the clock and of processor time."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return f"{time.perf_counter() - began:.2f} s ({time.process_time() - used:.2f})"


def peak_gib() -> str:
    """The most memory that this process has held."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"


def sums(ledger: Ledger) -> None:
    """Rollups of the days that changed."""
    with ledger.writing(alone=True) as connection:
        refresh_rollups(connection)


def of_arrays(n: int, old: Factors, new: Factors) -> list[tuple[str, str]]:
    """Times of the arithmetic alone."""
    parts = arrays(n, old)
    what = f"{n:,} runs in {len(parts.places):,} places"
    both = timed(lambda: [figures_of_runs(parts, factors) for factors in (old, new)])
    return [
        (f"five figures with ranges of {what} under another set", timed(lambda: figures_of_runs(parts, new))),
        ("what the set changes for them (under both sets)", both),
        ("most memory so far", peak_gib()),
    ]


def main() -> None:
    """Fill the books, take the times, print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200_000)
    parser.add_argument("--arrays", type=int, default=1_000_000)
    parser.add_argument("--ledger")
    asked = parser.parse_args()
    old = factors_now()
    new = changed(old)
    lines = of_arrays(asked.arrays, old, new)
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(asked.ledger or str(Path(folder) / "ledger.sqlite"))
        fill(ledger, asked.runs)
        with ledger.writing() as connection:
            connection.exec_driver_sql(_ZONES)
        n = f"{asked.runs:,} runs in the books"
        before = totals(ledger).facility_energy_j
        lines += [
            ("looking whether any run is on another set", timed(lambda: reaccount(ledger, old))),
            (f"what the set changes for {n}", timed(lambda: effect(ledger, old, new))),
            (f"all figures of {n} under another set", timed(lambda: reaccount(ledger, new))),
            ("... and the sums by day, week and month", timed(lambda: sums(ledger))),
            ("most memory held", peak_gib()),
        ]
        after = totals(ledger).facility_energy_j
        assert before is not None and after is not None  # noqa: PT018
        lines.append(("facility energy of all, after over before", f"{after.value / before.value:.4f}"))
        ledger.close()
    print("| what | by the clock (processor time) |\n|---|---|")
    for name, figure in lines:
        print(f"| {name} | {figure} |")


if __name__ == "__main__":
    main()
