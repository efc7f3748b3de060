"""The two clocks on every record: wall time to know when, boot time to know how long."""

from __future__ import annotations

import time

# CLOCK_BOOTTIME goes on while the machine sleeps and never jumps when the clock is set; elsewhere monotonic is nearest.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_s() -> float:
    """Seconds since boot (`CLOCK_BOOTTIME`): the only clock that durations are taken from."""
    return time.clock_gettime(_BOOT_CLOCK)


def wall_s() -> float:
    """Unix seconds by the wall clock, which may be set at any time."""
    return time.time()


def boot_id() -> str:
    """What tells one boot of one machine from every other (on Linux the kernel's own id)."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        import platform

        return f"{platform.node()}-{round(wall_s() - boot_s(), -1):.0f}"
