"""Damage of emissions in money: several dated values side by side, none of them the truth."""

from __future__ import annotations

from collections.abc import Iterable

from joulebook.ledger.accounting.factors import Factor
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import multiply


def social_cost_usd(emissions_g: float, scc_usd_per_t: float) -> float:
    """Damage of a marginal emission: tonnes times the social cost of carbon of the year of emission."""
    return emissions_g / 1e6 * scc_usd_per_t


def interpolated_scc(by_year: dict[int, float], year: int) -> float:
    """Social cost in a year between two published ones, on the straight line; the nearest one beyond them."""
    years = sorted(by_year)
    if year <= years[0] or year >= years[-1]:
        return by_year[years[0] if year <= years[0] else years[-1]]
    before = max(y for y in years if y <= year)
    after = min(y for y in years if y > year)
    return by_year[before] + (by_year[after] - by_year[before]) * (year - before) / (after - before)


def social_costs(emissions: Figure, values: Iterable[Factor]) -> dict[str, Figure]:
    """Damage by every value of the set, by its name."""
    return {
        value.key.removeprefix("scc/"): multiply(
            emissions,
            value.range,
            method=value.method,
            boundary=emissions.boundary,
            vintage=f"{value.unit}, {value.vintage} ({value.source})",
            unit=1e-6,
        )
        for value in values
    }
