"""Figures that grow with a run's energy, for very many runs at once: each place is worked out once, for one joule.

Facility energy, emissions, water and the cost of electricity are a run's energy in a zone times factors of that zone
and year. What one joule there comes to is asked of `account_run` itself, so that one run and a million have the same
formulas.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.figures import RunFigures
from joulebook.ledger.accounting.money import rental_cost
from joulebook.ledger.accounting.observations import DeviceUse, Reading, RunUse, WindowUse, Zone
from joulebook.ledger.accounting.run_account import account_run
from joulebook.ledger.accounting.uncertainty import ranges_of_products

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# Fields of `RunFigures` that are linear in energy by zone and year.
LINEAR = ("facility_energy_j", "emissions_location_g", "emissions_market_annual_g", "water_l", "cost_usd")


class Place(NamedTuple):
    """Where and when energy was used, and what the run itself declared: all that its factors depend on.

    Attributes:
        declared: Pairs of a declarable name (`pue`, `wue_l_per_kwh`, `price_usd_per_kwh`) and its value.
    """

    zone: str
    year: int
    assumed: bool
    declared: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneParts:
    """Energy of many runs by place, one entry a run and zone.

    Attributes:
        places: All different places.
        place: Index into `places`, (n,).
        run: Index of the run, 0 to `n_runs - 1`, (n,).
        energy_j: IT energy, value, low and high, (3, n); NaN where unknown.
        gpu_hours: Hours times GPUs held, each by the run's share, (n_runs,); NaN for a run without GPUs.
    """

    places: Sequence[Place]
    place: Whole
    run: Whole
    energy_j: Floats
    n_runs: int
    gpu_hours: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which entries have a known energy, (n,)."""
        known: NDArray[np.bool_] = ~np.isnan(self.energy_j[0])
        return known


def figures_of_runs(parts: ZoneParts, factors: Factors) -> dict[str, Floats]:
    """Each figure of `LINEAR` for every run: value, low and high, shape (3, n_runs), NaN where unknown.

    No hourly series and no contract of a run's own zone is heeded: whoever has one is accounted for by itself.
    """
    rates = _rates(parts.places, factors)
    found = {}
    for name in LINEAR:
        table = np.array([_ends(getattr(rate, name)) for rate in rates]).reshape(-1, 3).T
        found[name] = _summed(ranges_of_products(parts.energy_j, table[:, parts.place]), parts)
    found["cost_usd"] = _rented(found["cost_usd"], parts.gpu_hours, factors)
    return found


def warnings_of_runs(parts: ZoneParts, factors: Factors) -> Whole:
    """How many warnings every run has from its factors alone, (n_runs,)."""
    flags = np.array([len(rate.warnings) for rate in _rates(parts.places, factors)], dtype=np.int64)
    each = np.where(parts.known, flags[parts.place], 0) if len(flags) else np.zeros(0)
    return np.bincount(parts.run, weights=each, minlength=parts.n_runs).astype(np.int64)


def _rates(places: Sequence[Place], factors: Factors) -> list[RunFigures]:
    """What one joule comes to in each place. Social costs, in none of these figures, would take half of the time."""
    needed = {key: factor for key, factor in factors.table.items() if not key.startswith("scc/")}
    yearly = replace(factors, hourly=(), table=needed)
    return [account_run(_one_joule(place), yearly) for place in places]


def _one_joule(place: Place) -> RunUse:
    """A run that used one joule, exactly known, in the middle of the year."""
    moment = float(calendar.timegm((place.year, 7, 1, 0, 0, 0)))
    window = WindowUse(0.0, (DeviceUse("", "", "", "other", "", Reading(1.0, 1.0, 1.0, "measured")),))
    zone = Zone(place.zone, "", place.assumed)
    return RunUse("", moment, moment, window, ((zone, window),), declared=dict(place.declared))


def _ends(figure: Figure | None) -> tuple[float, float, float]:
    return (np.nan, np.nan, np.nan) if figure is None else (figure.value, figure.low, figure.high)


def _summed(amounts: Floats, parts: ZoneParts) -> Floats:
    """Sums over the zones of each run, which err together; unknown unless every zone that used energy has a figure."""
    known = parts.known
    if parts.n_runs == len(parts.run) and np.array_equal(parts.run, np.arange(parts.n_runs)):  # one zone each
        return np.where(known, amounts, np.nan)
    used = np.bincount(parts.run, weights=known, minlength=parts.n_runs)
    sums = [np.bincount(parts.run, weights=np.where(known, row, 0.0), minlength=parts.n_runs) for row in amounts]
    return np.where(used > 0, np.stack(sums), np.nan)


def _rented(electricity_usd: Floats, gpu_hours: Floats, factors: Factors) -> Floats:
    """Where GPUs are paid by the hour, runs that held one cost that and nothing else."""
    rate = factors.get("gpu_hour")
    if rate is None:
        return electricity_usd
    an_hour = np.array(_ends(rental_cost(1.0, rate)))[:, None]
    return np.where(np.isnan(gpu_hours), electricity_usd, an_hour * gpu_hours)
