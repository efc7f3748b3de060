"""Software Carbon Intensity (ISO/IEC 21031:2024): grams per functional unit, location-based, components adding up."""

from __future__ import annotations

from dataclasses import dataclass

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import sum_figures


def sci_g(energy_kwh: float, intensity_g_per_kwh: float, embodied_g: float, units: float) -> float:
    """SCI = ((E * I) + M) / R. `I` is location-based; offsets, certificates and contracts have no place in it."""
    return (energy_kwh * intensity_g_per_kwh + embodied_g) / units


@dataclass(frozen=True, slots=True)
class Sci:
    """Score and its two parts, grams per functional unit; the parts add up to the score.

    Attributes:
        unit: The functional unit R, for example `1 request`.
    """

    unit: str
    score_g: Figure
    operation_g: Figure
    embodied_g: Figure


def sci(operation_g: Figure, embodied_g: Figure, units: float, unit: str) -> Sci:
    """The score of a run: location-based operational and embodied grams over the work done.

    Args:
        operation_g: Location-based grams, reserved and idle hardware included where it is in the run's energy.
        embodied_g: The run's share of its hardware.
        units: How many functional units it did; above 0.
        unit: What one unit is.

    Raises:
        ValueError: No work was counted, so there is nothing to relate the grams to.
    """
    if not units > 0:
        raise ValueError(f"the run counts no {unit}: a score per {unit} needs at least one")
    parts = operation_g.scaled(1 / units), embodied_g.scaled(1 / units)
    score = sum_figures(parts, boundary="life cycle")
    assert score is not None  # noqa: S101  (two parts always have a sum)
    return Sci(unit, score, *parts)
