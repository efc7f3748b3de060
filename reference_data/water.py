"""Water used in generating electricity, litres per kWh, by country (off site)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.countries import WORLD, country
from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class WaterFactor:
    """Litres per kWh generated; `is_world_default` where the source has no figure of the country's own."""

    iso3: str
    water_l_per_kwh: float
    is_world_default: bool
    year: int
    source_key: str


@forgettable
@cache
def water_factors() -> dict[str, WaterFactor]:
    """All countries; `WLD` is the world's."""
    return {factor.iso3: factor for factor in records("water_factors.csv", WaterFactor)}


def water_factor(zone: str) -> WaterFactor:
    """The factor of a zone's country; the world's where the source lists no such country."""
    found = country(zone.partition("-")[0])
    return water_factors().get(found.alpha3 if found else WORLD) or water_factors()[WORLD]
