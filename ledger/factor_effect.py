"""What another factor set makes of the runs in the books: their totals under both."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.linear_changes import is_linear
from joulebook.ledger.accounting.many_runs import LINEAR, Floats, ZoneParts, figures_of_runs
from joulebook.ledger.store import Ledger
from joulebook.ledger.store.tables import runs
from joulebook.ledger.store.zone_parts import many_runs

_AT_ONCE = 100_000


@dataclass(slots=True)
class Effect:
    """Totals of top-level runs under two sets; ends of ranges add up, since what makes them wide is shared.

    Attributes:
        n: Runs that are in the totals.
        n_apart: Runs that are not, because a contract or an hourly series is for them.
        energies_stay: Whether the sets leave the joules themselves and embodied carbon as they are; if not, the totals
            show the change of what energy is multiplied by, and syncing shows the rest.
        old: By the name of the figure; unknown figures count for nothing in a total, and none known is None.
        new: The same under the other set.
    """

    n: int = 0
    n_apart: int = 0
    energies_stay: bool = True
    old: dict[str, Figure | None] = field(default_factory=dict)
    new: dict[str, Figure | None] = field(default_factory=dict)


def effect(ledger: Ledger, old: Factors, new: Factors) -> Effect:
    """Totals of facility energy, emissions, water and cost of all runs in the books under two sets."""
    found = Effect(energies_stay=is_linear(old, new))
    sums = {factors.content_hash: {name: np.full(3, np.nan) for name in LINEAR} for factors in (old, new)}
    last: str | None = ""
    with ledger.reading() as connection:
        while last is not None:
            where = (runs.c.top_level, runs.c.dirty == 0, runs.c.run_id > last)
            batch = many_runs(connection, where, (old, new), order=(runs.c.run_id,), limit=_AT_ONCE)
            last = batch.last
            found.n += len(batch.frame)
            found.n_apart += len(batch.apart)
            for factors in (old, new):
                _add(sums[factors.content_hash], batch.parts, factors)
    found.old, found.new = (_totals(sums[factors.content_hash], factors.name) for factors in (old, new))
    return found


def _add(sums: dict[str, Floats], parts: ZoneParts, factors: Factors) -> None:
    for name, amounts in figures_of_runs(parts, factors).items():
        known = amounts[:, ~np.isnan(amounts[0])]
        if known.shape[1]:
            sums[name] = np.nan_to_num(sums[name]) + known.sum(axis=1)


def _totals(sums: dict[str, Floats], vintage: str) -> dict[str, Figure | None]:
    return {name: _total(total, vintage) for name, total in sums.items()}


def _total(total: Floats, vintage: str) -> Figure | None:
    value, low, high = (float(end) for end in total)
    return None if np.isnan(value) else Figure(value, low, high, "modelled", "facility", vintage)
