"""Benchmark scores of models; compare only within one benchmark, setting and source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class QualityScore:
    """One score; `model_id` (Hugging Face id) joins it to the inference tables, `verified` may be `recall`.

    Attributes:
        low_95: Lower end of the 95 % interval that the source gives; None where it gives none.
        high_95: Upper end.
    """

    model: str
    model_id: str
    parameters_billion: float | None
    benchmark: str
    score: float
    low_95: float | None
    high_95: float | None
    unit: str
    setting: str
    year: int
    source_key: str
    verified: str


@forgettable
@cache
def quality_scores() -> tuple[QualityScore, ...]:
    """All scores."""
    return records("quality_scores.csv", QualityScore)
