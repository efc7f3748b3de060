"""Machine and process tree: CPU seconds and memory, read from /proc, and the limits a container sets.

The tree's CPU seconds are kept whole as processes come and go: a child that was waited for is in its parent's
children's time, one that was not is added when it vanishes.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulebook.meters.clock import boot_s

_HERTZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_PROC = Path("/proc")
# Looking for new children costs more than reading the known ones; what a new one used before it was found is counted.
_LOOK_EVERY_S = 5.0


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


@dataclass(slots=True)
class _Process:
    parent: int
    own_s: float
    children_s: float
    started: int
    rss_bytes: int


@dataclass(slots=True)
class ProcessTree:
    """CPU seconds of a process and everything below it, also of what has exited.

    Attributes:
        root: Process id at the top.
        leave_out: Process ids below it that are not the user's (the meter itself).
    """

    root: int
    leave_out: frozenset[int] = frozenset()
    vanished_s: float = 0.0
    _looked_b: float = -math.inf
    _known: dict[int, _Process] = field(default_factory=dict)

    @property
    def pids(self) -> frozenset[int]:
        """Processes of the tree when it was last read."""
        return frozenset(self._known)

    def look(self) -> None:
        """Look for new processes with the next reading."""
        self._looked_b = -math.inf

    @property
    def rss_bytes(self) -> int | None:
        """Resident memory of the tree when it was last read; pages shared by processes count in each."""
        return sum(process.rss_bytes for process in self._known.values()) or None

    def read(self) -> float | None:
        """CPU seconds so far; None where /proc is not there or the root is gone before it was ever read."""
        now: dict[int, _Process] = {}
        look = boot_s() - self._looked_b > _LOOK_EVERY_S
        if look:
            self._looked_b = boot_s()
            self._descend(self.root, 0, now)
        for pid in list(self._known):  # a child whose parent died now belongs to init, but is still the user's
            if pid not in now:
                self._descend(pid, self._known[pid].parent, now, deeper=look)
        self._count_vanished(now)
        if not now and not self._known:
            return None
        self._known = now
        return self.vanished_s + sum(process.own_s + process.children_s for process in now.values())

    def _descend(self, pid: int, parent: int, found: dict[int, _Process], *, deeper: bool = True) -> None:
        if pid in found or pid in self.leave_out:
            return
        process = _read_process(pid, parent)
        before = self._known.get(pid)
        if process is None or (before is not None and before.started != process.started):
            return
        found[pid] = process
        for child in _children(pid) if deeper else ():
            self._descend(child, pid, found)

    def _count_vanished(self, now: dict[int, _Process]) -> None:
        """Add what exited processes had used, unless their parent's children's time shows it."""
        gone_s: dict[int, float] = {}
        for pid, process in self._known.items():
            if pid not in now:
                heir = process.parent
                while heir in self._known and heir not in now:  # a parent that is gone too handed on what it had
                    heir = self._known[heir].parent
                gone_s[heir] = gone_s.get(heir, 0.0) + process.own_s + process.children_s
        for parent, seconds in gone_s.items():
            before, after = self._known.get(parent), now.get(parent)
            waited_s = after.children_s - before.children_s if before and after else 0.0
            self.vanished_s += max(0.0, seconds - waited_s)


def _read_process(pid: int, parent: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 22:
        return None
    own = (int(fields[11]) + int(fields[12])) / _HERTZ
    children_s = (int(fields[13]) + int(fields[14])) / _HERTZ
    return _Process(parent, own, children_s, int(fields[19]), int(fields[21]) * _PAGE)


def _children(pid: int) -> list[int]:
    """Children of all threads of a process; few kernels lack this file, and then the tree is its root alone."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += [int(word) for word in file.read().split()]
    return found


class MachineReader:
    """Reads the machine and one process tree, and adds up memory over time (trapezoid rule)."""

    def __init__(self, tree: ProcessTree) -> None:
        self.tree = tree
        self._last: MachineState | None = None
        self._stat = _Pseudofile("/proc/stat", 256)
        self._meminfo = _Pseudofile("/proc/meminfo", 512)

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
        memory, rss = self._memory_used(), self.tree.rss_bytes
        last = self._last
        memory_s = _add_up(last.mem_byte_s, last.mem_bytes, memory, b - last.b) if last else 0.0
        rss_s = _add_up(last.rss_byte_s, last.rss_bytes, rss, b - last.b) if last else 0.0
        state = MachineState(b, self._busy_s(), _not_falling(tree_s, last), memory_s, rss_s, memory, rss)
        self._last = state
        return state

    def _busy_s(self) -> float | None:
        """CPU seconds of all cores that were not idle: user, nice, system, interrupts (guests are inside user)."""
        try:
            fields = self._stat.read().partition(b"\n")[0].split()
            return sum(int(fields[index]) for index in (1, 2, 3, 6, 7)) / _HERTZ
        except (ValueError, IndexError):
            return None

    def _memory_used(self) -> int | None:
        text = self._meminfo.read()
        total = re.search(rb"MemTotal:\s+(\d+)", text)
        free = re.search(rb"MemAvailable:\s+(\d+)", text)
        return (int(total[1]) - int(free[1])) * 1024 if total and free else None


class _Pseudofile:
    """The beginning of a file in /proc, kept open because it is read every few seconds."""

    def __init__(self, path: str, size: int) -> None:
        self._size = size
        self._fd = -1
        with contextlib.suppress(OSError):
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> bytes:
        """The first bytes as they are now; empty where there is no such file."""
        try:
            return os.pread(self._fd, self._size, 0)
        except OSError:
            return b""

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)


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
        memory = os.sysconf("SC_PHYS_PAGES") * _PAGE
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


def limits(root: Path = Path("/sys/fs/cgroup"), membership: Path = _PROC / "self/cgroup") -> dict[str, float | None]:
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
