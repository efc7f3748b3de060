"""Places to choose from: countries, the regions of their grids and of clouds, by the names that people search for."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from joulebook.dashboard import data
from joulebook.dashboard.compare import YEAR
from joulebook.dashboard.texts import current_language, t
from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.stand_ins import has_own_grid, stand_in
from joulebook.reference_data.countries import WORLD, countries, country
from joulebook.reference_data.places import cloud_regions, grid_regions

_CLOUDS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}


def choices() -> dict[str, str]:
    """The zone of each place that can be chosen, by its label: countries first, then grid regions, then clouds.

    A label says where the country's mean stands in for a region, so that nobody chooses it for a difference.
    """
    return _choices(current_language())


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def _choices(language: str) -> dict[str, str]:  # noqa: ARG001 - part of the cache's key: labels hold words
    factors = data.factors()  # also puts the newer files of the settings in place
    lands = {name: zone for zone, name in _countries(factors).items()}
    regions = {_label(zone): zone for zone in grid_regions() if zone.partition("-")[0] in lands.values()}
    clouds = {
        t("places.cloud", cloud=_CLOUDS.get(provider, provider), region=region, place=_label(zone)): zone
        for (provider, region), zone in cloud_regions().items()
        if zone.partition("-")[0] in lands.values()
    }
    return {**_by_name(lands), **_by_name(regions), **_by_name(clouds)}


def name_of(zone: str) -> str:
    """A zone's name, with its country; its code where nobody gave it a name."""
    if zone == WORLD:
        return t("compare.world_mean")
    return _label(zone)


def names_of(labels: Iterable[str]) -> dict[str, str]:
    """The name of each zone that these labels mean; one that is meant twice has both."""
    zones = choices()
    found: dict[str, str] = {}
    for label in labels:
        zone = zones[label]
        found[zone] = f"{found[zone]}; {label}" if zone in found else label
    return found


def stand_ins(zones: Iterable[str]) -> str:
    """What stands in for regions whose own grid is unknown, as sentences; empty where nothing does."""
    said = (stand_in(zone, current_language()) for zone in dict.fromkeys(zones))
    return " ".join(line for line in said if line)


def _countries(factors: Factors) -> dict[str, str]:
    """Countries whose grid is known, by zone."""
    return {c.alpha3: c.name for c in countries() if c.alpha3 != WORLD and factors.intensity(c.alpha3, YEAR)}


def _label(zone: str) -> str:
    land, dash, _ = zone.partition("-")
    found = country(land)
    if found is None:
        return zone
    if not dash:
        return found.name
    name = grid_regions().get(zone, zone).removeprefix(f"{found.name} ")
    key = "places.region" if has_own_grid(zone) else "places.region_by_country"
    return t(key, region=name, country=found.name)


def _by_name(places: dict[str, str]) -> dict[str, str]:
    return dict(sorted(places.items(), key=lambda place: place[0].casefold()))
