"""Where a run took place, from what the journal recorded of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulebook.ledger.accounting.observations import Zone
from joulebook.reference_data.places import zone_of_cloud_region, zone_of_code, zone_of_timezone

WORLD = "WLD"
_DECLARED = ("flag", "environment", "settings", "edited")


def resolve_location(location_record: Mapping[str, Any], hosts: tuple[str, ...] = ()) -> Zone:
    """The zone of a journal's `location` record (docs/journal.md); `WLD`, assumed, where it says nothing usable.

    A place that somebody declared and a cloud's region are known; a time zone only lets the country be assumed.

    Args:
        location_record: As the journal has it, or `{"how": "edited", "zone": ...}` after a correction.
        hosts: The hosts that it holds for.
    """
    how = str(location_record.get("how") or "unknown")
    zone = _zone(how, location_record)
    if zone is None:
        return Zone(WORLD, "unknown", assumed=True, hosts=hosts)
    return Zone(zone, how, assumed=how == "timezone", hosts=hosts)


def _zone(how: str, record: Mapping[str, Any]) -> str | None:
    if how == "cloud":
        return zone_of_cloud_region(str(record.get("provider") or ""), str(record.get("region") or ""))
    if how == "timezone":
        return zone_of_timezone(str(record.get("timezone") or ""))
    return zone_of_code(str(record.get("zone") or "")) if how in _DECLARED else None
