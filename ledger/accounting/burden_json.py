"""Who benefits and who pays, as `joulebook burden --json` prints it; the caveats are always in it.

A group's and a country's numbers stand under short names, as shares or ratios; `figures` has the same with range,
method, boundary and vintage.
"""

from __future__ import annotations

from collections.abc import Mapping

from joulebook.ledger.accounting.burden_types import Burden, CountryRow, IncomeGroup
from joulebook.ledger.accounting.comparison_json import figure_json
from joulebook.ledger.accounting.figure import Figure


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
        "poor_share": figure_json(result.poor_share),
        "income_groups": [_group(group) for group in result.income_groups],
        "countries": [_country(row) for row in result.countries],
        "caveats": list(result.caveats),
        "warnings": list(result.warnings),
        "verdict": result.verdict,
    }


def _group(group: IncomeGroup) -> dict[str, object]:
    figures = {
        "people": group.people,
        "users": group.users,
        "damages": group.damages,
        "relative_loss": group.relative_loss,
    }
    return {"group": group.group, **_values(figures), "figures": _figures(figures)}


def _country(row: CountryRow) -> dict[str, object]:
    figures = {"use_share": row.use_share, "relative_burden": row.relative_burden}
    return {
        "iso3": row.iso3,
        "name": row.name,
        "damage_share": figure_json(row.damage_share),
        **_values(figures),
        "figures": _figures(figures),
        "vulnerability": row.vulnerability,
        "gains_in_model": row.gains_in_model,
        "non_user_rate": row.non_user_rate,
        "income_ppp_usd": row.income_ppp_usd,
    }


def _values(figures: Mapping[str, Figure | None]) -> dict[str, float | None]:
    return {name: figure.value if figure else None for name, figure in figures.items()}


def _figures(figures: Mapping[str, Figure | None]) -> dict[str, object]:
    return {name: figure_json(figure) for name, figure in figures.items()}
