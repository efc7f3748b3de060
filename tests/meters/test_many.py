"""Two hundred metered processes on one machine at once: each keeps its own end, and each joule is counted once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_nvml import Gpu, Simulator

from joulebook.ledger.store import list_runs, open_ledger, sync, totals

pytestmark = pytest.mark.compiler

PROCESSES, GPUS = 200, 16
# Forked, so that they share the interpreter's memory. Each begins once the meter of the one before has read its GPU
# (begun all at once, two hundred meters would come up seconds late); nobody goes on before all of them are metered.
PROGRAM = f"""
import json, os, sys, time
from joulebook import track

told_read, told = os.pipe()
go_read, go = os.pipe()
jobs = []
for number in range({PROCESSES}):
    job = os.fork()
    if job == 0:
        os.close(go)
        os.environ["CUDA_VISIBLE_DEVICES"] = str(number % {GPUS})
        with track(f"job {{number}}") as run:
            run.count(samples=number)
            while not b'"k":"r"' in run._job.path.read_bytes():
                time.sleep(0.02)
            os.write(told, b".")
            os.read(go_read, 1)
            sys.exit(number % 7)
    jobs.append(job)
    os.read(told_read, 1)
os.close(go)
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]) for job in jobs]))
"""


def test_each_of_them_ends_as_it_would_and_each_joule_is_counted_once(
    simulator: Callable, journals: Path, read_closed: Callable
) -> None:
    sim = simulator(*(Gpu(high_w=100 + 10 * number) for number in range(GPUS)))
    environ = {**os.environ, **sim.environ}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [number % 7 for number in range(PROCESSES)]

    found = read_closed(PROCESSES)
    ends = {journal.one("open")["name"]: journal.one("close") for journal in found}
    assert {name: end["exit_status"] for name, end in ends.items()} == {
        f"job {number}": number % 7 for number in range(PROCESSES)
    }
    assert all(journal.path.read_bytes().endswith(b"\n") for journal in found)

    assert max(j.one("open")["b"] for j in found) < min(j.one("close")["b"] for j in found)  # all at one time

    ledger = open_ledger(str(journals.with_name("ledger.sqlite")))
    try:
        report = sync(ledger, journals)
        assert (len(report.runs), report.problems) == (PROCESSES, [])
        assert sorted(list_runs(ledger, limit=PROCESSES + 1)["samples"].fillna(0)) == list(range(PROCESSES))
        counted = totals(ledger).energy_by_component["gpu"]
        assert counted.value == pytest.approx(joules_while_watched(sim, found), rel=0.01)
    finally:
        ledger.close()


def joules_while_watched(sim: Simulator, found: list) -> float:
    """What each GPU used from the start of the first job on it to the end of the last."""
    total_j = 0.0
    for gpu in sim.gpus:
        seen = [journal for journal in found if journal.one("device")["id"] == gpu.uuid]
        assert len(seen) in (PROCESSES // GPUS, PROCESSES // GPUS + 1)
        start_b, end_b = min(j.one("open")["b"] for j in seen), max(j.one("close")["b"] for j in seen)
        total_j += gpu.energy_j(sim.t0, start_b, end_b)
    return total_j
