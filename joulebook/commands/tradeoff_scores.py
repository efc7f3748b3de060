"""Scores by item from a CSV file, for the quality gate of `joulebook tradeoff`."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from joulebook.ledger.errors import LedgerError

_COLUMNS = ("large", "small")


def read_scores(path: Path) -> tuple[list[float], list[float]]:
    """The scores of the large and of the small model, more is better; a row is an item that both answered.

    Raises:
        LedgerError: The file can't be read, a column is missing, or a cell is no number: says which.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise LedgerError(f"{path}: no column {' and no '.join(missing)}; a row is an item: large,small")
            found = [
                tuple(_score(path, number, name, row[name]) for name in _COLUMNS) for number, row in enumerate(rows, 2)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LedgerError(f"{path} can't be read: {error}") from None
    return [large for large, _ in found], [small for _, small in found]


def _score(path: Path, number: int, name: str, text: str | None) -> float:
    try:
        score = float(text or "")
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise LedgerError(f"{path}, row {number}, column {name}: {text!r} is no number")
    return score
