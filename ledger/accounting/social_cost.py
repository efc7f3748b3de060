"""Damage of emissions in money: several dated values side by side, none of them the truth."""

from __future__ import annotations

from collections.abc import Iterable

from joulebook.ledger.accounting.factors import Factor
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import multiply


def social_cost_usd(emissions_g: float, scc_usd_per_t: float) -> float:
    """Damage of a marginal emission: tonnes times the social cost of carbon of the year of emission."""
    return emissions_g / 1e6 * scc_usd_per_t


# Deaths from heat per tonne of CO2 emitted in 2020, central and 90 % range, baseline path: Bressler 2021, Nature
# Communications 12:4467. The range holds 0: cold that is spared is counted too.
MORTALITY_PER_T = (2.26e-4, -1.71e-4, 6.78e-4)


def excess_deaths(emissions_g: float) -> Figure:
    """Excess deaths from temperature, 2020 to 2100, of a marginal emission: statistics, not people who can be named."""
    low, high = (emissions_g / 1e6 * per_t for per_t in MORTALITY_PER_T[1:])
    return Figure(excess_deaths_central(emissions_g), low, high, "published", "facility", "Bressler 2021")


def excess_deaths_central(emissions_g: float) -> float:
    """The central value of `excess_deaths`."""
    return emissions_g / 1e6 * MORTALITY_PER_T[0]


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
