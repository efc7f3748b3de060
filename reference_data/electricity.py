"""What electricity costs (USD per kWh) by country and sector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.countries import country
from joulebook.reference_data.tables import forgettable, records

# What stands in where the asked sector has no price: the nearest in kind of customer first.
_NEAREST = {
    "industry": ("industry", "large industry", "business", "household"),
    "large industry": ("large industry", "industry", "business", "household"),
    "business": ("business", "industry", "large industry", "household"),
    "household": ("household", "business", "industry", "large industry"),
    "wholesale": ("wholesale",),
}


@dataclass(frozen=True, slots=True)
class ElectricityPrice:
    """One price; `market` names the bidding zone of a wholesale mean; `verified` is read, secondary or recall."""

    zone: str
    sector: str
    price_usd_per_kwh: float
    year: int
    source_key: str
    verified: str
    market: str


@forgettable
@cache
def electricity_prices() -> tuple[ElectricityPrice, ...]:
    """Every price row."""
    return records("electricity_prices.csv", ElectricityPrice)


def electricity_price(zone: str, sector: str = "industry") -> ElectricityPrice | None:
    """The latest price of a zone (`USA-CA` falls back on `USA`), of the sector or the nearest one; None if unknown.

    Rows from memory (`recall`) are used only where there is no other; `sector` and `verified` of the answer say so.
    """
    head, dash, region = zone.partition("-")
    found = country(head)
    if found is None:
        return None
    places = tuple(dict.fromkeys((found.alpha3 + dash + region, found.alpha3)))
    for memory in (False, True):
        for place in places:
            for kind in _NEAREST[sector]:
                best = _best(place, kind, from_memory=memory)
                if best is not None:
                    return best
    return None


def _best(place: str, sector: str, *, from_memory: bool) -> ElectricityPrice | None:
    prices = [row for row in electricity_prices() if row.zone == place and row.sector == sector]
    fitting = [row for row in prices if (row.verified == "recall") == from_memory]
    return max(fitting, key=lambda row: (row.verified == "read", row.year), default=None)
