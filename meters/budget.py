"""A budget for a run, in energy, emissions or money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from joulebook.meters.errors import MeterError

if TYPE_CHECKING:
    from joulebook.meters.summary import Summary

_UNITS = {
    "j": ("energy", 1.0),
    "kj": ("energy", 1e3),
    "mj": ("energy", 1e6),
    "wh": ("energy", 3.6e3),
    "kwh": ("energy", 3.6e6),
    "mwh": ("energy", 3.6e9),
    "g": ("emissions", 1.0),
    "gco2e": ("emissions", 1.0),
    "kg": ("emissions", 1e3),
    "kgco2e": ("emissions", 1e3),
    "t": ("emissions", 1e6),
    "usd": ("money", 1.0),
    "$": ("money", 1.0),
}


class BudgetError(MeterError):
    """A budget that can't be read; the message shows how to write one."""


@dataclass(frozen=True, slots=True)
class Budget:
    """So much of one thing: joules, gCO2e or US dollars.

    Attributes:
        what: `energy` (J), `emissions` (g) or `money` (USD).
        amount: In that unit.
        text: As it was written.
    """

    what: str
    amount: float
    text: str

    def used(self, summary: Summary) -> float | None:
        """The share used so far (1 is all of it); None where what it is in is unknown."""
        from joulebook.meters.wording import converted

        if self.what == "energy":
            return None if summary.energy_j is None else summary.energy_j / self.amount
        rates = summary.rates
        found = converted(summary, rates.intensity_g_per_kwh if self.what == "emissions" else rates.price_usd_per_kwh)
        return None if found is None else found[0] / self.amount


def parse_budget(text: str) -> Budget:
    """A budget such as `2kWh`, `500 J`, `1.5 kg` (CO2e) or `3 USD`.

    Raises:
        BudgetError: The text is no positive amount with one of these units.
    """
    match = re.fullmatch(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z$0-9]+)\s*", text)
    unit = _UNITS.get(match[2].lower()) if match else None
    try:
        amount = float(match[1]) if match else 0.0
    except ValueError:
        amount = 0.0
    if unit is None or not 0 < amount < 1e15:
        raise BudgetError(f"budget {text!r} can't be read: write an amount such as 2kWh, 500J, 1.5kg (CO2e) or 3USD")
    return Budget(unit[0], amount * unit[1], text.strip())
