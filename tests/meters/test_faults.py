"""Every NVML call with every error code, and each of them hanging: the source gives what is left and never raises.

The matrix runs inside one process a call (the library is real, through nvidia-ml-py); what a whole job feels of a
hanging driver is in test_track_harmless.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_nvml import Fault, Gpu, Simulator

from joulebook.meters.clock import boot_s
from joulebook.meters.journal import read_records
from joulebook.meters.summary import Observed, summary_of

pytestmark = pytest.mark.compiler

CALLS = [
    "nvmlInitWithFlags",
    "nvmlDeviceGetCount_v2",
    "nvmlDeviceGetHandleByIndex_v2",
    "nvmlDeviceGetUUID",
    "nvmlDeviceGetName",
    "nvmlDeviceGetArchitecture",
    "nvmlDeviceGetMigMode",
    "nvmlDeviceGetMaxMigDeviceCount",
    "nvmlDeviceGetMigDeviceHandleByIndex",
    "nvmlDeviceGetAttributes_v2",
    "nvmlDeviceGetEnforcedPowerLimit",
    "nvmlDeviceGetTotalEnergyConsumption",
    "nvmlDeviceGetPowerUsage",
    "nvmlDeviceGetFieldValues",
    "nvmlDeviceGetComputeRunningProcesses_v3",
    "nvmlDeviceGetProcessUtilization",
]
CODES = [*range(1, 31), 999]

MATRIX = """
import sys
sys.path.insert(0, {tests!r})
from simulated_nvml import Simulator, Gpu, Fault
from pathlib import Path
from joulebook.meters.sources import SourceError
from joulebook.meters.sources.nvml import NvmlSource
import pynvml
VISIBLE = {{"CUDA_VISIBLE_DEVICES": "0,1,MIG-a"}}

def simulator(*faults):
    gpus = [Gpu(), Gpu(arch=4, counter=False), Gpu(mig=("MIG-a",))]
    return Simulator(Path({library!r}), Path({config!r}), gpus, list(faults), t0={t0})

def attempt(source, opened):
    try:
        if not opened: source.open()
        for _ in range(2):
            source.read(power=True); source.read(power=False); source.usage([1])
    except SourceError:
        return
for code in {codes}:
    for gpu in (-1, 0):
        simulator()
        good = NvmlSource(VISIBLE); good.open()
        assert len(good.devices) == 3, code
        simulator(Fault({call!r}, error=code, gpu=gpu))
        attempt(good, True)      # it begins while the run goes on
        attempt(NvmlSource(VISIBLE), False)  # it is there from the start
        simulator()
        poll = good.read(power=True)      # and it passes
        assert all(sample.energy_j is not None for sample in poll.samples.values()), (code, poll)
print("green")
"""


@pytest.mark.parametrize("call", CALLS)
def test_no_error_of_any_call_leaves_the_source(call, python, simulator, nvml_library, tmp_path) -> None:
    sim: Simulator = simulator(Gpu())
    code = MATRIX.format(
        tests=str(Path(__file__).parents[1] / "nvml_simulator"),
        library=str(nvml_library),
        config=str(sim.config_path),
        t0=sim.t0,
        codes=CODES,
        call=call,
    )
    done = python(code, sim.environ)
    assert done.stdout == "green\n", done.stderr


HANGING = """
import time
from joulebook import track
with track("x"):
    time.sleep(0.3)
print("done")
"""


def test_a_call_that_hangs_from_the_start_holds_up_nothing(nvml_library, tmp_path, journals) -> None:
    """Each call for five minutes, all jobs at a time; what it costs is measured in benchmarks/metering_cost.py."""
    jobs = {}
    for call in CALLS:
        folder = tmp_path / call
        folder.mkdir()
        gpus = [Gpu(), Gpu(arch=4, counter=False), Gpu(mig=("MIG-a",))]
        sim = Simulator(nvml_library, folder / "nvml.conf", gpus, [Fault(call, hang_s=300)])
        own = {"JOULEBOOK_JOURNALS": str(folder), "CUDA_VISIBLE_DEVICES": "0,1,MIG-a"}
        jobs[call] = subprocess.Popen(
            [sys.executable, "-c", HANGING],
            env={**os.environ, **sim.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    said = {call: (*job.communicate(timeout=120), job.returncode) for call, job in jobs.items()}
    assert said == dict.fromkeys(CALLS, ("done\n", "", 0))
    for call in CALLS:
        (path,) = (tmp_path / call).glob("*.jsonl")
        until = time.monotonic() + 120
        while b'"close"' not in path.read_bytes() and time.monotonic() < until:
            time.sleep(0.05)
        assert read_records(path)[0][-1]["status"] == "finished", call


JOB = "from joulebook import track; import sys\nwith track('x'): sys.stdin.read()"


def now_s(sim: Simulator) -> float:
    return boot_s() - sim.t0


@pytest.fixture
def metered(journals, read_journals) -> Callable:
    """Meters a job until something that happens while it goes on is in its journal."""

    def run(sim: Simulator, happen: Callable[[], str]):
        job = subprocess.Popen([sys.executable, "-c", JOB], env={**os.environ, **sim.environ}, stdin=subprocess.PIPE)
        wait_for_journal(journals, '"k":"r"')
        awaited = happen()
        wait_for_journal(journals, awaited)
        job.communicate(timeout=60)
        assert job.returncode == 0
        (journal,) = read_journals()
        return journal

    return run


def wait_for_journal(journals: Path, text: str) -> None:
    until = time.monotonic() + 120
    while not any(text in path.read_text() for path in journals.glob("*.jsonl")) and time.monotonic() < until:
        time.sleep(0.05)


def test_a_counter_that_is_reset_goes_on_and_the_moment_is_a_gap(metered, simulator) -> None:
    sim = simulator(Gpu(high_w=300))

    def reset() -> str:
        time.sleep(1.5)
        sim.gpus[0].reset_s = now_s(sim)
        sim.write()
        return '"k":"gap"'

    journal = metered(sim, reset)
    readings = [(r["b"], e[0]) for r in journal.of("r") for e in r["d"].values() if e[0] is not None]
    energies = [energy_j for _, energy_j in sorted(readings)]
    assert energies == sorted(energies)
    gap, length = journal.one("gap"), journal.one("close")["b"] - journal.one("open")["b"]
    assert gap["from"] - sim.t0 < sim.gpus[0].reset_s < gap["to"] - sim.t0
    # What was used between the last reading before the reset and the reset itself is lost.
    lost_s = sim.gpus[0].reset_s - (gap["from"] - sim.t0)
    assert energies[-1] - energies[0] == pytest.approx(300 * (length - lost_s), abs=300 * 0.3)
    assert "backwards" in gap["why"]
    assert journal.one("warn")["code"] == "counter-reset"


def test_a_gpu_that_is_lost_leaves_a_gap_and_the_others_go_on(metered, simulator) -> None:
    sim = simulator(Gpu(high_w=300), Gpu(high_w=200))

    def lose() -> str:
        sim.faults = [Fault(call, error=15, gpu=0) for call in CALLS]
        sim.write()
        time.sleep(3.5)  # longer than the longest pause between two readings
        return '"k":"r"'

    journal = metered(sim, lose)
    gap = journal.one("gap")
    numbers = {device["id"]: str(device["i"]) for device in journal.of("device")}
    lost, other = (max(r["b"] for r in journal.of("r") if numbers[gpu.uuid] in r["d"]) for gpu in sim.gpus)
    assert str(gap["i"]) == numbers[sim.gpus[0].uuid]
    assert (gap["from"], gap["to"]) == pytest.approx((lost, journal.one("close")["b"]), abs=1e-3)
    assert other >= journal.one("close")["b"]


GPU_COMES = """
import os, sys, time
from joulebook import track
from joulebook.meters import worker
from joulebook.meters.sources import nvml
nvml._LOOK_EVERY_S = worker._USAGE_EVERY_S = 0.2
sys.executable = ""  # metered by a thread of this process, where these hold
with track("x") as run:
    time.sleep(1.5)
    os.replace({later!r}, os.environ["NVML_SIMULATOR"])
    until = time.monotonic() + 60
    while b"gpu-appeared" not in run._job.path.read_bytes() and time.monotonic() < until: time.sleep(0.05)
    time.sleep(1.5)
"""


@pytest.mark.parametrize("visible", [None, "1,0"])
def test_a_gpu_that_comes_is_told_once_and_the_others_stay_themselves(
    visible, python, simulator, tmp_path, read_journals
) -> None:
    """It comes before the others in NVML's order, so that all their numbers change."""
    sim = simulator(Gpu(high_w=300), Gpu(high_w=200))
    later = Simulator(sim.library_dir, tmp_path / "later", [Gpu(high_w=700, uuid="GPU-new"), *sim.gpus], t0=sim.t0)
    environ = sim.environ if visible is None else {**sim.environ, "CUDA_VISIBLE_DEVICES": visible}
    assert python(GPU_COMES.format(later=str(later.config_path)), environ).returncode == 0
    (journal,) = read_journals()
    (warning,) = journal.of("warn")
    assert warning["code"] == "gpu-appeared"
    assert warning["text"].startswith("Simulated H100 (GPU-new) appeared ")
    observed = Observed()
    observed.add(journal.records)
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
    energies = {d["id"]: observed.window(i, start_b, end_b).energy_j for i, d in observed.devices.items()}
    assert energies == {gpu.uuid: pytest.approx(gpu.high_w * (end_b - start_b), rel=0.02) for gpu in sim.gpus}


def test_a_counter_that_fails_for_a_while_loses_nothing(metered, simulator) -> None:
    sim = simulator(Gpu(high_w=300))

    def fail() -> str:
        start_s = now_s(sim)
        sim.faults = [Fault("nvmlDeviceGetTotalEnergyConsumption", error=999, from_s=start_s, to_s=start_s + 1.5)]
        sim.write()
        time.sleep(3)
        return '"k":"r"'

    journal = metered(sim, fail)
    observed = Observed()
    observed.add(journal.records)
    length = journal.one("close")["b"] - journal.one("open")["b"]
    assert summary_of(observed, None).energy_j == pytest.approx(300 * length, rel=0.02)


def test_a_machine_that_sleeps_leaves_no_invented_energy(simulator, python, read_journals, journals) -> None:
    """Job and meter are stopped for six seconds: the counter counts on, summed power does not and says so."""
    sim = simulator(Gpu(high_w=300), Gpu(high_w=200, counter=False))
    code = f"""
import os, signal, subprocess, sys, time
from joulebook import track
sleeper = \"\"\"
import os, signal, sys, time
stopped = [int(sys.argv[1])]
for pid in os.listdir("/proc"):
    if pid.isdigit():
        try: words = open(f"/proc/{{pid}}/cmdline").read().split(chr(0))
        except OSError: continue
        if "joulebook.meters" in words and any({str(journals)!r} in word for word in words): stopped.append(int(pid))
assert len(stopped) == 2
for number in (signal.SIGSTOP, signal.SIGCONT):
    for pid in stopped: os.kill(pid, number)
    time.sleep(6)
\"\"\"
with track("x"):
    time.sleep(1.5)
    subprocess.Popen([sys.executable, "-c", sleeper, str(os.getpid())])
    time.sleep(1)
    time.sleep(1)
"""
    assert python(code, sim.environ).returncode == 0
    (journal,) = read_journals()
    numbers = {device["id"]: device["i"] for device in journal.of("device")}
    assert [gap["i"] for gap in journal.of("gap")] == [numbers[sim.gpus[1].uuid]]
    observed = Observed()
    observed.add(journal.records)
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
    assert end_b - start_b > 6.5
    window = observed.window(numbers[sim.gpus[0].uuid], start_b, end_b)
    assert window.energy_j == pytest.approx(300 * (end_b - start_b), rel=0.02)
