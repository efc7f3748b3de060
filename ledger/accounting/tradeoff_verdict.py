"""One plain sentence on a trade-off."""

from __future__ import annotations

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
        return say("never", language, small=_amount(costs.small, unit), large=_amount(costs.large, unit))
    if result.once.value == 0:
        return say("at_once", language, saving=_written(costs.large.value - costs.small.value, unit))
    key = "pays_off_exact" if even.requests.high <= even.requests.low else "pays_off"
    return say(
        "pays_off_open" if even.latest_is_never else key,
        language,
        once=_amount(result.once, unit),
        requests=number(even.requests.value),
        low=number(even.requests.low),
        high=number(even.requests.high),
        when=_when(even, requests_per_day, language),
    )


def _when(even: BreakEven, requests_per_day: float | None, language: str) -> str:
    if requests_per_day is None:
        return ""
    if even.date is None:
        return say("beyond_dates", language, rate=number(requests_per_day))
    return say("on_date", language, date=even.date.isoformat(), rate=number(requests_per_day))


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


def _amount(figure: Figure, unit: str) -> str:
    return _written(figure.value, unit)


def _written(value: float, unit: str) -> str:
    return " ".join(fitting(unit, value))
