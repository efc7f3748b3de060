"""How long re-accounting takes: emissions of a million runs, hourly matching of ten thousand run-days.

python benchmarks/accounting_speed.py
"""

from __future__ import annotations

import resource
import time

import numpy as np

from joulebook.ledger.accounting.emissions import emissions_of
from joulebook.ledger.accounting.hourly import match_hours
from joulebook.ledger.accounting.observations import DeviceUse, HostUse, Reading, RunUse, WindowUse, Zone
from joulebook.ledger.accounting.run_account import account_run
from joulebook.ledger.factor_sets import current_factors
from joulebook.meters.settings import Settings

RUNS, RUN_DAYS = 1_000_000, 10_000


def main() -> None:
    """Print one line a benchmark: what, seconds, bound."""
    random = np.random.default_rng(7)
    factors = current_factors(Settings())
    _line("build the factor set and its hash", lambda: current_factors(Settings()).content_hash, 1.0)
    names = np.array(["KOR", "USA-CA", "USA", "DEU", "FRA", "WLD", "IND", "BRA"], dtype=object)
    energies = random.lognormal(14, 2, (3, RUNS))
    energies.sort(axis=0)
    energies = energies[[1, 0, 2]]
    zones, years = names[random.integers(0, len(names), RUNS)], random.integers(2019, 2027, RUNS)
    _line(f"emissions of {RUNS:,} runs", lambda: emissions_of(energies, zones, years, factors), 3.0)
    load, supply = random.random((RUN_DAYS, 24)), random.random((RUN_DAYS, 24))
    grid = random.uniform(50, 800, (RUN_DAYS, 24))
    _line(f"hourly matching of {RUN_DAYS:,} run-days", lambda: _matching(load, supply, grid), 2.0)
    run = _run()
    _line("account_run, 1,000 times", lambda: [account_run(run, factors) for _ in range(1000)], 5.0)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB (bound 1)")


def _matching(load: np.ndarray, supply: np.ndarray, grid: np.ndarray) -> np.ndarray:
    matched = match_hours(load, supply)
    return (matched * 20.0 + (load - matched) * grid).sum(axis=1)


def _line(what: str, work: object, bound_s: float) -> None:
    begin = time.perf_counter()
    work()  # type: ignore[operator]
    print(f"{what}: {time.perf_counter() - begin:.3f} s (bound {bound_s:g})")


def _run() -> RunUse:
    gpus = tuple(
        DeviceUse(f"GPU-{i}", "a", "NVIDIA H100 80GB HBM3", "gpu", "nvml", Reading(3.6e6, 3.5e6, 3.7e6, "measured"))
        for i in range(8)
    )
    host = HostUse("a", "boot", 5e3, "AMD EPYC 9654", 2, 192, 384, False, 1e12, tree_cpu_s=1e5, tree_rss_byte_s=1e15)
    window = WindowUse(5e3, gpus, (host,))
    return RunUse("r", 1.77e9, 1.77e9 + 5e3, window, ((Zone("KOR", "flag", assumed=False), window),))


if __name__ == "__main__":
    main()
