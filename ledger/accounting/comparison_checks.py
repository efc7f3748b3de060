"""Are these the same work? Warnings before unlike things are compared."""

from __future__ import annotations

from collections import Counter

from joulebook.ledger.accounting.comparison_quality import is_share
from joulebook.ledger.accounting.comparison_types import Candidate, Quality
from joulebook.ledger.accounting.languages import language_name
from joulebook.ledger.accounting.sentences import listed, say

BATCH_RATIO = 2.0  # energy per token falls by a third from batch 8 to 16 in ML.ENERGY v3: twice is not the same work


def same_work_warnings(candidates: list[Candidate], language: str = "en") -> list[str]:
    """One sentence for each way in which the candidates differ beside the model."""
    checks = (
        ("origins", {c.origin for c in candidates}),
        ("tasks", {c.task for c in candidates}),
        ("boundaries", {c.energy_per_unit_j.boundary for c in candidates if c.energy_per_unit_j}),
        ("hardware", {c.hardware for c in candidates if c.hardware}),
    )
    found = [
        say(f"warn_{name}", language, values="; ".join(sorted(values))) for name, values in checks if len(values) > 1
    ]
    return [
        *found,
        *_batch_warning(candidates, language),
        *_share_warnings(candidates, language),
        *_quality_warnings(candidates, language),
    ]


def common_metric(candidates: list[Candidate]) -> str | None:
    """The metric that most candidates carry (the first by name among equals); only this one is compared."""
    counts = Counter(c.quality.name for c in candidates if c.quality)
    return min(counts, key=lambda name: (-counts[name], name)) if counts else None


def _batch_warning(candidates: list[Candidate], language: str) -> list[str]:
    batches = [c.batch for c in candidates if c.batch]
    if not batches or max(batches) < BATCH_RATIO * min(batches):
        return []
    return [say("warn_batch", language, low=f"{min(batches):.3g}", high=f"{max(batches):.3g}")]


def _share_warnings(candidates: list[Candidate], language: str) -> list[str]:
    beyond = dict.fromkeys(c.quality for c in candidates if c.quality and _is_beyond(c.quality))
    return [
        say("warn_share", language, metric=quality.name, value=f"{quality.value:g}", share=_as_share(quality))
        for quality in beyond
    ]


def _is_beyond(quality: Quality) -> bool:
    """Whether it is called a share and can't be one."""
    return is_share(quality) and not 0 <= quality.value <= 1


def _quality_warnings(candidates: list[Candidate], language: str) -> list[str]:
    metric = common_metric(candidates)
    other = [c.model for c in candidates if c.quality and c.quality.name != metric]
    rangeless = [
        c.model
        for c in candidates
        if c.quality and c.quality.name == metric and c.quality.low is None and not _is_beyond(c.quality)
    ]
    missing = [c.model for c in candidates if c.quality is None]
    languages = {
        c.quality.language for c in candidates if c.quality and c.quality.name == metric and c.quality.language
    }
    found = []
    if languages:
        named = ", ".join(language_name(code, language) for code in sorted(languages))
        found.append(say("warn_language", language, values=named))
    if other:
        found.append(say("warn_metric", language, metric=str(metric), models=listed(other, language)))
    if rangeless:
        found.append(say("warn_quality_range", language, models=listed(rangeless, language)))
    if missing:
        found.append(say("warn_no_quality", language, models=listed(missing, language)))
    return found


def _as_share(quality: Quality) -> str:
    """The share that a percentage was meant to be, as an example of what to write."""
    return f"{quality.value / 100:g}" if 1 < quality.value <= 100 else "0.93"
