"""A run's part of a device that other runs used at the same time.

Top-level runs share with one another, and runs inside one run share that run's part with one another: a part is the
product over the levels. At each moment a level is split by the processes' utilisation of a GPU, by CPU seconds of the
process trees for CPUs, and evenly where that was not seen. What a device used is never touched by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection, RootTransaction, select

from joulebook.ledger.accounting.observations import ShareHow
from joulebook.ledger.store.intervals import Cumulative, Floats, Interval, added_up, intersection, union
from joulebook.ledger.store.sights import load_journals
from joulebook.ledger.store.slices import Slices, parts_used
from joulebook.ledger.store.tables import journal_devices, run_devices, run_hosts, runs
from joulebook.ledger.store.taking import load_stream

_known_use: WeakKeyDictionary[RootTransaction, dict[tuple[str, str, str, str], Cumulative]] = WeakKeyDictionary()
_WEAKEST: tuple[ShareHow, ...] = ("whole", "process", "cpu-time", "time")


@dataclass(frozen=True, slots=True)
class Share:
    """A run's part (0 to 1) of what a device used in its window, and how it is known."""

    share: float
    how: ShareHow


@dataclass(frozen=True, slots=True)
class _Claim:
    """One run's claim on a device: when, and by how much it used it (empty where nobody saw that)."""

    run_id: str
    windows: list[Interval]
    used: Cumulative


def share_of(
    connection: Connection,
    lineage: Sequence[str],
    *,
    device: dict[str, Any],
    boot_id: str,
    windows: list[Interval],
    energy: Cumulative,
) -> Share:
    """The part of a device that is the first run's of `lineage` (the run, its parent, the parent's parent, ...)."""
    levels = []
    for i, run_id in enumerate(lineage):
        parent = lineage[i + 1] if i + 1 < len(lineage) else None
        rivals = _rivals(connection, (run_id, parent), (boot_id, device["device_id"]), windows)
        if rivals and device["mig"]:
            rivals = _on_its_parts(connection, run_id, device["device_id"], rivals)
        if rivals:
            mine = _Claim(run_id, windows, _used(connection, run_id, device, boot_id))
            others = [_Claim(other, when, _used(connection, other, device, boot_id)) for other, when in rivals]
            levels.append((mine, others))
    if not levels:
        return Share(1.0, "whole")
    return _split(levels, windows, energy, "process" if device["component"] == "gpu" else "cpu-time")


def of_slices(share: Share, slices: Slices | None) -> Share:
    """Of a part of a GPU (MIG) the share by its slices, which runs on that same part have split before."""
    part = None if slices is None else slices.share
    return share if part is None or part == 1.0 else Share(part * share.share, "slices")


def idle_share_of(connection: Connection, lineage: Sequence[str], boot_id: str, windows: list[Interval]) -> float:
    """The part of a machine's idle time that is the first run's: evenly among the runs there at each moment."""
    nothing = Cumulative(np.empty(0), np.empty(0))
    levels = []
    for i, run_id in enumerate(lineage):
        parent = lineage[i + 1] if i + 1 < len(lineage) else None
        rivals = _rivals(connection, (run_id, parent), (boot_id, None), windows)
        if rivals:
            others = [_Claim(other, when, nothing) for other, when in rivals]
            levels.append((_Claim(run_id, windows, nothing), others))
    return _split(levels, windows, nothing, "time").share if levels else 1.0


def _rivals(
    connection: Connection, run: tuple[str, str | None], place: tuple[str, str | None], windows: list[Interval]
) -> list[tuple[str, list[Interval]]]:
    """Runs beside this one (same parent, or both top-level) on the device, or the machine, in the same time."""
    if not windows:
        return []
    (run_id, parent), (boot_id, device_id) = run, place
    there = run_hosts if device_id is None else run_devices
    beside = runs.c.parent_run_id == parent if parent is not None else runs.c.top_level
    query = (
        select(there.c.run_id, there.c.windows)
        .join(runs, runs.c.run_id == there.c.run_id)
        .where(there.c.from_b < windows[-1][1], there.c.to_b > windows[0][0])
        .where(there.c.run_id != run_id, there.c.boot_id == boot_id, beside)
        .order_by(there.c.run_id)
    )
    if device_id is not None:
        query = query.where(run_devices.c.device_id == device_id, run_devices.c.reserved.is_(False))
    found = ((other, intersection(windows, union(when))) for other, when in connection.execute(query))
    return [(other, when) for other, when in found if when]


def _on_its_parts(
    connection: Connection, run_id: str, device_id: str, rivals: list[tuple[str, list[Interval]]]
) -> list[tuple[str, list[Interval]]]:
    """Of the rivals those that used no other parts of the GPU (MIG) alone."""
    parts = parts_used(connection, [run_id, *(other for other, _ in rivals)], device_id)
    if run_id not in parts:
        return rivals
    mine = parts[run_id].uuids
    return [(other, when) for other, when in rivals if other not in parts or mine & parts[other].uuids]


def _used(connection: Connection, run_id: str, device: dict[str, Any], boot_id: str) -> Cumulative:
    """How much a run's processes used a device over time: seconds of utilisation, or CPU seconds.

    Read once in a transaction: where many runs overlap, each is the rival of all others.
    """
    transaction = connection.get_transaction()
    known = {} if transaction is None else _known_use.setdefault(transaction, {})
    key = (run_id, device["device_id"], device["component"], boot_id)
    if key not in known:
        known[key] = _read_use(connection, run_id, device, boot_id)
    return known[key]


def _read_use(connection: Connection, run_id: str, device: dict[str, Any], boot_id: str) -> Cumulative:
    rows = [row for row in load_journals(connection, [run_id]) if row["boot_id"] == boot_id]
    numbers = [row["journal_no"] for row in rows]
    if device["component"] == "cpu":
        return added_up([_column(connection, number, "m", 1) for number in numbers])
    if device["component"] != "gpu":
        return Cumulative(np.empty(0), np.empty(0))
    query = select(journal_devices.c.journal_no, journal_devices.c.device_no).where(
        journal_devices.c.journal_no.in_(numbers), journal_devices.c.device_id == device["device_id"]
    )
    return added_up([_column(connection, number, f"u{no}", 0) for number, no in connection.execute(query)])


def _column(connection: Connection, journal_no: int, stream: str, index: int) -> Cumulative:
    columns = load_stream(connection, journal_no, stream)
    known = ~np.isnan(columns.values[:, index])
    return Cumulative(columns.b[known], columns.values[known, index])


def _split(
    levels: list[tuple[_Claim, list[_Claim]]], windows: list[Interval], energy: Cumulative, how: ShareHow
) -> Share:
    claims = [claim for mine, others in levels for claim in (mine, *others)]
    edges = np.unique([edge for claim in claims for window in claim.windows for edge in window])
    middles = (edges[1:] + edges[:-1]) / 2
    weights = np.where(_inside(middles, windows), _weights(edges, energy), 0.0)
    part, method = np.ones(len(middles)), _WEAKEST[0]
    for mine, others in levels:
        level, level_how = _level(edges, middles, mine, others, how)
        part = part * level
        method = max(method, level_how, key=_WEAKEST.index)
    total = float(weights.sum())
    return Share(float((part * weights).sum() / total) if total > 0 else float(part.mean()), method)


def _weights(edges: Floats, energy: Cumulative) -> Floats:
    """Joules between the edges, or seconds where joules are not known."""
    steps = np.diff(energy.at(edges)) if energy.known else np.zeros(len(edges) - 1)
    return steps if float(steps.sum()) > 0 else np.diff(edges)


def _level(
    edges: Floats, middles: Floats, mine: _Claim, others: list[_Claim], how: ShareHow
) -> tuple[Floats, ShareHow]:
    present = np.stack([_inside(middles, claim.windows) for claim in (mine, *others)])
    known = np.stack([np.full(len(middles), claim.used.known) for claim in (mine, *others)])
    used = np.stack([np.diff(claim.used.at(edges)) for claim in (mine, *others)]) * present
    together = used.sum(axis=0)
    by_use = (known | ~present).all(axis=0) & (together > 0)
    evenly = 1.0 / np.maximum(present.sum(axis=0), 1)
    shared = present.sum(axis=0) > 1
    part = np.where(shared, np.where(by_use, used[0] / np.where(together > 0, together, 1.0), evenly), 1.0)
    shared_in_time = shared & present[0]
    if not shared_in_time.any():
        return part, "whole"
    return part, "time" if (shared_in_time & ~by_use).any() else how


def _inside(times: Floats, windows: Sequence[Interval]) -> Any:
    edges = np.array([edge for window in windows for edge in window])
    return np.searchsorted(edges, times) % 2 == 1
