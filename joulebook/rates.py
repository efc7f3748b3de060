"""Plain rates for a run's own summary, from the reference data: what a kWh emits and costs where the run took place."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import quantiles
from typing import Any

from joulebook.meters.settings import Settings, load_settings
from joulebook.meters.summary import Rate, Rates

# Geometric standard deviations as the books use them: a yearly average against the hour of a run, a mean price
# against a bill; no PUE known, the industry mean with 1 (under a desk) to 2.
_YEARLY_GSD = 1.15
_PRICE_FACTOR = 1.4
_Z90 = 1.645


def find_rates(location: Mapping[str, Any], declared: Mapping[str, Any]) -> Rates:
    """Rates for a journal's location and what was declared for the run; the settings fill in the rest."""
    settings = load_settings()
    zone = _zone(location)
    return Rates(
        intensity_g_per_kwh=_intensity(zone),
        price_usd_per_kwh=_price(zone, settings),
        pue=_pue(declared, settings),
        zone=zone or "world average",
        assumed=zone is None or location.get("how") == "timezone",
    )


def _zone(location: Mapping[str, Any]) -> str | None:
    from joulebook.reference_data import places

    if location.get("how") == "cloud":
        return places.zone_of_cloud_region(str(location.get("provider")), str(location.get("region")))
    if location.get("how") == "timezone":
        return places.zone_of_timezone(str(location.get("timezone")))
    return places.zone_of_code(str(location.get("zone") or ""))


def _intensity(zone: str | None) -> Rate:
    from joulebook.reference_data import grid

    found = grid.intensity(zone or "WLD")
    value, vintage = found.intensity_g_per_kwh, f"{found.zone} {found.year} {found.basis} ({found.source_key})"
    if found.zone != "WLD":
        factor = _YEARLY_GSD**_Z90
        return Rate(value, value / factor, value * factor, vintage)
    countries = [grid.intensity(one).intensity_g_per_kwh for one in grid.zones() if len(one) == 3]
    ends = quantiles(countries, n=20)
    return Rate(value, min(ends[0], value), max(ends[-1], value), vintage)


def _price(zone: str | None, settings: Settings) -> Rate | None:
    from joulebook.reference_data import electricity

    if settings.price_usd_per_kwh is not None:
        price = settings.price_usd_per_kwh
        return Rate(price, price, price, "price declared in the settings")
    found = electricity.electricity_price(zone) if zone else None
    if found is None:
        return None
    value = found.price_usd_per_kwh
    return Rate(value, value / _PRICE_FACTOR, value * _PRICE_FACTOR, f"{found.zone} {found.year} ({found.source_key})")


def _pue(declared: Mapping[str, Any], settings: Settings) -> Rate | None:
    from joulebook.reference_data import data_centres

    pue = declared.get("pue") or settings.pue
    if pue:
        return Rate(pue, pue, pue, "declared")
    found = data_centres.pue()
    return Rate(found.pue, 1.0, 2.0, f"{found.year} ({found.source_key})") if found else None
