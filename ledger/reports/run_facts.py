"""What several reports need of a run's document: its hardware, its place, sums of its figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from joulebook.ledger.accounting.comparison_quality import quality_of
from joulebook.ledger.accounting.comparison_types import Quality
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import COMPONENTS
from joulebook.ledger.accounting.uncertainty import Range, of_figure, sum_figures
from joulebook.ledger.store import Ledger, RunFilter, each_document, run_document
from joulebook.reference_data.countries import country

Document = Mapping[str, Any]
_FACTS = ("run_id", "name", "project", "kind", "stage", "model", "parameters", "task", "status", "ended_at")
_FIGURES = ("energy_j", "energy_above_idle_j", "facility_energy_j", "water_l", "embodied_g", "cost_usd")


def blank_document() -> dict[str, Any]:
    """A run of which nothing is known: what a report's columns are taken from where there is no run."""
    unknown: dict[str, Any] = dict.fromkeys((*_FACTS, *_FIGURES, "exit_status", "ledger_revision"))
    empty: dict[str, Any] = dict.fromkeys(("hosts", "missing", "quality", "zones", "warnings", "devices"), ())
    emissions = dict.fromkeys(("location", "market_annual", "market_hourly_draft"))
    parts = dict.fromkeys(COMPONENTS)
    nothing: dict[str, Any] = {"counts": {}, "tags": {}, "details": {}, "started_at": "", "duration_s": 0.0}
    return unknown | empty | nothing | {"emissions_g": emissions, "energy_by_component": parts}


def full_documents(ledger: Ledger, run_filter: RunFilter) -> Iterator[Document]:
    """Documents with devices and details, oldest first, one at a time."""
    for document in each_document(ledger, run_filter):
        yield run_document(ledger, document["run_id"])


def figure_of(shown: Mapping[str, Any] | None) -> Figure | None:
    """A figure again from its JSON form."""
    return None if shown is None else Figure(**shown)


def total(figures: Iterable[Mapping[str, Any] | None]) -> Figure | None:
    """Sum over runs; their factors and models are the same, so they err together. Unknown ones are left out."""
    known = [figure for shown in figures if (figure := figure_of(shown)) is not None]
    boundary = " and ".join(sorted({figure.boundary for figure in known}))
    return sum_figures(known, boundary=boundary, shared=True)


def mean_intensity(document: Document) -> Range | None:
    """Grams per kWh of the run's grids, weighted by the energy used in each; None where one of them is unknown."""
    zones = [zone for zone in document["zones"] if zone["energy_j"]]
    energy = math.fsum(zone["energy_j"]["value"] for zone in zones)
    if not energy or any(zone["intensity_g_per_kwh"] is None for zone in zones):
        return None
    shares = [(zone["energy_j"]["value"] / energy, figure_of(zone["intensity_g_per_kwh"])) for zone in zones]
    mean = sum_figures([known.scaled(share) for share, known in shares if known], boundary="facility", shared=True)
    return of_figure(mean) if mean else None


def quality_shown(item: Mapping[str, Any]) -> Quality:
    """A measured quality with the range that its evidence allows."""
    n, sd = item["n"], item["sd"]
    return quality_of(
        item["name"],
        item["value"],
        n=int(n) if n is not None and n >= 1 else None,  # whatever a journal says, a run can be shown
        sd=sd if sd is not None and sd >= 0 else None,
        higher_is_better=item["higher_is_better"] is not False,
        language=item["language"],
    )


def machine(document: Document) -> Mapping[str, Any]:
    """What the first machine said of itself; empty for imported runs."""
    machines = document["details"].get("machines") or [{}]
    return machines[0].get("machine") or {}


def gpus(document: Document) -> list[str]:
    """Names of the run's GPUs, one each."""
    return [device["name"] for device in document["devices"] if device["component"] == "gpu"]


def counted(names: Sequence[str]) -> str:
    """`8 x NVIDIA H100`, as CodeCarbon and BoAmps write it."""
    return ", ".join(f"{names.count(name)} x {name}" for name in dict.fromkeys(names))


def hardware(document: Document) -> str:
    """GPUs and processor in one line."""
    processor = machine(document).get("cpu_model")
    return ", ".join(part for part in (counted(gpus(document)), processor) if part) or "unknown"


def zone_of(document: Document) -> str:
    """The zone with most of the energy."""
    zones = sorted(document["zones"], key=lambda zone: -(zone["energy_j"] or {"value": 0.0})["value"])
    return zones[0]["zone"] if zones else "WLD"


def country_name(zone: str) -> str:
    """The country of a zone by name; the zone itself where it is none."""
    found = country(zone.partition("-")[0])
    return found.name if found else zone
