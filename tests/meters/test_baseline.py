"""Idle power measured before a run."""

from __future__ import annotations

import pytest
from simulated_nvml import Gpu

from joulebook.meters.summary import Observed, summary_of


@pytest.mark.compiler
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


def test_what_is_above_idle_stands_beside_the_total() -> None:
    """300 W for 10 s, of which 60 W would have been used anyway; a second GPU without a baseline leaves it unknown."""
    sensor = {"kind": "integrated", "class": "test", "tick_s": None, "rel_error": 0.05}
    records = [
        {"k": "open", "b": 0.0, "run": "r" * 12, "name": "x"},
        {"k": "device", "b": 0.0, "i": 0, "id": "GPU-0", "component": "gpu", "name": "H100", "sensor": sensor},
        {"k": "baseline", "b": 0.0, "d": {"0": 60.0}, "seconds": 5.0},
        *({"k": "r", "b": float(b), "d": {"0": [300.0 * b, 300.0, 0.0]}} for b in range(11)),
        {"k": "close", "b": 10.0, "status": "finished"},
    ]
    observed = Observed()
    observed.add(records)
    summary = summary_of(observed, None)
    assert (summary.energy_j, summary.above_idle_j) == (pytest.approx(3000), pytest.approx(2400))
    assert "above idle, which was measured before the run: 2\u202f400 J (2\u202f250 to 2\u202f550)" in str(summary)

    observed.add(
        [
            {"k": "device", "b": 0.0, "i": 1, "id": "GPU-1", "component": "gpu", "name": "H100", "sensor": sensor},
            *({"k": "r", "b": float(b), "d": {"1": [300.0 * b, 300.0, 0.0]}} for b in range(11)),
        ]
    )
    assert summary_of(observed, None).above_idle_j is None
