"""Grid intensity (gCO2e per kWh) by country and year, and by region where there is a figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from joulebook.reference_data.countries import WORLD, country
from joulebook.reference_data.errors import NoFigureError, UnknownZoneError
from joulebook.reference_data.tables import forgettable, records, rows

LIFE_CYCLE = "life cycle"
DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class GridIntensity:
    """One figure of the grid tables, and how it answers what was asked.

    Attributes:
        zone: Whose figure it is: `KOR`, `USA-CA`, `WLD`.
        year: The year of the figure; `year != asked_year` means the nearest year stood in.
        basis: `life cycle`, `direct` (combustion alone) or `provider` (a cloud's own table).
        factor_set: `ember` (default), `codecarbon`, `egrid`, `mee`, `cer`, `google`: conflicting sources side by side.
        level: country, state, province, bidding zone, egrid subregion, cloud region, region or world.
        asked_zone: What was asked for; `zone != asked_zone` means the country or the world stood in.
    """

    zone: str
    year: int
    intensity_g_per_kwh: float
    basis: str
    factor_set: str
    level: str
    source_key: str
    asked_zone: str = ""
    asked_year: int | None = None


@dataclass(frozen=True, slots=True)
class GenerationFactor:
    """One generation technology in one set; `verified` is `recall` where the source was not read again."""

    factor_set: str
    technology: str
    intensity_g_per_kwh: float | None
    low_g_per_kwh: float | None
    high_g_per_kwh: float | None
    basis: str
    year: int
    source_key: str
    verified: str


@forgettable
@cache
def _table() -> dict[str, list[tuple[str, ...]]]:
    """Raw cells by zone: year, value, basis, set, level, source. Figures are made only for the zone asked for."""
    found: dict[str, list[tuple[str, ...]]] = {}
    levels = {WORLD: "world", "EU27": "region"}
    for row in rows("grid_countries.csv"):
        zone = row["iso3"]
        cells = (
            row["year"],
            row["intensity_g_per_kwh"],
            LIFE_CYCLE,
            row["factor_set"],
            levels.get(zone, "country"),
            row["source_key"],
        )
        found.setdefault(zone, []).append(cells)
    for row in rows("grid_regions.csv"):
        cells = (
            row["year"],
            row["intensity_g_per_kwh"],
            row["basis"],
            row["factor_set"],
            row["level"],
            row["source_key"],
        )
        found.setdefault(row["zone"], []).append(cells)
    return found


@forgettable
@cache
def generation_factors() -> tuple[GenerationFactor, ...]:
    """GCO2e per kWh by generation technology, in four sets that disagree."""
    return records("generation_factors.csv", GenerationFactor)


def zones() -> tuple[str, ...]:
    """Every zone with at least one figure."""
    return tuple(_table())


def intensities(zone: str) -> tuple[GridIntensity, ...]:
    """Every row of a zone: all years, bases and sets, those that disagree too."""
    return tuple(
        GridIntensity(zone, int(year), float(value), basis, factor_set, level, key)
        for year, value, basis, factor_set, level, key in _table().get(zone, ())
    )


def intensity(
    zone: str, year: int | None = None, *, basis: str = LIFE_CYCLE, factor_set: str | None = None
) -> GridIntensity:
    """The figure to use for a zone and year.

    The year asked for where there is one, else the latest before it, else the earliest. A region without a figure on
    this basis gets its country's, a country without one the world's, so that a region never changes the basis silently.

    Args:
        zone: `KOR`, `USA-CA`, `gcp/us-central1` or `WLD`.
        year: None for the latest.
        basis: `life cycle`, `direct` or `provider`.
        factor_set: None for the best on this basis (Ember for countries).

    Raises:
        UnknownZoneError: The zone's country is no country.
        NoFigureError: Nothing on this basis and in this set, not even for the country.
    """
    for candidate in _candidates(zone, basis):
        figures = [row for row in intensities(candidate) if row.basis == basis and factor_set in (None, row.factor_set)]
        preferred = [row for row in figures if row.factor_set == "ember"] or figures
        if preferred:
            return replace(_of_year(preferred, year), asked_zone=zone, asked_year=year)
    raise NoFigureError(f"no {basis} grid figure{f' of the set {factor_set}' if factor_set else ''} for {zone}")


def _candidates(zone: str, basis: str) -> tuple[str, ...]:
    if zone.startswith("gcp/"):
        return (zone,)
    head = country(zone.partition("-")[0])
    if head is None:
        raise UnknownZoneError(f"{zone!r} is no place known here; use ISO 3166 codes such as KOR, US or US-CA")
    own = head.alpha3 + zone[zone.find("-") :] if "-" in zone else head.alpha3
    if basis == LIFE_CYCLE:
        return (own, head.alpha3, WORLD)
    return (own, head.alpha3)


def _of_year(figures: list[GridIntensity], year: int | None) -> GridIntensity:
    latest = max(figures, key=lambda row: row.year)
    if year is None:
        return latest
    before = [row for row in figures if row.year <= year]
    return max(before, key=lambda row: row.year) if before else min(figures, key=lambda row: row.year)
