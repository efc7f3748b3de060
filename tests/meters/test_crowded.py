"""A crowded machine: meters and their readers come to their turn late, and what can still be known is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_nvml import Gpu

from joulebook.meters.stuck import wait_unless_stuck
from joulebook.meters.summary import summarise
from joulebook.meters.window_energy import window_energy

LATE_S = 2.0


@pytest.mark.compiler
@pytest.mark.parametrize("counter", [True, False])
def test_a_job_that_keeps_the_interpreters_lock_is_known_from_its_start_though_its_meter_came_late(
    simulator: Callable, journals: Path, read_closed: Callable, tmp_path: Path, counter: bool
) -> None:
    sim = simulator(Gpu(high_w=300, counter=counter))
    late = tmp_path / "python"
    late.write_text(f'#!/bin/sh\nsleep {LATE_S}\nexec {sys.executable} "$@"\n')
    late.chmod(0o755)
    job = f"""
import ctypes, sys
from joulebook import track
sys.executable = {str(late)!r}
with track("job"):
    ctypes.PyDLL(None).usleep(60_000_000)  # unlike CDLL, it keeps the interpreter's lock
"""
    with subprocess.Popen([sys.executable, "-c", job], env={**os.environ, **sim.environ}) as process:
        until = time.monotonic() + 60
        while not any(b'"k":"r"' in path.read_bytes() for path in journals.rglob("*.jsonl")):
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(1.0)
        process.send_signal(signal.SIGKILL)
    (journal,) = read_closed()
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
    gpu = summarise(journal.path).components["gpu"]
    truth_j = sim.energy_j(start_b, end_b)
    assert end_b - start_b > LATE_S
    if counter:
        assert gpu.energy_j == pytest.approx(truth_j, rel=0.02)
    assert gpu.low_j <= truth_j <= gpu.high_j


class Reader(threading.Thread):
    """Does something and says when it is done."""

    def __init__(self, does: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.finished = threading.Event()
        self._does = does
        self.start()

    def run(self) -> None:
        self._does()
        self.finished.set()


def work_for_a_second() -> None:
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        sum(range(10_000))


def test_a_reader_that_works_is_waited_for_and_one_that_stands_still_is_not() -> None:
    enough = threading.Event()
    working, hanging = Reader(work_for_a_second), Reader(enough.wait)
    began = time.monotonic()
    wait_unless_stuck([working, hanging], stuck_s=0.3, longest_s=120)  # type: ignore[list-item]
    assert (working.finished.is_set(), hanging.finished.is_set()) == (True, False)
    assert time.monotonic() - began < 60
    enough.set()


def test_what_power_did_in_a_long_gap_is_within_nothing_and_all_of_it() -> None:
    readings = [(float(b), 100.0 * b, 1e-5) for b in (0, 1, 2, 12, 13, 14)]
    window = window_energy(readings, 0.5, 7.0, kind="integrated", tick_s=None, rel_error=0.0)
    assert window is not None
    assert window.energy_j == pytest.approx(650)
    assert (window.low_j, window.high_j) == pytest.approx((150, 1150), rel=0.02)
