"""The same run elsewhere or later: another region, hour of the day, accelerator, batch or precision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulebook.ledger.accounting.comparison_site import cost_usd, emissions_g, water_l
from joulebook.ledger.accounting.comparison_types import Site
from joulebook.ledger.accounting.estimate_inference import InferenceWork, TokenModel, device_factors, serving_of
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.inference_model import energy_per_token_j
from joulebook.ledger.accounting.uncertainty import by_factor, multiply
from joulebook.ledger.errors import LedgerError

HOURS = 24


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One run at one place; unknown is None."""

    zone: str
    emissions_g: Figure
    water_l: Figure | None
    cost_usd: Figure | None


@dataclass(frozen=True, slots=True)
class StartHour:
    """One run begun at one hour of local standard time; `saving` against the mean day is a share, below 0 if worse."""

    hour: int
    intensity_g_per_kwh: float
    saving: float


@dataclass(frozen=True, slots=True)
class Chip:
    """What of an accelerator decides the energy of a model on it; None where its maker says nothing."""

    name: str
    tdp_w: float
    peak_tflops: float | None
    bandwidth_gb_per_s: float | None


def in_regions(energy_j: Figure, sites: Sequence[Site]) -> list[Elsewhere]:
    """The same joules at each place, least emissions first."""
    found = [
        Elsewhere(site.zone, emissions_g(energy_j, site), water_l(energy_j, site), cost_usd(energy_j, site))
        for site in sites
    ]
    return sorted(found, key=lambda place: place.emissions_g.value)


def by_start_hour(profile_g_per_kwh: Sequence[float], duration_h: float) -> list[StartHour]:
    """Mean intensity of a run of constant power for each hour it may begin at, on the mean day of a year.

    Real days differ: a forecast does better than this, and a year's mean day can't promise tomorrow.

    Args:
        profile_g_per_kwh: 24 hourly means by local standard time.
        duration_h: How long the run takes.

    Raises:
        LedgerError: Not 24 hours, or a duration that is not above 0.
    """
    if len(profile_g_per_kwh) != HOURS or not duration_h > 0:
        raise LedgerError("a start hour needs a profile of 24 hours and a duration above 0")
    mean = math.fsum(profile_g_per_kwh) / HOURS
    found = []
    for hour in range(HOURS):
        intensity = _mean_over(profile_g_per_kwh, hour, duration_h, mean)
        found.append(StartHour(hour, intensity, 1 - intensity / mean))
    return found


def on_accelerator(energy_j: Figure, here: Chip, there: Chip) -> Figure:
    """The same work on another accelerator, between two ends.

    Bound by arithmetic, energy goes with watts per FLOP/s; bound by memory, with watts per byte/s. Rated power stands
    for drawn power on both sides, and the software is taken to use both chips alike, so the range is wide.

    Raises:
        LedgerError: Neither end can be worked out for this pair.
    """
    ratios = [
        (there.tdp_w / its) / (here.tdp_w / mine)
        for mine, its in (
            (here.peak_tflops, there.peak_tflops),
            (here.bandwidth_gb_per_s, there.bandwidth_gb_per_s),
        )
        if mine and its
    ]
    if not ratios:
        raise LedgerError(f"{here.name} and {there.name} have no figure in common (peak or bandwidth) to go by")
    middle = math.sqrt(min(ratios) * max(ratios))
    value = energy_j.value * middle
    low, high = energy_j.low * min(ratios), energy_j.high * max(ratios)
    return Figure(value, min(low, value), max(high, value), "modelled", energy_j.boundary, energy_j.vintage)


def served_otherwise(energy_j: Figure, now: InferenceWork, then: InferenceWork, model: TokenModel) -> Figure:
    """The same requests at another batch or precision, or on another accelerator, by the ratio of two estimates.

    What both estimates have in common cancels; of the estimator's own range the square root stays, for how far the
    ratio of two configurations of one model lies off.

    Args:
        energy_j: As it is served now.
        now: How it is served now.
        then: How it would be served.
        model: The fitted estimator.
    """
    ratio = _token_j(then, model) / _token_j(now, model)
    doubt = by_factor(ratio, math.sqrt(model.range_factors["plain"]))
    return multiply(energy_j, doubt, method="modelled", boundary=energy_j.boundary, vintage=model.vintage)


def _token_j(work: InferenceWork, model: TokenModel) -> float:
    return energy_per_token_j(
        serving_of(work, model), model.coefficients, device_factors(work.device, model.coefficients)
    )


def _mean_over(profile: Sequence[float], start: int, duration_h: float, mean: float) -> float:
    """Mean of the cyclic profile over a duration; whole days take the mean of the day."""
    days, rest = divmod(duration_h, HOURS)
    total = days * HOURS * mean
    for step in range(math.ceil(rest)):
        total += min(1.0, rest - step) * profile[(start + step) % HOURS]
    return total / duration_h
