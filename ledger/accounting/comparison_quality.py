"""The range of a measured quality: from its test set's size, its spread, or its scores; else unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from joulebook.ledger.accounting.comparison_types import Quality
from joulebook.ledger.accounting.uncertainty import Z90
from joulebook.ledger.errors import LedgerError

_SHARES = ("accuracy", "f1", "precision", "recall", "exact match", "auc")


def wilson(successes: float, n: float, *, z: float = Z90) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927, doi:10.2307/2276774).

    Args:
        successes: Hits out of n; need not be whole.
        n: Trials, more than 0.
        z: Normal quantile; the default gives 90 %.
    """
    if not n > 0 or not 0 <= successes <= n:
        raise LedgerError(f"a share needs 0 <= hits <= n and n > 0, got {successes:g} of {n:g}")
    share, z2 = successes / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def quality_of(
    name: str,
    value: float,
    *,
    n: int | None = None,
    sd: float | None = None,
    scores: Sequence[float] | None = None,
    higher_is_better: bool = True,
    language: str | None = None,
) -> Quality:
    """A quality with the 90 % range that its evidence allows.

    Scores give the standard error of their mean; sd with n gives sd / sqrt(n); sd alone is taken as that of the value;
    n alone gives Wilson's interval for a share of right answers (for a mean of scores in 0..1, such as F1, that is an
    upper bound: none varies more than yes-or-no answers). With nothing of these the range is unknown.

    Raises:
        LedgerError: n is not a positive count, or sd is negative.
    """
    if n is not None and n < 1:
        raise LedgerError(f"quality {name!r} needs a test set of at least 1 item, got n={n}")
    if sd is not None and sd < 0:
        raise LedgerError(f"quality {name!r} can't have a negative sd ({sd:g})")
    low, high = _range(value, n, sd, scores)
    return Quality(name, value, low, high, n or (len(scores) if scores else None), higher_is_better, language)


def is_share(quality: Quality) -> bool:
    """Whether a metric is a share of right answers by its name, so that its value lies in 0..1."""
    return quality.name.casefold().strip() in _SHARES


def _range(
    value: float, n: int | None, sd: float | None, scores: Sequence[float] | None
) -> tuple[float | None, float | None]:
    if scores is not None and len(scores) > 1:
        mean = sum(scores) / len(scores)
        spread = math.sqrt(sum((s - mean) ** 2 for s in scores) / (len(scores) - 1))
        return _around(value, spread / math.sqrt(len(scores)))
    if sd is not None:
        return _around(value, sd / math.sqrt(n) if n else sd)
    if n is not None and 0 <= value <= 1:
        return wilson(value * n, n)
    return None, None


def _around(value: float, standard_error: float) -> tuple[float, float]:
    return value - Z90 * standard_error, value + Z90 * standard_error
