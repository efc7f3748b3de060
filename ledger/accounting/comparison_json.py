"""A comparison as `joulebook compare --json` prints it; unknown is null, units are in the names."""

from __future__ import annotations

from joulebook.ledger.accounting.comparison_types import Comparison, FrontierStep, Quality, Row, Site
from joulebook.ledger.accounting.figure import Figure


def to_json(comparison: Comparison) -> dict[str, object]:
    """The whole comparison as plain dictionaries and lists."""
    return {
        "task": comparison.task,
        "unit": comparison.unit,
        "candidates": [_row(row) for row in comparison.rows],
        "steps": [_step(step) for step in comparison.steps],
        "left_out": [{"model": model, "why": why} for model, why in comparison.left_out],
        "site": _site(comparison.site),
        "warnings": list(comparison.warnings),
        "verdict": comparison.verdict,
    }


def figure_json(figure: Figure | None) -> dict[str, object] | None:
    """A figure of the contract, or null where unknown."""
    return figure.to_json() if figure else None


def quality_json(quality: Quality | None, origin: str) -> dict[str, object] | None:
    """A quality as a figure; low and high are null where its range is unknown."""
    if quality is None:
        return None
    return {
        "value": quality.value,
        "low": quality.low,
        "high": quality.high,
        "method": "measured" if origin == "runs" else "published",
        "measured_share": None,
        "boundary": "test set",
        "vintage": None,
        "name": quality.name,
        "n": quality.n,
        "higher_is_better": quality.higher_is_better,
        "language": quality.language,
    }


def _row(row: Row) -> dict[str, object]:
    candidate = row.candidate
    return {
        "model": candidate.model,
        "model_id": candidate.model_id,
        "origin": candidate.origin,
        "parameters": candidate.parameters,
        "quality": quality_json(row.quality, candidate.origin),
        "quality_by_language": [quality_json(q, candidate.origin) for q in candidate.by_language],
        "energy_per_unit_j": figure_json(row.energy_per_unit_j),
        "emissions_per_unit_g": figure_json(row.emissions_per_unit_g),
        "water_per_unit_l": figure_json(row.water_per_unit_l),
        "cost_per_unit_usd": figure_json(row.cost_per_unit_usd),
        "latency_s": figure_json(row.latency_s),
        "run_to_run_sd_j": candidate.run_to_run_sd_j,
        "runs": candidate.runs,
        "energy_per_unit_by_component_j": dict(candidate.components_j),
        "hardware": candidate.hardware,
        "batch": candidate.batch,
        "place": candidate.place,
        "prompts_leave": candidate.prompts_leave,
        "on_frontier": row.on_frontier,
        "state": row.state,
        "dominated_by": [{"model": d.model, "probability": d.probability} for d in row.dominated_by],
        "not_separable_from": list(row.not_separable_from),
        "source": candidate.source,
    }


def _step(step: FrontierStep) -> dict[str, object]:
    return {
        "cheaper": step.cheaper,
        "dearer": step.dearer,
        "quality_gain": step.quality_gain,
        "points": step.points,
        "energy_ratio": step.energy_ratio,
        "extra_g_per_1000_units": step.extra_g_per_1000_units,
        "points_per_kg_per_1000_units": figure_json(step.points_per_kg_per_1000_units),
    }


def _site(site: Site) -> dict[str, object]:
    return {
        "zone": site.zone,
        "assumed": site.assumed,
        "intensity_g_per_kwh": figure_json(site.intensity_g_per_kwh),
        "pue": figure_json(site.pue),
        "water_l_per_it_kwh": figure_json(site.water_l_per_it_kwh),
        "price_usd_per_kwh": figure_json(site.price_usd_per_kwh),
        "vintage": site.vintage,
    }
