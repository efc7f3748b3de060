"""Dominance with probability, from paired draws, and the frontier of quality against what it costs.

A dominates B if it is at least as good on every dimension and strictly better on one. With noise, A dominates B with
probability P(at least as good on all of them) over paired draws, in which whatever both sides share moves together.
Frontier of 1,000 requests as in Luccioni et al. 2024, "Power Hungry Processing".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

DOMINANCE_THRESHOLD = 0.95

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """What the next model along the frontier buys over the one before it.

    Attributes:
        cheaper: Index of the cheaper candidate.
        dearer: Index of the dearer one.
        benefit: Gain on the benefit axis, in its own unit.
        burden: Extra burden, in its own unit.
        benefit_per_burden: Marginal benefit, benefit over burden.
        burden_ratio: Burden of the dearer over that of the cheaper.
    """

    cheaper: int
    dearer: int
    benefit: float
    burden: float
    benefit_per_burden: float
    burden_ratio: float


def frontier(benefit: Floats, burdens: Floats) -> Bools:
    """Which candidates no other candidate dominates, on central values.

    Args:
        benefit: Shape (n,), more is better; NaN where unknown (never on the frontier).
        burdens: Shape (n, d), less is better; a row with NaN is never on the frontier.

    Returns:
        Shape (n,). Equal candidates don't dominate one another.
    """
    known = np.isfinite(benefit) & np.isfinite(burdens).all(axis=1)
    on_it = known.copy()
    for i in np.flatnonzero(known):
        as_good = known & (benefit >= benefit[i]) & (burdens <= burdens[i]).all(axis=1)
        better = (benefit > benefit[i]) | (burdens < burdens[i]).any(axis=1)
        on_it[i] = not bool((as_good & better).any())
    return on_it


def dominance_probability(dimensions: list[Floats]) -> Floats:
    """P(row is at least as good as column on every dimension), over paired draws.

    Args:
        dimensions: One array of shape (draws, n) a dimension, less is better (negate what should be large). A column of
            NaN is an unknown: its probabilities are NaN.

    Returns:
        Shape (n, n); entry [a, b] is the probability that a dominates b. The diagonal is NaN.
    """
    draws, n = dimensions[0].shape
    columns = [np.ascontiguousarray(values.T) for values in dimensions]
    result = np.full((n, n), np.nan)
    unknown = np.zeros(n, dtype=bool)
    for values in columns:
        unknown |= ~np.isfinite(values).all(axis=1)
    for a in range(n):
        if unknown[a]:
            continue
        as_good = columns[0][a] <= columns[0]
        for values in columns[1:]:
            as_good &= values[a] <= values
        result[a] = as_good.sum(axis=1) / draws
    result[:, unknown] = np.nan
    np.fill_diagonal(result, np.nan)
    return result


def steps_along(benefit: Floats, burden: Floats, on_frontier: Bools) -> list[Step]:
    """Marginal benefit of each step along the frontier, from the least burden up.

    Args:
        benefit: Shape (n,).
        burden: Shape (n,), the burden that the steps are counted in.
        on_frontier: Shape (n,), as from `frontier`.
    """
    order = sorted(np.flatnonzero(on_frontier), key=lambda i: float(burden[i]))
    steps = []
    for low, high in pairwise(order):
        gain, extra = float(benefit[high] - benefit[low]), float(burden[high] - burden[low])
        if extra > 0:
            steps.append(Step(int(low), int(high), gain, extra, gain / extra, float(burden[high] / burden[low])))
    return steps
