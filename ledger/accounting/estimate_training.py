"""Training before it happens: hours, energy, emissions, water and money from parameters, tokens and device. Pure.

FLOP = 6 x active parameters x tokens (Kaplan et al. 2020, arXiv:2001.08361); device hours = FLOP over dense 16-bit peak
and effective utilisation; power = a share of the rated power, the host apart. The utilisation is that of whole public
runs (benchmarks/fit_training.py), or the site's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulebook.ledger.accounting import estimate_place
from joulebook.ledger.accounting.emissions import location_figure
from joulebook.ledger.accounting.energy import facility_energy
from joulebook.ledger.accounting.factors import Factor, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import Zone
from joulebook.ledger.accounting.uncertainty import Range, by_factor, from_gsd, multiply, range_of_product, range_of_sum

SECONDS_PER_HOUR = 3600.0
SMALL_BILLION = 2.0
NEW_DEVICE_TFLOPS = 500.0
CENTRE_BILLION = 20.0
# Mean power of accelerators in training over rated power: more than 0.85 in flight and 0.15 while saving on H100
# (Morrison et al. 2025). Of accelerator and host together, measured: 0.54 to 0.69 (TPU v3), 1.11 (TPU v4), 1.10 (V100,
# Patterson et al. 2021), 0.6 to 0.7 (P100 and V100, Strubell et al. 2019), 1.03 (A100, TeenyTinyLlama).
POWER_SHARE = Range(0.80, 0.45, 1.05)
# Host (CPU, memory, fans, network) per accelerator over the accelerator's rated power: 1.2 kW beside eight of 700 W in
# EcoLogits 0.11.3; a DGX H100 is rated 10.2 kW, 4.6 of it beside the accelerators.
HOST_SHARE = Range(0.17, 0.05, 0.35)
# Development (failed runs, smaller sizes, searches) over the final run: 0.5 in OLMo (459 of 913 MWh, Morrison et al.
# 2025), 1.7 in BLOOM (final run 37 % of the project, Luccioni et al. 2023), 4.6 in OLMo 3 (final run 18 %).
DEVELOPMENT_SHARE = Range(1.6, 0.5, 4.6)


@dataclass(frozen=True, slots=True)
class UtilisationPrior:
    """Effective utilisation of public runs.

    Attributes:
        log_utilisation: Intercept; for devices below 500 TFLOP/s slope and curve by log of active parameters over 20
            billion; for those from 500 on a shift and a slope.
        range_factor: Within which 90 % of held-out runs lie.
        small_range_factor: The same below 2 billion active parameters.
    """

    log_utilisation: tuple[float, float, float, float, float]
    range_factor: float
    small_range_factor: float
    vintage: str

    def utilisation(self, active_billion: float, peak_tflops: float) -> Range:
        """Centre and 90 % range for a size and a device."""
        base, old_slope, old_curve, shift, slope = self.log_utilisation
        size = math.log(active_billion / CENTRE_BILLION)
        if is_new_device(peak_tflops):
            log = base + shift + slope * size
        else:
            log = base + old_slope * size + old_curve * size**2
        centre = min(0.45, max(0.05, math.exp(log)))
        factor = self.small_range_factor if active_billion < SMALL_BILLION else self.range_factor
        return Range(centre, centre / factor, min(0.75, centre * factor))


@dataclass(frozen=True, slots=True)
class TrainingDevice:
    """What the estimate needs of a device; `known` is False where another's figures stand in."""

    name: str
    tdp_w: float
    peak_tflops: float
    known: bool = True


@dataclass(frozen=True, slots=True)
class TrainingWork:
    """What is to be trained.

    Attributes:
        active_parameters: Parameters used per token (all, in a dense model).
        tokens: Tokens seen.
        device: On what.
        count: How many of them, for the days; None leaves the days open.
        hours: Device hours where they are known already; then nothing is estimated about utilisation.
        utilisation: The site's own effective utilisation; None takes the public prior.
        power_share: The site's own share of rated power; None takes the public one.
    """

    active_parameters: float
    tokens: float
    device: TrainingDevice
    count: int | None = None
    hours: float | None = None
    utilisation: Range | None = None
    power_share: Range | None = None


@dataclass(frozen=True, slots=True)
class TrainingEstimate:
    """The final run; development is a line of its own and in none of the others."""

    accelerator_hours: Figure
    duration_s: Figure | None
    energy_j: Figure
    facility_energy_j: Figure
    emissions_g: Figure | None
    cost_usd: Figure | None
    water_l: Figure | None
    development_energy_j: Figure
    assumptions: tuple[str, ...]


def is_new_device(peak_tflops: float) -> bool:
    """Whether a device is of the H100's generation or later: public runs reach less of such a peak."""
    return peak_tflops >= NEW_DEVICE_TFLOPS


def training_flop(active_parameters: float, tokens: float) -> float:
    """FLOP of training: 6 per active parameter and token (forward 2, backward 4)."""
    return 6.0 * active_parameters * tokens


def accelerator_hours(flop: float, peak_tflops: float, utilisation_share: float) -> float:
    """Device hours at an effective utilisation (0 to 1) of the dense peak."""
    return flop / (peak_tflops * 1e12 * utilisation_share * SECONDS_PER_HOUR)


def utilisation(active_billion: float, tokens_billion: float, hours: float, peak_tflops: float) -> float:
    """Effective utilisation of a run that was: its FLOP over what its devices could do in its hours."""
    return training_flop(active_billion * 1e9, tokens_billion * 1e9) / (peak_tflops * 1e12 * hours * SECONDS_PER_HOUR)


def site_prior(values: Sequence[float]) -> Range | None:
    """A site's own prior from its runs: their median, with their spread; None without any.

    One or two runs say little of the next: the range is then a factor of 1.5.
    """
    if not values:
        return None
    logs = sorted(math.log(value) for value in values)
    middle = (logs[(len(logs) - 1) // 2] + logs[len(logs) // 2]) / 2
    if len(logs) < 3:
        return by_factor(math.exp(middle), 1.5)
    spread = math.sqrt(sum((log - middle) ** 2 for log in logs) / (len(logs) - 1))
    return from_gsd(math.exp(middle), max(1.05, math.exp(spread * math.sqrt(1 + 1 / len(logs)))))


def estimate_training(
    work: TrainingWork, prior: UtilisationPrior, factors: Factors, zone: Zone, year: int
) -> TrainingEstimate:
    """Everything that follows from the work and the place, each with its 90 % range."""
    device = work.device
    hours = _hours(work, prior)
    watts = device.tdp_w * SECONDS_PER_HOUR
    share = range_of_sum([work.power_share or POWER_SHARE, HOST_SHARE])
    unsure = () if device.known else (by_factor(1.0, 2.0),)
    energy = multiply(hours, share, *unsure, method="modelled", boundary="IT", unit=watts)
    pue = factors.get("pue")
    facility = facility_energy(energy, pue) if pue else energy
    intensity = factors.intensity(zone.zone, year)
    return TrainingEstimate(
        accelerator_hours=hours,
        duration_s=hours.scaled(SECONDS_PER_HOUR / work.count) if work.count else None,
        energy_j=energy,
        facility_energy_j=facility,
        emissions_g=location_figure(facility, intensity, zone, year) if intensity else None,
        cost_usd=estimate_place.cost(hours, facility, factors, zone),
        water_l=estimate_place.water(energy, factors, zone),
        development_energy_j=multiply(facility, DEVELOPMENT_SHARE, method="modelled", boundary=facility.boundary),
        assumptions=_assumptions(work, prior, pue, zone),
    )


def _hours(work: TrainingWork, prior: UtilisationPrior) -> Figure:
    if work.hours is not None:
        return Figure(work.hours, work.hours, work.hours, "declared", "accelerators")
    used = _utilisation(work, prior)
    flop, peak = training_flop(work.active_parameters, work.tokens), work.device.peak_tflops
    part = Range(*(accelerator_hours(flop, peak, end) for end in (used.value, used.high, used.low)))
    if not work.device.known:
        part = range_of_product([part, by_factor(1.0, 2.0)])
    return Figure(*part, "modelled", "accelerators", prior.vintage)


def _utilisation(work: TrainingWork, prior: UtilisationPrior) -> Range:
    return work.utilisation or prior.utilisation(work.active_parameters / 1e9, work.device.peak_tflops)


def _assumptions(work: TrainingWork, prior: UtilisationPrior, pue: Factor | None, zone: Zone) -> tuple[str, ...]:
    device = work.device
    said = []
    if not device.known:
        said.append(f"{device.name} is not known here: an H100's figures stand in, with a wider range")
    if work.hours is None:
        used = _utilisation(work, prior)
        whose = "this site's own runs" if work.utilisation else f"public runs: {prior.vintage}"
        peak = f"{device.peak_tflops:g} TFLOP/s"
        said.append(
            f"effective utilisation {used.value:.2f} ({used.low:.2f} to {used.high:.2f}) of {peak}, from {whose}"
        )
    power = work.power_share or POWER_SHARE
    said.append(f"{power.value:.2f} ({power.low:.2f} to {power.high:.2f}) of {device.tdp_w:g} W rated power")
    said.append(
        f"host {HOST_SHARE.value:.2f} ({HOST_SHARE.low:.2f} to {HOST_SHARE.high:.2f}) of the rated power beside it"
    )
    if pue is not None:
        said.append(f"PUE {pue.value:g} ({pue.low:g} to {pue.high:g}), {pue.method}")
    said.append(f"place {zone.zone}" + (", assumed" if zone.assumed else ""))
    said.append("development (failed runs, searches, smaller sizes) is a line of its own")
    return tuple(said)
