"""A process and everything below it.

The tree's CPU seconds are kept whole as processes come and go: a child that was waited for is in its parent's
children's time, one that was not is added when it vanishes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from joulebook.meters.clock import boot_s

# Looking for new children costs more than reading the known ones; what a new one used before it was found is counted.
_LOOK_EVERY_S = 5.0


class System(Protocol):
    """What an operating system tells about its processes and itself."""

    def process(self, pid: int, parent: int) -> Process | None:
        """One process, or None where it is gone or may not be read."""

    def children(self, pid: int) -> list[int]:
        """Ids of a process's children, of all its threads."""

    def busy_s(self) -> float | None:
        """CPU seconds of all cores that were not idle."""

    def memory_used(self) -> int | None:
        """Bytes of memory that are not available to others."""


@dataclass(slots=True)
class Process:
    """One process as it was read: CPU seconds of its own and of the children it waited for."""

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
        system: Where processes are read.
        leave_out: Process ids below it that are not the user's (the meter itself).
    """

    root: int
    system: System
    leave_out: frozenset[int] = frozenset()
    vanished_s: float = 0.0
    _looked_b: float = -math.inf
    _known: dict[int, Process] = field(default_factory=dict)

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
        now: dict[int, Process] = {}
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

    def _descend(self, pid: int, parent: int, found: dict[int, Process], *, deeper: bool = True) -> None:
        if pid in found or pid in self.leave_out:
            return
        process = self.system.process(pid, parent)
        before = self._known.get(pid)
        if process is None or (before is not None and before.started != process.started):
            return
        found[pid] = process
        for child in self.system.children(pid) if deeper else ():
            self._descend(child, pid, found)

    def _count_vanished(self, now: dict[int, Process]) -> None:
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
