"""A trade-off as `joulebook tradeoff --json` prints it: energy at the top, emissions and money under it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from joulebook.ledger.accounting.comparison_json import figure_json
from joulebook.ledger.accounting.tradeoff_types import NEVER, Tradeoff

KEYS = {"kwh": "energy", "kg": "emissions", "usd": "cost", "l": "water"}


def to_json(results: list[Tradeoff]) -> dict[str, Any]:
    """The first quantity at the top level, each of the others under its own name; unknown and never are null."""
    document = quantity_json(results[0])
    for result in results[1:]:
        document[KEYS[result.costs.quantity]] = quantity_json(result)
    return document


def quantity_json(result: Tradeoff) -> dict[str, Any]:
    """One quantity; `break_even_requests` is null where the small model never pays off (`never` is then true)."""
    even, cascade = result.break_even, result.cascade
    return {
        "quantity": result.costs.quantity,
        "large_per_request": figure_json(result.costs.large),
        "small_per_request": figure_json(result.costs.small),
        "verifier_per_request": figure_json(result.costs.verifier),
        "once": figure_json(result.once),
        "break_even_requests": figure_json(even.requests),
        "never": even.requests is None,
        "probability_never": even.probability_never,
        "high_end_is_never": even.latest_is_never,
        "break_even_date": _day(even.date),
        "break_even_date_early": _day(even.date_early),
        "break_even_date_late": _day(even.date_late),
        "cascade_threshold": _rate(cascade.threshold.value),
        "cascade_threshold_range": [_rate(cascade.threshold.low), _rate(cascade.threshold.high)],
        "router_threshold": _rate(cascade.router_threshold.value),
        "escalation_rate": asdict(cascade.measured) if cascade.measured else None,
        "cascade_per_request": figure_json(cascade.cascade_per_request),
        "router_per_request": figure_json(cascade.router_per_request),
        "cascade_pays": cascade.pays,
        "rebound": result.rebound,
        "rebound_break_even": _finite(result.rebound_break_even),
        "cascade_rebound_break_even": _finite(cascade.rebound_break_even),
        "training_per_request": figure_json(result.training_per_request),
        "training_share": result.training_share,
        "tornado": [asdict(bar) for bar in result.tornado],
        "verdict": result.verdict,
    }


def _rate(threshold: float) -> float | None:
    return threshold if threshold > NEVER else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
