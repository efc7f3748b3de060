"""The five bands of income: their people, users and damages, and what they lose relative to income."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.burden_shares import (
    damage_shares,
    incomes,
    over_specifications,
    population,
    relative_loss,
)
from joulebook.ledger.accounting.burden_types import BurdenData, IncomeGroup, UseKind
from joulebook.ledger.accounting.burden_users import as_published
from joulebook.ledger.accounting.figure import Figure

Floats = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]

INCOME_BANDS: tuple[tuple[str, float, float], ...] = (
    ("under 5k", 0.0, 5_000.0),
    ("5k to 10k", 5_000.0, 10_000.0),
    ("10k to 20k", 10_000.0, 20_000.0),
    ("20k to 35k", 20_000.0, 35_000.0),
    ("over 35k", 35_000.0, np.inf),
)


def income_groups(
    data: BurdenData, specification: str, eta: float, users: Floats, use_kind: UseKind = "count"
) -> tuple[IncomeGroup, ...]:
    """Five bands of income: people, users, damages (weighted by eta) and loss relative to income, gains counted.

    Only countries with an estimate and an income are in it, so that each column adds up to 1. Damages and loss have
    the range of all specifications, which is wide: the poorest lose half to twenty times the world's mean.

    Args:
        data: Countries and their costs.
        specification: The central one.
        eta: Income weight of the damages.
        users: Shape (countries,), as from `use_shares`.
        use_kind: What `users` counts.
    """
    income, people, shares = incomes(data), population(data), damage_shares(data, eta)
    known = np.isfinite(data.net_shares).all(axis=1) & np.isfinite(income) & np.isfinite(people)
    gdp = income * people
    world = relative_loss(data, gdp, known)

    def over_all(values: Floats) -> Figure:
        return over_specifications(data, values, specification)

    def group(name: str, band: Chosen) -> IncomeGroup:
        return IncomeGroup(
            name,
            people=_people(_part(people, band, known), data.vintage),
            users=as_published(_part(users, band, known), use_kind, data.vintage),
            damages=over_all(np.nansum(shares[band], axis=0) / np.nansum(shares[known], axis=0)),
            relative_loss=over_all(relative_loss(data, gdp, band) / world),
        )

    return tuple(group(name, known & (income >= least) & (income < most)) for name, least, most in INCOME_BANDS)


def _people(share: float, vintage: str) -> Figure:
    return Figure(share, share, share, "published", "people", vintage)


def _part(column: Floats, band: Chosen, known: Chosen) -> float:
    total = float(np.nansum(column[known]))
    return float(np.nansum(column[band])) / total if total else 0.0
