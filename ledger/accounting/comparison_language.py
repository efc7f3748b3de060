"""Who gets a working model: quality by language or group beside the energy of a request."""

from __future__ import annotations

from dataclasses import dataclass

from joulebook.ledger.accounting.comparison_types import Candidate, Quality
from joulebook.ledger.accounting.comparison_verdict import quality_text
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.languages import language_name
from joulebook.ledger.accounting.sentences import say


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """One model in one language or group.

    Attributes:
        works: True where the whole range lies above chance, False where it reaches down to it, None where chance or the
            range is unknown.
        gap: How much worse than in the model's best language, in the metric's own unit.
    """

    model: str
    language: str
    quality: Quality
    energy_per_unit_j: Figure | None
    works: bool | None
    gap: float


def language_rows(candidates: list[Candidate], *, chance: float | None = None) -> list[LanguageRow]:
    """All models by language, the best quality of each language first.

    Args:
        candidates: Those whose quality was taken apart.
        chance: What guessing gets right, for example 0.5 of two equally frequent answers; None where that is unknown.
    """
    rows = [
        LanguageRow(c.model, q.language, q, c.energy_per_unit_j, _works(q, chance), _gap(q, c.by_language))
        for c in candidates
        for q in c.by_language
        if q.language
    ]
    return sorted(rows, key=lambda row: (row.language, -_benefit(row.quality), row.model))


def served_sentences(rows: list[LanguageRow], language: str = "en") -> list[str]:
    """For each model that works in one language and not in another, what serves the other one."""
    found = []
    for row in rows:
        if row.works is not False:
            continue
        best = next(r for r in rows if r.language == row.language)
        home = max((r for r in rows if r.model == row.model), key=lambda r: _benefit(r.quality))
        words = {"model": row.model, "home": _named(home, language), "other": _named(row, language)}
        figures = {"good": quality_text(home.quality, language), "poor": quality_text(row.quality, language)}
        if home.works:
            key = "unserved" if best.model == row.model or not best.works else "served_by"
            found.append(
                say(
                    key,
                    language,
                    **words,
                    **figures,
                    best=best.model,
                    best_quality=quality_text(best.quality, language),
                )
            )
    return found


def _named(row: LanguageRow, language: str) -> str:
    return language_name(row.language, language)


def _works(quality: Quality, chance: float | None) -> bool | None:
    if chance is None or quality.low is None or quality.high is None:
        return None
    return quality.low > chance if quality.higher_is_better else quality.high < chance


def _gap(quality: Quality, all_of_model: tuple[Quality, ...]) -> float:
    same = [q for q in all_of_model if q.name == quality.name]
    return max(_benefit(q) for q in same) - _benefit(quality)


def _benefit(quality: Quality) -> float:
    return quality.value if quality.higher_is_better else -quality.value
