"""The one place where numbers become text: three significant digits, units that adapt, ranges, never 0.0 for non-zero.

Inside the program everything is in J, W, s, g, L and USD. A whole and its parts share one unit: pick it once with
`unit_for` and pass it on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from joulebook.dashboard.texts import current_language, t

Quantity = Literal["energy", "joules", "power", "emissions", "mass", "volume", "money", "duration", "share", "count"]

THIN_SPACE = "\u202f"  # narrow and no-break: a number never breaks over two lines
MINUS = "\u2212"
_MOST_DECIMALS = 7  # beyond, a power of ten


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and how many SI units (J, W, s, g, L, USD) it holds."""

    name: str
    size: float


def _metric(symbol: str, suffix: str = "") -> tuple[Unit, ...]:
    steps = (("µ", 1e-6), ("m", 1e-3), ("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12))
    return tuple(Unit(f"{prefix}{symbol}{suffix}", size) for prefix, size in steps)


def _mass(suffix: str) -> tuple[Unit, ...]:
    names = (("µg", 1e-6), ("mg", 1e-3), ("g", 1.0), ("kg", 1e3), ("t", 1e6), ("kt", 1e9), ("Mt", 1e12))
    return tuple(Unit(name + suffix, size) for name, size in names)


_PARTS_OF_USD = (Unit("nUSD", 1e-9), Unit("µUSD", 1e-6), Unit("¢", 1e-2))  # as on the command line
_FROM = {"USD": 1e-2, "¢": 1e-4}  # money is said in whole units for longer: 0.05 USD, 0.5 ¢
_WATT_HOURS = (("Wh", 3.6e3), ("kWh", 3.6e6), ("MWh", 3.6e9), ("GWh", 3.6e12), ("TWh", 3.6e15))
UNITS: dict[Quantity, tuple[Unit, ...]] = {
    "energy": _metric("J")[:3] + tuple(Unit(name, size) for name, size in _WATT_HOURS),
    "joules": _metric("J"),
    "power": _metric("W"),
    "emissions": _mass(" CO₂e"),
    "mass": _mass(""),
    "volume": (Unit("µL", 1e-6), Unit("mL", 1e-3), Unit("L", 1.0), Unit("m³", 1e3)),
    "money": (*_PARTS_OF_USD, Unit("USD", 1.0), Unit("million USD", 1e6), Unit("billion USD", 1e9)),
    "duration": (Unit("µs", 1e-6), Unit("ms", 1e-3), Unit("s", 1.0), Unit("min", 60.0), Unit("h", 3600.0)),
    "share": (Unit("%", 0.01),),
    "count": (Unit("", 1.0), Unit("million", 1e6), Unit("billion", 1e9), Unit("trillion", 1e12)),
}
_MYRIADS = (("만", 1e4), ("억", 1e8), ("조", 1e12))  # Korean counts in steps of ten thousand, written to the number
_KOREAN: dict[Quantity, tuple[Unit, ...]] = {
    "money": (*_PARTS_OF_USD, Unit("USD", 1.0), *(Unit(f"{word} USD", size) for word, size in _MYRIADS)),
    "count": (Unit("", 1.0), *(Unit(word, size) for word, size in _MYRIADS)),
}
SI_NAMES: dict[Quantity, str] = {
    "energy": "J",
    "joules": "J",
    "power": "W",
    "emissions": "g CO₂e",
    "mass": "g",
    "volume": "L",
    "money": "USD",
    "duration": "s",
    "share": "",
    "count": "",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A value with its range as text in one unit; `low` and `high` are empty where there is no range."""

    value: str
    unit: str
    low: str
    high: str


def unit_for(quantity: Quantity, magnitude: float | None) -> Unit:
    """The unit in which this magnitude reads best, at least 1 where there is such a unit; also for a whole's parts."""
    units = (_KOREAN if current_language() == "ko" else UNITS).get(quantity, UNITS[quantity])
    if magnitude is None or not math.isfinite(magnitude) or magnitude == 0:
        return next((unit for unit in units if unit.size == 1.0), units[0])
    size = abs(_rounded(magnitude))
    return next((unit for unit in reversed(units) if _FROM.get(unit.name, unit.size) <= size * (1 + 1e-12)), units[0])


def number(value: float | None, decimals: int | None = None) -> str:
    """A number with three significant digits (or the given decimals) and thin spaces; the word for unknown for none."""
    if value is None or not math.isfinite(value):
        return t("figure.unknown")
    if value == 0:
        return "0"
    places = places_of(value) if decimals is None else _enough(value, decimals)
    shown = _rounded(value) if places == 0 and decimals is None else value
    if places > _MOST_DECIMALS:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.replace('-', MINUS)} × 10{_superscript(int(exponent))}"
    return f"{shown:,.{places}f}".replace(",", THIN_SPACE).replace("-", MINUS)


def whole(value: float | None) -> str:
    """A count that is exact, all its digits shown: `4 210`."""
    if value is None or not math.isfinite(value):
        return t("figure.unknown")
    return f"{round(value):,}".replace(",", THIN_SPACE).replace("-", MINUS)


def shown(
    value: float | None,
    low: float | None,
    high: float | None,
    quantity: Quantity,
    unit: Unit | None = None,
) -> Shown:
    """A value and the ends of its range in one unit, the ends with the decimals of the value."""
    if value is None or not math.isfinite(value):
        return Shown(t("figure.unknown"), "", "", "")
    chosen = unit or unit_for(quantity, value if value else high)
    places = places_of(value / chosen.size)
    ends = ["", ""]
    if low is not None and high is not None and high > low:
        ends = [_end(low / chosen.size, places), _end(high / chosen.size, places)]
    text = number(value / chosen.size)
    if quantity == "count" and "." in text:  # a size of "8 billion" is not measured to three digits
        text = text.rstrip("0").rstrip(".")
    if ends == [text, text]:  # narrower than the digits shown
        ends = ["", ""]
    if word := _myriad(chosen.name):  # 796만, 7960만: the word is part of the number
        text, ends = text.replace(THIN_SPACE, ""), [end and end.replace(THIN_SPACE, "") + word for end in ends]
    return Shown(text, chosen.name, *ends)


def _end(value: float, places: int) -> str:
    """An end of a range: the decimals of the value, or fewer where three digits need fewer."""
    if places == 0 and abs(value) >= 1000:
        return number(value)
    return number(value, min(places, places_of(value)) if value else places)


def percent(share: float | None) -> str:
    """A share (0 to 1) in whole percent, or with two significant digits below ten: `71 %`, `9.1 %`, `0.11 %`."""
    if share is None or not math.isfinite(share):
        return t("figure.unknown")
    value = share * 100
    if abs(value) < 9.95:
        shown_value = number(value, 0 if value == 0 else max(0, 1 - math.floor(math.log10(abs(value)))))
    else:
        shown_value = number(value, 1 if 99.5 <= abs(value) < 99.95 else 0)
    return _joined(shown_value, "%")


def amount(value: float | None, quantity: Quantity, unit: Unit | None = None) -> str:
    """A value with its unit: `118 kWh`."""
    parts = shown(value, None, None, quantity, unit)
    return _joined(parts.value, parts.unit)


def with_range(
    value: float | None, low: float | None, high: float | None, quantity: Quantity, unit: Unit | None = None
) -> str:
    """A value with unit and range: `118 kWh (97 to 141)`; without a range just the value."""
    parts = shown(value, low, high, quantity, unit)
    text = _joined(parts.value, parts.unit)
    return f"{text} ({span(parts)})" if parts.low else text


def span(parts: Shown) -> str:
    """The range alone: `97 to 141`; empty where there is none."""
    return t("figure.span", low=parts.low, high=parts.high) if parts.low else ""


def si(value: float | None, quantity: Quantity) -> str:
    """The value in its SI unit, for hovering over a number in a friendlier one: `425 000 000 J`."""
    if value is None:
        return t("figure.unknown")
    return _joined(number(value), SI_NAMES[quantity])


def duration(seconds: float | None) -> str:
    """A duration for a person: `350 ms`, `12.3 s`, `4 min 12 s`, `2 h 05 min`, `3 d 4 h`."""
    if seconds is None or not math.isfinite(seconds):
        return t("figure.unknown")
    if seconds < 60:
        return amount(seconds, "duration")
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest_s:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def moment(when: datetime | None) -> str:
    """A point in time, in UTC: `21 Nov 2026 14:03`."""
    if when is None:
        return t("figure.unknown")
    return f"{when.astimezone(UTC):{t('date.day')} %H:%M}"


def day(when: date) -> str:
    """A day, as `moment` has it: `21 Nov 2026`."""
    return f"{when:{t('date.day')}}"


def change(value: float | None, before: float | None) -> str | None:
    """`12 % less`, `8 % more`, `2.4 times as much`, `no change`; None where either is unknown or nothing was before."""
    if value is None or not before or not math.isfinite(value) or not math.isfinite(before):
        return None
    ratio = value / before
    if ratio >= 2:
        return t("change.times", times=number(ratio))
    percent = abs(ratio - 1) * 100
    if percent < 0.5:
        return t("change.none")
    return t("change.more" if ratio > 1 else "change.less", percent=number(percent, 0))


def gap(unit: str) -> str:
    """What stands between a number and this unit: a hard space; nothing before a word that is part of the number."""
    return "\u00a0" if unit and not _myriad(unit) else ""


def _myriad(unit: str) -> str:
    return next((word for word, _ in _MYRIADS if unit.startswith(word)), "")


def _joined(value: str, unit: str) -> str:
    return f"{value}{gap(unit)}{unit}"


def _rounded(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits - 1}e}")


def places_of(value: float) -> int:
    """Decimals that show three significant digits of this value; parts of a whole take those of the whole."""
    if value == 0 or not math.isfinite(value):
        return 0
    return max(0, 2 - math.floor(math.log10(abs(_rounded(value)))))


def _enough(value: float, decimals: int) -> int:
    """The decimals asked for, or as many more as it takes that a number other than zero shows two digits."""
    return decimals if abs(value) >= 0.5 * 10.0**-decimals else 1 - math.floor(math.log10(abs(value)))


def _superscript(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
