"""Energy above idle: what a run used beyond what its devices would have used in the same time without it.

A figure beside the total, never in its place: idle power is as real as the rest, and somebody keeps the machine on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.figures import DeviceFigures
from joulebook.ledger.accounting.observations import COMPONENTS
from joulebook.ledger.accounting.uncertainty import Range, of_figure, range_of_sum, sum_figures


@dataclass(frozen=True, slots=True)
class IdleDevice:
    """A device whose idle power was measured before the run.

    Attributes:
        figures: What it used in the run's time.
        idle_w: All of its idle power.
        rel_error: Half width of the 90 % range of what its sensor tells over a long window, as a share.
        read_s: Seconds of the run in which it was read.
    """

    figures: DeviceFigures
    idle_w: float
    rel_error: float
    read_s: float

    @property
    def idle_j(self) -> Range:
        """The run's part of what it would have used at idle power."""
        joules = self.idle_w * self.read_s * self.figures.device.share
        return Range(joules, joules * (1 - self.rel_error), joules * (1 + self.rel_error))


def energy_above_idle_j(energy_j: float, idle_w: float, duration_s: float) -> float:
    """Energy of a device beyond its idle power in the same time; 0 where it used less than that."""
    return max(0.0, energy_j - idle_w * duration_s)


def above_idle(devices: Sequence[IdleDevice], others: Sequence[DeviceFigures] = ()) -> Figure | None:
    """Energy above idle, all devices whose idle power is known together; None where there is none.

    Devices of one component err together; components, and the run and the idle time before it, independently.

    Args:
        devices: Those whose idle power was measured; such as could not be read in the run are left out.
        others: The run's other devices. Where they are of the same component, the boundary names the former.
    """
    known = [entry for entry in devices if entry.figures.energy_j is not None]
    by_component = [[entry for entry in known if entry.figures.device.component == name] for name in COMPONENTS]
    energies = [_energy(part) for part in by_component if part]
    used = sum_figures([figure for figure in energies if figure is not None], boundary=_boundary(known, others))
    if used is None:
        return None
    idle = range_of_sum([range_of_sum([entry.idle_j for entry in part], shared=True) for part in by_component if part])
    width = range_of_sum([of_figure(used), Range(-idle.value, -idle.high, -idle.low)])
    value = max(0.0, width.value)
    told = f"idle power of {sum(entry.idle_w for entry in known):.4g} W measured before the run"
    told += "; the run used less than that, 0 stands for it" if width.value < 0 else ""
    ends = max(0.0, width.low), max(value, width.high)
    return Figure(value, *ends, used.method, used.boundary, told, used.measured_share)


def _energy(part: Sequence[IdleDevice]) -> Figure | None:
    figures = [entry.figures.energy_j for entry in part if entry.figures.energy_j is not None]
    return sum_figures(figures, boundary="IT", shared=True)


def _boundary(known: Sequence[IdleDevice], others: Sequence[DeviceFigures]) -> str:
    """Components of which idle power is known of every device, else the devices by name."""
    partly = {entry.device.component for entry in others}
    names = []
    for entry in known:
        device = entry.figures.device
        names.append(f"{device.component} {device.device_id}" if device.component in partly else device.component)
    return f"above idle: {', '.join(dict.fromkeys(names))}"
