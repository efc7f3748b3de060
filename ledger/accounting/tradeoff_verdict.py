"""One plain sentence on a trade-off."""

from __future__ import annotations

import math

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.sentences import fitting, number, percent, say
from joulebook.ledger.accounting.tradeoff_types import BreakEven, CascadeResult, Quantity, Tradeoff

UNITS: dict[Quantity, str] = {"kwh": "kWh", "kg": "kgCO2e", "usd": "USD", "l": "L"}


def tradeoff_verdict(result: Tradeoff, requests_per_day: float | None, language: str) -> str:
    """When it pays off, then whether a cascade does."""
    return _pay_off(result, requests_per_day, language) + _cascade(result.cascade, language)


def _pay_off(result: Tradeoff, requests_per_day: float | None, language: str) -> str:
    costs, even = result.costs, result.break_even
    unit = UNITS[costs.quantity]
    if even.requests is None:
        return _never(result, unit, language)
    if result.once.value == 0:
        saving = costs.large.value - result.rebound * costs.small.value
        return say("at_once", language, saving=_written(saving, unit, language)) + _rebound(result, language)
    key = "pays_off_exact" if even.requests.high <= even.requests.low else "pays_off"
    return say(
        "pays_off_open" if even.latest_is_never else key,
        language,
        once=_amount(result.once, unit, language),
        requests=number(even.requests.value, language),
        low=number(even.requests.low, language),
        high=number(even.requests.high, language),
        when=_when(even, requests_per_day, language),
    ) + _rebound(result, language)


def _never(result: Tradeoff, unit: str, language: str) -> str:
    """Why it never does: it costs as much, or the further requests that it draws eat what each saves."""
    ends = {"small": _amount(result.costs.small, unit, language), "large": _amount(result.costs.large, unit, language)}
    if result.rebound == 1 or result.costs.small.value >= result.costs.large.value:
        return say("never", language, **ends)
    return say("never_rebound", language, **ends, **_volumes(result, language))


def _rebound(result: Tradeoff, language: str) -> str:
    """With which volume, where it is another; nothing where it is the same or can't eat the saving."""
    if result.rebound == 1 or not math.isfinite(result.rebound_break_even or math.inf):
        return ""
    return " " + say("rebound", language, **_volumes(result, language))


def _volumes(result: Tradeoff, language: str) -> dict[str, str]:
    limit = number(result.rebound_break_even or 0.0, language)
    return {"volume": number(result.rebound, language), "limit": limit}


def _when(even: BreakEven, requests_per_day: float | None, language: str) -> str:
    if requests_per_day is None:
        return ""
    if even.date is None:
        return say("beyond_dates", language, rate=number(requests_per_day, language))
    return say("on_date", language, date=even.date.isoformat(), rate=number(requests_per_day, language))


def _cascade(cascade: CascadeResult, language: str) -> str:
    if cascade.threshold.value <= 0:
        return " " + say("cascade_never", language)
    threshold = percent(cascade.threshold.value, 1)
    if cascade.measured is None:
        return " " + say("cascade_threshold", language, threshold=threshold)
    does = {True: "does_pay", False: "does_not_pay", None: "may_pay"}[cascade.pays]
    return " " + say(
        "cascade_pays", language, threshold=threshold, p=percent(cascade.measured.value, 1), does=say(does, language)
    )


def _amount(figure: Figure, unit: str, language: str) -> str:
    return _written(figure.value, unit, language)


def _written(value: float, unit: str, language: str) -> str:
    return " ".join(fitting(unit, value, language=language))
