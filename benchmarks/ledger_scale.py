"""How the books bear 200,000 runs, one run of 10 million readings, and another factor set over a million runs.

    python benchmarks/ledger_scale.py [--runs 200000] [--readings 10000000] [--folder DIR]

Runs are written straight into the tables, as settling them would have left them; the long run goes in as compressed
chunks. Every time is the best of three on a warm file. The last lines are a Markdown table for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, update

from joulebook.ledger.accounting.emissions import emissions_of
from joulebook.ledger.store import (
    Ledger,
    RunFilter,
    filter_options,
    list_runs,
    open_ledger,
    rollup,
    run_document,
    totals,
    trace,
)
from joulebook.ledger.store.accounts import factors_now, keep_factors
from joulebook.ledger.store.chunks import ROWS, Columns, chunk_row
from joulebook.ledger.store.rollups import refresh_rollups
from joulebook.ledger.store.settling import month_of
from joulebook.ledger.store.syncing import settle_run
from joulebook.ledger.store.tables import (
    chunks,
    dirty_days,
    journal_devices,
    journals,
    latencies,
    ledger_state,
    qualities,
    run_devices,
    run_hosts,
    runs,
)

START = 1_735_689_600.0  # 2025-01-01
ZONES = ("KOR", "USA", "DEU", "FRA", "IND", "BRA")
STAGES = ("serve", "finetune", "serve", "evaluate", "distil")
LONG_JOURNAL = 10_000_000
rng = np.random.default_rng(7)


@dataclass(frozen=True, slots=True)
class Work:
    """What one made-up run was for: a project has one task and ten of the sixty models, each used in every stage."""

    project: int
    task: int
    model: int
    stage: str

    @classmethod
    def of(cls, k: int) -> Work:
        """The work of the k-th run; neighbours differ in all of it."""
        project = k % 40
        return cls(project, project % 12, (7 * project + k // 40 % 10) % 60, STAGES[k // 400 % len(STAGES)])

    @property
    def parameters(self) -> float:
        """Sizes from 0.1 to 100 billion over the models."""
        return float(1e8 * 10 ** (3 * self.model / 59))

    @property
    def j_per_request(self) -> float:
        """The larger the model, the more a request costs; tasks differ."""
        return float(2.0 * (self.parameters / 1e9) ** 0.7 * (1 + self.task / 4))

    @property
    def accuracy(self) -> float:
        """The larger, the better, with less and less to gain."""
        return 0.98 - 0.25 * (self.parameters / 1e8) ** -0.3 - 0.01 * (self.model % 3)


def run_rows(first: int, n: int, content_hash: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by table for some synthetic runs spread over two years."""
    found: dict[str, list[dict[str, Any]]] = {}
    seconds = rng.lognormal(6, 1.5, n)
    power = rng.uniform(80, 650, n)
    starts = START + rng.uniform(0, 2 * 365 * 86400, n)
    spread = rng.lognormal(0, 0.08, n)
    for i in range(n):
        rows = rows_of(first + i, float(starts[i]), float(seconds[i]), float(power[i]), float(spread[i]), content_hash)
        for name, table_rows in rows.items():
            found.setdefault(name, []).extend(table_rows)
    return found


def rows_of(
    k: int, started_at: float, seconds: float, power_w: float, spread: float, content_hash: str
) -> dict[str, list[dict[str, Any]]]:
    """All rows of the k-th run, by table."""
    run_id, boot, host, work = f"run{k:07d}", f"boot{k % 64}-{k}", f"host{k % 64}", Work.of(k)
    gpu, cpu, ram = power_w * seconds, 30 * seconds, 4 * seconds
    zone = ZONES[work.project % len(ZONES)]
    serves = work.stage in {"serve", "evaluate"}
    counts = counts_of(work, (gpu + cpu + ram) * spread) if serves else {}
    opening = {"run": run_id, "command": ["python", "serve.py"], "machine": {"cores": 32, "threads": 64}}
    head = {
        "run_id": run_id,
        "top_level": True,
        "dirty": 0,
        "revision": 1,
        "factor_hash": content_hash,
        "name": f"job {k % 5000}",
        "project": f"project {work.project}",
        "kind": "inference" if serves else "training",
        "stage": work.stage,
        "model": f"model-{work.model}",
        "parameters": work.parameters,
        "task": f"task {work.task}",
        "tags": {"seed": k % 7},
        "status": "finished",
        "exit_status": 0,
        "day": int(started_at // 86400),
        "month": month_of(started_at),
        "started_at": started_at,
        "ended_at": started_at + seconds,
        "duration_s": seconds,
        "hosts": 1,
        "energy_method": "modelled",
        "measured_share": gpu / (gpu + cpu + ram),
        **{name: counts.get(name) for name in ("requests", "tokens_in", "tokens_out", "samples")},
        "quality_name": "accuracy" if serves else None,
        "quality_value": work.accuracy if serves else None,
        "details": {"counts": counts},
        "zone": zone,
        "zone_assumed": False,
        "warnings": 0,
        "gpu_measured_j": gpu,
        "cpu_measured_j": 0.0,
        "ram_measured_j": 0.0,
        **figure_columns(gpu, cpu, ram, seconds),
    }
    journal = {
        "journal_no": k + 1,
        "journal_id": f"{run_id}-j0",
        "run_id": run_id,
        "position": 0,
        "state": "closed",
        "boot_id": boot,
        "host": host,
        "opened_at": started_at,
        "opened_b": 0.0,
        "last_b": seconds,
        "close_status": "finished",
        "bad_lines": 0,
        "opening": opening,
    }
    judged = {"journal_no": k + 1, "at": started_at, "name": "accuracy", "value": work.accuracy, "n": 2000}
    waits = [{"journal_no": k + 1, "bucket": 120 + work.model + step, "n": 500} for step in (0, 8)]
    device, machine = use_rows(run_id, boot, host, zone, seconds, gpu, k)
    return {
        "runs": [head],
        "run_devices": [device],
        "run_hosts": [machine],
        "journals": [journal],
        "qualities": [judged] if serves else [],
        "latencies": waits if work.stage == "serve" else [],
    }


def counts_of(work: Work, energy_j: float) -> dict[str, float]:
    """Requests that so many joules served, with what each asked and answered."""
    requests = max(1.0, round(energy_j / work.j_per_request))
    return {"requests": requests, "samples": requests, "tokens_in": 300 * requests, "tokens_out": 200 * requests}


def figure_columns(gpu: float, cpu: float, ram: float, seconds: float) -> dict[str, float]:
    """The headline figures of a run with their ranges, as columns."""
    it = gpu + cpu + ram
    figures = {
        "gpu": (gpu, "j"),
        "cpu": (cpu, "j"),
        "ram": (ram, "j"),
        "energy": (it, "j"),
        "facility_energy": (it * 1.56, "j"),
        "emissions": (it * 1.56 / 3.6e6 * 400, "g"),
        "water": (it / 3.6e6 * 3, "l"),
        "cost": (it / 3.6e6 * 0.12, "usd"),
        "embodied": (seconds * 0.01, "g"),
    }
    return {
        f"{name}{part}_{unit}": value * scale
        for name, (value, unit) in figures.items()
        for part, scale in (("", 1.0), ("_low", 0.9), ("_high", 1.1))
    }


def use_rows(
    run_id: str, boot: str, host: str, zone: str, seconds: float, gpu_j: float, k: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a run used of one GPU and of one machine."""
    device = {
        "run_id": run_id,
        "device_id": f"GPU-{k % 64}",
        "boot_id": boot,
        "host": host,
        "name": "NVIDIA H100 80GB HBM3",
        "component": "gpu",
        "source": "nvml",
        "from_b": 0.0,
        "to_b": seconds,
        "windows": [[0, seconds]],
        "energy_j": gpu_j,
        "low_j": gpu_j * 0.98,
        "high_j": gpu_j * 1.02,
        "method": "measured",
        "coverage": 1.0,
        "share": 1.0,
        "share_how": "whole",
        "reserved": False,
    }
    use = {
        "host": host,
        "boot_id": boot,
        "duration_s": seconds,
        "cores": 32,
        "threads": 64,
        "cpu_model": "Intel(R) Xeon(R) Platinum 8480+",
        "machine_busy_s": 4 * seconds,
        "tree_cpu_s": 2 * seconds,
        "memory_bytes": 5e11,
        "memory_used_byte_s": 6e10 * seconds,
        "tree_rss_byte_s": 3e10 * seconds,
    }
    machine = {
        "run_id": run_id,
        "boot_id": boot,
        "host": host,
        "zone": zone,
        "zone_how": "flag",
        "zone_assumed": False,
        "from_b": 0.0,
        "to_b": seconds,
        "windows": [[0, seconds]],
        "use": use,
    }
    return device, machine


def fill(ledger: Ledger, n: int) -> None:
    """Write the runs in bulk and their rollups."""
    factors = factors_now()
    with ledger.writing() as connection:
        keep_factors(connection, factors)
        connection.execute(update(ledger_state).values(factor_hash=factors.content_hash, revision=1))
    for first in range(0, n, 10_000):
        rows = run_rows(first, min(10_000, n - first), factors.content_hash)
        with ledger.writing() as connection:
            for table in (journals, runs, run_devices, run_hosts, qualities, latencies):
                connection.execute(insert(table), rows[table.name])
    with ledger.writing() as connection:
        days = connection.exec_driver_sql("SELECT DISTINCT day FROM runs").scalars()
        connection.execute(insert(dirty_days), [{"day": day} for day in days])
        refresh_rollups(connection)


def chunk_of(stream: str, seq: int, part: Columns) -> dict[str, Any]:
    """A row of the long run's readings."""
    return {"journal_no": LONG_JOURNAL, "stream": stream, "seq": seq, **chunk_row(stream, part)}


def fill_long_run(ledger: Ledger, n: int) -> None:
    """One run of some million readings of one GPU at 20 Hz, with a machine beside it."""
    opening = {
        "run": "long",
        "name": "long",
        "project": "project 1",
        "machine": {"cores": 32, "threads": 64},
        "location": {"how": "flag", "zone": "KOR"},
    }
    seconds = n / 20
    with ledger.writing() as connection:
        row = {
            "journal_no": LONG_JOURNAL,
            "journal_id": "long",
            "run_id": "long",
            "position": 0,
            "state": "closed",
            "boot_id": "b",
            "host": "h",
            "opened_at": START,
            "opened_b": 0.0,
            "last_b": seconds,
            "close_status": "finished",
            "bad_lines": 0,
            "opening": opening,
        }
        connection.execute(insert(journals), row)
        device = {
            "journal_no": LONG_JOURNAL,
            "device_no": 0,
            "device_id": "GPU-long",
            "component": "gpu",
            "name": "H100",
            "source": "nvml",
            "sensor_kind": "counter",
            "tick_s": 0.1,
            "rel_error": 0.02,
            "visible": True,
        }
        connection.execute(insert(journal_devices), device)
        energy = 0.0
        for seq, first in enumerate(range(0, n, ROWS)):
            b = (first + np.arange(min(ROWS, n - first))) / 20
            power = 300 + 100 * np.sin(b / 600) + rng.normal(0, 20, len(b))
            joules = energy + np.cumsum(power) / 20
            energy = float(joules[-1])
            part = Columns(b, np.stack([joules, power, np.full(len(b), 5e-4)], axis=1))
            connection.execute(
                insert(chunks), {"journal_no": LONG_JOURNAL, "stream": "r0", "seq": seq, **chunk_row("r0", part)}
            )
        b = np.linspace(0, seconds, min(n // 20, 500_000))
        machine = np.stack([4 * b, 2 * b, 6e10 * b, 3e10 * b, np.full(len(b), 6e10), np.full(len(b), 3e10)], axis=1)
        for seq, first in enumerate(range(0, len(b), ROWS)):
            part = Columns(b[first : first + ROWS], machine[first : first + ROWS])
            connection.execute(
                insert(chunks), {"journal_no": LONG_JOURNAL, "stream": "m", "seq": seq, **chunk_row("m", part)}
            )
        placeholder = {
            "run_id": "long",
            "top_level": True,
            "dirty": 2,
            "revision": 0,
            "status": "finished",
            "day": int(START // 86400),
            "month": month_of(START),
            "started_at": START,
            "duration_s": seconds,
            "hosts": 1,
            "details": {},
            "warnings": 0,
        }
        connection.execute(insert(runs), placeholder)


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
