"""What another factor set makes of the runs in the books: their totals under both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import ColumnElement, Connection, func, select

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.linear_changes import is_linear
from joulebook.ledger.accounting.many_runs import LINEAR, Floats, figures_of_runs
from joulebook.ledger.accounting.run_account import account_run
from joulebook.ledger.store import Ledger
from joulebook.ledger.store.observing import run_use
from joulebook.ledger.store.reaccounting import load_uses
from joulebook.ledger.store.tables import runs
from joulebook.ledger.store.zone_parts import many_runs

# Runs that are accounted for one by one, some milliseconds each; of more, it is only said how many they are.
MOST_ALONE = 500
_AT_ONCE = 100_000
_SETTLED = (runs.c.top_level, runs.c.dirty == 0)


@dataclass(slots=True)
class Effect:
    """Totals of top-level runs under two sets; ends of ranges add up, since what makes them wide is shared.

    Attributes:
        n: Runs that are in the totals.
        n_apart: Runs that are not: a contract or an hourly series is for them, and they are too many.
        energies_stay: Whether the totals show all; if not, the sets differ in models of processors or memory or in the
            making of devices too, and the totals show the change of what energy is multiplied by.
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
    linear = is_linear(old, new)
    found, sums = Effect(energies_stay=linear), [_Sums(old), _Sums(new)]
    with ledger.reading() as connection:
        if linear or _count(connection) > MOST_ALONE:
            apart = _multiplied(connection, found, sums)
        else:
            apart, found.energies_stay = _ids(connection), True
        if len(apart) <= MOST_ALONE:
            _one_by_one(connection, apart, sums)
            found.n += len(apart)
        else:
            found.n_apart = len(apart)
    found.old, found.new = (one.totals() for one in sums)
    return found


class _Sums:
    """Sums of value, low and high of each figure under one set; NaN where none was known."""

    def __init__(self, factors: Factors) -> None:
        self.factors = factors
        self.ends = {name: np.full(3, np.nan) for name in LINEAR}

    def add(self, name: str, amounts: Floats) -> None:
        """Figures of some runs, (3, n), NaN where unknown."""
        known = amounts[:, ~np.isnan(amounts[0])]
        if known.shape[1]:
            self.ends[name] = np.nan_to_num(self.ends[name]) + known.sum(axis=1)

    def totals(self) -> dict[str, Figure | None]:
        """The sums as figures."""
        return {name: _total(ends, self.factors.name) for name, ends in self.ends.items()}


def _multiplied(connection: Connection, found: Effect, sums: Sequence[_Sums]) -> list[str]:
    """Add what can be multiplied, very many runs at once; ids of the others."""
    sets = [one.factors for one in sums]
    apart: list[str] = []
    for where in _pages(connection):
        batch = many_runs(connection, where, sets, order=(runs.c.run_id,), limit=_AT_ONCE)
        found.n += len(batch.frame)
        apart += batch.apart
        for one in sums:
            for name, amounts in figures_of_runs(batch.parts, one.factors).items():
                one.add(name, amounts)
    return apart


def _pages(connection: Connection) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Conditions of one page of runs after another.

    Which id comes after which the database says: its collation may order them otherwise than Python does.
    """
    where: tuple[ColumnElement[bool], ...] = _SETTLED
    while True:
        ends = select(runs.c.run_id).where(*where).order_by(runs.c.run_id).offset(_AT_ONCE - 1).limit(1)
        last = connection.execute(ends).scalar()
        if last is None:
            yield where
            return
        yield (*where, runs.c.run_id <= last)
        where = (*_SETTLED, runs.c.run_id > last)


def _one_by_one(connection: Connection, run_ids: Sequence[str], sums: Sequence[_Sums]) -> None:
    for run, devices, hosts in load_uses(connection, run_ids):
        use = run_use(run, devices, hosts)
        for one in sums:
            figures = account_run(use, one.factors)
            for name in LINEAR:
                figure = getattr(figures, name)
                if figure is not None:
                    one.add(name, np.array([[figure.value], [figure.low], [figure.high]]))


def _count(connection: Connection) -> int:
    return int(connection.execute(select(func.count(runs.c.run_id)).where(*_SETTLED)).scalar_one())


def _ids(connection: Connection) -> list[str]:
    return list(connection.execute(select(runs.c.run_id).where(*_SETTLED)).scalars())


def _total(total: Floats, vintage: str) -> Figure | None:
    value, low, high = (float(end) for end in total)
    return None if np.isnan(value) else Figure(value, low, high, "modelled", "facility", vintage)
