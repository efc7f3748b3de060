"""How a model's energy divides into development, training and inference, and published break-even counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class LifecycleFact:
    """One published figure: `metric` of `phase` of `subject`, in `unit`."""

    subject: str
    phase: str
    metric: str
    value: float
    unit: str
    basis: str
    year: int
    source_key: str
    verified: str
    note: str


@forgettable
@cache
def lifecycle_shares() -> tuple[LifecycleFact, ...]:
    """All rows."""
    return records("lifecycle.csv", LifecycleFact)
