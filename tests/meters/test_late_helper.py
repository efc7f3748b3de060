"""A driver that fails after the first reading, the job's own: what was read stands, the rest is read on or marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_nvml import Fault, Gpu, Simulator

from joulebook.meters.summary import Observed

pytestmark = pytest.mark.compiler

# The helper, and nobody else, comes up only when the file is there.
LATE = """
import os, sys, time
while "joulebook.meters" in sys.orig_argv and not os.path.exists({go!r}): time.sleep(0.02)
"""
JOB = """
import os, threading, time
from joulebook import track
from joulebook.meters.clock import boot_s
from joulebook.meters.journal import read_records

def wait_for(condition):
    until = time.monotonic() + 50
    while not condition() and time.monotonic() < until: time.sleep(0.05)

with track("x") as run:
    records = lambda: read_records(run._job.path)[0]
    wait_for(lambda: all(thread.name != "joulebook-start" for thread in threading.enumerate()))
    os.replace({failing!r}, os.environ["NVML_SIMULATOR"])
    open({go!r}, "w").close()
    wait_for(lambda: any(record["k"] == "c" for record in records()))  # the helper has opened the driver
    os.replace({then!r}, os.environ["NVML_SIMULATOR"])
    then_b = boot_s()
    wait_for(lambda: any(record["k"] == "r" and record["b"] > then_b + 3 for record in records()))
"""
ALL_OF_GPU_0 = [Fault("nvmlDeviceGetHandleByIndex_v2", error=15, gpu=0), Fault("*", error=15, gpu=0)]
COUNTERS = [Fault("nvmlDeviceGetTotalEnergyConsumption", error=999)]


@pytest.fixture
def metered(python, simulator, tmp_path: Path, read_journals) -> Callable:
    """Meters a job over two GPUs, with faults as the helper comes up and others from then on."""

    def run(failing: list[Fault], then: list[Fault]):
        sim = simulator(Gpu(high_w=300), Gpu(high_w=200))
        go, late = tmp_path / "go", tmp_path / "late"
        late.mkdir()
        (late / "sitecustomize.py").write_text(LATE.format(go=str(go)))
        paths = {"failing": tmp_path / "failing", "then": tmp_path / "then"}
        Simulator(sim.library_dir, paths["failing"], sim.gpus, failing, t0=sim.t0)
        Simulator(sim.library_dir, paths["then"], sim.gpus, then, t0=sim.t0)
        code = JOB.format(go=str(go), **{name: str(path) for name, path in paths.items()})
        done = python(code, {**sim.environ, "PYTHONPATH": str(late)})
        assert (done.returncode, done.stderr) == (0, "")
        (journal,) = read_journals()
        return sim, journal

    return run


def test_a_gpu_that_is_lost_before_the_helper_sees_it_leaves_a_gap_and_a_warning(metered) -> None:
    sim, journal = metered(ALL_OF_GPU_0, ALL_OF_GPU_0)
    numbers = {device["id"]: device["i"] for device in journal.of("device")}
    gap, warning = journal.one("gap"), journal.one("warn")
    assert (gap["i"], warning["code"]) == (numbers[sim.gpus[0].uuid], "device-lost")
    assert gap["from"] < journal.one("open")["b"] + 2
    assert gap["to"] == pytest.approx(journal.one("close")["b"], abs=1e-3)


def test_a_counter_that_fails_as_the_helper_opens_it_is_read_on(metered) -> None:
    sim, journal = metered(COUNTERS, [])
    assert {device["sensor"]["kind"] for device in journal.of("device")} == {"counter"}
    observed = Observed()
    observed.add(journal.records)
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
    energies = {d["id"]: observed.window(i, start_b, end_b).energy_j for i, d in observed.devices.items()}
    assert energies == {gpu.uuid: pytest.approx(gpu.high_w * (end_b - start_b), rel=0.02) for gpu in sim.gpus}
