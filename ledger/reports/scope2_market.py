"""Market-based emissions of one zone in the Scope 2 report: what contracts cover, and the mix for the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from joulebook.ledger.accounting.emissions import market_emissions_g
from joulebook.ledger.accounting.factors import Contract, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import Range

Claims = Sequence[tuple[Contract, float]]


@dataclass(frozen=True, slots=True)
class Market:
    """What a zone emits by its contracts.

    Attributes:
        grams: None where the energy is unknown.
        per_kwh: The same for a kWh; its range is that of the rest's intensity alone.
        rest: Grams per kWh of what no contract covers.
        covered_kwh: By contracts, at most what was used.
        instruments: Each contract in words.
        flags: What a verifier will ask about.
    """

    grams: Figure | None
    per_kwh: Range | None
    rest: Range
    covered_kwh: float
    instruments: tuple[str, ...]
    flags: tuple[str, ...]


def market_of(
    zone: str,
    period: tuple[float, float],
    factors: Factors,
    *,
    energy_kwh: Figure | None,
    location_g: Figure | None,
    intensity_g_per_kwh: Range | None,
) -> Market:
    """Contracts first, the best first, then the supplier's mix, the residual mix, else the location's factor.

    Args:
        zone: Of the grid.
        period: Starts of the first and the last run, Unix seconds.
        factors: With the contracts and residual mixes.
        energy_kwh: Of the facilities; None where unknown.
        location_g: Location-based grams of the same.
        intensity_g_per_kwh: Of the same.
    """
    kwh = energy_kwh.value if energy_kwh else 0.0
    mine = [contract for contract in factors.contracts if covers(contract, zone)]
    valid = [contract for contract in mine if contract.start <= period[1] and period[0] < contract.end]
    rest, source = _rest(valid, zone, intensity_g_per_kwh, factors)
    claims = _claims(valid, kwh)
    flags = [f"{c.name or c.kind}: vintage outside the period, not used" for c in mine if c not in valid]
    flags += _doubts(claims, kwh)
    if source is None:
        flags.append("no supplier or residual mix known: the location-based factor stands in for what nothing covers")
    grams = per_kwh = None
    if energy_kwh is not None and kwh:
        whole = source is None and not claims and location_g is not None
        grams = location_g if whole else _grams(valid, energy_kwh, rest, source)
        per_kwh = Range(*(_emitted(valid, kwh, end) / kwh for end in rest))
    return Market(
        grams=grams,
        per_kwh=per_kwh,
        rest=rest,
        covered_kwh=min(kwh, sum(claimed for _, claimed in claims)),
        instruments=tuple(_told(contract, claimed) for contract, claimed in claims),
        flags=tuple(flags),
    )


def covers(contract: Contract, zone: str) -> bool:
    """Whether a contract is for this zone or the one around it."""
    return zone == contract.zone or zone.startswith(f"{contract.zone}-")


def day(seconds: float) -> str:
    """Of the calendar in UTC."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _claims(valid: Sequence[Contract], kwh: float) -> Claims:
    return [
        (contract, contract.kwh if contract.kwh is not None else (contract.share or 0.0) * kwh)
        for contract in valid
        if contract.kind in ("certificate", "contract")
    ]


def _doubts(claims: Claims, kwh: float) -> list[str]:
    found = [f"{c.name or c.kind}: no tracking system named" for c, _ in claims if not c.tracking]
    if sum(claimed for _, claimed in claims) > kwh * (1 + 1e-9):
        found.append("instruments exceed the electricity used; the excess counts for nothing")
    return found


def _emitted(valid: Sequence[Contract], kwh: float, rest_g_per_kwh: float) -> float:
    claims = [(claimed, contract.intensity_g_per_kwh) for contract, claimed in _claims(valid, kwh)]
    return market_emissions_g(kwh, claims, rest_g_per_kwh)


def _grams(valid: Sequence[Contract], energy_kwh: Figure, rest: Range, source: str | None) -> Figure:
    """Energy and the rest's intensity err by themselves: what each moves the sum by adds up in quadrature."""
    value = _emitted(valid, energy_kwh.value, rest.value)
    ends = []
    for kwh, intensity in ((energy_kwh.low, rest.low), (energy_kwh.high, rest.high)):
        moved = (_emitted(valid, kwh, rest.value) - value, _emitted(valid, energy_kwh.value, intensity) - value)
        ends.append(math.hypot(*moved))
    vintage = "; ".join([*(c.name or c.kind for c, _ in _claims(valid, 1.0)), source or "location factor"])
    return Figure(
        value,
        max(0.0, value - ends[0]),
        value + ends[1],
        energy_kwh.method,
        "facility",
        f"market-based, {vintage}",
        energy_kwh.measured_share,
    )


def _rest(
    valid: Sequence[Contract], zone: str, intensity_g_per_kwh: Range | None, factors: Factors
) -> tuple[Range, str | None]:
    """Grams per kWh of what nothing covers, and whose figure it is; None where the location's stands in."""
    for kind in ("supplier", "residual"):
        named = [c for c in valid if c.kind == kind]
        if named:
            return Range(*[named[0].intensity_g_per_kwh] * 3), named[0].name or f"{kind} mix as declared"
    mix = factors.get(f"residual/{zone.partition('-')[0]}")
    if mix is not None:
        return mix.range, f"residual mix ({mix.source} {mix.vintage})"
    return intensity_g_per_kwh or Range(0.0, 0.0, 0.0), None


def _told(contract: Contract, kwh: float) -> str:
    vintage = f"{day(contract.start)} to {day(contract.end)}"
    return f"{contract.kind} {contract.name} {kwh / 1000:.6g} MWh {contract.tracking or 'untracked'} {vintage}"
