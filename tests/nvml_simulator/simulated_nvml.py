"""Builds and configures the simulated `libnvidia-ml.so.1`, and knows the exact energy of its GPUs.

Used by the tests of the meters and by the benchmarks: put its folder on `sys.path` and `import simulated_nvml`.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).with_name("nvml_simulator.c")
# (update period, averaging window) in seconds, after Yang et al., arXiv 2312.02741
AVERAGE_1S = (0.1, 1.0)
SEES_A_QUARTER = (0.1, 0.025)
SEES_ALL = (0.1, 0.1)
INSTANTANEOUS = (0.0, 0.0)
UNSUPPORTED = (-1.0, 0.0)
HANG = -1


@dataclass
class Gpu:
    """One simulated GPU: constant `high_w` where `period_s` is 0, else a square wave."""

    high_w: float = 300.0
    low_w: float = 100.0
    period_s: float = 0.0
    duty: float = 0.5
    phase_s: float = 0.0
    uuid: str = ""
    name: str = "Simulated_H100"
    arch: int = 9
    counter: bool = True
    tick_s: float = 0.1
    tick_offset_s: float = 0.0371
    reset_s: float = 0.0
    stall_from_s: float = 1e12
    stall_to_s: float = 1e12
    scale: float = 1.0
    limit_w: float = 700.0
    usage: tuple[float, float] = AVERAGE_1S
    average: tuple[float, float] = AVERAGE_1S
    instant: tuple[float, float] = SEES_A_QUARTER
    mig: tuple[str, ...] = ()
    mig_slices: tuple[int, ...] = ()  # of seven, for each of them; 1 where it is not said
    bus: int = 0

    def energy_j(self, t0: float, start_b: float, end_b: float) -> float:
        """Exact joules between two boot times."""
        return self._from_zero(end_b - t0) - self._from_zero(start_b - t0)

    def _from_zero(self, t: float) -> float:
        if self.period_s <= 0:
            return self.high_w * t
        cycles = (t + self.phase_s) / self.period_s
        whole = math.floor(cycles)
        part, on = (cycles - whole) * self.period_s, self.duty * self.period_s
        cycle_j = self.high_w * on + self.low_w * (self.period_s - on)
        return whole * cycle_j + self.high_w * min(part, on) + self.low_w * max(0.0, part - on)


@dataclass
class Fault:
    """One call that goes wrong: an NVML error code, or a hang, between two times after the simulator's start."""

    function: str
    error: int = 0
    gpu: int = -1
    hang_s: float = 0.0
    from_s: float = 0.0
    to_s: float = 1e12


@dataclass
class Simulator:
    """A built library with its configuration file; `environ` is what a process under it needs."""

    library_dir: Path
    config_path: Path
    gpus: Sequence[Gpu] = field(default_factory=lambda: [Gpu()])
    faults: Sequence[Fault] = ()
    processes: Sequence[tuple[int, int, int]] = ()
    t0: float = field(default_factory=lambda: time.clock_gettime(time.CLOCK_BOOTTIME) - 2000.0)

    def __post_init__(self) -> None:
        self.write()

    def write(self) -> None:
        """Write the configuration, whole at once; the library reads it again by itself."""
        lines = [f"t0 {self.t0!r}"]
        for index, gpu in enumerate(self.gpus):
            gpu.uuid = gpu.uuid or f"GPU-{index:08x}-1111-2222-3333-{index:012x}"
            values = {key: value for key, value in vars(gpu).items() if key not in ("mig", "mig_slices")}
            values |= {"counter": int(gpu.counter), "mig": int(bool(gpu.mig))}
            lines.append(f"gpu {index} " + " ".join(f"{key}={_text(value)}" for key, value in values.items()))
            slices = (*gpu.mig_slices, *(1 for _ in gpu.mig))
            lines += [f"mig {index} {uuid} {n} {10_000 * n}" for uuid, n in zip(gpu.mig, slices, strict=False)]
        lines += [f"process {gpu} {pid} {util}" for gpu, pid, util in self.processes]
        lines += [f"fault {f.function} {f.gpu} {f.error} {f.hang_s} {f.from_s} {f.to_s}" for f in self.faults]
        new = self.config_path.with_suffix(".new")
        new.write_text("\n".join(lines) + "\n")
        new.replace(self.config_path)

    @property
    def environ(self) -> dict[str, str]:
        """Environment variables with which a process finds the simulated library."""
        path = os.pathsep.join(filter(None, [str(self.library_dir), os.environ.get("LD_LIBRARY_PATH")]))
        return {"LD_LIBRARY_PATH": path, "NVML_SIMULATOR": str(self.config_path)}

    def energy_j(self, start_b: float, end_b: float) -> float:
        """Exact joules of all GPUs between two boot times."""
        return sum(gpu.energy_j(self.t0, start_b, end_b) for gpu in self.gpus)


def _text(value: object) -> str:
    return ",".join(str(item) for item in value) if isinstance(value, tuple) else str(value).replace(" ", "_")


def compiler() -> str | None:
    """A C compiler, or None."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build(directory: Path) -> Path:
    """Compile the library into a folder (once) and return the folder."""
    library = directory / "libnvidia-ml.so.1"
    if not library.exists():
        directory.mkdir(parents=True, exist_ok=True)
        command = [compiler() or "cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-lm", "-lpthread"]
        subprocess.run(command, check=True, capture_output=True, text=True)
    return directory
