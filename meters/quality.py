"""A quality score as the journal keeps it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any


def quality_record(
    name: str,
    value: float | None,
    *,
    n: int | None,
    sd: float | None,
    scores: Iterable[float] | None,
    higher_is_better: bool,
    language: str | None,
) -> dict[str, Any]:
    """Value, n and sd of a score; from the items' scores where they are given.

    Raises:
        ValueError: There is neither a value nor a score, or it is no finite number.
    """
    if scores is not None:
        items = [float(score) for score in scores]
        if not items:
            raise ValueError("scores are empty")
        mean = math.fsum(items) / len(items)
        n = len(items) if n is None else n
        value = mean if value is None else value
        if sd is None and len(items) > 1:
            sd = math.sqrt(math.fsum((item - mean) ** 2 for item in items) / (len(items) - 1))
    if value is None or not math.isfinite(float(value)):
        raise ValueError(f"a quality needs a finite value, not {value!r}")
    return {
        "name": str(name)[:200],
        "value": float(value),
        "n": None if n is None else int(n),
        "sd": None if sd is None else float(sd),
        "higher_is_better": bool(higher_is_better),
        "language": None if language is None else str(language)[:50],
    }
