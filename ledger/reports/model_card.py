"""`joulebook report model-card`: the `co2_eq_emissions` block of a Hugging Face model card, in grams, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.linter import lint_intensity
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.reports.run_facts import country_name, full_documents, hardware, total, zone_of
from joulebook.ledger.store import Ledger, RunFilter
from joulebook.meters.wording import counted

TITLE = "Front matter of a Hugging Face model card (grams), with its checks"
SUFFIX = ".md"
_TRAINING_TYPES = {"pretrain": "pre-training", "finetune": "fine-tuning", "distil": "fine-tuning"}
Documents = Sequence[Mapping[str, Any]]


def text(ledger: Ledger, run_filter: RunFilter) -> str:
    """One card a model; with one model the front matter stands first, ready to be copied.

    Raises:
        LedgerError: No training of known emissions passes the filter, or the figures fail a check.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for document in full_documents(ledger, run_filter):
        if document["kind"] == "training":
            groups.setdefault(document["model"] or document["name"] or document["run_id"], []).append(document)
    if not groups:
        raise LedgerError(
            "no training passes the filter; a model card tells of making a model (`joulebook edit --kind training`)"
        )
    return "\n".join(_card(model, documents) for model, documents in groups.items())


def _card(model: str, documents: Documents) -> str:
    grams = total(document["emissions_g"]["location"] for document in documents)
    energy = total(document["facility_energy_j"] for document in documents)
    if grams is None or energy is None:
        raise LedgerError(f"{model}: emissions are unknown; declare a place (`joulebook edit RUN --location KOR`)")
    problems = list(lint_intensity(grams.value, energy.value / 3.6e6))
    if problems:
        raise LedgerError(f"{model}: {problems[0].text}")
    return "\n".join([*_front_matter(documents, grams), "", *_body(model, documents, grams, energy), ""])


def _front_matter(documents: Documents, grams: Figure) -> list[str]:
    """YAML as huggingface/hub-docs, model-cards-co2.md, has it; emissions are grams. JSON strings are YAML strings."""
    source = (
        f"Joulebook: {grams.method}, location-based, boundary {grams.boundary}, 90 % range "
        f"{grams.low:.3g} to {grams.high:.3g} g, {grams.vintage}"
    )
    types = [_TRAINING_TYPES[stage] for d in documents if (stage := d["stage"]) in _TRAINING_TYPES]
    places = dict.fromkeys(country_name(zone_of(document)) for document in documents)
    lines = [
        "---",
        "co2_eq_emissions:",
        f"  emissions: {_plain(grams.value)}",
        f"  source: {json.dumps(source)}",
    ]
    if types:
        lines.append(f"  training_type: {json.dumps('pre-training' if 'pre-training' in types else types[0])}")
    lines.append(f"  geographical_location: {json.dumps(', '.join(places))}")
    lines.append(f"  hardware_used: {json.dumps('; '.join(dict.fromkeys(hardware(d) for d in documents)))}")
    return [*lines, "---"]


def _plain(value: float) -> str:
    """Six significant digits without an exponent, which some readers of YAML take for text."""
    return np.format_float_positional(value, precision=6, unique=False, fractional=False, trim="-")


def _body(model: str, documents: Documents, grams: Figure, energy: Figure) -> list[str]:
    """What the one number of the front matter can't say."""
    made = total(document["embodied_g"] for document in documents)
    water = total(document["water_l"] for document in documents)
    figures: list[tuple[str, Figure | None, float, str]] = [
        ("Electricity of the facility", energy, 1 / 3.6e6, "kWh"),
        ("Emissions, location-based", grams, 1e-3, "kgCO2e"),
        ("Share in making the hardware", made, 1e-3, "kgCO2e"),
        ("Water", water, 1.0, "L"),
    ]
    lines = [f"## Environmental impact of {model}", "", "| | value | 90 % range | method |", "|---|---|---|---|"]
    lines += [_line(name, figure, unit, shown) for name, figure, unit, shown in figures]
    stages = ", ".join(dict.fromkeys(document["stage"] or "training" for document in documents))
    missing = sorted({part for document in documents for part in document["missing"]})
    not_counted = f"Not counted: {', '.join(missing) or 'nothing that is known'}."
    return [*lines, "", f"{counted(len(documents), 'run')} ({stages}). {not_counted}"]


def _line(name: str, figure: Figure | None, unit: float, shown: str) -> str:
    if figure is None:
        return f"| {name} | unknown | | |"
    value, low, high = (f"{end * unit:.3g}" for end in (figure.value, figure.low, figure.high))
    return f"| {name} | {value} {shown} | {low} to {high} | {figure.method} |"
