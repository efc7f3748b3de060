"""Energies of very many parts of a run on one machine at once, from what the whole run came to there.

Accounting takes a fifth of a millisecond a part, and a run may have ten thousand phases. Energies of measured devices
are sums; models of the unmetered are linear in what was observed, so a part's energy follows from the slopes of the
whole's. Where a model turns out not to be linear, `linear` is None and each part is accounted for by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from joulebook.ledger.accounting.figure import Figure

Amount = dict[str, Any]
ByComponent = dict[str, Figure | None]
_STEP = 0.01


def linear(
    energies: Callable[[Amount], ByComponent], whole: Amount, devices: Sequence[Mapping[str, Any]]
) -> Callable[[Amount], ByComponent] | None:
    """A quick stand-in for `energies`, equal to it in values; ranges are as wide, relatively, as those of the whole.

    Args:
        energies: Accounts for one amount (`phase_energy.py` has its form).
        whole: The amount of the run's whole time on the machine.
        devices: The run's `run_devices` rows there.
    """
    figures = energies(whole)
    read = {name: _read(devices, name) for name in figures}
    slopes = {
        name: _slopes(energies, whole, name, figure)
        for name, figure in figures.items()
        if figure is not None and not read[name]
    }
    if any(slope is None for slope in slopes.values()):
        return None

    def part(amount: Amount) -> ByComponent:
        found: ByComponent = {}
        for name, figure in figures.items():
            if figure is None:
                found[name] = None
            elif read[name]:
                found[name] = _scaled(figure, _device_joules(amount, read[name]))
            else:
                used = zip(slopes[name] or (), amount["h"], strict=False)
                found[name] = _scaled(figure, max(0.0, sum(slope * value for slope, value in used)))
        return found

    return part


def _read(devices: Sequence[Mapping[str, Any]], component: str) -> dict[str, float]:
    """Shares of the devices whose readings make up a component."""
    mine = [row for row in devices if row["component"] == component and row["energy_j"] is not None]
    return {row["device_id"]: row["share"] for row in mine}


def _device_joules(amount: Amount, shares: Mapping[str, float]) -> float:
    joules = 0.0
    for device, share in shares.items():
        value = amount["d"].get(device, 0.0)
        joules += share * (value[0] if isinstance(value, list) else value)
    return joules


def _scaled(figure: Figure, value: float) -> Figure:
    if figure.value <= 0:
        return figure.scaled(0.0)
    return figure.scaled(value / figure.value)


def _slopes(energies: Callable[[Amount], ByComponent], whole: Amount, name: str, figure: Figure) -> list[float] | None:
    """Joules per unit of each of the machine's amounts; None where these do not make up the whole again."""
    slopes = []
    for i, value in enumerate(whole["h"]):
        less = {"d": whole["d"], "h": [*whole["h"][:i], value * (1 - _STEP), *whole["h"][i + 1 :]]}
        there = energies(less)[name]
        if there is None:
            return None
        slopes.append((figure.value - there.value) / (value * _STEP) if value > 0 else 0.0)
    together = sum(slope * value for slope, value in zip(slopes, whole["h"], strict=True))
    return slopes if abs(together - figure.value) <= 1e-6 * abs(figure.value) else None
