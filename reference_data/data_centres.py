"""Overhead (PUE) and on-site water (WUE) of data centres, by operator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records

INDUSTRY = "Industry average"


@dataclass(frozen=True, slots=True)
class PowerUsage:
    """Power usage effectiveness: facility energy over IT energy."""

    operator: str
    scope: str
    year: int
    pue: float
    source_key: str
    verified: str
    note: str


@dataclass(frozen=True, slots=True)
class WaterUsage:
    """Water usage effectiveness in litres per kWh of IT energy; `kind` is `on site` or `off site`."""

    operator: str
    scope: str
    year: int
    wue_l_per_kwh: float
    kind: str
    source_key: str
    verified: str
    note: str


@forgettable
@cache
def pues() -> tuple[PowerUsage, ...]:
    """Every PUE row."""
    return records("pue.csv", PowerUsage)


@forgettable
@cache
def wues() -> tuple[WaterUsage, ...]:
    """Every WUE row."""
    return records("wue.csv", WaterUsage)


def pue(operator: str | None = None) -> PowerUsage | None:
    """The newest fleet figure of an operator that was not written from memory; without a name the industry's mean."""
    name = (operator or INDUSTRY).casefold()
    found = [row for row in pues() if row.operator.casefold() == name and row.verified != "recall"]
    return max(found, key=lambda row: (row.scope.startswith(("fleet", "Uptime")), row.year), default=None)


def wue(operator: str | None = None) -> WaterUsage | None:
    """The newest on-site figure of an operator that was not written from memory; without a name the industry's."""
    name = (operator or INDUSTRY).casefold()
    found = [
        row for row in wues() if row.operator.casefold() == name and row.kind == "on site" and row.verified != "recall"
    ]
    return max(found, key=lambda row: (row.scope == "fleet", row.year), default=None)
