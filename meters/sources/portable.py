"""Processes, CPU time and memory where there is no /proc (macOS, Windows), through psutil.

Such systems do not add up the time of children that were waited for: a child's seconds count until it was last seen.
"""

from __future__ import annotations

import psutil

from joulebook.meters.sources.processes import Process


def process(pid: int, parent: int) -> Process | None:
    """One process, or None where it is gone or may not be read."""
    try:
        found = psutil.Process(pid)
        with found.oneshot():
            times = found.cpu_times()
            started = int(found.create_time() * 1000)
            return Process(parent, times.user + times.system, 0.0, started, found.memory_info().rss)
    except psutil.Error:
        return None


def children(pid: int) -> list[int]:
    """Ids of a process's children."""
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def busy_s() -> float | None:
    """CPU seconds of all cores that were not idle: user, nice, system, interrupts."""
    times = psutil.cpu_times()
    return sum(float(getattr(times, name, 0.0)) for name in ("user", "nice", "system", "irq", "softirq"))


def memory_used() -> int | None:
    """Bytes of memory that are not available to others."""
    memory = psutil.virtual_memory()
    return int(memory.total - memory.available)
