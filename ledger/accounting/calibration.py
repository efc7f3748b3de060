"""A wall meter's readings against ours: offset and gain of one machine, kept beside the raw figure, never over it.

What counters don't see (fans, board, disks, power supply) is a constant and a share. One factor alone fits a total as
well but single runs half as well: Fischer 2025 (arXiv 2509.22092) finds -21.7 % raw and +0.5 % with offset and gain
    from another day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulebook.ledger.accounting.figure import Figure, weakest
from joulebook.ledger.accounting.uncertainty import Z90, Range, range_of_sum, times

# A wall meter reads what the counters see and more: board, fans, disks, losses of the supply. Outside these ends the
# readings are of other runs, of another machine, or in another unit.
GAIN_BETWEEN = (0.5, 3.0)
LEAST_OFFSET = -0.25  # of the mean power at the wall: a straight line through a curved truth may fall a little under 0
# Least half width of a calibrated figure: a wall meter of class 1 and a load other than those it was fitted on.
LEAST_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class Calibration:
    """`P_wall = offset_w + gain * P_ours` of one machine.

    Attributes:
        spread: Half width of the 90 % range of a calibrated energy, as a share.
        n: Readings behind it.
    """

    offset_w: float
    gain: float
    spread: float
    n: int


def fit(ours_w: Sequence[float], wall_w: Sequence[float]) -> Calibration:
    """Least squares through two or more pairs of mean power.

    Args:
        ours_w: Mean IT power of each run as accounted.
        wall_w: Mean power of the same time at the wall.

    Raises:
        ValueError: Fewer than two pairs, pairs at one power, or a line that no machine has: wall
            power falls as ours grows, or by far too much or too little with it.
    """
    n = len(ours_w)
    if n < 2 or n != len(wall_w):
        raise ValueError("a calibration needs two or more readings, at best one idle and one under load")
    mean_ours, mean_wall = math.fsum(ours_w) / n, math.fsum(wall_w) / n
    spread = math.fsum((x - mean_ours) ** 2 for x in ours_w)
    if spread <= (0.01 * mean_ours) ** 2:
        raise ValueError("the readings lie at one power; take one idle and one under load")
    both = math.fsum((x - mean_ours) * (y - mean_wall) for x, y in zip(ours_w, wall_w, strict=True))
    gain = both / spread
    if not gain > 0:
        raise ValueError("wall power falls where ours grows; are the readings given to the right runs?")
    offset = mean_wall - gain * mean_ours
    if not GAIN_BETWEEN[0] <= gain <= GAIN_BETWEEN[1] or offset < LEAST_OFFSET * mean_wall:
        raise ValueError(
            f"the readings give wall = {offset:.3g} W + {gain:.3g} x ours, which no machine has; are they watt-hours, "
            "of these runs and of this machine alone?"
        )
    return Calibration(offset, gain, _residual_spread(ours_w, wall_w, offset, gain), n)


def _residual_spread(ours_w: Sequence[float], wall_w: Sequence[float], offset_w: float, gain: float) -> float:
    """From what the fit leaves over, where more than two readings leave anything."""
    left = [(offset_w + gain * x) / y - 1 for x, y in zip(ours_w, wall_w, strict=True) if y > 0]
    free = len(left) - 2
    scatter = math.sqrt(math.fsum(share**2 for share in left) / free) * Z90 if free > 0 else 2 * LEAST_SPREAD
    return max(LEAST_SPREAD, scatter)


def wall_energy_j(energy_j: float, duration_s: float, offset_w: float, gain: float) -> float:
    """Energy at the wall: what is always on over the time, and a share on top of what was accounted."""
    return max(0.0, offset_w * duration_s + gain * energy_j)


def calibrated(energy: Figure, duration_s: float, calibration: Calibration) -> Figure:
    """The energy at the wall: offset over time plus gain times ours, as a figure of its own.

    Args:
        energy: IT energy as accounted.
        duration_s: Time of the run.
        calibration: Of the machine that it ran on.
    """
    value = wall_energy_j(energy.value, duration_s, calibration.offset_w, calibration.gain)
    ours = times(Range(energy.value, energy.low, energy.high), calibration.gain)
    model = Range(value, value * (1 - calibration.spread), value * (1 + calibration.spread))
    width = range_of_sum(
        [Range(0.0, ours.low - ours.value, ours.high - ours.value), Range(0.0, model.low - value, model.high - value)]
    )
    return Figure(
        value,
        max(0.0, value + width.low),
        value + width.high,
        weakest([energy.method, "declared"]),
        "IT at the wall",
        f"calibrated with {calibration.n} wall readings",
        None,
    )
