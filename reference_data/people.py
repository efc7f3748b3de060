"""People by country: how many, how many use AI, what they earn, how vulnerable they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, number, records, rows


@dataclass(frozen=True, slots=True)
class AiUse:
    """Use of AI in one country.

    Attributes:
        users_percent: Share of working-age people who use AI, first quarter of 2026 (Microsoft's modelled diffusion);
            None where it gives none.
        usage_percent: The country's share of Claude.ai use, May 2026 (Anthropic); None where it gives none.
        usage_index: The same per working-age person, 1 where it equals the share of people.
        source_keys: Where the figures come from.
    """

    iso3: str
    users_percent: float | None
    usage_percent: float | None
    usage_index: float | None
    source_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    """One country's people; None where unknown.

    Attributes:
        working_age_population: Ages 15 to 64; `working_age_basis` says where 0.65 of the population stands in.
        gdp_ppp_usd_per_head: Purchasing-power GDP: the social cost is in purchasing power too, so never nominal GDP.
        gdp_year: Year of that figure.
        vulnerability: ND-GAIN 2023, 0.25 (low) to 0.65 (high).
    """

    iso3: str
    population: float | None
    working_age_population: float | None
    working_age_basis: str
    gdp_ppp_usd_per_head: float | None
    gdp_year: int | None
    vulnerability: float | None
    source_keys: tuple[str, ...]


def _by_country(file_name: str) -> dict[str, dict[str, str]]:
    return {row["iso3"]: row for row in rows(file_name)}


@forgettable
@cache
def ai_use() -> dict[str, AiUse]:
    """Use of AI by country, for every country with any figure."""
    diffusion, usage = _by_country("ai_diffusion.csv"), _by_country("anthropic_usage.csv")
    found = {}
    for iso3 in sorted(diffusion.keys() | usage.keys()):
        users, claude = diffusion.get(iso3, {}), usage.get(iso3, {})
        found[iso3] = AiUse(
            iso3,
            number(users.get("users_percent_q1_2026", "")),
            number(claude.get("usage_percent", "")),
            number(claude.get("usage_index", "")),
            tuple(row["source_key"] for row in (users, claude) if row),
        )
    return found


@dataclass(frozen=True, slots=True)
class _Population:
    iso3: str
    population: float | None
    working_age_population: float | None
    working_age_basis: str
    source_key: str
    other_source_keys: tuple[str, ...]


@forgettable
@cache
def people() -> dict[str, People]:
    """Population, income and vulnerability by country, for every country with any figure."""
    counted = {row.iso3: row for row in records("population.csv", _Population)}
    income, fragile = _by_country("gdp.csv"), _by_country("vulnerability.csv")
    found = {}
    for iso3 in sorted(counted.keys() | income.keys() | fragile.keys()):
        heads = counted.get(iso3, _Population(iso3, None, None, "", "", ()))
        gdp, risk = income.get(iso3, {}), fragile.get(iso3, {})
        keys = (heads.source_key, *heads.other_source_keys, gdp.get("source_key", ""), risk.get("source_key", ""))
        found[iso3] = People(
            iso3,
            heads.population,
            heads.working_age_population,
            heads.working_age_basis,
            number(gdp.get("gdp_ppp_usd_per_head", "")),
            int(gdp["year"]) if gdp else None,
            number(risk.get("vulnerability", "")),
            tuple(key for key in keys if key),
        )
    return found
