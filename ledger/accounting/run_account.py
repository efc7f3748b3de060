"""From what a run used to its figures: energy, emissions, water, embodied carbon, money; each with range and method."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from joulebook.ledger.accounting.embodied import embodied_by_source, embodied_figure
from joulebook.ledger.accounting.emissions import (
    intensity_figure,
    intensity_ranges,
    location_figure,
    market_figure,
    market_intensity,
)
from joulebook.ledger.accounting.energy import J_PER_KWH, account_window, facility_energy, full_stack_energy
from joulebook.ledger.accounting.factors import Factor, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.figures import DeviceFigures, RunFigures, WindowFigures, ZoneFigures
from joulebook.ledger.accounting.hourly_run import hourly_factor, hourly_market
from joulebook.ledger.accounting.linter import Record, lint
from joulebook.ledger.accounting.money import electricity_cost, rental_cost
from joulebook.ledger.accounting.observations import RunUse, WindowUse, Zone
from joulebook.ledger.accounting.social_cost import social_costs
from joulebook.ledger.accounting.uncertainty import Range, of_figure, range_of_product, sum_figures, tornado
from joulebook.ledger.accounting.water import water_figure

__all__ = [
    "DeviceFigures",
    "RunFigures",
    "WindowFigures",
    "ZoneFigures",
    "account_run",
    "account_window",
]

# Seconds: below, a counter's ticks are too few to call a reading odd.
LEAST_JUDGED_S = 10.0
UNKNOWN_ZONE = Zone("WLD", "unknown", assumed=True)


@dataclass
class _Part:
    """Figures of a run's part in one zone, and what they were made with."""

    figures: ZoneFigures
    facility: Figure | None = None
    market: Figure | None = None
    hourly: Figure | None = None
    water: Figure | None = None
    cost: Figure | None = None
    keys: set[str] = field(default_factory=set)
    flags: list[str] = field(default_factory=list)
    inputs: dict[str, Range] = field(default_factory=dict)


def account_run(run: RunUse, factors: Factors) -> RunFigures:
    """All figures of one run under one factor set.

    Energies of zones add up to the run's; what zones share (PUE, models) errs together in their sums.
    """
    whole = account_window(run.window, factors)
    parts = [
        _zone_part(run, zone, _energy(window, run, whole, factors), factors) for zone, window in _zone_windows(run)
    ]
    facility = _sum(parts, lambda part: part.facility)
    location = _sum(parts, lambda part: part.figures.emissions_location_g)
    return RunFigures(
        energy_j=whole.energy_j,
        energy_by_component=whole.energy_by_component,
        missing=whole.missing,
        facility_energy_j=facility,
        full_stack_energy_j=_full_stack(whole, facility, factors),
        emissions_location_g=location,
        emissions_market_annual_g=_sum(parts, lambda part: part.market),
        emissions_market_hourly_draft_g=_sum(parts, lambda part: part.hourly),
        water_l=_sum(parts, lambda part: part.water),
        embodied_g=embodied_figure(run.window, factors),
        cost_usd=_rental(run, factors) or _sum(parts, lambda part: part.cost),
        devices=whole.devices,
        reserved=whole.reserved,
        zones=tuple(part.figures for part in parts),
        embodied_by_source_g=embodied_by_source(run.window, factors),
        social_cost_usd={} if location is None else social_costs(location, factors.under("scc")),
        tornado=tornado(_with_components(whole, max(parts, key=_weight).inputs)),
        factor_keys=tuple(sorted(set().union(*(part.keys for part in parts)))),
        warnings=_unique([*run.notes, *whole.warnings, *_odd(run, whole), *(f for part in parts for f in part.flags)]),
    )


def _zone_windows(run: RunUse) -> Sequence[tuple[Zone, WindowUse]]:
    return run.zone_windows or ((UNKNOWN_ZONE, run.window),)


def _sum(parts: Sequence[_Part], pick: Callable[[_Part], Figure | None]) -> Figure | None:
    """Sum over zones; unknown unless every zone that used energy has a figure."""
    figures = [pick(part) for part in parts if part.figures.energy_j is not None]
    known = [figure for figure in figures if figure is not None]
    if len(known) < len(figures) or not known:
        return None
    return known[0] if len(known) == 1 else sum_figures(known, boundary=known[0].boundary, shared=True)


def _weight(part: _Part) -> float:
    return part.figures.energy_j.value if part.figures.energy_j else 0.0


def _energy(window: WindowUse, run: RunUse, whole: WindowFigures, factors: Factors) -> Figure | None:
    """Energy of a zone's window; that of the run itself where all of it took place there."""
    return whole.energy_j if window is run.window else account_window(window, factors).energy_j


def _zone_part(run: RunUse, zone: Zone, energy: Figure | None, factors: Factors) -> _Part:
    year = time.gmtime(run.started_at).tm_year
    hourly = hourly_factor(run, zone, factors)
    yearly = factors.intensity(zone.zone, year) or factors.intensity("WLD", year)
    grid = hourly or yearly
    direct = factors.intensity(zone.zone, year, basis="grid-direct") if "-" in zone.zone else None
    part = _Part(
        ZoneFigures(
            zone,
            energy,
            None if grid is None else intensity_figure(grid, zone, year),
            None if direct is None else intensity_figure(direct, zone, year),
            None,
        )
    )
    part.keys |= {factor.key for factor in (yearly, direct) if factor is not None}
    pue = _chosen(run, factors, "pue", part)
    if energy is None or pue is None:
        return part
    part.facility = facility_energy(energy, pue)
    part.inputs["PUE"] = pue.range
    if grid is not None:
        _emissions(part, run, grid, factors)
    _water_and_cost(part, run, pue, energy, factors)
    return part


def _emissions(part: _Part, run: RunUse, grid: Factor, factors: Factors) -> None:
    zone, year = part.figures.zone, time.gmtime(run.started_at).tm_year
    assert part.facility is not None  # noqa: S101  (the caller has just set it)
    location = location_figure(part.facility, grid, zone, year)
    part.figures = ZoneFigures(
        zone,
        part.figures.energy_j,
        part.figures.intensity_g_per_kwh,
        part.figures.intensity_direct_g_per_kwh,
        location,
    )
    market = market_intensity(zone, run.started_at, grid, factors)
    part.market = market_figure(part.facility, market)
    part.hourly = hourly_market(run, part.facility, zone, factors)
    part.inputs["grid intensity"] = range_of_product(intensity_ranges(grid, zone))
    part.flags += [*market.flags] if factors.contracts else []
    if zone.assumed:
        part.flags.append(_assumed_text(zone))


def _assumed_text(zone: Zone) -> str:
    if zone.zone == "WLD":
        return "nobody knows where this ran: the world's mean stands in; declare a location"
    return f"{zone.zone} is assumed from the machine's {zone.how}; declare a location to be sure"


def _water_and_cost(part: _Part, run: RunUse, pue: Factor, energy: Figure, factors: Factors) -> None:
    zone = part.figures.zone.zone
    country = zone.split("-")[0]
    wue = _chosen(run, factors, "wue", part)
    grid = factors.get(f"water/{country}") or factors.get("water/WLD")
    if wue is not None and grid is not None:
        part.keys.add(grid.key)
        part.water = water_figure(energy, pue, wue, grid)
    price = _chosen(run, factors, "price", part) or factors.get(f"price/{zone}") or factors.get(f"price/{country}")
    if price is not None and part.facility is not None:
        part.keys.add(price.key)
        part.cost = electricity_cost(part.facility, price)


_DECLARED = {"pue": "pue", "wue": "wue_l_per_kwh", "price": "price_usd_per_kwh"}


def _chosen(run: RunUse, factors: Factors, key: str, part: _Part) -> Factor | None:
    """What was declared for this run, else what the set has."""
    value = run.declared.get(_DECLARED[key])
    if value is not None:
        return Factor(key, value, value, value, _DECLARED[key], "declared", "this run", "declared")
    factor = factors.get(key)
    part.keys |= {key} if factor is not None else set()
    return factor


def _rental(run: RunUse, factors: Factors) -> Figure | None:
    """GPU-hours at the declared rate, reserved ones too, since they are paid; None without a rate or a GPU.

    Of a part (MIG) and of a GPU that other runs used at the same time only the run's share: each hour is paid once.
    """
    rate, gpus = factors.get("gpu_hour"), [device for device in run.window.devices if device.component == "gpu"]
    held = math.fsum(device.share for device in gpus)
    if rate is None or not held:
        return None
    cost = rental_cost(held * run.window.duration_s / 3600, rate)
    whole = held == len(gpus)
    return (
        cost if whole else replace(cost, vintage=f"{cost.vintage}, {held:.3g} of {len(gpus)} GPUs by the run's share")
    )


def _full_stack(whole: WindowFigures, facility: Figure | None, factors: Factors) -> Figure | None:
    """Facility energy where the host is known, else from the accelerators by the sourced multiplier."""
    gpu, multiplier = whole.energy_by_component["gpu"], factors.get("full_stack")
    if whole.energy_by_component["cpu"] is not None or gpu is None or multiplier is None:
        return facility
    return full_stack_energy(gpu, multiplier)


def _with_components(whole: WindowFigures, inputs: dict[str, Range]) -> dict[str, Range]:
    """The inputs of a run's emissions: each component as a factor on the total energy, beside PUE and grid."""
    total = whole.energy_j.value if whole.energy_j else 0.0
    for component, figure in whole.energy_by_component.items():
        if figure is not None and total > 0:
            rest = total - figure.value
            value, low, high = of_figure(figure)
            inputs = {f"{component} energy": Range(rest + value, rest + low, rest + high), **inputs}
    return inputs


def _odd(run: RunUse, whole: WindowFigures) -> list[str]:
    """What the linter finds in our own figures; short runs have too few readings to judge."""
    if run.window.duration_s < LEAST_JUDGED_S:
        return []
    parts = {name: figure.value / J_PER_KWH for name, figure in whole.energy_by_component.items() if figure is not None}
    gpus = sum(entry.device.component == "gpu" and entry.energy_j is not None for entry in whole.devices)
    record = Record(
        energy_kwh=whole.energy_j.value / J_PER_KWH if whole.energy_j else None,
        gpu_kwh=parts.get("gpu"),
        ram_kwh=parts.get("ram"),
        duration_s=run.window.duration_s * max(1, len(run.window.hosts)),
        gpu_count=gpus or None,
    )
    return [finding.text for finding in lint(record)]


def _unique(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
