"""Country codes: ISO 3166-1 alpha-3 is the form used everywhere; alpha-2 and names are understood."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, rows

WORLD = "WLD"


@dataclass(frozen=True, slots=True)
class Country:
    """One country or territory; `WLD` (world), `EU27` and `XKX` (Kosovo) besides ISO's own.

    Attributes:
        alpha3: ISO 3166-1 alpha-3, for example `KOR`.
        alpha2: ISO 3166-1 alpha-2, empty for `WLD` and `EU27`.
    """

    alpha3: str
    alpha2: str
    name: str


@forgettable
@cache
def countries() -> tuple[Country, ...]:
    """All countries by alpha-3 code."""
    return tuple(Country(row["iso3"], row["iso2"], row["country"]) for row in rows("countries.csv"))


@forgettable
@cache
def _by_any_code() -> dict[str, Country]:
    found: dict[str, Country] = {}
    for country in countries():
        found[country.name.casefold()] = country
    for country in countries():
        found[country.alpha3.casefold()] = country
        if country.alpha2:
            found[country.alpha2.casefold()] = country
    found["uk"] = found["gb"]
    return found


def country(code: str) -> Country | None:
    """The country of an alpha-2 or alpha-3 code or exact name, in any case; None if there is none."""
    return _by_any_code().get(code.strip().casefold())
