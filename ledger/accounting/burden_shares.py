"""Where the damage of a tonne falls: shares of the country social cost of carbon, plain and weighted by income.

Country shares are of the positive costs, s_i = max(c_i, 0) / sum max(c, 0) (Ricke et al. 2018,
doi:10.1038/s41558-018-0282-y). Income is GDP per head in purchasing-power dollars, as the costs are: with nominal GDP
the burden of poor countries would come out about four times too high.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.burden_types import BurdenData
from joulebook.ledger.accounting.figure import Figure

Floats = npt.NDArray[np.float64]

FIRST_INCOME_YEAR = 2021  # an older income says little of today's (Venezuela 2011, Yemen 2013)
POOR_BELOW_USD = 20_000.0


def incomes(data: BurdenData) -> Floats:
    """GDP per head in purchasing-power dollars, shape (countries,); NaN where unknown or older than 2021."""
    return np.array(
        [
            c.income_ppp_usd if c.income_ppp_usd is not None and (c.income_year or 0) >= FIRST_INCOME_YEAR else np.nan
            for c in data.countries
        ]
    )


def population(data: BurdenData) -> Floats:
    """People, shape (countries,); NaN where unknown."""
    return np.array([np.nan if c.population is None else c.population for c in data.countries])


def damage_shares(data: BurdenData, eta: float = 0.0) -> Floats:
    """Shares of positive damages, shape (countries, specifications); each column adds up to 1, NaN without estimate.

    Args:
        data: Countries and their shares.
        eta: Weight y^-eta of a country's income y. Above 0, countries without a known income drop out.
    """
    weighted = np.maximum(data.net_shares, 0.0)
    if eta:
        weighted = weighted * (incomes(data)[:, None] / POOR_BELOW_USD) ** -eta
    shares: Floats = weighted / np.nansum(weighted, axis=0)
    return shares


def relative_burdens(data: BurdenData) -> Floats:
    """Cost over income of each country against that of the world, gains counted as negative.

    Shape (countries, specifications); NaN where either is unknown.
    """
    gdp = incomes(data) * population(data)
    burdens: Floats = data.net_shares / gdp[:, None] / relative_loss(data, gdp, np.isfinite(gdp))
    return burdens


def relative_loss(data: BurdenData, gdp: Floats, chosen: npt.NDArray[np.bool_]) -> Floats:
    """Cost over income of those countries together, gains counted, shape (specifications,); 0 where there are none.

    Args:
        data: Countries and their shares.
        gdp: Income of each country in purchasing-power dollars, shape (countries,).
        chosen: Which countries, shape (countries,); those without an estimate or an income are left out.
    """
    inside = chosen & np.isfinite(data.net_shares).all(axis=1) & np.isfinite(gdp)
    if not inside.any():
        return np.zeros(len(data.specifications))
    loss: Floats = np.sum(data.net_shares[inside], axis=0) / np.sum(gdp[inside])
    return loss


def poor_share(data: BurdenData, specification: str, eta: float) -> Figure:
    """Share of damages in countries under 20,000 USD a head, among those of known income."""
    shares, income = damage_shares(data, eta), incomes(data)
    known = np.isfinite(shares).all(axis=1) & np.isfinite(income)
    poor = np.sum(shares[known & (income < POOR_BELOW_USD)], axis=0) / np.sum(shares[known], axis=0)
    return over_specifications(data, poor, specification)


def over_specifications(data: BurdenData, values: Floats, specification: str) -> Figure:
    """The value in one specification, its range over all of them (not a 90 % range: no specification is likelier).

    Args:
        data: Names the specifications.
        values: One a specification.
        specification: The one that gives the value.
    """
    value = float(values[data.specifications.index(specification)])
    low, high = min(float(np.min(values)), value), max(float(np.max(values)), value)
    return Figure(value, low, high, "modelled", "climate damage", data.vintage)
