"""Processes, CPU time and memory as Linux's /proc tells them."""

from __future__ import annotations

import contextlib
import os
import re

from joulebook.meters.sources.processes import Process

_HERTZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def present() -> bool:
    """Whether this system has a /proc to read."""
    return os.path.exists("/proc/self/stat")


def process(pid: int, parent: int) -> Process | None:
    """One process, or None where it is gone or may not be read."""
    text = _beginning(f"/proc/{pid}/stat", 1024)
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 22:
        return None
    own = (int(fields[11]) + int(fields[12])) / _HERTZ
    children_s = (int(fields[13]) + int(fields[14])) / _HERTZ
    return Process(parent, own, children_s, int(fields[19]), int(fields[21]) * _PAGE)


def children(pid: int) -> list[int]:
    """Children of all threads of a process; few kernels lack this file, and then the tree is its root alone."""
    found: list[int] = []
    threads: list[str] = []
    with contextlib.suppress(OSError):
        threads = os.listdir(f"/proc/{pid}/task")
    for thread in threads:  # one may end while the others are read
        with contextlib.suppress(ValueError):
            found += [int(word) for word in _beginning(f"/proc/{pid}/task/{thread}/children", 1 << 16).split()]
    return found


def _beginning(path: str, size: int) -> bytes:
    """The first bytes of a file, in half the time that a file object takes; empty where it can't be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, size)
    except OSError:
        return b""
    finally:
        os.close(fd)


def busy_s() -> float | None:
    """CPU seconds of all cores that were not idle: user, nice, system, interrupts (guests are inside user)."""
    try:
        fields = _beginning("/proc/stat", 256).partition(b"\n")[0].split()
        return sum(int(fields[index]) for index in (1, 2, 3, 6, 7)) / _HERTZ
    except (ValueError, IndexError):
        return None


def memory_used() -> int | None:
    """Bytes of memory that are not available to others."""
    text = _beginning("/proc/meminfo", 512)
    total = re.search(rb"MemTotal:\s+(\d+)", text)
    free = re.search(rb"MemAvailable:\s+(\d+)", text)
    return (int(total[1]) - int(free[1])) * 1024 if total and free else None
