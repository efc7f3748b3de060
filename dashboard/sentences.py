"""Sentences that the books write, made fit for a page: escaped, with its units and dates, numbers in one piece."""

from __future__ import annotations

import re
from datetime import date

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import plain
from joulebook.dashboard.format import THIN_SPACE

_HOLD = "\ue000"  # a private character: stands in for the thin space while the text is escaped
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|[µmkMG]?(?:Wh|J|g|L)\b|USD|million|billion|h\b|s\b)")
_NUMBER = r"(?:\d+\.)?\d+(?:e-\d+)?"
_RANGE = rf"\(({_NUMBER})(?: to |∼)({_NUMBER})\)"  # as the sentences of any language write it
_AMOUNT = re.compile(rf"(?<![\d.{THIN_SPACE}])({_NUMBER}) (kWh|kgCO2e|USD|L)\b(?: {_RANGE})?")
_SMALL = 1.0  # of the books' unit: under it, a smaller one reads better
_QUANTITIES: dict[str, tuple[fmt.Quantity, float]] = {
    "kWh": ("energy", 3.6e6),
    "kgCO2e": ("emissions", 1e3),
    "USD": ("money", 1.0),
    "L": ("volume", 1.0),
}
_CARBON = re.compile(r"(?<=\d )([µmk]?)gCO2e")
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def sentence(text: str, limit: int = 700) -> str:
    """The text for Markdown; thousands and a number with its unit never break over two lines."""
    text = _AMOUNT.sub(_in_page_units, _DAY.sub(lambda found: fmt.day(date.fromisoformat(found[0])), text))
    text = _CARBON.sub(r"\1g CO₂e", text).replace("tCO2e", "t CO₂e")
    safe = plain(text.replace(THIN_SPACE, _HOLD), limit=limit).replace(_HOLD, THIN_SPACE)
    return _BEFORE_UNIT.sub("\u00a0", safe)


def _in_page_units(found: re.Match[str]) -> str:
    quantity, size = _QUANTITIES[found[2]]
    value, low, high = (None if end is None else float(end) * size for end in found.group(1, 3, 4))
    if value is None or value >= _SMALL * size:
        return found[0]
    return fmt.with_range(value, low, high, quantity)
