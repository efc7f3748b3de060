"""A figure: a number shown to a person, never without its range, method, boundary and vintage."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Literal

Method = Literal["measured", "sampled", "modelled", "declared", "published"]
Boundary = Literal["accelerators", "IT", "facility", "life cycle"]

# From strongest to weakest evidence: a sum is only as good as its weakest part (design.md 1, "figure").
METHOD_ORDER: tuple[Method, ...] = ("measured", "sampled", "declared", "published", "modelled")


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity with its 90 % range; the unit is in the name of what holds it. Unknown is `None`, never 0.

    Attributes:
        value: The central value.
        low: The 5 % end of the 90 % range of the mean.
        high: The 95 % end.
        method: How it is known; a sum has the weakest of its parts.
        boundary: What is inside: accelerators, IT, facility or life cycle.
        vintage: Name of the factor set or year of the data behind it; None where no factor was used.
        measured_share: Share of the value (0 to 1) that a device measured; None where that has no meaning.
    """

    value: float
    low: float
    high: float
    method: Method
    boundary: str
    vintage: str | None = None
    measured_share: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueError(f"a figure must be finite, got {self.value} ({self.low} to {self.high})")
        slack = 1e-9 * max(abs(self.value), abs(self.low), abs(self.high))
        if not self.low - slack <= self.value <= self.high + slack:
            raise ValueError(f"a range must hold its value, got {self.value} ({self.low} to {self.high})")

    def to_json(self) -> dict[str, object]:
        """The figure as the JSON contract has it: value, low, high, method, measured_share, boundary, vintage."""
        return asdict(self)

    def scaled(self, factor: float, *, boundary: str | None = None, vintage: str | None = None) -> Figure:
        """The figure times an exact number (a count, a unit); the range scales with it."""
        ends = sorted((self.low * factor, self.high * factor))
        return replace(
            self,
            value=self.value * factor,
            low=ends[0],
            high=ends[1],
            boundary=boundary or self.boundary,
            vintage=vintage or self.vintage,
        )


def weakest(methods: Iterable[Method]) -> Method:
    """The method of a sum: that of its weakest part."""
    return max(methods, key=METHOD_ORDER.index)
