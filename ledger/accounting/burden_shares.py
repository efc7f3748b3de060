"""Where the damage of a tonne falls: shares of the country social cost of carbon, plain and weighted by income.

Country shares are of the positive costs, s_i = max(c_i, 0) / sum max(c, 0) (Ricke et al. 2018,
doi:10.1038/s41558-018-0282-y). Income is GDP per head in purchasing-power dollars, as the costs are: with nominal GDP
the burden of poor countries would come out about four times too high.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.burden_types import BurdenData, IncomeGroup

Floats = npt.NDArray[np.float64]

FIRST_INCOME_YEAR = 2021  # an older income says little of today's (Venezuela 2011, Yemen 2013)
POOR_BELOW_USD = 20_000.0
INCOME_BANDS: tuple[tuple[str, float, float], ...] = (
    ("under 5k", 0.0, 5_000.0),
    ("5k to 10k", 5_000.0, 10_000.0),
    ("10k to 20k", 10_000.0, 20_000.0),
    ("20k to 35k", 20_000.0, 35_000.0),
    ("over 35k", 35_000.0, np.inf),
)


def incomes(data: BurdenData) -> Floats:
    """GDP per head in purchasing-power dollars, shape (countries,); NaN where unknown or older than 2021."""
    return np.array(
        [
            c.income_ppp_usd if c.income_ppp_usd is not None and (c.income_year or 0) >= FIRST_INCOME_YEAR else np.nan
            for c in data.countries
        ]
    )


def damage_shares(data: BurdenData, eta: float = 0.0) -> Floats:
    """Shares of positive damages, shape (countries, specifications); each column adds up to 1, NaN without estimate.

    Args:
        data: Countries and their shares.
        eta: Weight y^-eta of a country's income y. Above 0, countries without a known income drop out.
    """
    weighted = data.damage_shares
    if eta:
        weighted = weighted * (incomes(data)[:, None] / POOR_BELOW_USD) ** -eta
    shares: Floats = weighted / np.nansum(weighted, axis=0)
    return shares


def relative_burdens(data: BurdenData) -> Floats:
    """Cost over income of each country against that of the world, shape (countries,); NaN where either is unknown.

    In the central specification, gains counted as negative.
    """
    gdp = incomes(data) * _population(data)
    burdens: Floats = data.net_cost_usd_per_t / gdp / _world_loss(data, gdp)
    return burdens


def _world_loss(data: BurdenData, gdp: Floats) -> float:
    known = np.isfinite(data.net_cost_usd_per_t) & np.isfinite(gdp)
    return float(np.sum(data.net_cost_usd_per_t[known]) / np.sum(gdp[known]))


def poor_share(data: BurdenData, specification: str, eta: float) -> float:
    """Share of damages in countries under 20,000 USD a head, among those of known income."""
    shares, income = damage_shares(data, eta)[:, data.specifications.index(specification)], incomes(data)
    known = np.isfinite(shares) & np.isfinite(income)
    return float(np.sum(shares[known & (income < POOR_BELOW_USD)]) / np.sum(shares[known]))


def income_groups(data: BurdenData, specification: str, eta: float, users: Floats) -> tuple[IncomeGroup, ...]:
    """Five bands of income: people, users, damages (weighted by eta) and loss relative to income.

    The loss is of the central specification, gains counted.

    Only countries with an estimate and an income are in it, so that each column adds up to 1.

    Args:
        data: Countries and their costs.
        specification: Of the costs.
        eta: Income weight of the damages.
        users: Shape (countries,), as from `use_shares`.
    """
    at = data.specifications.index(specification)
    income, people = incomes(data), _population(data)
    cost, damages = data.net_cost_usd_per_t, damage_shares(data, eta)[:, at]
    known = np.isfinite(cost) & np.isfinite(income) & np.isfinite(people)
    gdp = income * people
    world_loss = _world_loss(data, gdp)
    found = []
    for name, least, most in INCOME_BANDS:
        band = known & (income >= least) & (income < most)
        loss = np.sum(cost[band]) / np.sum(gdp[band]) / world_loss if band.any() else 0.0
        heads, using, damaged = (_part(column, band, known) for column in (people, users, damages))
        found.append(IncomeGroup(name, heads, using, damaged, float(loss)))
    return tuple(found)


def _part(column: Floats, band: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> float:
    total = float(np.nansum(column[known]))
    return float(np.nansum(column[band])) / total if total else 0.0


def _population(data: BurdenData) -> Floats:
    return np.array([np.nan if c.population is None else c.population for c in data.countries])
