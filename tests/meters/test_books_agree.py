"""From the device to the books: what `show` says of a run and its phases is what the devices really used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from simulated_nvml import Gpu

pytestmark = pytest.mark.compiler

SCRIPT = """
import time
from joulebook import track
with track("job") as run:
    with run.phase("first"): time.sleep(1.5)
    with run.phase("second"): time.sleep(1.5)
summary = run.summary()
print(summary.energy_j, summary.duration_s)
"""


def test_the_books_say_what_the_meter_said_and_what_the_devices_used(python, simulator, read_closed) -> None:
    sim = simulator(Gpu(high_w=400, low_w=100, period_s=0.73), Gpu(high_w=250))
    done = python(SCRIPT, sim.environ)
    assert done.returncode == 0, done.stderr
    said_j, said_s = (float(word) for word in done.stdout.split())
    (journal,) = read_closed()
    command = [sys.executable, "-m", "joulebook", "show", "latest", "--json"]
    run = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]

    assert run["duration_s"] == pytest.approx(end_b - start_b, abs=1e-5)
    assert said_s == pytest.approx(end_b - start_b, abs=1e-5)
    gpu = run["energy_by_component"]["gpu"]
    truth_j = sum(one.energy_j(sim.t0, start_b, end_b) for one in sim.gpus)
    assert gpu["value"] == pytest.approx(truth_j, rel=0.01)
    assert gpu["value"] == pytest.approx(said_j, rel=1e-6)
    assert gpu["low"] <= truth_j <= gpu["high"]
    begun_b = {mark["name"]: mark["b"] for mark in journal.of("pb")}
    phases = {phase["name"]: phase for phase in run["phases"]}
    assert begun_b.keys() == {"first", "second"} <= phases.keys()
    for name, begin_b in begun_b.items():
        truth_j = sum(one.energy_j(sim.t0, begin_b, begin_b + phases[name]["duration_s"]) for one in sim.gpus)
        assert phases[name]["energy_by_component"]["gpu"]["value"] == pytest.approx(truth_j, rel=0.03)
