"""What a processor family draws, idle and full, per hardware thread."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from statistics import median

from joulebook.reference_data.tables import forgettable, records

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CpuPower:
    """Watts per hardware thread of a family, as Cloud Carbon Footprint derives them from SPECpower results.

    The results are of whole servers at the wall (processors, memory, fans, power supply), so they are an upper figure
    for the processor alone, and servers tuned for the test idle lower than most. `low` and `high` are the spread
    between releases of the source; for `family == "unknown"` that between all families.

    Attributes:
        idle_w_per_thread: At active idle, divided by the hardware threads of the server.
        full_w_per_thread: At full load.
        name_pattern: Regular expression that tells the family from the processor's name.
        memory_gb_per_socket: Mean memory of the servers behind the figure; None for `unknown`.
    """

    family: str
    maker: str
    name_pattern: str
    idle_w_per_thread: float
    idle_low_w_per_thread: float
    idle_high_w_per_thread: float
    full_w_per_thread: float
    full_low_w_per_thread: float
    full_high_w_per_thread: float
    memory_gb_per_socket: float | None
    source_key: str
    other_source_keys: tuple[str, ...]


@forgettable
@cache
def _patterns() -> tuple[tuple[re.Pattern[str], CpuPower], ...]:
    families = records("cpu_families.csv", CpuPower)
    return tuple((re.compile(power.name_pattern, re.IGNORECASE), power) for power in families)


def cpu_families() -> tuple[CpuPower, ...]:
    """All families with a figure."""
    return tuple(power for _, power in _patterns())


@forgettable
@cache
def _unknown() -> CpuPower:
    idle = sorted(power.idle_w_per_thread for power in cpu_families())
    full = sorted(power.full_w_per_thread for power in cpu_families())
    key = cpu_families()[0].source_key
    return CpuPower(UNKNOWN, "", "", median(idle), idle[0], idle[-1], median(full), full[0], full[-1], None, key, ())


def cpu_power(model: str | None) -> CpuPower:
    """The family of a processor by the name that the system gives (`Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz`).

    A name that tells no family (virtual machines often hide it) gives the median of all families, their whole spread.
    """
    name = re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b", "", model or "", flags=re.IGNORECASE)
    name = re.sub(r"\s+", " ", name).strip()
    for pattern, power in _patterns():
        if pattern.search(name):
            return power
    return _unknown()
