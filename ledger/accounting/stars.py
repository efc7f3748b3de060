"""Stars of the AI Energy Score, by both rules that its text gives: they disagree, so the rule is named with the stars.

The published method says "five equal sections of the range" and, in the same paragraph, "the lowest 20 % of models"
(AI Energy Score, Hugging Face and Salesforce 2025). It holds for GPU energy per 1,000 queries on one kind of GPU.
"""

from __future__ import annotations

from collections.abc import Sequence


def star_by_range(energy: float, least: float, most: float) -> int:
    """1 to 5 stars by where an energy lies between the least and the most: five equal sections, 5 for the least."""
    return 5 - min(4, int(5 * (energy - least) / (most - least))) if most > least else 5


def stars_by_range(energies: Sequence[float]) -> list[int]:
    """The stars of each by `star_by_range`."""
    return [star_by_range(energy, min(energies), max(energies)) for energy in energies]


def stars_by_quintile(energies: Sequence[float]) -> list[int]:
    """1 to 5 stars by rank: 5 for the fifth of the models that uses least; equals share the better rank."""
    ordered = sorted(energies)
    return [5 - min(4, 5 * ordered.index(energy) // len(energies)) for energy in energies]
