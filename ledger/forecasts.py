"""What a run on its way will have used in all, where it is known how far it has come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joulebook.ledger.accounting.figure import Figure

REST_DIFFERS = 0.2  # by how much the rest may differ from what is done; the display in the terminal takes the same
_TOTAL = "total_"


def fraction_done(document: Mapping[str, Any]) -> float | None:
    """How much is done: what the run counted over its tag `total_<count>`, such as `total_steps`; None if unsaid."""
    tags, counts = document.get("tags") or {}, document.get("counts") or {}
    for tag, said in tags.items():
        counted = counts.get(str(tag).removeprefix(_TOTAL)) if str(tag).startswith(_TOTAL) else None
        total = _number(said)
        if counted and total and counted <= total:
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
