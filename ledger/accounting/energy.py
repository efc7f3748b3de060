"""Energy of one window by device and component: measured where a device was read, else modelled, else missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from joulebook.ledger.accounting.cpu import model_cpu
from joulebook.ledger.accounting.factors import Factor, Factors
from joulebook.ledger.accounting.figure import Figure, Method
from joulebook.ledger.accounting.figures import DeviceFigures, WindowFigures
from joulebook.ledger.accounting.memory import model_memory
from joulebook.ledger.accounting.observations import (
    COMPONENTS,
    WHOLE_MACHINE,
    Component,
    DeviceUse,
    HostUse,
    Reading,
    ShareHow,
    WindowUse,
)
from joulebook.ledger.accounting.uncertainty import Range, multiply, range_of_product, sum_figures

J_PER_KWH = 3.6e6
# 90 % range of an attributed share, as a factor: per-process utilisation is sampled by the driver, CPU seconds stand
# for power though instructions differ (METRION, arXiv 2512.06806, finds 4 % at best), time alone is a convention. What
# one part of a GPU (MIG) used is in no counter: idle power belongs to all slices, and what the others do is unknown.
SHARE_FACTORS: dict[ShareHow, float] = {"whole": 1.0, "process": 1.1, "cpu-time": 1.25, "time": 2.0, "slices": 2.0}
_MODELS: dict[Component, Callable[[HostUse, Factors], Figure | None]] = {"cpu": model_cpu, "ram": model_memory}


def facility_energy_kwh(it_energy_kwh: float, pue: float) -> float:
    """Energy of the facility: PUE times that of its IT equipment (ISO/IEC 30134-2)."""
    return it_energy_kwh * pue


def shared_energy_j(device_j: float, share: float) -> float:
    """A run's share (0 to 1) of what a device used in its window."""
    return device_j * share


def integrated_energy_j(powers_w: Sequence[float], durations_s: Sequence[float]) -> float:
    """Energy of polled power, each reading held until the next (zero-order hold)."""
    return math.fsum(power * duration for power, duration in zip(powers_w, durations_s, strict=True))


def full_stack_energy_j(accelerators_j: float, multiplier: float) -> float:
    """Energy of everything, estimated from the accelerators alone."""
    return accelerators_j * multiplier


def facility_energy(energy: Figure, pue: Factor) -> Figure:
    """Facility energy of a run; the overhead counts as not measured.

    Args:
        energy: IT energy in joules.
        pue: Power usage effectiveness with its range; its low end is at least 1.
    """
    figure = multiply(
        energy,
        pue.range,
        method=pue.method,
        boundary=wider(energy.boundary, "facility"),
        vintage=f"PUE {pue.value:g} ({pue.source} {pue.vintage})",
    )
    share = None if energy.measured_share is None else energy.measured_share / pue.value
    return replace(figure, measured_share=share)


def full_stack_energy(accelerators: Figure, multiplier: Factor) -> Figure:
    """Facility energy estimated from the accelerators alone, where nothing is known of their host.

    The multiplier is the production split of Google's Gemini prompts: 0.24 Wh for all against 0.10 Wh in active
    accelerators (Elsworth et al. 2025, arXiv 2508.15734).
    """
    return multiply(
        accelerators,
        multiplier.range,
        method=multiplier.method,
        boundary="facility",
        vintage=f"full stack x{multiplier.value:g} ({multiplier.source})",
    )


def wider(boundary: str, name: str) -> str:
    """The name of a wider boundary that still says what is not in it: `IT without cpu` -> `facility without cpu`."""
    if boundary == "accelerators":
        return f"{name}, accelerators only"
    return boundary.replace("IT", name, 1)


def device_figures(device: DeviceUse) -> DeviceFigures:
    """What all of a device used and what of it is this run's."""
    if device.reading is None:
        return DeviceFigures(device, None, None)
    return DeviceFigures(device, _whole(device, device.reading), _attributed(device, device.reading))


def _whole(device: DeviceUse, reading: Reading) -> Figure:
    boundary = "accelerators" if device.component == "gpu" else "IT"
    read = 1.0 if reading.method in ("measured", "sampled") else 0.0
    return Figure(reading.energy_j, reading.low_j, reading.high_j, reading.method, boundary, None, read)


def _attributed(device: DeviceUse, reading: Reading) -> Figure:
    whole = _whole(device, reading)
    if device.share_how == "whole":
        return whole.scaled(device.share)
    factor = SHARE_FACTORS[device.share_how]
    share = Range(device.share, device.share / factor, max(device.share, min(1.0, device.share * factor)))
    energy = range_of_product([Range(reading.energy_j, reading.low_j, reading.high_j), share])
    by_convention = device.share_how in ("time", "slices") and device.share < 1.0
    method: Method = "modelled" if by_convention else whole.method
    measured = 0.0 if by_convention else whole.measured_share
    return Figure(*energy, method, whole.boundary, None, measured)


def _hosts_to_model(hosts: Sequence[HostUse], devices: Sequence[DeviceFigures]) -> Sequence[HostUse] | None:
    """Hosts whose processor and memory are to be modelled; None where one reading has the whole machine in it."""
    whole = any(entry.device.name == WHOLE_MACHINE and entry.energy_j is not None for entry in devices)
    return None if whole else hosts


def account_window(window: WindowUse, factors: Factors) -> WindowFigures:
    """Energy of a run or phase by component; what is not measured is modelled, what can't be is named in `missing`.

    Devices of one component err together (one kind of sensor, one model), components independently of each other.
    """
    devices = tuple(device_figures(device) for device in window.devices)
    used = tuple(device for device in devices if not device.device.reserved)
    hosts = _hosts_to_model(window.hosts, used)
    by_component: dict[Component, Figure | None] = {}
    missing: list[str] = []
    for component in COMPONENTS:
        parts, absent = _component(component, used, hosts, factors)
        boundary = "accelerators" if component == "gpu" else "IT"
        by_component[component] = sum_figures(parts, boundary=boundary, shared=True)
        missing += absent
    return WindowFigures(
        energy_j=_total(by_component, missing),
        energy_by_component=by_component,
        missing=tuple(missing),
        devices=used,
        reserved=tuple(device for device in devices if device.device.reserved),
        warnings=_warnings(used),
    )


def _total(by_component: dict[Component, Figure | None], missing: Sequence[str]) -> Figure | None:
    known = [figure for figure in by_component.values() if figure is not None]
    alone = len(known) == 1 and by_component["gpu"] is not None
    boundary = f"IT without {', '.join(missing)}" if missing else "IT"
    return sum_figures(known, boundary="accelerators" if alone else boundary)


def _component(
    component: Component, devices: Sequence[DeviceFigures], hosts: Sequence[HostUse] | None, factors: Factors
) -> tuple[list[Figure], list[str]]:
    """Known energies of a component, and names of what is missing of it."""
    mine = [device for device in devices if device.device.component == component]
    known = [device.energy_j for device in mine if device.energy_j is not None]
    if component not in _MODELS or hosts is None:
        unread = [device.device.device_id for device in mine if device.energy_j is None]
        return known, [f"{component} {name}" for name in unread] if known else [component] if unread else []
    model, absent = _MODELS[component], []
    for host in hosts:
        here = [device for device in mine if _on(device.device, host)]
        if any(device.energy_j is not None for device in here):
            absent += [f"{component} {device.device.device_id}" for device in here if device.energy_j is None]
            continue
        modelled = model(host, factors)
        known += [modelled] if modelled is not None else []
        absent += [f"{component} on {host.host}"] if modelled is None else []
    return known, absent if known else [component]


def _on(device: DeviceUse, host: HostUse) -> bool:
    return device.device_id.startswith(f"{host.boot_id}/") or device.host == host.host


def _warnings(devices: Sequence[DeviceFigures]) -> tuple[str, ...]:
    texts = []
    for entry in devices:
        device = entry.device
        if device.reading is None:
            texts.append(f"{device.name} ({device.device_id}) could not be read: {device.why_unknown or 'no reading'}")
        elif device.coverage < 0.95:
            texts.append(f"{device.name} ({device.device_id}) was read for {device.coverage:.0%} of the time only")
    return tuple(texts)
