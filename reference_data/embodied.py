"""Emissions of making a device, from every source: the same H100 is 164, 273 or 575 kg."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.accelerators import best_match, device_words
from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class Embodied:
    """One source's figure, kgCO2e per `unit` (device, 8-device baseboard, server)."""

    device: str
    embodied_kgco2e: float
    unit: str
    boundary: str
    source_key: str
    verified: str
    note: str


@forgettable
@cache
def embodied_rows() -> tuple[Embodied, ...]:
    """Every row of every source."""
    return records("embodied.csv", Embodied)


def embodied(name: str) -> tuple[Embodied, ...]:
    """Every source's figure for one device, smallest first; empty where none was found.

    `server without accelerators` and `server` are the host; `any GPU`, `any CPU`, `any SSD`, `any HDD` are flat
    assumptions for what nothing better is known of.
    """
    exact = [row for row in embodied_rows() if row.device.casefold() == name.strip().casefold()]
    if not exact:
        match = best_match(name, {row.device: device_words(row.device) for row in embodied_rows()})
        exact = [row for row in embodied_rows() if row.device == match]
    return tuple(sorted(exact, key=lambda row: row.embodied_kgco2e))
