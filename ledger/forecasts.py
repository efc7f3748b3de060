"""What a run on its way will have used in all, where it is known how far it has come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joulebook.ledger.accounting.figure import Figure

REST_DIFFERS = 0.2  # by how much the rest may differ from what is done; the display in the terminal takes the same
_TOTAL = "total_"


def to_do(document: Mapping[str, Any]) -> dict[str, float]:
    """How much there is to do, by count: as the run said (`run.expect(steps=1000)`), or its tag `total_<count>`."""
    said = {**(document.get("tags") or {}), **(document.get("counts") or {})}
    totals = {str(key).removeprefix(_TOTAL): _number(value) for key, value in said.items() if is_total(str(key))}
    return {name: total for name, total in totals.items() if total and total > 0}


def is_total(count: str) -> bool:
    """Whether a count says how much there is to do, and is no work done."""
    return count.startswith(_TOTAL)


def fraction_done(document: Mapping[str, Any]) -> float | None:
    """How much is done: what the run counted over what there is to do; None if unsaid, or if more than that is done."""
    counts = document.get("counts") or {}
    for name, total in to_do(document).items():
        if (counted := counts.get(name)) and counted <= total:
            return float(counted / total)
    return None


def whole_run(energy_j: Figure, done: float) -> Figure:
    """The whole run's energy if the rest goes on like what is done, the rest within a fifth of that."""
    rest = (1 - done) / done
    low = energy_j.low * (1 + rest * (1 - REST_DIFFERS))
    high = energy_j.high * (1 + rest * (1 + REST_DIFFERS))
    return Figure(energy_j.value * (1 + rest), low, high, "modelled", energy_j.boundary, energy_j.vintage)


def _number(text: object) -> float | None:
    try:
        number = float(str(text))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
