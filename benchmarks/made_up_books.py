"""Books made up for the benchmarks: very many runs as settling them would have left them, and one long run.

Runs are written straight into the tables; the long run goes in as compressed chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import insert, update

from joulebook.ledger.store import (
    Ledger,
)
from joulebook.ledger.store.accounts import factors_now, keep_factors
from joulebook.ledger.store.chunks import ROWS, Columns, chunk_row
from joulebook.ledger.store.rollups import refresh_rollups
from joulebook.ledger.store.settling import month_of
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


def _readings(n: int) -> Iterator[dict[str, Any]]:
    """Chunks of a GPU's counter at 20 Hz, and of the machine at most at 1 Hz."""
    energy = 0.0
    for seq, first in enumerate(range(0, n, ROWS)):
        b = (first + np.arange(min(ROWS, n - first))) / 20
        power = 300 + 100 * np.sin(b / 600) + rng.normal(0, 20, len(b))
        joules = energy + np.cumsum(power) / 20
        energy = float(joules[-1])
        yield chunk_of("r0", seq, Columns(b, np.stack([joules, power, np.full(len(b), 5e-4)], axis=1)))
    b = np.linspace(0, n / 20, min(n // 20, 500_000))
    machine = np.stack([4 * b, 2 * b, 6e10 * b, 3e10 * b, np.full(len(b), 6e10), np.full(len(b), 3e10)], axis=1)
    for seq, first in enumerate(range(0, len(b), ROWS)):
        yield chunk_of("m", seq, Columns(b[first : first + ROWS], machine[first : first + ROWS]))


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
        for chunk in _readings(n):
            connection.execute(insert(chunks), chunk)
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
