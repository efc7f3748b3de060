"""The formulas of who benefits and who pays, worked on two made-up countries."""

from __future__ import annotations

import numpy as np

from joulebook.ledger.accounting.burden import externalised_share, non_user_share
from joulebook.ledger.accounting.burden_shares import damage_shares, relative_burdens
from joulebook.ledger.accounting.burden_types import BurdenData, Country
from joulebook.ledger.accounting.formula import Example, Formula, Symbol

_RICKE = (
    "country-level damages: Ricke et al. 2018, doi 10.1038/s41558-018-0282-y; use of AI: Microsoft AI diffusion 2026"
)
# A rich country (100 people, 50 % use AI, 50,000 USD each) and a poor one (100 people, 10 %, 10,000 USD each).
_PEOPLE = {"population": 100.0, "working_age": 65.0, "income_year": 2023}
_TWO = BurdenData(
    countries=(
        Country("AAA", "Rich", use_rate=0.5, income_ppp_usd=50_000.0, **_PEOPLE),  # type: ignore[arg-type]
        Country("BBB", "Poor", use_rate=0.1, income_ppp_usd=10_000.0, **_PEOPLE),  # type: ignore[arg-type]
    ),
    specifications=("s2111",),
    net_shares=np.array([[0.4], [0.6]]),
    vintage="made up",
)


def _non_users(data: BurdenData) -> float:
    return non_user_share(data).value


def _outside(data: BurdenData, beneficiary: str) -> float:
    return externalised_share(data, (beneficiary,)).value


def _burden_of_second(data: BurdenData) -> float:
    return float(relative_burdens(data)[1, 0])


def _weighted_share_of_second(data: BurdenData, eta: float) -> float:
    return float(damage_shares(data, eta)[1, 0])


BURDEN = (
    Formula(
        "non-user-share",
        "Share of damages on people who don't use AI",
        "S = sum_i s_i · (1 - d_i)",
        (
            Symbol("s_i", "country's share of positive damages of a marginal tonne", "1"),
            Symbol("d_i", "share of its people who use AI", "1"),
        ),
        _RICKE,
        Example("40 % of damages where 50 % use AI, 60 % where 10 % do", _non_users, {"data": _TWO}, ""),
        "The range is over 160 published specifications, none likelier than another. Within a country damage is "
        "taken as even.",
    ),
    Formula(
        "externalised-share",
        "Share of damages outside the countries that benefit",
        "X = 1 - sum_{i in B} s_i",
        (Symbol("B", "beneficiary countries, as told", "1"),),
        _RICKE,
        Example("all benefit in the rich country", _outside, {"data": _TWO, "beneficiary": "AAA"}, ""),
    ),
    Formula(
        "relative-burden",
        "Burden of a country relative to its income",
        "b_i = (c_i / Y_i) / (sum c / sum Y)",
        (
            Symbol("c_i", "cost of a tonne to the country", "USD of 2005, purchasing power"),
            Symbol("Y_i", "its income at purchasing power, never nominal", "USD"),
        ),
        _RICKE,
        Example(
            "the poor country bears 60 of 100 USD with a sixth of the income", _burden_of_second, {"data": _TWO}, ""
        ),
        "Gains count as negative costs, here and in the world's mean. The range is over all published specifications.",
    ),
    Formula(
        "income-weighted-share",
        "Share of damages with income weights",
        "s_i(eta) = s_i · y_i^-eta / sum_j s_j · y_j^-eta",
        (Symbol("y_i", "income per head", "USD"), Symbol("eta", "aversion to inequality, 0 to 1.5", "1")),
        _RICKE,
        Example("the poor country at eta = 1", _weighted_share_of_second, {"data": _TWO, "eta": 1.0}, "", digits=3),
        "An ethical choice: eta = 0 is shown first.",
    ),
)
