"""Sentences that the books write, made safe for a page: escaped, and their numbers kept in one piece."""

from __future__ import annotations

import re

from joulebook.dashboard.escape import plain
from joulebook.dashboard.format import THIN_SPACE

_HOLD = "\ue000"  # a private character: stands in for the thin space while the text is escaped
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|kWh|Wh|J|kg|g|USD|L|million|billion|h\b|s\b)")


def sentence(text: str, limit: int = 700) -> str:
    """The text for Markdown; thousands and a number with its unit never break over two lines."""
    safe = plain(text.replace(THIN_SPACE, _HOLD), limit=limit).replace(_HOLD, THIN_SPACE)
    return _BEFORE_UNIT.sub("\u00a0", safe)
