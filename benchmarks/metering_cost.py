"""What metering costs: import, start and end of a run, and CPU time while it goes on; other meters in the same run.

    python benchmarks/metering_cost.py [--environments DIR] [--seconds 30] [--rounds 3]

Eight simulated GPUs with an energy counter, read once a second; `DIR/zeus` and `DIR/carbontracker` join in
where they are (benchmarks/accuracy.py --make makes them).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "nvml_simulator"))
import simulated_nvml  # noqa: E402 - found beside the tests
from simulated_nvml import Fault, Gpu, Simulator  # noqa: E402

IMPORTS = {
    "joulebook": "import joulebook",
    "joulebook (track)": "from joulebook import track",
    "codecarbon": "import codecarbon",
    "zeus": "from zeus.monitor import ZeusMonitor",
    "carbontracker": "from carbontracker.tracker import CarbonTracker",
}
SESSIONS = {
    "joulebook": (
        "from joulebook import track",
        "t = track('x'); run = t.__enter__()",
        "t.__exit__(None, None, None)",
    ),
    "codecarbon": (
        "from codecarbon import OfflineEmissionsTracker",
        "t = OfflineEmissionsTracker(country_iso_code='FRA', measure_power_secs=1, save_to_file=False,"
        " log_level='critical', allow_multiple_runs=True); t.start()",
        "t.stop()",
    ),
    "zeus": (
        "from zeus.monitor import ZeusMonitor",
        "t = ZeusMonitor(cpu_indices=[]); t.begin_window('x', sync_execution=False)",
        "t.end_window('x', sync_execution=False)",
    ),
    "carbontracker": (
        "from carbontracker.tracker import CarbonTracker",
        "t = CarbonTracker(epochs=1, epochs_before_pred=0, components='gpu', update_interval=1, verbose=0);"
        " t.epoch_start()",
        "t.epoch_end(); t.stop()",
    ),
}


def timed(python: str, code: str, environ: dict[str, str]) -> float:
    """Milliseconds of a process that runs the code."""
    began = time.perf_counter()
    subprocess.run([python, "-c", code], env=environ, check=True, capture_output=True)
    return 1000 * (time.perf_counter() - began)


def import_cost(python: str, code: str, environ: dict[str, str], rounds: int = 12) -> tuple[float, float]:
    """Milliseconds above a bare interpreter, measured in turn with it: least and median."""
    extra = []
    for _ in range(rounds):
        bare = timed(python, "pass", environ)
        extra.append(timed(python, code, environ) - bare)
    return min(extra), statistics.median(extra)


# A meter may start processes of its own; those that are not our children are found by the journal's folder they name.
SESSION = """
import os, sys, time
{imports}
def meters():
    for pid in os.listdir("/proc"):
        if not pid.isdigit(): continue
        try:
            words = open(f"/proc/{{pid}}/cmdline").read()
            parent = int(open(f"/proc/{{pid}}/stat").read().rpartition(") ")[2].split()[1])
        except OSError: continue
        if int(pid) == os.getpid() or parent == os.getpid() or {mark!r} in words and str(os.getpid()) in words:
            yield pid
def cpu_s(pids):
    total = 0.0
    for pid in pids:
        for thread in os.listdir(f"/proc/{{pid}}/task"):
            total += int(open(f"/proc/{{pid}}/task/{{thread}}/schedstat").read().split()[0]) / 1e9
    return total
a = time.perf_counter()
{start}
b = time.perf_counter()
time.sleep(2)
pids = list(meters())
before, since = cpu_s(pids), time.perf_counter()
time.sleep({seconds})
share = (cpu_s(pids) - before) / (time.perf_counter() - since)
c = time.perf_counter()
{end}
d = time.perf_counter()
print("RESULT", 1000 * (b - a), 1000 * (d - c), 100 * share)
"""


def session(tool: str, python: str, environ: dict[str, str], mark: str, seconds: float) -> list[float] | None:
    """Start (ms), end (ms) and CPU share (% of one core) of one metered run that does nothing."""
    imports, start, end = SESSIONS[tool]
    code = SESSION.format(imports=imports, start=start, end=end, seconds=seconds, mark=mark)
    done = subprocess.run(
        [python, "-c", code], env=environ, capture_output=True, text=True, check=False, timeout=seconds + 300
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not lines:
        print(f"  {tool} gave nothing: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return [float(word) for word in lines[-1].split()[1:]]


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=Path, help="folder with environments of other meters")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the CPU share is measured")
    parser.add_argument(
        "--rounds", type=int, default=3, help="sessions of each tool; the least and the median are shown"
    )
    options = parser.parse_args()
    pythons = dict.fromkeys(("joulebook", "joulebook (track)", "codecarbon"), sys.executable)
    for tool in ("zeus", "carbontracker"):
        python = options.environments / tool / "bin" / "python" if options.environments else None
        if python and python.exists():
            pythons[tool] = str(python)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library = simulated_nvml.build(folder / "library")
        sim = Simulator(
            library, folder / "nvml.conf", [Gpu() for _ in range(8)], processes=[(g, 9, 50) for g in range(8)]
        )
        smi = folder / "nvidia-smi"
        smi.write_text("#!/bin/sh\nexit 0\n")
        smi.chmod(0o755)
        environ = {**os.environ, **sim.environ, "JOULEBOOK_JOURNALS": str(folder / "journals")}
        environ["PATH"] = f"{folder}{os.pathsep}{environ['PATH']}"
        print(f"{'':<20}{'import, ms above bare (least, median)':>40}")
        for tool, python in pythons.items():
            least, median = import_cost(python, IMPORTS[tool], environ)
            print(f"{tool:<20}{f'{least:.0f}, {median:.0f}':>40}", flush=True)
        print(f"\n{'8 GPUs at 1 Hz':<20}{'start, ms':>16}{'end, ms':>16}{'CPU, % of a core':>20}   (least, median)")
        for tool, python in pythons.items():
            if tool not in SESSIONS:
                continue
            tried = [session(tool, python, environ, temporary, options.seconds) for _ in range(options.rounds)]
            if columns := list(zip(*(found for found in tried if found), strict=True)):
                start, end, cpu = ((min(column), statistics.median(column)) for column in columns)
                times = "".join(f"{f'{least:.0f}, {middle:.0f}':>16}" for least, middle in (start, end))
                print(f"{tool:<20}{times}{f'{cpu[0]:.3f}, {cpu[1]:.3f}':>20}", flush=True)
        sim.faults = [Fault("*", hang_s=30)]
        sim.write()
        found = session("joulebook", sys.executable, environ, temporary, 2)
        if found:
            print(f"{'joulebook, hung':<20}{found[0]:>12.0f}{found[1]:>12.0f}   (every NVML call hangs 30 s)")


if __name__ == "__main__":
    main()
