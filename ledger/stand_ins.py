"""Regions that are worked out with their country's grid, and how that is said."""

from __future__ import annotations

from joulebook.ledger.accounting.sentences import say
from joulebook.reference_data.grid import DIRECT, LIFE_CYCLE, intensities


def stand_in(zone: str, language: str = "en") -> str | None:
    """A sentence where a region's country stands in for it; None for a country and a region with a figure of its own.

    The country stands in for a region that is unknown, and for one of which only the emissions of burning fuel are
    known (the states of the USA, for example): those leave out what the fuel and the plants took to make.

    Args:
        zone: As `joulebook.reference_data.places.zone_of_code` gives it, such as `KOR-99` or `USA-CA`.
        language: Key of the sentences.
    """
    land, dash, _ = zone.partition("-")
    if not dash or has_own_grid(zone):
        return None
    direct = [row for row in intensities(zone) if row.basis == DIRECT]
    if not direct:
        return say("unknown_region", language, zone=zone, land=land)
    newest = max(direct, key=lambda row: row.year)
    return say("direct_region", language, zone=zone, land=land, direct=f"{newest.intensity_g_per_kwh:.3g}")


def has_own_grid(zone: str) -> bool:
    """Whether a zone has a life-cycle intensity of its own, so that no country's stands in for it."""
    return any(row.basis == LIFE_CYCLE for row in intensities(zone))
