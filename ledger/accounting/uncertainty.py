"""Ranges: how the 90 % ranges of inputs become the range of a product, a sum or a comparison.

Every range is that of the mean, not the spread from run to run. A range is kept as it is given (5 %, centre, 95 %),
each side of the centre as half of a lognormal, so that a figure made of one uncertain input has exactly that input's
range.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from joulebook.ledger.accounting.figure import Figure, Method, weakest

# Half width of a 90 % range in standard deviations of a normal distribution.
Z90 = 1.6448536269514722
DRAWS = 10_000


class Range(NamedTuple):
    """Centre and 90 % range of one quantity; the unit is its owner's."""

    value: float
    low: float
    high: float


def by_factor(value: float, factor: float) -> Range:
    """A range of `value / factor` to `value * factor`."""
    return Range(value, value / factor, value * factor)


def times(part: Range, count: float) -> Range:
    """A range times an exact amount of at least 0."""
    return Range(part.value * count, part.low * count, part.high * count)


def from_gsd(value: float, gsd: float) -> Range:
    """The 90 % range of a lognormal with median `value` and geometric standard deviation `gsd`."""
    return by_factor(value, gsd**Z90)


def _log_sides(part: Range) -> tuple[float, float]:
    if part.value == 0:
        return 0.0, 0.0
    down = math.log(part.value / part.low) if part.low > 0 else math.inf
    return down, math.log(part.high / part.value)


def range_of_product(parts: Iterable[Range]) -> Range:
    """Product of independent positive inputs, in closed form: the log half widths add in quadrature, side by side.

    GSD_out = exp(sqrt(sum ln(GSD_i)^2)), the propagation of lognormals used in life-cycle inventories (Limpert et al.
    2001, BioScience 51(5); ecoinvent), applied to each side of an asymmetric range.
    """
    value, down, up = 1.0, 0.0, 0.0
    for part in parts:
        sides = _log_sides(part)
        value, down, up = value * part.value, math.hypot(down, sides[0]), math.hypot(up, sides[1])
    return Range(value, value * math.exp(-down), value * math.exp(up))


def ranges_of_products(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """`range_of_product` of very many pairs at once.

    Args:
        first: Value, low and high, shape (3, n), NaN where unknown.
        second: The same of what each is multiplied by.

    Returns:
        Value, low and high, shape (3, n).
    """
    value = first[0] * second[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.hypot(np.log(first[0] / first[1]), np.log(second[0] / second[1]))
        up = np.hypot(np.log(first[2] / first[0]), np.log(second[2] / second[0]))
        low, high = value * np.exp(-down), value * np.exp(up)
    return np.stack([value, np.where(value == 0, 0.0, low), np.where(value == 0, 0.0, high)])


def gsd_of_product(gsds: Sequence[float]) -> float:
    """Geometric standard deviation of a product of independent lognormals: `exp(sqrt(sum ln(GSD_i)^2))`."""
    return math.exp(math.hypot(*(math.log(gsd) for gsd in gsds)))


def half_width_of_sum(half_widths: Sequence[float], *, shared: bool) -> float:
    """Half width of a sum: in quadrature where the parts err independently, plainly where they err together."""
    return math.fsum(half_widths) if shared else math.hypot(*half_widths)


def range_of_sum(parts: Sequence[Range], *, shared: bool = False) -> Range:
    """Sum of inputs by moments: half widths add in quadrature where the inputs err independently of each other.

    Args:
        parts: What is summed.
        shared: The parts err together (one model, one factor behind all of them): then the ends themselves add.
    """
    value = math.fsum(part.value for part in parts)
    down = half_width_of_sum([part.value - part.low for part in parts], shared=shared)
    up = half_width_of_sum([part.high - part.value for part in parts], shared=shared)
    return Range(value, value - down, value + up)


def of_figure(figure: Figure) -> Range:
    """The range of a figure."""
    return Range(figure.value, figure.low, figure.high)


def sum_figures(figures: Sequence[Figure], *, boundary: str, shared: bool = False) -> Figure | None:
    """The sum of known figures: method of the weakest part, and the share of it that was measured; None of none."""
    if not figures:
        return None
    total = range_of_sum([of_figure(figure) for figure in figures], shared=shared)
    vintages = sorted({figure.vintage for figure in figures if figure.vintage})
    return Figure(
        *total,
        method=weakest(figure.method for figure in figures),
        boundary=boundary,
        vintage="; ".join(vintages) or None,
        measured_share=_measured_share(figures, total.value),
    )


def _measured_share(figures: Sequence[Figure], total: float) -> float | None:
    known = [figure for figure in figures if figure.measured_share is not None]
    if not known or total <= 0:
        return None
    return min(1.0, math.fsum(figure.value * (figure.measured_share or 0.0) for figure in known) / total)


def multiply(
    figure: Figure, *inputs: Range, method: Method, boundary: str, vintage: str | None = None, unit: float = 1.0
) -> Figure:
    """A figure times uncertain factors and an exact change of unit; the measured share stays that of the figure.

    Args:
        figure: What is multiplied.
        inputs: Independent uncertain factors.
        method: How the factors are known; the result has the weakest of this and the figure's own.
        boundary: What is inside afterwards.
        vintage: Of the factors.
        unit: An exact factor without error, such as 1 / 3.6e6 from joules to kilowatt-hours.
    """
    value, low, high = range_of_product([of_figure(figure), *inputs])
    return Figure(
        value * unit,
        low * unit,
        high * unit,
        weakest([figure.method, method]),
        boundary,
        vintage or figure.vintage,
        figure.measured_share,
    )


def draw(key: str, part: Range, *, size: int = DRAWS) -> NDArray[np.float64]:
    """Draws of one input from the two-sided lognormal that its range describes, in an order fixed by its key.

    The same key gives the same underlying draws: name a shared input (the grid factor, the PUE) alike on both sides
    of a comparison and it moves both together.

    Args:
        key: Name of the input.
        part: Its range; an end at zero is drawn towards zero linearly.
        size: How many draws.
    """
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    normal = np.random.default_rng(seed).standard_normal(size) / Z90
    down, up = _log_sides(part)
    if math.isinf(down):
        lower = np.maximum(part.value + normal * (part.value - part.low), 0.0)
        return np.where(normal < 0, lower, part.value * np.exp(normal * up))
    return part.value * np.exp(normal * np.where(normal < 0, down, up))


def summary(draws: NDArray[np.float64], value: float) -> Range:
    """The 5 and 95 % points of draws around a centre that was worked out without them."""
    low, high = (float(end) for end in np.quantile(draws, (0.05, 0.95)))
    return Range(value, min(low, value), max(high, value))


def probability_lower(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Probability (0 to 1) that the first is lower than the second, over paired draws; ties count half."""
    return float(np.mean(first < second) + 0.5 * np.mean(first == second))


def tornado(inputs: Mapping[str, Range]) -> dict[str, float]:
    """Share (0 to 1) of a product's log variance that each input brings, the widest first: what makes a range wide."""
    widths = {name: sum(side for side in _log_sides(part) if math.isfinite(side)) for name, part in inputs.items()}
    total = math.fsum(width**2 for width in widths.values())
    shares = {name: width**2 / total if total else 0.0 for name, width in widths.items()}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
