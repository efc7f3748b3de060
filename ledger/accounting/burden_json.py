"""Who benefits and who pays, as `joulebook burden --json` prints it; the caveats are always in it."""

from __future__ import annotations

from dataclasses import asdict

from joulebook.ledger.accounting.burden_types import Burden, CountryRow
from joulebook.ledger.accounting.comparison_json import figure_json


def to_json(result: Burden) -> dict[str, object]:
    """The whole result as plain dictionaries and lists; shares lie between 0 and 1, unknown is null."""
    return {
        "emissions_g": figure_json(result.emissions_g),
        "specification": result.specification,
        "eta": result.eta,
        "use": result.use_kind,
        "beneficiaries": list(result.beneficiaries),
        "non_user_share": figure_json(result.non_user_share),
        "externalised_share": figure_json(result.externalised_share),
        "poor_share": result.poor_share,
        "income_groups": [asdict(group) for group in result.income_groups],
        "countries": [_country(row) for row in result.countries],
        "caveats": list(result.caveats),
        "warnings": list(result.warnings),
        "verdict": result.verdict,
    }


def _country(row: CountryRow) -> dict[str, object]:
    return {
        "iso3": row.iso3,
        "name": row.name,
        "damage_share": figure_json(row.damage_share),
        "use_share": row.use_share,
        "relative_burden": row.relative_burden,
        "vulnerability": row.vulnerability,
        "gains_in_model": row.gains_in_model,
        "non_user_rate": row.non_user_rate,
        "income_ppp_usd": row.income_ppp_usd,
    }
