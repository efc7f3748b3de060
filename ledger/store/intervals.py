"""Sets of times as sorted, disjoint intervals, and amounts that grow over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Floats = NDArray[np.float64]


def union(intervals: Iterable[Sequence[float]]) -> list[Interval]:
    """The same times as disjoint intervals in order; empty ones go."""
    merged: list[Interval] = []
    for start, end in sorted((float(item[0]), float(item[1])) for item in intervals):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def intersection(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Times in both; both are disjoint and in order."""
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if end > start:
            common.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return common


def difference(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Times in the first but not in the second; both are disjoint and in order."""
    rest: list[Interval] = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        at, k = start, j
        while k < len(right) and right[k][0] < end:
            if right[k][0] > at:
                rest.append((at, right[k][0]))
            at = max(at, right[k][1])
            k += 1
        if at < end:
            rest.append((at, end))
    return rest


def length(intervals: Iterable[Interval]) -> float:
    """Total time in disjoint intervals."""
    return sum(end - start for start, end in intervals)


@dataclass(frozen=True, slots=True)
class Cumulative:
    """An amount that grows over time, known at some moments and taken as even between them.

    Attributes:
        b: Moments, rising, (n,).
        amount: The amount since any origin at each of them, (n,); where what was read falls, it stays.
    """

    b: Floats
    amount: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", np.maximum.accumulate(self.amount) if len(self.amount) else self.amount)

    @property
    def known(self) -> bool:
        """Whether any difference of it can be told."""
        return len(self.b) >= 2

    def at(self, times: Floats) -> Floats:
        """The amount at these times; it stands still before the first and after the last moment."""
        if not len(self.b):
            return np.zeros(len(times))
        return np.interp(times, self.b, self.amount)

    def over(self, start: float, end: float) -> float:
        """How much it grew in a window."""
        ends = self.at(np.array([start, end]))
        return float(ends[1] - ends[0])


def added_up(parts: Sequence[Cumulative]) -> Cumulative:
    """The sum of amounts that grow side by side."""
    known = [part for part in parts if part.known]
    if len(known) <= 1:
        return known[0] if known else Cumulative(np.empty(0), np.empty(0))
    times = np.unique(np.concatenate([part.b for part in known]))
    return Cumulative(times, np.sum([part.at(times) - part.amount[0] for part in known], axis=0))


def clipped(part: Cumulative, windows: Sequence[Interval]) -> Cumulative:
    """The amount that grew inside some windows; it stands still outside of them."""
    if not part.known or not windows:
        return Cumulative(np.empty(0), np.empty(0))
    edges = np.array([edge for window in windows for edge in window])
    inner = [part.b[(part.b > start) & (part.b < end)] for start, end in windows]
    times = np.unique(np.concatenate([edges, *inner]))
    at = part.at(times)
    middles = (times[1:] + times[:-1]) / 2
    index = np.searchsorted(edges, middles)
    steps = np.where(index % 2 == 1, np.diff(at), 0.0)
    return Cumulative(times, np.concatenate([[0.0], np.cumsum(steps)]))
