"""Large against small: candidates that do the same task, their figures side by side, and which dominates which.

Pure: candidates come from `joulebook.ledger.candidates`, the place's factors from the caller. Ranges are 90 % of the
mean. What two candidates share (grid, PUE, meter class) is drawn once for both, so it cancels in their comparison.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.comparison_checks import common_metric, same_work_warnings
from joulebook.ledger.accounting.comparison_draws import Z90, energy_draws, figure_draws, log_sd, quality_draws, signs
from joulebook.ledger.accounting.comparison_json import to_json
from joulebook.ledger.accounting.comparison_site import cost_usd, emissions_g, water_l, with_range
from joulebook.ledger.accounting.comparison_types import (
    Candidate,
    Comparison,
    Dominator,
    FrontierStep,
    Origin,
    Place,
    Quality,
    Row,
    Site,
    State,
    Unit,
)
from joulebook.ledger.accounting.comparison_verdict import is_share, verdict
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.pareto import (
    DOMINANCE_THRESHOLD,
    dominance_probability,
    frontier,
    steps_along,
)
from joulebook.ledger.accounting.sentences import number, say

__all__ = [
    "Candidate",
    "Comparison",
    "Dominator",
    "FrontierStep",
    "Origin",
    "Place",
    "Quality",
    "Row",
    "Site",
    "State",
    "Unit",
    "compare",
    "to_json",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def compare(
    candidates: list[Candidate],
    site: Site,
    *,
    min_quality: float | None = None,
    max_latency_s: float | None = None,
    dimensions: tuple[str, ...] = ("quality", "energy"),
    draws: int = 10_000,
    language: str = "en",
) -> Comparison:
    """Work out all figures per unit, the frontier, who dominates whom, and the verdict.

    Args:
        candidates: Of one task and unit.
        site: The place that all of them are compared at.
        min_quality: Leave out what is worse (in the metric's own unit).
        max_latency_s: Leave out what is slower.
        dimensions: What dominance is about: `quality`, `energy`, `latency`.
        draws: Paired draws; the seed is fixed, so the same input gives the same answer.
        language: Key of the sentences.

    Raises:
        ValueError: A dimension that there is not, or two candidates of one name.
    """
    _check(candidates, dimensions)
    kept, left_out = _screen(candidates, min_quality, max_latency_s, language)
    kept = sorted((with_range(c) for c in kept), key=_order)
    metric = common_metric(kept)
    qualities = [c.quality if c.quality and c.quality.name == metric else None for c in kept]
    drawn = _drawn(kept, qualities, draws)
    dominance = _dominance([drawn[name] for name in dimensions], len(kept))
    on_frontier = _on_frontier(kept, qualities, dimensions)
    warnings = [*same_work_warnings(kept, language)]
    warnings += [say("warn_left_out", language, model=model, why=why) for model, why in left_out]
    return Comparison(
        task=kept[0].task if kept else (candidates[0].task if candidates else ""),
        unit=kept[0].unit if kept else (candidates[0].unit if candidates else "request"),
        rows=tuple(_row(i, kept, site, qualities, dominance, on_frontier) for i in range(len(kept))),
        steps=tuple(_steps(kept, qualities, on_frontier, drawn, site)),
        warnings=tuple(warnings),
        verdict=verdict(_only(kept, qualities), drawn["energy"], -drawn["quality"], dominance, language),
        site=site,
        left_out=tuple(left_out),
    )


def _check(candidates: list[Candidate], dimensions: tuple[str, ...]) -> None:
    unknown = set(dimensions) - {"quality", "energy", "latency"}
    if unknown or not dimensions:
        raise ValueError(
            f"dominance is about quality, energy or latency, not {', '.join(sorted(unknown)) or 'nothing'}"
        )
    names = [c.model for c in candidates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two candidates have one name, give them labels: {', '.join(twice)}")


def _order(candidate: Candidate) -> tuple[float, float, str]:
    """Cheapest first, unknown energy last; the name only parts what is equal, so that labels don't move the draws."""
    energy = candidate.energy_per_unit_j.value if candidate.energy_per_unit_j else math.inf
    quality = candidate.quality.value if candidate.quality else -math.inf
    return energy, -quality, candidate.model


def _screen(
    candidates: list[Candidate], min_quality: float | None, max_latency_s: float | None, language: str
) -> tuple[list[Candidate], list[tuple[str, str]]]:
    kept, left_out = [], []
    for candidate in candidates:
        why = _too_bad(candidate, min_quality, language) or _too_slow(candidate, max_latency_s, language)
        if why:
            left_out.append((candidate.model, why))
        else:
            kept.append(candidate)
    return kept, left_out


def _too_bad(candidate: Candidate, least: float | None, language: str) -> str | None:
    if least is None:
        return None
    if candidate.quality is None:
        return say("left_out_quality_unknown", language, least=number(least))
    sign = 1 if candidate.quality.higher_is_better else -1
    if sign * candidate.quality.value >= sign * least:
        return None
    return say("left_out_quality", language, value=number(candidate.quality.value), least=number(least))


def _too_slow(candidate: Candidate, most_s: float | None, language: str) -> str | None:
    if most_s is None:
        return None
    if candidate.latency_s is None:
        return say("left_out_latency_unknown", language, most=number(most_s))
    if candidate.latency_s.value <= most_s:
        return None
    return say("left_out_latency", language, value=number(candidate.latency_s.value), most=number(most_s))


def _drawn(kept: list[Candidate], qualities: list[Quality | None], draws: int) -> dict[str, Floats]:
    """Paired draws by dimension, less is better in all of them."""
    return {
        "energy": energy_draws(kept, draws),
        "quality": -quality_draws(qualities, draws),
        "latency": figure_draws([c.latency_s for c in kept], draws, stream=3),
    }


def _dominance(dimensions: list[Floats], n: int) -> Floats:
    return dominance_probability(dimensions) if n else np.empty((0, 0))


def _on_frontier(kept: list[Candidate], qualities: list[Quality | None], dimensions: tuple[str, ...]) -> Bools:
    central = {
        "energy": np.array([c.energy_per_unit_j.value if c.energy_per_unit_j else math.nan for c in kept]),
        "latency": np.array([c.latency_s.value if c.latency_s else math.nan for c in kept]),
    }
    benefit = _benefit(qualities) if "quality" in dimensions else np.zeros(len(kept))
    burdens = [central[name] for name in dimensions if name != "quality"]
    return frontier(benefit, np.column_stack(burdens) if burdens else np.zeros((len(kept), 1)))


def _benefit(qualities: list[Quality | None]) -> Floats:
    return np.array([q.value if q else math.nan for q in qualities]) * signs(qualities)


def _row(
    i: int, kept: list[Candidate], site: Site, qualities: list[Quality | None], dominance: Floats, on_frontier: Bools
) -> Row:
    candidate = kept[i]
    energy = candidate.energy_per_unit_j
    over = dominance[:, i]
    dominators = [Dominator(kept[j].model, float(over[j])) for j in np.flatnonzero(over >= DOMINANCE_THRESHOLD)]
    state = _state(bool(on_frontier[i]), bool(dominators), candidate, qualities[i])
    return Row(
        candidate=candidate,
        quality=candidate.quality,
        energy_per_unit_j=energy,
        emissions_per_unit_g=emissions_g(energy, site) if energy else None,
        water_per_unit_l=water_l(energy, site) if energy else None,
        cost_per_unit_usd=cost_usd(energy, site) if energy else None,
        latency_s=candidate.latency_s,
        on_frontier=bool(on_frontier[i]),
        state=state,
        dominated_by=tuple(dominators),
        not_separable_from=_blurred(i, kept, qualities, dominance) if state == "not separable" else (),
    )


def _state(on_frontier: bool, dominated: bool, candidate: Candidate, quality: Quality | None) -> State:
    if on_frontier:
        return "frontier"
    if dominated:
        return "dominated"
    return "not separable" if candidate.energy_per_unit_j and quality else "unknown"


def _blurred(i: int, kept: list[Candidate], qualities: list[Quality | None], dominance: Floats) -> tuple[str, ...]:
    """Who is better on the central values, but not surely."""
    mine, energy = qualities[i], kept[i].energy_per_unit_j
    if mine is None or energy is None:
        return ()
    benefit = _benefit(qualities)
    found = []
    for j, other in enumerate(kept):
        if j == i or other.energy_per_unit_j is None or not benefit[j] >= benefit[i]:
            continue
        if other.energy_per_unit_j.value <= energy.value and not dominance[j, i] >= DOMINANCE_THRESHOLD:
            found.append(other.model)
    return tuple(found)


def _only(kept: list[Candidate], qualities: list[Quality | None]) -> list[Candidate]:
    """The candidates with nothing but the compared metric as quality."""
    return [replace(c, quality=q) for c, q in zip(kept, qualities, strict=True)]


def _steps(
    kept: list[Candidate], qualities: list[Quality | None], on_frontier: Bools, drawn: dict[str, Floats], site: Site
) -> list[FrontierStep]:
    energy = np.array([c.energy_per_unit_j.value if c.energy_per_unit_j else math.nan for c in kept])
    steps = []
    for step in steps_along(_benefit(qualities), energy, on_frontier):
        low, high = kept[step.cheaper], kept[step.dearer]
        quality = qualities[step.dearer]
        if quality is None or high.energy_per_unit_j is None or low.energy_per_unit_j is None:
            continue
        kg = emissions_g(high.energy_per_unit_j, site).value - emissions_g(low.energy_per_unit_j, site).value
        points = 100 * step.benefit if is_share(quality) else step.benefit
        steps.append(
            FrontierStep(
                cheaper=low.model,
                dearer=high.model,
                quality_gain=step.benefit,
                points=points,
                energy_ratio=step.burden_ratio,
                extra_g_per_1000_units=1000 * kg,
                points_per_kg_per_1000_units=_per_kg(
                    step.cheaper, step.dearer, points, kg, drawn, site, is_share(quality)
                ),
            )
        )
    return steps


def _per_kg(
    cheaper: int, dearer: int, points: float, kg: float, drawn: dict[str, Floats], site: Site, share: bool
) -> Figure:
    """Points per kgCO2e of 1,000 units (g per unit is kg per 1,000), its range from the paired draws."""
    gain = (drawn["quality"][:, cheaper] - drawn["quality"][:, dearer]) * (100 if share else 1)
    extra = drawn["energy"][:, dearer] - drawn["energy"][:, cheaper]
    value = points / kg
    ratio = (gain / points) / (extra / np.median(extra)) if np.isfinite(gain).all() else 1 / (extra / np.median(extra))
    site_sd = math.hypot(log_sd(site.intensity_g_per_kwh), log_sd(site.pue))
    random = np.random.default_rng([0, 4])
    spread = ratio * np.exp(random.standard_normal(len(extra)) * site_sd)
    low, high = (float(end) for end in np.percentile(spread * value, (5, 95)))
    return Figure(value, min(low, value), max(high, value), "modelled", "facility", site.vintage)
