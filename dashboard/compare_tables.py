"""The tables of the Compare page and their CSV: candidates, and what each step along the frontier buys."""

from __future__ import annotations

import pandas as pd

from joulebook.dashboard import format as fmt
from joulebook.dashboard.common_unit import common_unit, texts
from joulebook.dashboard.compare import origin_word, points_text, quality_text, state_text
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.comparison import Candidate, Comparison, FrontierStep, Row
from joulebook.ledger.accounting.figure import Figure


def table_of(result: Comparison) -> pd.DataFrame:
    """The candidates for the screen: what a decision is made on, in columns that fit a laptop."""
    rows = result.rows
    return pd.DataFrame(
        {
            t("compare.candidate"): [row.candidate.model for row in rows],
            t("word.quality"): [quality_text(row.quality) for row in rows],
            t("word.energy"): texts([row.energy_per_unit_j for row in rows], "energy"),
            t("word.emissions"): texts([row.emissions_per_unit_g for row in rows], "emissions"),
            t("compare.cost_of_1000"): texts(
                [cost.scaled(1000) if (cost := row.cost_per_unit_usd) else None for row in rows], "money"
            ),
            t("compare.latency"): texts([row.latency_s for row in rows], "duration"),
            t("compare.verdict"): [t(f"compare.short_{row.state.replace(' ', '_')}") for row in rows],
            t("compare.origin"): [origin_word(row.candidate.origin) for row in rows],
        }
    )


def more_of(result: Comparison) -> pd.DataFrame:
    """The rest of what is known of each candidate: where it runs, on what, how far its runs differ, whence it is."""
    rows = result.rows
    return pd.DataFrame(
        {
            t("compare.candidate"): [row.candidate.model for row in rows],
            t("compare.verdict"): [state_text(row) for row in rows],
            t("compare.parameters"): [fmt.amount(row.candidate.parameters, "count") for row in rows],
            t("compare.place"): [place_text(row.candidate) for row in rows],
            t("compare.hardware"): [row.candidate.hardware or t("figure.unknown") for row in rows],
            t("compare.spread"): [_spread(row.candidate) for row in rows],
            t("word.water"): texts([row.water_per_unit_l for row in rows], "volume"),
            t("compare.source"): [row.candidate.source for row in rows],
        }
    )


def _spread(candidate: Candidate) -> str:
    return fmt.amount(candidate.run_to_run_sd_j, "energy")


def place_text(candidate: Candidate) -> str:
    """Where it runs, and whether prompts leave the house."""
    where = t(f"compare.place_{candidate.place.replace(' ', '_')}") if candidate.place else t("figure.unknown")
    if candidate.prompts_leave is None:
        return where
    return t("compare.prompts_leave" if candidate.prompts_leave else "compare.prompts_stay", place=where)


FIGURES = (
    ("energy_per_unit_j", "energy_per_unit_j"),
    ("emissions_per_unit_g", "emissions_per_unit_g"),
    ("water_per_unit_l", "water_per_unit_l"),
    ("cost_per_unit_usd", "cost_per_unit_usd"),
    ("latency_s", "latency_s"),
)


def export_of(result: Comparison) -> pd.DataFrame:
    """The candidates for CSV: every figure with range, method, boundary and vintage."""
    return pd.DataFrame([_export_row(result, row) for row in result.rows])


def _export_row(result: Comparison, row: Row) -> dict[str, object]:
    candidate, quality = row.candidate, row.quality
    cells: dict[str, object] = {
        "task": result.task,
        "unit": result.unit,
        "model": candidate.model,
        "model_id": candidate.model_id,
        "origin": candidate.origin,
        "state": row.state,
        "dominated_by": "; ".join(f"{d.model} ({d.probability:.3f})" for d in row.dominated_by),
        "quality_metric": quality.name if quality else "",
        "quality": quality.value if quality else None,
        "quality_low": quality.low if quality else None,
        "quality_high": quality.high if quality else None,
        "quality_n": quality.n if quality else None,
    }
    for attribute, name in FIGURES:
        figure: Figure | None = getattr(row, attribute)
        for part in ("value", "low", "high", "method", "boundary", "vintage"):
            column = name if part == "value" else f"{name}_{part}"
            cells[column] = getattr(figure, part) if figure else None
    cells |= {
        "run_to_run_sd_j": candidate.run_to_run_sd_j,
        "runs": candidate.runs,
        "parameters": candidate.parameters,
        "hardware": candidate.hardware,
        "batch": candidate.batch,
        "place": candidate.place,
        "prompts_leave": candidate.prompts_leave,
        "location": result.site.zone,
        "source": candidate.source,
    }
    return cells


def steps_of(result: Comparison) -> pd.DataFrame:
    """What each step along the frontier buys, for the screen."""
    units = t(f"compare.thousand_{result.unit.replace('-', '_')}")
    steps = result.steps
    gram = common_unit([step.extra_g_per_1000_units for step in steps], "emissions")
    return pd.DataFrame(
        {
            t("compare.step"): [t("compare.step_text", cheaper=s.cheaper, dearer=s.dearer) for s in steps],
            t("compare.gain"): [points_text(result, step) for step in steps],
            t("compare.times_energy"): [t("compare.times", times=fmt.number(s.energy_ratio)) for s in steps],
            t("compare.extra", units=units): [
                fmt.with_range(step.extra_g_per_1000_units, None, None, "emissions", gram) for step in steps
            ],
            t("compare.per_kg", units=units): [_per_kg(step) for step in steps],
        }
    )


def _per_kg(step: FrontierStep) -> str:
    figure = step.points_per_kg_per_1000_units
    return fmt.with_range(figure.value, figure.low, figure.high, "count")


def steps_export(result: Comparison) -> pd.DataFrame:
    """The steps for CSV."""
    return pd.DataFrame(
        [
            {
                "cheaper": step.cheaper,
                "dearer": step.dearer,
                "quality_gain": step.quality_gain,
                "energy_ratio": step.energy_ratio,
                "extra_g_per_1000_units": step.extra_g_per_1000_units,
                "points_per_kg_per_1000_units": step.points_per_kg_per_1000_units.value,
                "points_per_kg_per_1000_units_low": step.points_per_kg_per_1000_units.low,
                "points_per_kg_per_1000_units_high": step.points_per_kg_per_1000_units.high,
                "method": step.points_per_kg_per_1000_units.method,
                "vintage": step.points_per_kg_per_1000_units.vintage,
            }
            for step in result.steps
        ]
    )
