"""How often an energy counter changes, measured from changes that were seen closely.

NVIDIA's documentation does not say it: 100 ms was found on Volta to Hopper (ML.ENERGY), 20 ms on newer cards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

Change = tuple[float, float]  # boot time at which the old value was still seen, and at which the new one was first seen
_KNOWN_TICKS_S = (0.01, 0.02, 0.025, 0.04, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
_SHARP_S = 0.01  # a change between readings further apart may hide a second one
_WIDTH = 0.2  # a tick that is known no better than within this share of it is not known
_UNEVEN = 0.1  # ticks of one counter may differ by this share


def tick_of(changes: Sequence[Change]) -> float | None:
    """The tick in seconds, or None where these changes don't tell it.

    Args:
        changes: Changes that followed one another, none missed between them.
    """
    low, high = 0.0, math.inf
    for streak in _sharp_streaks(changes):
        for i, (old_i, new_i) in enumerate(streak):
            for n, (old_j, new_j) in enumerate(streak[i + 1 :], 1):
                low, high = max(low, (old_j - new_i) / n), min(high, (new_j - old_i) / n)
    if not 0 < high < math.inf or low > (1 + _UNEVEN) * high:
        return None
    middle = (low + high) / 2
    if high - low > _WIDTH * middle:
        return None
    known = [tick for tick in _KNOWN_TICKS_S if min(low, high) <= tick <= max(low, high)]
    return min(known, key=lambda tick: abs(tick - middle)) if known else middle


def _sharp_streaks(changes: Sequence[Change]) -> Iterator[list[Change]]:
    streak: list[Change] = []
    for change in changes:
        if change[1] - change[0] <= _SHARP_S:
            streak.append(change)
        elif streak:
            yield streak
            streak = []
    if streak:
        yield streak


def with_tick(device: dict[str, Any], tick_s: float | None) -> dict[str, Any]:
    """A `device` record with the measured tick; as it is where nothing was measured."""
    return device if tick_s is None else {**device, "sensor": {**device["sensor"], "tick_s": round(tick_s, 6)}}
