"""What a tonne of CO2e costs: on markets, and to the world (social cost, by year and discount rate, none the truth)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class CarbonPrice:
    """A market price, tax or average, USD per tCO2e on a date; `original` has the published currency."""

    name: str
    iso3: str
    kind: str
    price_usd_per_t: float
    original: str
    date: str
    source_key: str
    verified: str
    note: str


@dataclass(frozen=True, slots=True)
class SocialCost:
    """A social cost of carbon for emissions of one year, in USD of `usd_year` per tCO2."""

    name: str
    emission_year: int
    discount_rate_percent: float | None
    cost_usd_per_t: float
    low_usd_per_t: float | None
    high_usd_per_t: float | None
    usd_year: int
    source_key: str
    verified: str
    note: str


@forgettable
@cache
def carbon_prices() -> tuple[CarbonPrice, ...]:
    """Market prices."""
    return records("carbon_prices.csv", CarbonPrice)


@forgettable
@cache
def social_costs() -> tuple[SocialCost, ...]:
    """Social costs of carbon by name and emission year."""
    return records("social_costs.csv", SocialCost)
