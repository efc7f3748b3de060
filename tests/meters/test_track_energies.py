"""`track` in real processes with a real helper, over simulated GPUs of exactly known energy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from simulated_nvml import INSTANTANEOUS, SEES_ALL, UNSUPPORTED, Gpu

from joulebook.meters.summary import Observed

pytestmark = pytest.mark.compiler


def window_of(journal, number: int, start_b: float, end_b: float):
    observed = Observed()
    observed.add(journal.records)
    return observed.window(number, start_b, end_b)


def device_windows(journal):
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
    return {d["id"]: window_of(journal, d["i"], start_b, end_b) for d in journal.of("device")}, start_b, end_b


SCRIPT = """
import sys, time
from joulebook import track
with track("job", project="p", kind="training", stage="finetune", model="m", parameters=7e9, task="t",
           location="kr", tags={"a": 1}) as run:
    for epoch in range(2):
        with run.phase("epoch"):
            time.sleep(1.0)
    with run.phase("evaluate"):
        time.sleep(0.3)
    run.count(samples=3)
    run.count(samples=4, tokens_out=5)
    for _ in range(10):
        with run.request(tokens_in=2) as request:
            request.tokens_out = 1
    run.quality("accuracy", 0.9, n=100, language="ko")
    run.quality("loss", scores=[1.0, 2.0, 3.0], higher_is_better=False)
print(run.id)
print(run.summary())
"""


def test_a_run_is_recorded_in_full_and_its_energies_are_right(python, simulator, read_journals) -> None:
    sim = simulator(Gpu(high_w=400, low_w=100, period_s=0.73), Gpu(high_w=250))
    done = python(SCRIPT, sim.environ)
    assert done.returncode == 0, done.stderr
    (journal,) = read_journals()
    opened = journal.one("open")
    assert opened["run"] == done.stdout.split()[0]
    said = {key: opened[key] for key in ("name", "project", "kind", "stage", "model", "parameters", "task", "tags")}
    assert said == {
        "name": "job",
        "project": "p",
        "kind": "training",
        "stage": "finetune",
        "model": "m",
        "parameters": 7e9,
        "task": "t",
        "tags": {"a": "1"},
    }
    assert opened["location"] == {"how": "flag", "zone": "KR"}
    assert journal.one("close")["status"] == "finished"
    assert sum(n.get("samples", 0) for n in journal.of("n")) == 7
    requests = journal.of("q")
    assert [sum(q[key] for q in requests) for key in ("n", "tokens_in", "tokens_out")] == [10, 20, 10]
    assert sum(sum(q["h"].values()) for q in requests) == 10
    assert [(q["name"], q["value"], q["n"], q["sd"]) for q in journal.of("quality")] == [
        ("accuracy", 0.9, 100, None),
        ("loss", 2.0, 3, 1.0),
    ]
    assert [(p["name"], p["index"]) for p in journal.of("pb")] == [("epoch", 0), ("epoch", 1), ("evaluate", 0)]
    windows, start_b, end_b = device_windows(journal)
    for gpu in sim.gpus:
        truth_j = gpu.energy_j(sim.t0, start_b, end_b)
        assert windows[gpu.uuid].energy_j == pytest.approx(truth_j, rel=0.03)
        assert windows[gpu.uuid].low_j <= truth_j <= windows[gpu.uuid].high_j
    ends = {p["id"]: p["b"] for p in journal.of("pe")}
    for phase in journal.of("pb"):
        truth_j = 250 * (ends[phase["id"]] - phase["b"])
        assert window_of(journal, 1, phase["b"], ends[phase["id"]]).energy_j == pytest.approx(truth_j, rel=0.05)
    assert "gCO2e" in done.stdout
    assert "kWh" in done.stdout or " J " in done.stdout


def test_marks_that_follow_closely_do_not_keep_the_meter_reading(python, simulator, read_journals) -> None:
    code = """
import time
from collections import Counter
from joulebook import track
with track("x") as run:
    for _ in range(40):
        with run.phase("short"): time.sleep(0.01)
    time.sleep(4)
"""
    assert python(code, simulator(Gpu(high_w=300)).environ).returncode == 0
    (journal,) = read_journals()
    quiet_b = max(record["b"] for record in journal.of("pe")) + 1
    readings = [record for record in journal.of("r") if quiet_b < record["b"] < journal.one("close")["b"]]
    assert 1 <= len(readings) <= 10  # about one a second


def test_contexts_and_utilisation_are_read_also_while_phases_follow_closely(journals, simulator, read_closed) -> None:
    code = """
import sys, time
from joulebook import track
sys.stdin.readline()
with track("x") as run:
    for _ in range(30):
        with run.phase("step"): time.sleep(0.1)
"""
    sim = simulator(Gpu(), Gpu())
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **sim.environ}, stdin=subprocess.PIPE, text=True
    )
    sim.processes = [(0, process.pid, 60)]
    sim.write()
    process.communicate("go\n")
    (journal,) = read_closed()
    numbers = {device["id"]: str(device["i"]) for device in journal.of("device")}
    used, unused = (numbers[gpu.uuid] for gpu in sim.gpus)
    contexts = journal.of("c")[-1]["d"]
    assert contexts[used] == [1, 1]
    assert contexts.get(unused, [0, 0]) == [0, 0]
    assert journal.of("u")


def test_a_gpu_without_a_counter_is_polled_and_added_up(python, simulator, read_journals) -> None:
    constant = Gpu(high_w=300, counter=False, arch=8, average=UNSUPPORTED)
    wave = Gpu(high_w=400, low_w=100, period_s=1.0, counter=False, arch=7, usage=SEES_ALL, average=UNSUPPORTED)
    wave.name = "A100"
    old = Gpu(high_w=150, counter=False, arch=4, usage=INSTANTANEOUS, average=UNSUPPORTED, instant=UNSUPPORTED)
    sim = simulator(constant, wave, old)
    code = "from joulebook import track; import time\nwith track('x'): time.sleep(3)"
    assert python(code, sim.environ).returncode == 0
    (journal,) = read_journals()
    windows, start_b, end_b = device_windows(journal)
    for gpu, tolerance in ((constant, 0.005), (wave, 0.08), (old, 0.005)):
        truth_j = gpu.energy_j(sim.t0, start_b, end_b)
        assert windows[gpu.uuid].energy_j == pytest.approx(truth_j, rel=tolerance)
    classes = [device["sensor"]["class"] for device in journal.of("device")]
    assert classes == ["nvml-average-1s", "nvml-sees-25-of-100ms", "nvml-window-10ms"]


def test_only_visible_gpus_are_metered(python, simulator, read_journals) -> None:
    sim = simulator(Gpu(), Gpu(), Gpu(mig=("MIG-1-uuid",)))
    code = "from joulebook import track\nwith track('x'): pass"
    for visible in ("", "1", "MIG-1-uuid", "GPU-00000001"):
        python(code, {**sim.environ, "CUDA_VISIBLE_DEVICES": visible})
    seen = [[device["id"] for device in journal.of("device")] for journal in read_journals()]
    uuids = [gpu.uuid for gpu in sim.gpus]
    assert seen == [[], [uuids[1]], [uuids[2]], [uuids[1]]]
    assert read_journals()[2].one("device")["mig"]["uuids"] == ["MIG-1-uuid"]


def test_where_no_process_may_be_started_a_thread_meters_and_says_so(python, simulator, read_journals) -> None:
    code = """
import subprocess
def refused(*a, **k): raise PermissionError("no")
subprocess.Popen = refused
import time
from collections import Counter
from joulebook import track
with track("x") as run: time.sleep(1)
"""
    sim = simulator(Gpu(high_w=300))
    done = python(code, sim.environ)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    assert journal.one("open")["mode"] == "thread"
    windows, start_b, end_b = device_windows(journal)
    assert windows[sim.gpus[0].uuid].energy_j == pytest.approx(300 * (end_b - start_b), rel=0.03)
