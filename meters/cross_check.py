"""An energy counter held against polled power: they should agree, and people should hear where they don't.

Zeus #181 and kokkos-tools #295 report counters and power that differ by half. Over a minute and more, a difference
above 10 % that polling can't explain is told; what polling can explain is three standard errors of the polls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

WINDOW_S = 60.0
_TOLERANCE = 0.10
_LONGEST_S = 960.0
_STALL_S = 5.0
_STALL_POWER_W = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader must know; `from_b` and `to_b` where it makes a gap."""

    code: str
    text: str
    from_b: float | None = None
    to_b: float | None = None


class CrossCheck:
    """Follows one device's counter and power readings."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start: tuple[float, float] | None = None
        self._powers: list[float] = []
        self._moved: tuple[float, float] | None = None
        self._stalled = False
        self._told = False
        self._doubtful = False
        self._window_s = WINDOW_S

    def add(self, b: float, energy_j: float, power_w: float) -> list[Finding]:
        """One reading of both; what follows from it, mostly nothing."""
        return [*self._stall(b, energy_j, power_w), *self._compare(b, energy_j, power_w)]

    def _stall(self, b: float, energy_j: float, power_w: float) -> list[Finding]:
        if self._moved is None or energy_j > self._moved[1]:
            since = self._moved
            self._moved = (b, energy_j)
            if self._stalled and since is not None:
                self._stalled = False
                text = f"{self._name}: the energy counter stood still for {b - since[0]:.0f} s while power was drawn"
                return [Finding("counter-stalled", text, since[0], b)]
        elif power_w >= _STALL_POWER_W and b - self._moved[0] > _STALL_S:
            self._stalled = True
        return []

    def open_stall(self) -> float | None:
        """Since when the counter has stood still, where it does now."""
        return self._moved[0] if self._stalled and self._moved else None

    def _compare(self, b: float, energy_j: float, power_w: float) -> list[Finding]:
        if self._start is None:
            self._start = (b, energy_j)
        self._powers.append(power_w)
        start_b, start_j = self._start
        if b - start_b < self._window_s or len(self._powers) < 10:
            return []
        counted_w = (energy_j - start_j) / (b - start_b)
        polled_w, error_w = _mean_and_error(self._powers)
        # A first look at a varying load may be bad luck: it is told when a second one finds the same.
        doubtful, self._doubtful = self._doubtful, abs(counted_w - polled_w) > max(_TOLERANCE * polled_w, 3 * error_w)
        by_chance_w = (3 if doubtful else 8) * error_w
        self._next_window(b, energy_j)
        if self._told or polled_w <= 0 or abs(counted_w - polled_w) <= max(_TOLERANCE * polled_w, by_chance_w):
            return []
        self._told = True
        text = (
            f"{self._name}: the energy counter says {counted_w:.0f} W and the power sensor {polled_w:.0f} W "
            f"(± {by_chance_w:.0f} W by polling) over {b - start_b:.0f} s; one of them is wrong"
        )
        return [Finding("counter-against-power", text)]

    def _next_window(self, b: float, energy_j: float) -> None:
        """Look again after twice the time, so that chance gets few looks; from the beginning after a quarter hour."""
        self._window_s *= 2
        if self._window_s > _LONGEST_S:
            self._start, self._powers, self._window_s = (b, energy_j), [], WINDOW_S


def _mean_and_error(values: list[float]) -> tuple[float, float]:
    """Mean and its standard error; polls that resemble the one before count for less (first-order autocorrelation)."""
    n = len(values)
    mean = math.fsum(values) / n
    square = math.fsum((value - mean) ** 2 for value in values)
    if square == 0:
        return mean, 0.0
    along = math.fsum((one - mean) * (other - mean) for one, other in pairwise(values)) / square
    alike = min(max(along, 0.0), 0.95)
    return mean, math.sqrt(square / (n - 1) / n * (1 + alike) / (1 - alike))
