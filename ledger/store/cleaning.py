"""Journals come from anywhere: what is taken out of a record is of the right type and fits the database, or is None."""

from __future__ import annotations

import json
import math
from typing import Any

Record = dict[str, Any]
_TEXT_LIMIT = 2_000
_JSON_LIMIT = 200_000
_INTEGER_LIMIT = 2**53


def text_of(value: object, limit: int = _TEXT_LIMIT) -> str | None:
    """Text without NUL (PostgreSQL takes none), cut at a limit; None for anything else and for nothing."""
    if not isinstance(value, str):
        return None
    cleaned = value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:limit].strip()
    return cleaned or None


def number_of(value: object) -> float | None:
    """A finite number that can be reckoned with; bool is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e300 else None


def amount_of(value: object) -> float | None:
    """A number that is not negative."""
    number = number_of(value)
    return number if number is not None and number >= 0 else None


def integer_of(value: object) -> int | None:
    """A whole number that every database can hold."""
    number = number_of(value)
    if number is None or number != int(number) or abs(number) > _INTEGER_LIMIT:
        return None
    return int(number)


def flag_of(value: object) -> bool | None:
    """True, False or None."""
    return value if isinstance(value, bool) else None


def table_of(value: object) -> Record:
    """A dict, or an empty one."""
    return value if isinstance(value, dict) else {}


def plain_json(value: object, depth: int = 6) -> Any:
    """The same with everything left out that a JSON column can't hold."""
    if isinstance(value, dict) and depth:
        pairs = ((text_of(str(key)), plain_json(item, depth - 1)) for key, item in list(value.items())[:2_000])
        return {key: item for key, item in pairs if key is not None}
    if isinstance(value, list) and depth:
        return [plain_json(item, depth - 1) for item in value[:2_000]]
    if isinstance(value, str):
        return text_of(value) or ""
    if isinstance(value, bool):
        return value
    return integer_of(value) if isinstance(value, int) else number_of(value)


def small_json(value: Record) -> Record:
    """A record fit for a JSON column; one of unreasonable size is left out whole."""
    cleaned: Record = plain_json(value)
    return cleaned if len(json.dumps(cleaned)) <= _JSON_LIMIT else {}
