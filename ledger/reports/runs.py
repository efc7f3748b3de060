"""`joulebook report runs`: one line a run, each figure with its range, method and vintage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from joulebook.ledger.reports import figure_cells
from joulebook.ledger.reports.run_facts import blank_document, quality_shown
from joulebook.ledger.store import Ledger, RunFilter, each_document

TITLE = "One line a run with every figure"
_FACTS = (
    "run_id",
    "name",
    "project",
    "kind",
    "stage",
    "model",
    "parameters",
    "task",
    "status",
    "started_at",
    "ended_at",
)
_COUNTS = ("requests", "tokens_in", "tokens_out", "samples")


def rows(ledger: Ledger, run_filter: RunFilter) -> Iterator[dict[str, object]]:
    """Top-level runs in order of time; units are in the names of the columns."""
    for document in each_document(ledger, run_filter):
        yield _row(document)


def header() -> list[str]:
    """The columns, for a report in which there is no run."""
    return list(_row(blank_document()))


def _row(document: dict[str, Any]) -> dict[str, object]:
    emissions, zones = document["emissions_g"], document["zones"]
    quality = quality_shown(document["quality"][-1]) if document["quality"] else None
    row: dict[str, object] = {name: document[name] for name in _FACTS}
    row |= {"duration_s": document["duration_s"], "hosts": " ".join(document["hosts"])}
    row |= figure_cells("energy_j", document["energy_j"])
    for part, shown in document["energy_by_component"].items():
        row |= figure_cells(f"{part}_energy_j", shown)
    row |= figure_cells("energy_above_idle_j", document["energy_above_idle_j"])
    row |= {"missing": " ".join(document["missing"])}
    row |= figure_cells("facility_energy_j", document["facility_energy_j"])
    row |= figure_cells("emissions_location_g", emissions["location"])
    row |= figure_cells("emissions_market_annual_g", emissions["market_annual"])
    row |= figure_cells("emissions_market_hourly_draft_g", emissions["market_hourly_draft"])
    row |= figure_cells("water_l", document["water_l"])
    row |= figure_cells("embodied_g", document["embodied_g"])
    row |= figure_cells("cost_usd", document["cost_usd"])
    row |= {name: document["counts"].get(name) for name in _COUNTS}
    for part in ("name", "value", "low", "high", "n"):
        row[f"quality_{part}"] = getattr(quality, part) if quality else None
    row |= {"zones": " ".join(zone["zone"] for zone in zones), "zone_assumed": any(zone["assumed"] for zone in zones)}
    row |= {"tags": " ".join(f"{key}={value}" for key, value in document["tags"].items())}
    row |= {"warnings": " | ".join(document["warnings"]), "run_ledger_revision": document["ledger_revision"]}
    return row
