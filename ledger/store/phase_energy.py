"""Observed amounts of phases: all of a phase's window, and the part of it that is the phase's own.

A moment belongs to the phases that are open then and have no open phase inside; several of them (ranks, concurrent
phases) share it evenly. What belongs to none is outside the phases: own parts and the outside add up to the run.
Phases of a machine share that machine's devices only.

An amount is kept as `{"d": {device id: joules or [joules, low, high]}, "h": [seconds, busy, tree, memory, rss]}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select, update

from joulebook.ledger.store.intervals import Cumulative, Floats, Interval, difference, union
from joulebook.ledger.store.sights import Family, Machine, Row, Seen
from joulebook.ledger.store.tables import phases

ROWS_OF_ONE_NAME = 10_000
SAMPLE = 1_000


def settle_phases(connection: Connection, family: Family, devices: Sequence[Row], *, running: bool) -> None:
    """Work out the amounts of all phases of a run and keep them.

    While the run goes on, ranges of phases that are over and worked out are kept as they are: it is settled every few
    seconds then, and once more from scratch when it is over.
    """
    numbers = {journal["journal_no"]: journal for journal in family.own}
    query = (
        select(phases).where(phases.c.journal_no.in_(list(numbers))).order_by(phases.c.journal_no, phases.c.phase_no)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    if not rows:
        return
    owned = {(row["device_id"], row["boot_id"]) for row in devices if not row["reserved"]}
    changed = []
    for machine in family.machines:
        here = [row for row in rows if numbers[row["journal_no"]]["boot_id"] == machine.boot_id]
        seen = [one for one in family.seen if (one.device["device_id"], one.boot_id) in owned]
        seen = [one for one in seen if one.boot_id == machine.boot_id and one.parts]
        changed += _amounts(here, numbers, machine, seen, running=running)
    if changed:
        where = (phases.c.journal_no == bindparam("journal")) & (phases.c.phase_no == bindparam("phase"))
        values: Row = {"inclusive": bindparam("whole"), "own": bindparam("mine")}
        connection.execute(update(phases).where(where).values(values), changed)


def _amounts(
    rows: list[Row], journals: dict[int, Row], machine: Machine, seen: Sequence[Seen], *, running: bool
) -> list[Row]:
    if not rows:
        return []
    begin = np.array([row["begin_b"] for row in rows])
    ends = [row["end_b"] if row["end_b"] is not None else journals[row["journal_no"]]["last_b"] for row in rows]
    end = np.maximum(np.array(ends), begin)
    series = _series(machine, seen)
    own = _own_parts(rows, begin, end, series)
    whole = np.stack([amount.at(end) - amount.at(begin) for amount in series], axis=1)
    exact = _ranged(rows)
    changed = []
    for i, row in enumerate(rows):
        names = [one.device["device_id"] for one in seen]
        inclusive = _amount(names, whole[i])
        if running and _is_kept(row["inclusive"], inclusive):
            inclusive = row["inclusive"]
        elif exact[i]:
            _with_ranges(inclusive, seen, float(begin[i]), float(end[i]))
        mine = _own_amount(names, own[i], whole[i], inclusive)
        if inclusive != row["inclusive"] or mine != row["own"]:
            changed.append({"journal": row["journal_no"], "phase": row["phase_no"], "whole": inclusive, "mine": mine})
    return changed


def _is_kept(before: dict[str, Any] | None, now: dict[str, Any]) -> bool:
    """Whether the amounts of a phase's machine and its devices are those of an earlier settling."""
    return before is not None and before["h"] == now["h"] and before["d"].keys() == now["d"].keys()


def _series(machine: Machine, seen: Sequence[Seen]) -> list[Cumulative]:
    """Everything that is split among phases, over time: joules of each device, then seconds, CPU and memory amounts."""
    edges = [edge for window in machine.windows for edge in window]
    lengths = (b - a if i % 2 == 0 else 0.0 for i, (a, b) in enumerate(pairwise(edges)))
    seconds = np.cumsum([0.0, *lengths])
    clock = Cumulative(np.array(edges), seconds)
    host = [machine.busy_s, machine.tree_s, machine.mem_byte_s, machine.rss_byte_s]
    return [*(one.cumulative for one in seen), clock, *host]


def _amount(names: Sequence[str], values: Floats) -> dict[str, Any]:
    numbers = [round(float(value), 6) for value in values]
    return {"d": dict(zip(names, numbers, strict=False)), "h": numbers[len(names) :]}


def _own_amount(names: Sequence[str], own: Floats, whole: Floats, inclusive: dict[str, Any]) -> dict[str, Any]:
    """What is a phase's own, of a device as large a part of the whole as between its readings on straight lines.

    The whole with a range is told more closely than those lines: without the same measure for both, the own part of a
    phase with none inside would not be the whole.
    """
    amount = _amount(names, own)
    seconds = len(names)  # the clock comes after the devices
    for i, name in enumerate(names):
        found = inclusive["d"][name]
        of = i if whole[i] > 0 else seconds
        if isinstance(found, list) and whole[of] > 0:
            amount["d"][name] = round(found[0] * min(1.0, float(own[of] / whole[of])), 6)
    return amount


def _with_ranges(amount: dict[str, Any], seen: Sequence[Seen], begin: float, end: float) -> None:
    """Put each device's energy with its 90 % range where it can be told."""
    for one in seen:
        found = one.energy(begin, end) if end > begin else None
        if found is not None:
            amount["d"][one.device["device_id"]] = [round(value, 6) for value in found[:3]]


def _ranged(rows: Sequence[Row]) -> NDArray[np.bool_]:
    """Which phases get ranges of their own: all, or of very many of one name a sample spread over them."""
    totals = Counter(row["name"] for row in rows)
    so_far: Counter[str] = Counter()
    chosen = np.ones(len(rows), bool)
    for i, row in enumerate(rows):
        name = row["name"]
        if totals[name] > ROWS_OF_ONE_NAME:
            chosen[i] = so_far[name] % (totals[name] // SAMPLE) == 0
        so_far[name] += 1
    return chosen


def _own_parts(rows: Sequence[Row], begin: Floats, end: Floats, series: Sequence[Cumulative]) -> Floats:
    """Amounts (n phases, n series) of the moments in which each phase has none inside, shared with those beside it."""
    owner, starts, stops = _leaf_times(rows, begin, end)
    if not len(owner):
        return np.zeros((len(rows), len(series)))
    times = np.unique(np.concatenate([starts, stops]))
    first, last = np.searchsorted(times, starts), np.searchsorted(times, stops)
    open_now = np.zeros(len(times) + 1)
    np.add.at(open_now, first, 1.0)
    np.add.at(open_now, last, -1.0)
    beside = np.maximum(np.cumsum(open_now)[: len(times) - 1], 1.0)
    own = np.zeros((len(rows), len(series)))
    for i, amount in enumerate(series):
        grown = np.concatenate([[0.0], np.cumsum(np.diff(amount.at(times)) / beside)])
        np.add.at(own[:, i], owner, grown[last] - grown[first])
    return own


def _leaf_times(rows: Sequence[Row], begin: Floats, end: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Times in which a phase is open and none inside it is: owner, start and stop of each such interval."""
    index = {(row["journal_no"], row["phase_no"]): i for i, row in enumerate(rows)}
    inner: dict[int, list[Interval]] = {}
    for i, row in enumerate(rows):
        upper = index.get((row["journal_no"], row["parent_no"])) if row["parent_no"] is not None else None
        if upper is not None and upper != i:
            inner.setdefault(upper, []).append((float(begin[i]), float(end[i])))
    found: list[tuple[int, float, float]] = []
    for i in range(len(rows)):
        found += _free(i, (float(begin[i]), float(end[i])), inner.get(i, ()))
    owner = np.array([item[0] for item in found], dtype=np.int64)
    return owner, np.array([item[1] for item in found]), np.array([item[2] for item in found])


def _free(i: int, window: Interval, inner: Iterable[Interval]) -> list[tuple[int, float, float]]:
    if window[1] <= window[0]:
        return []
    taken = union(inner)
    free = difference([window], taken) if taken else [window]
    return [(i, start, stop) for start, stop in free]
