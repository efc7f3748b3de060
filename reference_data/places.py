"""From a time zone, a cloud region or what a person typed to a zone of the grid tables."""

from __future__ import annotations

from functools import cache

from joulebook.reference_data.countries import country
from joulebook.reference_data.tables import forgettable, rows

_PROVIDERS = {"google": "gcp", "amazon": "aws", "microsoft": "azure"}


@forgettable
@cache
def _time_zones() -> dict[str, str]:
    return {row["time_zone"]: row["iso3"] for row in rows("time_zones.csv")}


@forgettable
@cache
def _cloud_regions() -> dict[tuple[str, str], str]:
    return {(row["provider"], row["region"]): row["zone"] for row in rows("cloud_regions.csv")}


def cloud_regions() -> dict[tuple[str, str], str]:
    """Zone by provider (`aws`, `azure`, `gcp`) and name of every cloud region that is listed."""
    return dict(_cloud_regions())


@forgettable
@cache
def _grid_regions() -> dict[str, str]:
    parts = (row for row in rows("grid_regions.csv") if row["level"] not in ("cloud region", "country"))
    return {row["zone"]: row["region"] for row in parts}


def grid_regions() -> dict[str, str]:
    """Name by zone (`USA-CA`, `SWE-SE3`) of every region with a figure: states, provinces, bidding zones."""
    return dict(_grid_regions())


def zone_of_timezone(time_zone: str) -> str | None:
    """Alpha-3 of the country of an IANA time zone or its old name; None for UTC, `Etc/...` and unknown ones."""
    return _time_zones().get(time_zone.strip().removeprefix(":").removeprefix("posix/"))


def zone_of_cloud_region(provider: str, region: str) -> str | None:
    """Zone of a cloud's region, for example `("gcp", "us-central1") -> "USA-IA"`; None if it is not listed.

    Availability zones (`us-east-1a`, `europe-west4-b`) are understood; Azure's names are taken with or without spaces.
    """
    table = _cloud_regions()
    cloud = _PROVIDERS.get(provider.strip().lower(), provider.strip().lower())
    name = region.strip().lower()
    for candidate in (name, name.replace(" ", ""), name[:-1], name.rpartition("-")[0]):
        if (cloud, candidate) in table:
            return table[cloud, candidate]
    return None


def zone_of_code(text: str) -> str | None:
    """A zone from what a person typed: `us-ca`, `USA-CA`, `kr` or `KOR`; None where the country is no country.

    A region is kept whether or not there are figures for it; the grid tables fall back on its country.
    """
    whole = country(text)
    if whole is not None:
        return whole.alpha3
    head, dash, region = text.strip().partition("-")
    found = country(head)
    if not dash or found is None or not region.isalnum():
        return None
    return f"{found.alpha3}-{region.upper()}"
