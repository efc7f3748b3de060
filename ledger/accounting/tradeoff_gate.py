"""The quality gate: may the small model stand in for the large one, within a margin set beforehand?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.comparison_draws import quality_draws
from joulebook.ledger.accounting.comparison_types import Quality
from joulebook.ledger.errors import LedgerError

Floats = npt.NDArray[np.float64]
_SEED = 20_240_614


@dataclass(frozen=True, slots=True)
class Gate:
    """A non-inferiority test, one-sided at 5 %.

    Attributes:
        difference: Small minus large, better is more; None where a quality is unknown.
        low, high: 90 % range of the difference; None where a range is unknown.
        passes: True where low lies above -margin, False where high lies below it, None where it can't be told.
    """

    difference: float | None
    low: float | None
    high: float | None
    margin: float
    passes: bool | None


def gate_from_quality(small: Quality | None, large: Quality | None, *, margin: float, draws: int = 10_000) -> Gate:
    """The gate from two qualities with ranges, by parametric bootstrap (independent test sets)."""
    _check(margin)
    if small is None or large is None or small.name != large.name:
        return Gate(None, None, None, margin, None)
    sign = 1.0 if large.higher_is_better else -1.0
    difference = sign * (small.value - large.value)
    drawn = quality_draws([small, large], draws)
    if not np.isfinite(drawn).all():
        return Gate(difference, None, None, margin, None)
    return _judge(difference, drawn[:, 0] - drawn[:, 1], margin)


def gate_from_scores(
    small: Sequence[float], large: Sequence[float], *, margin: float, paired: bool, draws: int = 2_000
) -> Gate:
    """The gate from scores by item (more is better), by bootstrap over items.

    Args:
        small: Scores of the small model.
        large: Scores of the large one.
        margin: How much worse the small one may be.
        paired: Whether item i is the same question for both; then items are drawn in pairs.
        draws: Bootstrap samples; the seed is fixed.
    """
    _check(margin)
    if len(small) < 2 or len(large) < 2 or (paired and len(small) != len(large)):
        raise LedgerError(
            f"a gate needs scores of at least 2 items a side, as many when paired; got {len(small)} and {len(large)}"
        )
    random = np.random.default_rng(_SEED)
    s, b = np.asarray(small, dtype=float), np.asarray(large, dtype=float)
    if paired:
        drawn = _bootstrap_means(s - b, draws, random)
    else:
        drawn = _bootstrap_means(s, draws, random) - _bootstrap_means(b, draws, random)
    return _judge(float(s.mean() - b.mean()), drawn, margin)


def _bootstrap_means(scores: Floats, draws: int, random: np.random.Generator) -> Floats:
    """Means of resamples, shape (draws,), one resample at a time to keep memory small."""
    return np.array([scores[random.integers(0, len(scores), len(scores))].mean() for _ in range(draws)])


def _judge(difference: float, drawn: Floats, margin: float) -> Gate:
    low, high = (float(end) for end in np.percentile(drawn, (5, 95)))
    passes = True if low >= -margin else False if high < -margin else None
    return Gate(difference, low, high, margin, passes)


def _check(margin: float) -> None:
    if margin < 0:
        raise LedgerError(f"a margin can't be negative, got {margin:g}")
