"""Idle power measured before a run."""

from __future__ import annotations

import pytest
from simulated_nvml import Gpu

pytestmark = pytest.mark.compiler


def test_idle_power_is_measured_before_the_run_begins(python, simulator, read_journals) -> None:
    sim = simulator(Gpu(high_w=60), Gpu(high_w=80, counter=False))
    done = python("from joulebook import track\nimport time\nwith track('x', baseline_s=1): time.sleep(1)", sim.environ)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    idle = journal.one("baseline")
    numbers = {device["id"]: str(device["i"]) for device in journal.of("device")}
    watts = [idle["d"][numbers[gpu.uuid]] for gpu in sim.gpus]
    assert watts == [pytest.approx(60, rel=0.12), pytest.approx(80, rel=0.01)]
    assert idle["seconds"] == 1
