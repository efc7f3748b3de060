"""Implausible figures, found and explained, wherever they come from: an import, a model card, our own books."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from joulebook.meters.wording import grouped

Severity = Literal["error", "warning", "note"]

# Grams per kWh: below is no grid there is (Iceland's and Norway's lie at 20 to 30 life cycle), above no plant (lignite
# 1,100).
LEAST_G_PER_KWH, MOST_G_PER_KWH = 5.0, 1500.0
# Watts: no single accelerator draws more (1,400 W is announced), with a generous host on top.
MOST_W_PER_ACCELERATOR, MOST_W_OF_HOST = 1500.0, 4000.0
# Shares that should be equal, to within rounding of the files seen.
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader should look at.

    Attributes:
        code: Stable name, such as `intensity-too-low`.
        severity: `error` where it can't be used, `warning` where it is likely wrong, `note` where one should know.
        text: What was found, why it can't well be, and what it may be instead.
        field: Name of the figure it is about, as in `Record`.
    """

    code: str
    severity: Severity
    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Figures that belong together, each None where the source has none.

    Attributes:
        energy_kwh: All of it, as the source states it (with PUE where `pue` says so).
        pue: As the source applied it; 1 or None where it did not.
        emissions_g: As the source states it, taken as grams.
    """

    energy_kwh: float | None = None
    cpu_kwh: float | None = None
    gpu_kwh: float | None = None
    ram_kwh: float | None = None
    cpu_power_w: float | None = None
    gpu_power_w: float | None = None
    ram_power_w: float | None = None
    duration_s: float | None = None
    gpu_count: float | None = None
    emissions_g: float | None = None
    water_l: float | None = None
    wue_l_per_kwh: float | None = None
    pue: float | None = None


def lint(record: Record) -> tuple[Finding, ...]:
    """Everything implausible about a record, in a fixed order."""
    return tuple(finding for check in _CHECKS for finding in check(record))


def lint_intensity(emissions_g: float | None, energy_kwh: float | None) -> Iterator[Finding]:
    """Grams per kWh that no grid has, and the unit that was likely meant."""
    if emissions_g is None or energy_kwh is None or energy_kwh <= 0 or emissions_g <= 0:
        return
    intensity = emissions_g / energy_kwh
    if LEAST_G_PER_KWH <= intensity <= MOST_G_PER_KWH:
        return
    low = intensity < LEAST_G_PER_KWH
    bound = f"below {LEAST_G_PER_KWH:g}" if low else f"above {MOST_G_PER_KWH:g}"
    yield Finding(
        "intensity-too-low" if low else "intensity-too-high",
        "warning",
        f"{emissions_g:g} g for {energy_kwh:g} kWh is {intensity:.3g} gCO2e/kWh, {bound}, where no grid is"
        + _slip(intensity, LEAST_G_PER_KWH, MOST_G_PER_KWH, "kilograms were written as grams", "grams as kilograms"),
        "emissions_g",
    )


def _slip(value: float, least: float, most: float, too_low: str, too_high: str) -> str:
    """What a power of ten would explain."""
    if least <= value * 1000 <= most:
        return f"; a thousand times as much would fit: {too_low}?"
    if least <= value / 1000 <= most:
        return f"; a thousandth would fit: {too_high}?"
    if value > most and least <= value / 10 <= most:
        return "; a tenth would fit: a digit too many?"
    return ""


def _intensity(record: Record) -> Iterator[Finding]:
    yield from lint_intensity(record.emissions_g, record.energy_kwh)


def _power(record: Record) -> Iterator[Finding]:
    """Mean power beyond what the hardware can draw: watts taken for kilowatts, hours for seconds."""
    if record.energy_kwh is None or not record.duration_s or record.duration_s < 1:
        return
    mean_w = record.energy_kwh * 3.6e6 / record.duration_s / (record.pue or 1.0)
    most = MOST_W_OF_HOST + MOST_W_PER_ACCELERATOR * (record.gpu_count or 0)
    if mean_w > most:
        fits = "; a thousandth would fit: watts were taken for kilowatts?" if mean_w / 1000 < most else ""
        yield Finding(
            "power-too-high",
            "warning",
            f"{record.energy_kwh:g} kWh in {record.duration_s:g} s is a mean of {grouped(mean_w)} W, more than such a "
            f"machine can draw ({grouped(most)} W){fits}",
            "energy_kwh",
        )


def _power_against_energy(record: Record) -> Iterator[Finding]:
    """A part's mean power times the time against its energy: a thousandth or a thousand times is a slip of units."""
    for name in ("cpu", "gpu", "ram"):
        power_w, energy_kwh = getattr(record, f"{name}_power_w"), getattr(record, f"{name}_kwh")
        if not power_w or not energy_kwh or not record.duration_s:
            continue
        ratio = power_w * record.duration_s / 3.6e6 / energy_kwh
        thousands = round(math.log10(ratio) / 3) if ratio > 0 else 0
        if thousands and math.isclose(ratio, 1000.0**thousands, rel_tol=0.25):
            size = f"{grouped(1000 ** abs(thousands))} times too {'much' if thousands > 0 else 'little'}"
            yield Finding(
                "power-against-energy",
                "warning",
                f"{power_w:g} W for {record.duration_s:g} s is {size} for {energy_kwh:g} kWh: watts and kilowatts, or "
                "watt-hours and kilowatt-hours, taken for each other?",
                f"{name}_power_w",
            )


def _sum_of_parts(record: Record) -> Iterator[Finding]:
    parts = [part for part in (record.cpu_kwh, record.gpu_kwh, record.ram_kwh) if part is not None]
    if record.energy_kwh is None or len(parts) < 3:
        return
    total = math.fsum(parts)
    if not math.isclose(total, record.energy_kwh, rel_tol=SUM_TOLERANCE, abs_tol=1e-12):
        yield Finding(
            "parts-do-not-add-up",
            "warning",
            f"CPU, GPU and memory add up to {total:g} kWh, not to the stated {record.energy_kwh:g} kWh",
            "energy_kwh",
        )


def _silent_gpu(record: Record) -> Iterator[Finding]:
    if record.gpu_count and record.gpu_kwh == 0:
        yield Finding(
            "gpu-zero",
            "warning",
            f"{record.gpu_count:g} GPUs are present and are said to have used 0 J: they were likely not read, so their "
            "energy is unknown, not zero",
            "gpu_kwh",
        )


def _memory_above_gpu(record: Record) -> Iterator[Finding]:
    if record.gpu_count and record.gpu_kwh and record.ram_kwh and record.ram_kwh > record.gpu_kwh:
        yield Finding(
            "ram-above-gpu",
            "warning",
            f"memory is said to have used {record.ram_kwh / record.gpu_kwh:.2g} times the energy of the GPUs: a "
            "constant per gigabyte of a large shared machine, of which the job holds a part?",
            "ram_kwh",
        )


def _water_with_pue_twice(record: Record) -> Iterator[Finding]:
    """WUE is per IT kWh; multiplied by energy with PUE it counts the overhead twice."""
    water, wue, pue, energy = record.water_l, record.wue_l_per_kwh, record.pue, record.energy_kwh
    if not water or not wue or not energy or not pue or pue <= 1.005:
        return
    for times in (1, 2):
        it_water = wue * energy / pue
        if math.isclose(water, it_water * pue**times, rel_tol=1e-3):
            extra = pue**times
            yield Finding(
                "water-with-pue",
                "warning",
                f"{water:g} L is WUE times energy with PUE; WUE is per IT kWh, so this is {extra:.3g} times too much "
                f"({it_water:.4g} L)",
                "water_l",
            )
            return


def _pue_in_power(record: Record) -> Iterator[Finding]:
    """Power columns that carry PUE like the energies: their mean times time gives the facility's energy."""
    if not record.pue or record.pue <= 1.005 or not record.duration_s or not record.gpu_kwh or not record.gpu_power_w:
        return
    from_power = record.gpu_power_w * record.duration_s / 3.6e6
    if math.isclose(from_power, record.gpu_kwh, rel_tol=0.2 * (record.pue - 1)):
        yield Finding(
            "pue-in-power",
            "note",
            f"the power columns include PUE {record.pue:g}: the GPUs drew {record.gpu_power_w / record.pue:.4g} W",
            "gpu_power_w",
        )


def _possible(record: Record) -> Iterator[Finding]:
    for name in ("energy_kwh", "cpu_kwh", "gpu_kwh", "ram_kwh", "duration_s", "emissions_g", "water_l"):
        value = getattr(record, name)
        if value is not None and (value < 0 or not math.isfinite(value)):
            yield Finding("impossible", "error", f"{value!r} can't be: it must be a number of at least 0", name)
    if record.pue is not None and not 1 <= record.pue <= 10:
        yield Finding("impossible", "error", f"a PUE of {record.pue:g} can't be: it is at least 1", "pue")


_CHECKS: tuple[Callable[[Record], Iterator[Finding]], ...] = (
    _possible,
    _intensity,
    _power,
    _power_against_energy,
    _sum_of_parts,
    _silent_gpu,
    _memory_above_gpu,
    _water_with_pue_twice,
    _pue_in_power,
)
