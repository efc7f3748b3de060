"""The machine and one process tree: CPU seconds and memory, what the machine is, and the limits a container sets."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulebook.meters.clock import boot_s
from joulebook.meters.sources import proc
from joulebook.meters.sources.processes import ProcessTree, System


@dataclass(frozen=True, slots=True)
class MachineState:
    """What the machine and the tree had used at boot time `b`; sums and integrals from any origin."""

    b: float
    busy_s: float | None
    tree_s: float | None
    mem_byte_s: float | None
    rss_byte_s: float | None
    mem_bytes: int | None
    rss_bytes: int | None

    def to_record(self) -> dict[str, Any]:
        """The journal's `m` record, without its clocks."""
        return {
            "busy_s": self.busy_s,
            "tree_s": None if self.tree_s is None else round(self.tree_s, 3),
            "mem_byte_s": None if self.mem_byte_s is None else round(self.mem_byte_s),
            "rss_byte_s": None if self.rss_byte_s is None else round(self.rss_byte_s),
            "mem_bytes": self.mem_bytes,
            "rss_bytes": self.rss_bytes,
        }


def this_system() -> System:
    """/proc where there is one, else psutil; with neither every figure is unknown."""
    if not proc.present():
        with contextlib.suppress(ImportError):
            from joulebook.meters.sources import portable

            return portable
    return proc


class MachineReader:
    """Reads the machine and one process tree, and adds up memory over time (trapezoid rule)."""

    def __init__(self, root_pid: int, leave_out: frozenset[int] = frozenset()) -> None:
        self._system = this_system()
        self.tree = ProcessTree(root_pid, self._system, leave_out)
        self._last: MachineState | None = None

    def seed(self, record: dict[str, Any], b: float) -> None:
        """Go on from a reading that was taken earlier in the job."""
        keys = ("busy_s", "tree_s", "mem_byte_s", "rss_byte_s", "mem_bytes", "rss_bytes")
        if self._last is None:
            self._last = MachineState(b, *(record.get(key) for key in keys))

    def read(self, *, thoroughly: bool = False) -> MachineState:
        """The state now; `thoroughly` looks for new processes in any case."""
        if thoroughly:
            self.tree.look()
        b, tree_s = boot_s(), self.tree.read()
        memory, rss = self._system.memory_used(), self.tree.rss_bytes
        last = self._last
        memory_s = _add_up(last.mem_byte_s, last.mem_bytes, memory, b - last.b) if last else 0.0
        rss_s = _add_up(last.rss_byte_s, last.rss_bytes, rss, b - last.b) if last else 0.0
        state = MachineState(b, self._system.busy_s(), _not_falling(tree_s, last), memory_s, rss_s, memory, rss)
        self._last = state
        return state


def _not_falling(tree_s: float | None, last: MachineState | None) -> float | None:
    if last is None or last.tree_s is None:
        return tree_s
    return last.tree_s if tree_s is None else max(tree_s, last.tree_s)


def _add_up(before: float | None, last: int | None, now: int | None, seconds: float) -> float | None:
    if before is None or last is None or now is None:
        return before
    return before + (last + now) / 2 * seconds


def machine_facts() -> dict[str, Any]:
    """The journal's `machine`: CPU model, sockets, cores, threads, virtual, memory, system; null where unknown."""
    system = os.uname()
    memory = None
    with contextlib.suppress(ValueError, OSError):
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _cpu_facts() | {"memory_bytes": memory, "os": f"{system.sysname} {system.release}", "arch": system.machine}


def _cpu_facts() -> dict[str, Any]:
    """From the first entries of /proc/cpuinfo alone: on large machines the whole file takes tens of milliseconds."""
    threads = os.cpu_count()
    facts: dict[str, Any] = {"cpu_model": None, "sockets": None, "cores": None, "threads": threads, "virtual": None}
    try:
        with open("/proc/cpuinfo", "rb", buffering=0) as file:
            text = file.read(8192).decode("utf-8", "replace")
    except OSError:
        return facts
    entry = dict(re.findall(r"^([^\t\n:]+?)\s*: ?(.*)$", text.partition("\n\n")[0], re.MULTILINE))
    facts["cpu_model"] = entry.get("model name") or entry.get("Model") or entry.get("CPU part")
    facts["virtual"] = "hypervisor" in entry["flags"].split() if "flags" in entry else None
    with contextlib.suppress(KeyError, ValueError, ZeroDivisionError):
        facts["sockets"] = max(1, (threads or 1) // int(entry["siblings"]))
        facts["cores"] = facts["sockets"] * int(entry["cpu cores"])
    return facts


def limits(
    root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")
) -> dict[str, float | None]:
    """Cores and memory that CPU set and cgroups leave to this process; null where there is no limit."""
    quotas: list[float] = []
    memories: list[float] = []
    for folder in _cgroups(root, membership):
        quotas += _quota(folder)
        memories += _first_number(folder / "memory.max", folder / "memory.limit_in_bytes")
    total = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else total
    cores = min([*quotas, float(allowed)])
    memory = min(memories, default=1e18)
    return {"cpu_cores": cores if cores < total else None, "memory_bytes": memory if memory < 1e15 else None}


def _cgroups(root: Path, membership: Path) -> list[Path]:
    """This process's groups and those above them, versions 1 and 2."""
    found: dict[Path, None] = {root: None, root / "cpu": None, root / "memory": None}
    with contextlib.suppress(OSError):
        for line in membership.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            bases = [root] if not controllers else [root / controllers, *(root / one for one in controllers.split(","))]
            for base in bases:
                parts = Path(path.strip("/")).parts
                found |= dict.fromkeys(base.joinpath(*parts[:depth]) for depth in range(len(parts) + 1))
    return list(found)


def _quota(folder: Path) -> list[float]:
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (folder / "cpu.max").read_text().split()
        return [] if quota == "max" else [int(quota) / int(period)]
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        quota_us = int((folder / "cpu.cfs_quota_us").read_text())
        return [quota_us / int((folder / "cpu.cfs_period_us").read_text())] if quota_us > 0 else []
    return []


def _first_number(*paths: Path) -> list[float]:
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            return [float(path.read_text())]
    return []
