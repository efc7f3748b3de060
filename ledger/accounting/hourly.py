"""Hour by hour: location-based emissions from an hourly series, and the draft method of hourly market matching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from joulebook.ledger.accounting.factors import HourlySeries

HOUR_S = 3600.0


def hour_weights(
    start: float, end: float, hours: Sequence[tuple[float, float]] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Starts of the clock hours that a run touches, and the share of its energy in each (they add up to 1).

    Args:
        start: Unix seconds.
        end: Unix seconds.
        hours: (start of the hour, weight) where the run's own course is known; else its energy is spread evenly.
    """
    if hours:
        starts, weights = (np.array(column, dtype=float) for column in zip(*hours, strict=True))
        return np.floor(starts / HOUR_S) * HOUR_S, weights / weights.sum()
    starts = np.arange(np.floor(start / HOUR_S), max(np.ceil(end / HOUR_S), np.floor(start / HOUR_S) + 1)) * HOUR_S
    inside = np.minimum(starts + HOUR_S, end) - np.maximum(starts, start)
    total = inside.sum()
    return starts, inside / total if total > 0 else np.full(len(starts), 1 / len(starts))


def series_values(series: HourlySeries, starts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The series at given hours; NaN outside of it and where it has no value."""
    known = np.array([np.nan if v is None else v for v in series.intensity_g_per_kwh], dtype=float)
    index = np.floor((starts - series.start) / HOUR_S).astype(int)
    inside = (index >= 0) & (index < len(known))
    return np.where(inside, known[np.clip(index, 0, len(known) - 1)], np.nan)


def hourly_intensity_g_per_kwh(
    series: HourlySeries, start: float, end: float, hours: Sequence[tuple[float, float]] = ()
) -> float | None:
    """Energy-weighted mean of the series over a run; None unless it covers every hour.

    G = sum over hours of E_h * CI_h (GHG Protocol Scope 2 Guidance 2015, 4.1; EnergyTag and the draft revision of
    2025).
    """
    starts, weights = hour_weights(start, end, hours)
    values = series_values(series, starts)
    return None if np.isnan(values).any() else float(weights @ values)


def match_hours(load_kwh: NDArray[np.float64], supply_kwh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy matched in each hour: the lower of use and deliverable contracted generation, `min(E_h, q_h)`.

    Args:
        load_kwh: Use by hour, any shape.
        supply_kwh: Contracted generation in the same grid zone by hour, same shape or one that broadcasts.
    """
    return np.minimum(load_kwh, supply_kwh)


def matched_share(load_kwh: Sequence[float], supply_kwh: Sequence[float]) -> float:
    """Share (0 to 1) of the use that was matched in its own hour."""
    load = np.asarray(load_kwh, dtype=float)
    return float(match_hours(load, np.asarray(supply_kwh, dtype=float)).sum() / load.sum())


def hourly_market_emissions_g(
    load_kwh: NDArray[np.float64],
    supply_kwh: NDArray[np.float64],
    supply_g_per_kwh: float,
    unmatched_g_per_kwh: NDArray[np.float64] | float,
) -> tuple[float, float]:
    """Emissions under hourly matching, and the share of the use that was matched. A draft method: no final text exists.

    GHG Protocol, Scope 2 public consultation of 2025-10-20: matched energy at the contracts' factor, the rest of every
    hour at the residual mix or a fossil factor. Surplus of one hour does not help another.
    """
    matched = match_hours(load_kwh, supply_kwh)
    total = float(np.sum(load_kwh))
    grams = float(np.sum(matched * supply_g_per_kwh + (load_kwh - matched) * unmatched_g_per_kwh))
    return grams, float(np.sum(matched)) / total if total else 0.0
