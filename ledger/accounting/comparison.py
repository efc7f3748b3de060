"""Large against small: candidates that do the same task, their figures side by side, and which dominates which.

Pure: candidates come from `joulebook.ledger.candidates`, the place's factors from the caller. Ranges are 90 % of the
mean. What two candidates share (grid, PUE, meter class) is drawn once for both, so it cancels in their comparison.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.comparison_checks import common_metric, same_work_warnings
from joulebook.ledger.accounting.comparison_draws import energy_draws, figure_draws, quality_draws, signs
from joulebook.ledger.accounting.comparison_json import to_json
from joulebook.ledger.accounting.comparison_site import cost_usd, emissions_g, times, water_l, with_range
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
from joulebook.ledger.accounting.comparison_verdict import Judged, is_share, verdict
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.pareto import (
    DOMINANCE_THRESHOLD,
    Step,
    dominance_probability,
    frontier,
    steps_along,
)
from joulebook.ledger.accounting.sentences import number, say
from joulebook.ledger.errors import LedgerError

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
        LedgerError: A dimension that there is not, or two candidates of one name.
    """
    _check(candidates, dimensions)
    _check_least(candidates, min_quality)
    kept, left_out = _screen(candidates, min_quality, max_latency_s, language)
    field = _field(sorted((with_range(c) for c in kept), key=_order), dimensions, draws)
    warnings = same_work_warnings(field.kept, language)
    warnings += [say("warn_left_out", language, model=model, why=why) for model, why in left_out]
    first = (field.kept or candidates)[0] if candidates else None
    judged = [replace(c, quality=q) for c, q in zip(field.kept, field.qualities, strict=True)]
    return Comparison(
        task=first.task if first else "",
        unit=first.unit if first else "request",
        rows=tuple(_row(field, i, site) for i in range(len(field.kept))),
        steps=tuple(_steps(field, site)),
        warnings=tuple(warnings),
        verdict=verdict(Judged(judged, field.energy, field.quality, field.dominance), language),
        site=site,
        left_out=tuple(left_out),
    )


@dataclass(frozen=True, slots=True)
class _Field:
    """The candidates that are left, cheapest first, with their paired draws (better quality is more).

    Attributes:
        qualities: Of the compared metric; None where the candidate has only another one.
        energy, quality: Shape (draws, n).
        dominance: Shape (n, n).
        on_frontier: Shape (n,).
    """

    kept: list[Candidate]
    qualities: list[Quality | None]
    energy: Floats
    quality: Floats
    dominance: Floats
    on_frontier: Bools


def _field(kept: list[Candidate], dimensions: tuple[str, ...], draws: int) -> _Field:
    metric = common_metric(kept)
    qualities = [c.quality if c.quality and c.quality.name == metric else None for c in kept]
    energy, quality = energy_draws(kept, draws), quality_draws(qualities, draws)
    latency = figure_draws([c.latency_s for c in kept], draws, stream=3)
    less_is_better = {"energy": energy, "quality": -quality, "latency": latency}
    drawn = [less_is_better[name] for name in dimensions]
    dominance = dominance_probability(drawn) if kept else np.empty((0, 0))
    return _Field(kept, qualities, energy, quality, dominance, _on_frontier(kept, qualities, dimensions))


def _check(candidates: list[Candidate], dimensions: tuple[str, ...]) -> None:
    unknown = set(dimensions) - {"quality", "energy", "latency"}
    if unknown or not dimensions:
        raise LedgerError(
            f"dominance is about quality, energy or latency, not {', '.join(sorted(unknown)) or 'nothing'}"
        )
    names = [c.model for c in candidates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LedgerError(f"two candidates have one name, give them labels: {', '.join(twice)}")


def _check_least(candidates: list[Candidate], least: float | None) -> None:
    """A share asked for in per cent would leave out everything without a word on why."""
    qualities = [c.quality for c in candidates if c.quality]
    if least is not None and least > 1 and qualities and all(is_share(quality) for quality in qualities):
        raise LedgerError(f"{qualities[0].name} lies between 0 and 1: ask for at least {least / 100:g}, not {least:g}")


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


def _on_frontier(kept: list[Candidate], qualities: list[Quality | None], dimensions: tuple[str, ...]) -> Bools:
    central = {
        "energy": _energies(kept),
        "latency": np.array([c.latency_s.value if c.latency_s else math.nan for c in kept]),
    }
    benefit = _benefit(qualities) if "quality" in dimensions else np.zeros(len(kept))
    burdens = [central[name] for name in dimensions if name != "quality"]
    return frontier(benefit, np.column_stack(burdens) if burdens else np.zeros((len(kept), 1)))


def _benefit(qualities: list[Quality | None]) -> Floats:
    return np.array([q.value if q else math.nan for q in qualities]) * signs(qualities)


def _row(field: _Field, i: int, site: Site) -> Row:
    candidate = field.kept[i]
    energy = candidate.energy_per_unit_j
    over = field.dominance[:, i]
    dominators = [Dominator(field.kept[j].model, float(over[j])) for j in np.flatnonzero(over >= DOMINANCE_THRESHOLD)]
    state = _state(field, i, dominated=bool(dominators))
    return Row(
        candidate=candidate,
        quality=candidate.quality,
        energy_per_unit_j=energy,
        emissions_per_unit_g=emissions_g(energy, site) if energy else None,
        water_per_unit_l=water_l(energy, site) if energy else None,
        cost_per_unit_usd=cost_usd(energy, site) if energy else None,
        latency_s=candidate.latency_s,
        on_frontier=bool(field.on_frontier[i]),
        state=state,
        dominated_by=tuple(dominators),
        not_separable_from=_blurred(field, i) if state == "not separable" else (),
    )


def _state(field: _Field, i: int, *, dominated: bool) -> State:
    if field.on_frontier[i]:
        return "frontier"
    if dominated:
        return "dominated"
    return "not separable" if field.kept[i].energy_per_unit_j and field.qualities[i] else "unknown"


def _blurred(field: _Field, i: int) -> tuple[str, ...]:
    """Who is as good for no more on the central values, but not surely."""
    benefit, energy = _benefit(field.qualities), _energies(field.kept)
    ahead = (benefit >= benefit[i]) & (energy <= energy[i]) & ~(field.dominance[:, i] >= DOMINANCE_THRESHOLD)
    return tuple(field.kept[j].model for j in np.flatnonzero(ahead) if j != i)


def _energies(kept: list[Candidate]) -> Floats:
    return np.array([c.energy_per_unit_j.value if c.energy_per_unit_j else math.nan for c in kept])


def _steps(field: _Field, site: Site) -> list[FrontierStep]:
    found = []
    for step in steps_along(_benefit(field.qualities), _energies(field.kept), field.on_frontier):
        emitted = [field.kept[i].energy_per_unit_j for i in (step.cheaper, step.dearer)]
        g_per_unit = [emissions_g(energy, site).value for energy in emitted if energy]
        quality = field.qualities[step.dearer]
        in_points = 100.0 if quality and is_share(quality) else 1.0
        extra_g = g_per_unit[1] - g_per_unit[0]
        found.append(
            FrontierStep(
                cheaper=field.kept[step.cheaper].model,
                dearer=field.kept[step.dearer].model,
                quality_gain=step.benefit,
                points=in_points * step.benefit,
                energy_ratio=step.burden_ratio,
                extra_g_per_1000_units=1000 * extra_g,
                # grams a unit are kilograms a thousand units
                points_per_kg_per_1000_units=_ranged(field, step, in_points / extra_g, site),
            )
        )
    return found


def _ranged(field: _Field, step: Step, points_per_g: float, site: Site) -> Figure:
    """A marginal benefit with its range: the draws of gain over extra energy, widened by what the place adds.

    Args:
        field: With the draws.
        step: Along the frontier.
        points_per_g: Points that one unit of quality is, over the extra grams of the step.
        site: Its grid and PUE add to the range.
    """
    gain = field.quality[:, step.dearer] - field.quality[:, step.cheaper]
    extra = field.energy[:, step.dearer] - field.energy[:, step.cheaper]
    if not np.isfinite(gain).all():  # a quality of unknown range: only the energy's part can be said
        gain = np.full_like(extra, step.benefit)
    place = figure_draws([times(site.intensity_g_per_kwh, site.pue)], len(extra), stream=4)[:, 0]
    relative_extra = np.where(extra == 0, math.nan, extra / step.burden) * (place / np.median(place))
    low, high = (float(end) for end in np.nanpercentile(gain * points_per_g / relative_extra, (5, 95)))
    value = step.benefit * points_per_g
    return Figure(value, min(low, value), max(high, value), "modelled", "facility", site.vintage)
