"""Who bears the damage of a tonne: country-level social cost of carbon (Ricke et al. 2018), as shares.

A share is the cost of the country over the sum of all positive costs, in one of the 160 published specifications
`sABCD` (a country that gains in the model has a negative one, and none of the damage):
SSP A (1 to 5), damage function B (1 short run, 2 short run rich/poor, 3 long run, 4 long run rich/poor), discounting C
(1 growth-adjusted, 2 fixed 3 %), RCP D (1 closest to the SSP, 2 4.5, 3 6.0, 4 8.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.errors import NoFigureError
from joulebook.reference_data.tables import forgettable, header_of, path_of, records, rows

CENTRAL = "s2111"


@dataclass(frozen=True, slots=True)
class CountryCost:
    """Cost of one tonne to one country, purchasing-power USD of 2005; None where the source has no row (the Maldives).

    Low and high are the 16.7 and 83.3 % points; a negative value means that the model finds a gain.
    """

    iso3: str
    cost_low_usd2005_per_t: float | None
    cost_median_usd2005_per_t: float | None
    cost_high_usd2005_per_t: float | None
    source_key: str


@forgettable
@cache
def specifications() -> tuple[str, ...]:
    """The 160 specifications."""
    header = header_of(path_of("country_damage_shares.csv"))
    return tuple(name for name in header if name.startswith("s") and name[1:].isdigit())


@forgettable
@cache
def country_damage_shares(specification: str = CENTRAL) -> dict[str, float]:
    """Share (0 to 1) of the positive damages by country; they sum to 1 within rounding.

    Raises:
        NoFigureError: No such specification.
    """
    if specification not in specifications():
        raise NoFigureError(f"no damage specification {specification!r}; they are sABCD, for example {CENTRAL}")
    return {row["iso3"]: max(float(row[specification]), 0.0) for row in rows("country_damage_shares.csv")}


@forgettable
@cache
def country_costs() -> dict[str, CountryCost]:
    """The central specification's single figures by country; `WLD` is the global median."""
    return {row.iso3: row for row in records("country_costs.csv", CountryCost)}
