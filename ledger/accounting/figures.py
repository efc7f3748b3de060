"""What accounting gives back: the figures of a window and of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import Component, DeviceUse, Zone


@dataclass(frozen=True, slots=True)
class DeviceFigures:
    """One device in a window: what all of it used, and this run's share; None where it could not be read."""

    device: DeviceUse
    device_energy_j: Figure | None
    energy_j: Figure | None


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """Energy of one window, IT boundary (before PUE).

    Attributes:
        energy_j: Sum of the known components; None if none is known.
        energy_by_component: All four components; None where unknown or where the run has no such part.
        missing: Components that the run has and nobody could read or model, for example `cpu` or `gpu GPU-1c2d`.
        devices: The run's devices. The reserved ones (visible, not used) stand in `reserved`, outside the total.
    """

    energy_j: Figure | None
    energy_by_component: Mapping[Component, Figure | None]
    missing: tuple[str, ...]
    devices: tuple[DeviceFigures, ...]
    reserved: tuple[DeviceFigures, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneFigures:
    """The part of a run that took place in one zone.

    Attributes:
        intensity_g_per_kwh: Life cycle, location-based.
        intensity_direct_g_per_kwh: The region's own combustion-only figure, where there is one; never mixed with the
            other.
    """

    zone: Zone
    energy_j: Figure | None
    intensity_g_per_kwh: Figure | None
    intensity_direct_g_per_kwh: Figure | None
    emissions_location_g: Figure | None


@dataclass(frozen=True, slots=True)
class RunFigures:
    """All figures of one run; each is None where it is not known.

    Attributes:
        energy_j: IT energy, before PUE.
        full_stack_energy_j: Facility energy with the host estimated from the accelerators where the host is unknown.
        embodied_by_source_g: The same embodied share by each source that knows the devices.
        social_cost_usd: By dated value; none of them is the truth.
        tornado: Share (0 to 1) of the width of the location-based emissions' range that each input brings, widest
            first.
        factor_keys: Factors that were used, for `Factors.rows(keys)`.
    """

    energy_j: Figure | None
    energy_by_component: Mapping[Component, Figure | None]
    missing: tuple[str, ...]
    facility_energy_j: Figure | None
    full_stack_energy_j: Figure | None
    emissions_location_g: Figure | None
    emissions_market_annual_g: Figure | None
    emissions_market_hourly_draft_g: Figure | None
    water_l: Figure | None
    embodied_g: Figure | None
    cost_usd: Figure | None
    devices: tuple[DeviceFigures, ...] = ()
    reserved: tuple[DeviceFigures, ...] = ()
    zones: tuple[ZoneFigures, ...] = ()
    embodied_by_source_g: Mapping[str, Figure] = field(default_factory=dict)
    social_cost_usd: Mapping[str, Figure] = field(default_factory=dict)
    tornado: Mapping[str, float] = field(default_factory=dict)
    factor_keys: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
