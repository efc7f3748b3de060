"""One plain sentence on a comparison: the dearest candidate of known quality, held against the cheapest that does as well."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.comparison_types import Candidate, Quality
from joulebook.ledger.accounting.pareto import DOMINANCE_THRESHOLD
from joulebook.ledger.accounting.sentences import bare_percent, number, percent, say

Floats = npt.NDArray[np.float64]


def verdict(candidates: list[Candidate], energy: Floats, quality: Floats, dominance: Floats, language: str) -> str:
    """The sentence, from central values and paired draws.

    Args:
        candidates: Cheapest first, those of unknown energy last.
        energy: Draws of J per unit, shape (draws, n).
        quality: Draws of quality, better is more, shape (draws, n); NaN columns where unknown.
        dominance: As from `pareto.dominance_probability`, shape (n, n).
    """
    if len(candidates) < 2:
        key = "one_candidate" if candidates else "no_candidate"
        return say(key, language, model=candidates[0].model if candidates else "")
    costed = [i for i, c in enumerate(candidates) if c.energy_per_unit_j]
    if len(costed) < 2:
        return say("no_energy", language)
    judged = [i for i in costed if candidates[i].quality]
    if len(judged) < 2:
        return _say_pair("no_quality", candidates, energy, costed[0], costed[-1], language)
    return _judge(candidates, energy, quality, dominance, judged, language)


def _judge(
    candidates: list[Candidate], energy: Floats, quality: Floats, dominance: Floats, judged: list[int], language: str
) -> str:
    large = judged[-1]
    winners = [i for i in judged[:-1] if dominance[i, large] >= DOMINANCE_THRESHOLD]
    if winners:
        key = "right" if _is_accuracy(candidates[large].quality) else "scores"
        sentence = _say_pair(key, candidates, energy, winners[0], large, language)
        return f"{sentence} {say('probability', language, p=_probability(dominance[winners[0], large]))}"
    close = [i for i in judged[:-1] if not _decided(quality[:, i], quality[:, large])]
    if close:
        known = np.isfinite(quality[0, [close[0], large]]).all()
        return _say_pair(
            "not_separable" if known else "quality_range_unknown", candidates, energy, close[0], large, language
        )
    better = [i for i in judged[:-1] if np.mean(quality[:, i] >= quality[:, large]) >= DOMINANCE_THRESHOLD]
    if better:  # as good, but cheaper only on the central values
        return _say_pair("energy_not_separable", candidates, energy, better[0], large, language)
    nearest = max(judged[:-1], key=lambda i: float(np.median(quality[:, i])))
    return _say_pair("large_better", candidates, energy, nearest, large, language)


def _decided(a: Floats, b: Floats) -> bool:
    """Whether paired draws tell which of two is the better one."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    share = float(np.mean(a >= b))
    return not 1 - DOMINANCE_THRESHOLD < share < DOMINANCE_THRESHOLD


def _say_pair(key: str, candidates: list[Candidate], energy: Floats, small: int, large: int, language: str) -> str:
    ratio = energy[:, small] / energy[:, large]
    low, high = (float(end) for end in np.percentile(ratio, (5, 95)))
    central = candidates[small].energy_per_unit_j.value / candidates[large].energy_per_unit_j.value  # type: ignore[union-attr]
    metric = candidates[large].quality
    return say(
        key,
        language,
        small=candidates[small].model,
        large=candidates[large].model,
        qs=quality_text(candidates[small].quality),
        ql=quality_text(metric),
        metric=metric.name if metric else "",
        ratio=percent(central),
        low=bare_percent(low),
        high=percent(high),
    )


def quality_text(quality: Quality | None) -> str:
    """`97.2 %` for a share of right answers, else the number itself."""
    if quality is None:
        return "unknown"
    return percent(quality.value, 1) if is_share(quality) else number(quality.value)


def is_share(quality: Quality) -> bool:
    """Whether the metric is a share between 0 and 1, to be told in per cent."""
    return quality.higher_is_better and 0 <= quality.value <= 1


def _is_accuracy(quality: Quality | None) -> bool:
    return quality is not None and is_share(quality) and "accuracy" in quality.name.lower()


def _probability(p: float) -> str:
    return "above 0.99" if p >= 0.995 else f"{p:.2f}"
