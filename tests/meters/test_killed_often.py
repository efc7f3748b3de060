"""A hundred runs killed at random moments, some while they begin, some inside a C call that keeps the interpreter's
lock: what was measured stays, every helper goes, every journal can be read and the books are whole.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulated_nvml import Gpu

from joulebook.ledger.store import Ledger, SyncReport, each_document, list_runs, open_ledger, sync
from joulebook.meters.summary import Observed

pytestmark = pytest.mark.compiler

# Read before the fixtures clear it; CI tries the same moments each time.
_ANY_SEED = 1 if "JOULEBOOK_NO_SKIPS" in os.environ else random.randrange(1_000_000)
SEED = int(os.environ.get("JOULEBOOK_TEST_SEED") or _ANY_SEED)
JOBS, GPUS, POWER_W = 100, 16, 300
LOST_S, STEP_S = 5.0, 0.02
GONE_S = 15.0  # the promise is 2 s; the machine may be crowded by others


@pytest.fixture
def books(tmp_path: Path) -> Any:
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"))
    yield ledger
    ledger.close()


def test_a_hundred_kills_lose_little_and_break_nothing(
    simulator: Callable, journals: Path, read_journals: Callable, books: Ledger
) -> None:
    sim = simulator(*(Gpu(high_w=POWER_W) for _ in range(GPUS)))
    command = [sys.executable, str(Path(__file__).with_name("kill_many.py")), str(SEED), str(JOBS), str(GPUS)]
    with subprocess.Popen(command, env={**os.environ, **sim.environ}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "killed\n"
        assert troubles(sync(books, journals)) == [], SEED  # while the last helpers still write
        jobs = json.loads(process.stdout.readline())
    begun = [job for job in jobs if job["journal"]]
    assert {job["way"] for job in begun} >= {"steps", "aborts", "holds the lock"}

    by_name = {journal.path.name: journal for journal in read_journals()}
    for job in begun:
        assert 0 <= (job["gone_s"] or GONE_S) < GONE_S, (SEED, job)
        assert what_was_lost(by_name[Path(job["journal"]).name], job) == [], (SEED, job)
    assert troubles(sync(books, journals)) == [], SEED
    assert sync(books, journals).records == 0, SEED
    listed = list_runs(books, limit=JOBS)
    assert set(listed["name"]) >= {f"job {job['number']}" for job in begun}, SEED
    assert set(listed["status"]) <= {"interrupted", "failed"}, (
        SEED
    )  # an abort is a failure where the kernel tells of it
    assert len(list(each_document(books))) == len(listed), SEED
    with sqlite3.connect(journals.with_name("ledger.sqlite")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",), SEED


def troubles(report: SyncReport) -> list[str]:
    """What could not be taken in; a job that is killed before its run begins may leave an empty file, and no more."""
    return [line for line in report.problems if Path(line.partition(": ")[0]).stat().st_size]


def what_was_lost(journal: Any, job: dict[str, Any]) -> list[str]:
    """What this journal lacks of what it must tell about a killed job."""
    closing, killed_b = journal.one("close"), job["killed_b"]
    observed = Observed()
    observed.add(journal.records)
    start_b = journal.one("open")["b"]
    window = observed.window(0, start_b, closing["b"]) if observed.devices else None
    energy_j = window.energy_j if window else 0.0
    counted = sum(record.get("samples", 0) for record in journal.of("n"))
    wrong = {
        "its end": closing["status"] == "finished" or not 0 <= closing["b"] - killed_b < LOST_S,
        "machine readings": killed_b - max(record["b"] for record in journal.of("m")) > LOST_S,
        "energy": energy_j < POWER_W * (killed_b - start_b - LOST_S),
        "nothing but its energy": energy_j > POWER_W * (closing["b"] - start_b + 1),
        "counts": job["steps"] - counted > LOST_S / STEP_S,
        "a whole last line": not journal.path.read_bytes().endswith(b"\n"),
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]
