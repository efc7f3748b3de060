"""`joulebook report sci`: Software Carbon Intensity (ISO/IEC 21031) of each run, per unit of work that it counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from joulebook.ledger.accounting.sci import sci
from joulebook.ledger.reports import figure_cells
from joulebook.ledger.reports.run_facts import blank_document, figure_of, mean_intensity
from joulebook.ledger.store import Ledger, RunFilter, each_document

TITLE = "Software Carbon Intensity (ISO/IEC 21031) per functional unit"
# What one functional unit is, and why it stands for the work.
UNITS = {
    "requests": ("request", 1.0, "one answer to a user"),
    "tokens_out": ("1,000 output tokens", 1000.0, "text written, however long the answers"),
    "tokens_in": ("1,000 input tokens", 1000.0, "text read or trained on"),
    "samples": ("sample", 1.0, "one item learnt from, labelled or predicted"),
}
# The standard's words for how a value came about.
_METHODOLOGY = {
    "measured": "measured",
    "sampled": "measured",
    "declared": "sourced",
    "published": "sourced",
    "modelled": "modeled",
}
_SUM_TOLERANCE = 1e-9
J_PER_KWH = 3.6e6


def rows(ledger: Ledger, run_filter: RunFilter) -> Iterator[dict[str, object]]:
    """One row a run and unit; operation and embodied add up to the score. Market instruments are left out."""
    for document in each_document(ledger, run_filter):
        for count, (unit, per, rationale) in UNITS.items():
            amount = document["counts"].get(count)
            if amount:
                yield _row(document, amount / per, unit, rationale)


def header() -> list[str]:
    """The columns, for a report in which there is no run."""
    return list(_row(blank_document(), 1.0, "", ""))


def _row(document: Mapping[str, Any], units: float, unit: str, rationale: str) -> dict[str, object]:
    operation, made = figure_of(document["emissions_g"]["location"]), figure_of(document["embodied_g"])
    energy = document["energy_j"]
    score = sci(operation, made, units, unit) if operation and made else None
    row: dict[str, object] = {
        "application": document["project"] or document["name"],
        "component": document["name"],
        "model": document["model"],
        "run_id": document["run_id"],
        "measured_from": document["started_at"],
        "measured_to": document["ended_at"],
        "functional_unit": unit,
        "functional_unit_rationale": rationale,
        "functional_units": units,
    }
    row |= figure_cells("sci_g", score.score_g.to_json() if score else None)
    row |= figure_cells("operation_g", score.operation_g.to_json() if score else None)
    row |= figure_cells("embodied_g", score.embodied_g.to_json() if score else None)
    facility = figure_of(document["facility_energy_j"])
    kwh, intensity = facility.scaled(1 / J_PER_KWH) if facility else None, mean_intensity(document)
    row |= {"parts_add_up": _adds_up(score) if score else None}
    row |= figure_cells("energy_kwh", kwh.to_json() if kwh else None)
    row |= {
        "intensity_g_per_kwh": operation.value / kwh.value if operation and kwh and kwh.value else None,
        "intensity_low_g_per_kwh": intensity.low if intensity else None,
        "intensity_high_g_per_kwh": intensity.high if intensity else None,
        "intensity_source": operation.vintage if operation else None,
        "missing": " ".join(document["missing"]),
        "calculation_method": "(E*I)+M, by measurement of the run",
        "methodology_energy": _METHODOLOGY[energy["method"]] if energy else None,
        "methodology_intensity": "sourced",
        "methodology_embodied": "modeled",
        "methodology_functional_unit": "measured",
        "left_out": "offsets, certificates, contracts, networks, end-user devices",
    }
    return row


def _adds_up(score: Any) -> bool:
    parts = score.operation_g.value + score.embodied_g.value
    return bool(abs(parts - score.score_g.value) <= _SUM_TOLERANCE * abs(score.score_g.value))
