"""Operational emissions: location-based, market-based by year, market-based by hour (draft method); never merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulebook.ledger.accounting.energy import J_PER_KWH
from joulebook.ledger.accounting.factors import Contract, Factor, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import Zone
from joulebook.ledger.accounting.uncertainty import (
    Range,
    by_factor,
    multiply,
    range_of_product,
    ranges_of_products,
)

# A zone that nobody declared (the machine's time zone): a guess at the country, a 90 % range by this factor on top.
ASSUMED_ZONE_FACTOR = 1.3


def location_emissions_g(facility_kwh: float, intensity_g_per_kwh: float) -> float:
    """Location-based emissions: facility energy times the grid's mean (GHG Protocol Scope 2 Guidance 2015)."""
    return facility_kwh * intensity_g_per_kwh


def market_emissions_g(facility_kwh: float, claims: Sequence[tuple[float, float]], residual_g_per_kwh: float) -> float:
    """Market-based emissions: covered energy at the contracts' factors, the rest at the residual mix.

    GHG Protocol Scope 2 Guidance 2015, chapter 6. Cover beyond the use itself is worth nothing.

    Args:
        facility_kwh: Energy used.
        claims: (kWh covered, g/kWh) of each contract, the best first.
        residual_g_per_kwh: Of what no contract covers.
    """
    left, total = facility_kwh, 0.0
    for covered_kwh, intensity in claims:
        used = min(covered_kwh, left)
        left, total = left - used, total + used * intensity
    return total + left * residual_g_per_kwh


def location_figure(facility: Figure, intensity: Factor, zone: Zone, year: int) -> Figure:
    """Location-based grams of a run's part in one zone, by the year's mean."""
    return multiply(
        facility,
        *intensity_ranges(intensity, zone),
        method=intensity.method,
        boundary=facility.boundary,
        vintage=vintage_text(intensity, zone, year),
        unit=1 / J_PER_KWH,
    )


def intensity_ranges(intensity: Factor, zone: Zone) -> tuple[Range, ...]:
    """The factor's own range, and that of a zone nobody declared."""
    own = intensity.range
    guessed = zone.assumed and zone.zone != "WLD"
    return (own, by_factor(1.0, ASSUMED_ZONE_FACTOR)) if guessed else (own,)


def intensity_figure(intensity: Factor, zone: Zone, year: int) -> Figure:
    """The intensity as a figure with its vintage, for showing beside the emissions."""
    shown = range_of_product(intensity_ranges(intensity, zone))
    return Figure(*shown, intensity.method, "grid, life cycle", vintage_text(intensity, zone, year))


def vintage_text(intensity: Factor, zone: Zone, year: int) -> str:
    """What a reader must know of a factor: whose, which year, and whether it stands in for another place or year."""
    kind, whose, of_year = intensity.key.split("/")
    text = f"{whose} {of_year} {intensity.vintage if kind == 'hourly' else 'yearly mean'} ({intensity.source})"
    if int(of_year) != year:
        text += f", no figure for {year}"
    if whose != zone.zone:
        text += f", standing in for {zone.zone}"
    return text + (", place assumed" if zone.assumed else "")


@dataclass(frozen=True, slots=True)
class Market:
    """The market-based intensity of a zone and moment, and what a reader must know of it."""

    intensity: Range
    vintage: str
    flags: tuple[str, ...]


def market_intensity(zone: Zone, moment: float, location: Factor, factors: Factors) -> Market:
    """Contracts first, then the supplier's mix, then the residual mix, else the location's factor with a flag.

    The order is that of table 6.3 of the GHG Protocol Scope 2 Guidance (2015).
    """
    valid = [c for c in factors.contracts if _same_market(c.zone, zone.zone) and c.start <= moment < c.end]
    rest, flags = _uncovered(valid, location, factors, zone)
    left, parts = 1.0, []
    for contract in (c for c in valid if c.kind in ("certificate", "contract") and c.share is not None):
        used = min(left, contract.share or 0.0)
        if used < (contract.share or 0.0):
            flags.append(f"contracts cover more than was used in {zone.zone}; the excess counts for nothing")
        parts.append(used * contract.intensity_g_per_kwh)
        left -= used
    value, low, high = (sum(parts) + left * end for end in rest)
    names = ", ".join(c.name or c.kind for c in valid if c.share or c.kind == "supplier")
    return Market(Range(value, low, high), names or "no contracts", tuple(flags))


def _same_market(contract_zone: str, zone: str) -> bool:
    return zone == contract_zone or zone.startswith(f"{contract_zone}-")


def _uncovered(valid: Sequence[Contract], location: Factor, factors: Factors, zone: Zone) -> tuple[Range, list[str]]:
    """Intensity of what no certificate or contract covers."""
    for kind in ("supplier", "residual"):
        named = [contract.intensity_g_per_kwh for contract in valid if contract.kind == kind]
        if named:
            return Range(named[0], named[0], named[0]), []
    residual = factors.get(f"residual/{zone.zone.split('-')[0]}")
    if residual is not None:
        return residual.range, []
    flag = f"no residual mix is known for {zone.zone}: the location-based factor stands in for what no contract covers"
    return range_of_product(intensity_ranges(location, zone)), [flag]


def market_figure(facility: Figure, market: Market) -> Figure:
    """Market-based grams by year."""
    return multiply(
        facility,
        market.intensity,
        method="declared" if "location" not in " ".join(market.flags) else "published",
        boundary=facility.boundary,
        vintage=f"market-based, {market.vintage}" + (", location factor" if market.flags else ""),
        unit=1 / J_PER_KWH,
    )


def emissions_of(
    energies_j: NDArray[np.float64], zones: NDArray[np.object_], years: NDArray[np.int64], factors: Factors
) -> NDArray[np.float64]:
    """Location-based grams of many runs at once, under one factor set.

    Args:
        energies_j: Facility energy, joules, shape (n,), or (3, n) as value, low, high.
        zones: Zone of each run, shape (n,).
        years: Year of each run, shape (n,).
        factors: The factor set.

    Returns:
        Value, low and high in grams, shape (3, n); NaN where the energy or the zone's factor is unknown.
    """
    import pandas as pd  # takes longer to load than most commands take

    energies = np.atleast_2d(np.asarray(energies_j, dtype=float))
    energies = np.repeat(energies, 3, axis=0) if len(energies) == 1 else energies
    zone_codes, zone_names = pd.factorize(np.asarray(zones, dtype=object))
    year_codes, year_values = pd.factorize(np.asarray(years))
    table = np.full((3, len(zone_names), len(year_values)), np.nan)
    for i, zone in enumerate(zone_names):
        for j, year in enumerate(year_values):
            factor = factors.intensity(str(zone), int(year)) or factors.intensity("WLD", int(year))
            if factor is not None:
                table[:, i, j] = factor.value, factor.low, factor.high
    return ranges_of_products(energies / J_PER_KWH, table[:, zone_codes, year_codes])
