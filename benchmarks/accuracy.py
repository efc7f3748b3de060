"""How far each meter is from the truth, over the same simulated GPUs of exactly known energy.

    python benchmarks/accuracy.py [--environments DIR] [--quick] [--json FILE]

Joulebook runs in this environment; CodeCarbon too where it is installed; Zeus, CarbonTracker and eco2AI in environments
of their own under DIR (`DIR/zeus/bin/python`, ...), made with `--make` where they are missing. The GPUs are a compiled
stand-in for NVIDIA's library, so this holds the meters' logic to account, not the hardware's sensors.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "nvml_simulator"))
import simulated_nvml  # noqa: E402 - found beside the tests
from simulated_nvml import SEES_A_QUARTER, UNSUPPORTED, Gpu, Simulator  # noqa: E402

PACKAGES = {
    "zeus": ["zeus"],
    "carbontracker": ["carbontracker", "setuptools<81", "pandas<3"],
    "eco2ai": ["eco2ai", "setuptools<81", "pandas<3"],
}
TOOLS = ("joulebook", "codecarbon", *PACKAGES)


@dataclass(frozen=True)
class Case:
    """A GPU and the windows over it."""

    name: str
    gpu: Gpu
    lengths: tuple[float, ...]


def cases(quick: bool) -> list[Case]:
    """Square waves and a constant load with an energy counter, then GPUs without one."""
    short = (0.3,) * 10 + (1.0,) * 8 + (3.0,) * 4 + (() if quick else (10.0,) * 2)
    waves = {} if quick else {"0.37 s wave": 0.37, "1 s wave": 1.0, "20 s wave": 20.0}
    waves |= {"0.73 s wave": 0.73, "10 s wave": 10.0}
    found = [Case("constant", Gpu(high_w=300), short)]
    found += [Case(name, Gpu(high_w=400, low_w=100, period_s=s, duty=0.5), short) for name, s in waves.items()]
    old = {"counter": False, "arch": 7, "name": "Simulated_A100", "average": UNSUPPORTED, "usage": SEES_A_QUARTER}
    long = (20.0 if quick else 60.0,)
    found.append(Case("1 s wave, no counter, sees 25 of 100 ms", Gpu(400, 100, 1.0, 0.25, **old), long))
    found.append(Case("1 s wave, no counter, 1 s average", Gpu(400, 100, 1.0, 0.25, counter=False, arch=8), long))
    found.append(Case("constant, no counter, 1 s average", Gpu(high_w=300, counter=False, arch=8), long))
    return found


def pythons(folder: Path | None, make: bool) -> dict[str, str]:
    """The interpreter of each tool that can be run."""
    found = {"joulebook": sys.executable}
    if subprocess.run([sys.executable, "-c", "import codecarbon"], capture_output=True, check=False).returncode == 0:
        found["codecarbon"] = sys.executable
    for tool, packages in PACKAGES.items():
        python = folder / tool / "bin" / "python" if folder else None
        if python and make and not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        if python and python.exists():
            found[tool] = str(python)
    return found


def measure(case: Case, tools: dict[str, str], folder: Path, library: Path) -> dict[str, list[list[float]]]:
    """Every tool over the same GPU at the same time; rows of start, end, joules (and range)."""
    sim = Simulator(library, folder / "nvml.conf", [case.gpu])
    environ = {**os.environ, **sim.environ, "JOULEBOOK_JOURNALS": str(folder / "journals")}
    environ["PATH"] = f"{folder}{os.pathsep}{environ['PATH']}"
    smi = folder / "nvidia-smi"  # CodeCarbon looks for the program before it asks the library
    smi.write_text("#!/bin/sh\nexit 0\n")
    smi.chmod(0o755)
    lengths = ",".join(str(length) for length in case.lengths)
    started = {
        tool: subprocess.Popen(
            [python, str(HERE / "meter_drivers" / f"{tool}_driver.py"), lengths],
            env=environ,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for tool, python in tools.items()
    }
    rows: dict[str, list[list[float]]] = {}
    for tool, process in started.items():
        out, err = process.communicate(timeout=600)
        lines = [line for line in out.splitlines() if line.startswith("[[")]
        if not lines:
            print(f"  {tool} gave nothing: {(err or out).strip().splitlines()[-1:]}", file=sys.stderr)
        rows[tool] = json.loads(lines[-1]) if lines else []
    for measured in rows.values():
        for row in measured:
            row.append(sim.gpus[0].energy_j(sim.t0, row[0], row[1]))
    return rows


def errors_by_length(case: Case, measured: list[list[float]]) -> dict[float, list[float]]:
    """Relative errors (%) of the windows of each length."""
    found: dict[float, list[float]] = {}
    for length, row in zip(case.lengths, measured, strict=False):
        found.setdefault(length, []).append(100 * (row[2] / row[-1] - 1))
    return found


def main() -> None:
    """Run every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=Path, help="folder with an environment for each of the other meters")
    parser.add_argument("--make", action="store_true", help="make missing environments (downloads)")
    parser.add_argument("--quick", action="store_true", help="fewer cases and shorter windows")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    options = parser.parse_args()
    tools = pythons(options.environments, options.make)
    kept: dict[str, dict[str, list[list[float]]]] = {}
    print(f"{'case':<40}{'window':>8}  " + "".join(f"{tool:>22}" for tool in tools))
    print(f"{'':<50}" + f"{'median (worst) error %':>22}" * len(tools))
    with tempfile.TemporaryDirectory() as temporary:
        library = simulated_nvml.build(Path(temporary) / "library")
        for number, case in enumerate(cases(options.quick)):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            rows = kept[case.name] = measure(case, tools, folder, library)
            print_case(case, rows)
    if options.json:
        options.json.write_text(json.dumps(kept))


def print_case(case: Case, rows: dict[str, list[list[float]]]) -> None:
    """One line for each length of window."""
    by_tool = {tool: errors_by_length(case, measured) for tool, measured in rows.items()}
    for length in dict.fromkeys(case.lengths):
        cells = []
        for errors in by_tool.values():
            found = errors.get(length, [])
            middle = statistics.median(map(abs, found)) if found else None
            worst = max(found, key=abs) if found else None
            cells.append("nothing" if middle is None else f"{middle:.2f} ({worst:+.2f})")
        print(f"{case.name:<40}{length:>6g} s  " + "".join(f"{cell:>22}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
