"""Mean day of a grid zone, hour by hour: an optional set from Electricity Maps under the ODbL (share-alike).

Whoever passes the file on must keep its licence; nothing else here is mixed with it, and everything works without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, path_of, records

_FILE = "grid_hourly_electricity_maps_odbl.csv"


@dataclass(frozen=True, slots=True)
class _Hour:
    iso3: str
    zone: str
    hour_local: int
    utc_offset_h: float
    year: int
    life_cycle_g_per_kwh: float
    direct_g_per_kwh: float
    source_key: str


@dataclass(frozen=True, slots=True)
class HourlyProfile:
    """24 means of one zone and year, gCO2e per kWh, by hour of local standard time (`utc_offset_h`)."""

    zone: str
    iso3: str
    year: int
    basis: str
    utc_offset_h: float
    intensity_g_per_kwh: tuple[float, ...]
    source_key: str


@forgettable
@cache
def profiles() -> tuple[HourlyProfile, ...]:
    """All profiles, life cycle and direct; empty where the optional file was left out."""
    if not path_of(_FILE).exists():
        return ()
    days: dict[str, list[_Hour]] = {}
    for hour in records(_FILE, _Hour):
        days.setdefault(hour.zone, []).append(hour)
    return tuple(_profile(hours, basis) for hours in days.values() for basis in ("life cycle", "direct"))


def _profile(hours: list[_Hour], basis: str) -> HourlyProfile:
    day = sorted(hours, key=lambda hour: hour.hour_local)
    column = "life_cycle_g_per_kwh" if basis == "life cycle" else "direct_g_per_kwh"
    values = tuple(float(getattr(hour, column)) for hour in day)
    first = day[0]
    return HourlyProfile(first.zone, first.iso3, first.year, basis, first.utc_offset_h, values, first.source_key)


def profile(zone: str, basis: str = "life cycle") -> HourlyProfile | None:
    """The profile of a grid zone (`KR`, `DE-LU`, `US-CAL-CISO`) or, where it has just one, of a country (`KOR`)."""
    own = [row for row in profiles() if row.basis == basis and row.zone.casefold() == zone.casefold()]
    national = [row for row in profiles() if row.basis == basis and row.iso3 == zone]
    if own:
        return own[0]
    return national[0] if len(national) == 1 else None
