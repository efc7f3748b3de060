"""One plain sentence on a comparison: the dearest candidate of known quality against the cheapest that does as well."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.comparison_types import Candidate, Quality
from joulebook.ledger.accounting.pareto import DOMINANCE_THRESHOLD
from joulebook.ledger.accounting.sentences import bare_percent, number, percent, say

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the sentence is made from.

    Attributes:
        candidates: Cheapest first, those of unknown energy last.
        energy: Draws of J per unit, shape (draws, n).
        quality: Draws of quality, better is more, shape (draws, n); NaN columns where unknown.
        dominance: As from `pareto.dominance_probability`, shape (n, n).
    """

    candidates: list[Candidate]
    energy: Floats
    quality: Floats
    dominance: Floats


def verdict(judged: Judged, language: str = "en") -> str:
    """The sentence, from central values and paired draws."""
    candidates = judged.candidates
    if len(candidates) < 2:
        key = "one_candidate" if candidates else "no_candidate"
        return say(key, language, model=candidates[0].model if candidates else "")
    costed = [i for i, c in enumerate(candidates) if c.energy_per_unit_j]
    if len(costed) < 2:
        return say("no_energy", language)
    known = [i for i in costed if candidates[i].quality]
    if len(known) < 2:
        return _say_pair(judged, "no_quality", costed[0], costed[-1], language)
    return _judge(judged, known[:-1], known[-1], language)


def _judge(judged: Judged, cheaper: list[int], large: int, language: str) -> str:
    """The dearest against the cheapest that dominates it, else that can't be told apart, else that comes nearest."""
    over = judged.dominance[:, large]
    winners = [i for i in cheaper if over[i] >= DOMINANCE_THRESHOLD]
    if winners:
        key = "right" if _is_accuracy(judged.candidates[large].quality) else "scores"
        sentence = _say_pair(judged, key, winners[0], large, language)
        return f"{sentence} {say('probability', language, p=_probability(over[winners[0]], language))}"
    blurred = [i for i in cheaper if _undecided(judged.quality[:, i], judged.quality[:, large])]
    if blurred:
        return _say_pair(judged, "not_separable", blurred[0], large, language)
    rangeless = [i for i in cheaper if np.isnan(judged.quality[0, [i, large]]).any()]
    if rangeless:
        return _say_pair(judged, "quality_range_unknown", rangeless[0], large, language)
    better = [i for i in cheaper if np.mean(judged.quality[:, i] >= judged.quality[:, large]) >= DOMINANCE_THRESHOLD]
    if better:  # as good, but cheaper only on the central values
        return _say_pair(judged, "energy_not_separable", better[0], large, language)
    nearest = max(cheaper, key=lambda i: float(np.median(judged.quality[:, i])))
    return _say_pair(judged, "large_better", nearest, large, language)


def _undecided(a: Floats, b: Floats) -> bool:
    """Whether paired draws of known range leave open which of two is the better one."""
    if np.isnan(a[0]) or np.isnan(b[0]):
        return False
    share = float(np.mean(a >= b))
    return 1 - DOMINANCE_THRESHOLD < share < DOMINANCE_THRESHOLD


def _say_pair(judged: Judged, key: str, small: int, large: int, language: str) -> str:
    ratio = judged.energy[:, small] / judged.energy[:, large]
    low, high = (float(end) for end in np.percentile(ratio, (5, 95)))
    cheap, dear = judged.candidates[small], judged.candidates[large]
    central = _energy(cheap) / _energy(dear)
    return say(
        key,
        language,
        small=cheap.model,
        large=dear.model,
        qs=quality_text(cheap.quality, language),
        ql=quality_text(dear.quality, language),
        metric=dear.quality.name if dear.quality else "",
        ratio=percent(central),
        low=bare_percent(low),
        high=percent(high),
    )


def _energy(candidate: Candidate) -> float:
    return candidate.energy_per_unit_j.value if candidate.energy_per_unit_j else math.nan


def quality_text(quality: Quality | None, language: str = "en") -> str:
    """`97.2 %` for a share of right answers, else the number itself."""
    if quality is None:
        return say("quality_unknown", language)
    return percent(quality.value, 1) if is_share(quality) else number(quality.value)


def is_share(quality: Quality) -> bool:
    """Whether the metric is a share between 0 and 1, to be told in per cent."""
    return quality.higher_is_better and 0 <= quality.value <= 1


def _is_accuracy(quality: Quality | None) -> bool:
    if quality is None or not is_share(quality):
        return False
    name = quality.name.lower().replace("_", " ")
    return "accuracy" in name or name in ("acc", "exact match")


def _probability(p: float, language: str) -> str:
    return say("almost_sure", language) if p >= 0.995 else f"{p:.2f}"
