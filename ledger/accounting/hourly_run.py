"""What an hourly series makes of one run: its own intensity, and the draft hourly market-based figure."""

from __future__ import annotations

import numpy as np

from joulebook.ledger.accounting.energy import J_PER_KWH
from joulebook.ledger.accounting.factors import Contract, Factor, Factors, HourlySeries
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.hourly import (
    HOUR_S,
    hour_weights,
    hourly_intensity_g_per_kwh,
    hourly_market_emissions_g,
    series_values,
)
from joulebook.ledger.accounting.observations import RunUse, Zone
from joulebook.ledger.accounting.uncertainty import Range, by_factor, multiply

# 90 % range of an hourly mean of a zone: flow tracing and estimated hours, against 1.15 for a year's mean used for an
# hour.
HOURLY_FACTOR = 1.1


def _end(run: RunUse) -> float:
    return run.ended_at if run.ended_at is not None else run.started_at + run.window.duration_s


def covering_series(run: RunUse, zone: Zone, factors: Factors) -> HourlySeries | None:
    """The average life-cycle series of a zone (or its country) that covers all of a run; never a marginal one."""
    for name in (zone.zone, zone.zone.partition("-")[0]):
        for series in factors.hourly:
            fits = series.zone == name and series.kind == "average" and series.basis == "life cycle"
            if fits and hourly_intensity_g_per_kwh(series, run.started_at, _end(run), run.hours) is not None:
                return series
    return None


def hourly_factor(run: RunUse, zone: Zone, factors: Factors) -> Factor | None:
    """The run's own energy-weighted intensity where an hourly series covers it."""
    series = covering_series(run, zone, factors)
    if series is None:
        return None
    value = hourly_intensity_g_per_kwh(series, run.started_at, _end(run), run.hours)
    assert value is not None  # noqa: S101  (a covering series has a value in every hour)
    even = "" if run.hours else ", energy spread evenly over the run"
    shown = by_factor(value, HOURLY_FACTOR)
    year = int(np.datetime64(int(run.started_at), "s").astype("datetime64[Y]").astype(int)) + 1970
    return Factor(f"hourly/{series.zone}/{year}", *shown, "g/kWh", "published", f"hourly{even}", series.source)


def hourly_market(run: RunUse, facility: Figure, zone: Zone, factors: Factors) -> Figure | None:
    """Market-based grams by hour (draft method); None unless a contract's generation is known for every hour."""
    contracts = [c for c in factors.contracts if c.hourly_kwh and zone.zone[:3] == c.zone[:3]]
    starts, weights = hour_weights(run.started_at, _end(run), run.hours)
    supplies = [_supply(contract, starts) for contract in contracts]
    if not supplies or np.isnan(supplies[0]).any():
        return None
    load = weights * facility.value / J_PER_KWH
    unmatched = factors.intensity(zone.zone, int(np.datetime64(int(run.started_at), "s").item().year))
    if unmatched is None or load.sum() <= 0:
        return None
    series = covering_series(run, zone, factors)
    rest = series_values(series, starts) if series else np.full(len(starts), unmatched.value)
    grams, matched = hourly_market_emissions_g(load, supplies[0], contracts[0].intensity_g_per_kwh, rest)
    mean = unmatched.value or 1.0  # a grid that emits nothing: its ends count as they are
    spread = Range(1.0, min(1.0, unmatched.low / mean), max(1.0, unmatched.high / mean))
    per_j = grams / facility.value
    name = contracts[0].name or contracts[0].kind
    note = f"draft method, hourly matching: {matched:.0%} matched by {name}, as if it served this run alone"
    return multiply(facility, spread, method="declared", boundary=facility.boundary, vintage=note, unit=per_j)


def _supply(contract: Contract, starts: np.ndarray) -> np.ndarray:
    index = np.floor((starts - contract.start) / HOUR_S).astype(int)
    known = np.array(contract.hourly_kwh)
    inside = (index >= 0) & (index < len(known))
    return np.where(inside, known[np.clip(index, 0, len(known) - 1)], np.nan)
