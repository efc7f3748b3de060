"""The one place at which candidates are compared, from the factor set and what the user declared."""

from __future__ import annotations

from joulebook.ledger.accounting.comparison import Site
from joulebook.ledger.accounting.factors import Factor, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import Range, range_of_product, range_of_sum
from joulebook.ledger.errors import LedgerError

WORLD = "WLD"


def site_of(factors: Factors, location: str | None, year: int) -> Site:
    """Grid, PUE, water and price of a place; the world's mean, assumed, where nobody said where.

    Args:
        factors: As from `joulebook.ledger.factor_sets.current_factors`.
        location: A code such as `KOR` or `US-CA`; None where nobody said.
        year: Of the use; the latest figure up to it is taken.

    Raises:
        LedgerError: No such place.
    """
    zone = zone_code(location) if location else WORLD
    intensity, pue = factors.intensity(zone, year), factors.get("pue")
    if intensity is None or pue is None:
        raise LedgerError(f"{zone}: no grid intensity is known; give a country such as --location {zone.split('-')[0]}")
    price = factors.get("price") or factors.get(f"price/{zone.split('-')[0]}")
    return Site(
        zone=zone,
        intensity_g_per_kwh=intensity.figure("facility"),
        pue=pue.figure("facility"),
        water_l_per_it_kwh=_water(factors, zone, pue),
        price_usd_per_kwh=price.figure("facility") if price else None,
        vintage=factors.name,
        assumed=location is None,
    )


def zone_code(location: str) -> str:
    """The zone of a typed code.

    Raises:
        LedgerError: There is no such place.
    """
    from joulebook.reference_data.places import zone_of_code

    zone = zone_of_code(location)
    if zone is None:
        raise LedgerError(f"unknown location {location!r}: use a code of ISO 3166 such as KOR, KR or US-CA")
    return zone


def _water(factors: Factors, zone: str, pue: Factor) -> Figure | None:
    """Litres per IT kWh: on site plus PUE times what the power plants use (Li et al., arXiv:2304.03271)."""
    on_site, plants = factors.get("wue"), factors.get(f"water/{zone.split('-', maxsplit=1)[0]}")
    if on_site is None or plants is None:
        return None
    whole = range_of_sum([_range(on_site), range_of_product([_range(pue), _range(plants)])])
    return Figure(whole.value, max(0.0, whole.low), whole.high, "modelled", "IT", factors.name)


def _range(factor: Factor) -> Range:
    return Range(factor.value, factor.low, factor.high)
