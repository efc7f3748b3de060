"""A candidate from its size alone, where it was neither run nor published on the task."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from joulebook.ledger.accounting.comparison import Candidate, Unit
from joulebook.ledger.accounting.comparison_draws import log_sd
from joulebook.ledger.accounting.estimate_inference import TASKS, InferenceWork, serving_of, token_energy
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import from_gsd, multiply
from joulebook.ledger.candidates_published import BATCH, BENCHMARKS, benchmark_quality, is_measured_task

DEVICE = "H100"
# Replies of one model to one task, against the length that others wrote on it.
LENGTH_GSD = 1.8
_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)\s?(b|m)(?![a-z])", re.IGNORECASE)
_ACTIVE = re.compile(r"(?<![a-z0-9])a(\d+(?:\.\d+)?)b(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Size:
    """A model's size: total parameters and those used per token, where that differs."""

    name: str
    parameters: float
    active_parameters: float | None
    source: str


def estimated_candidate(text: str, task: str, unit: Unit) -> Candidate | None:
    """An estimate for a named model on an H100 at the published batch; None where it can't be made.

    That is where its size is unknown, or where the task is one that only whole machines were measured on, with a few
    tokens of output: an estimate of chat says nothing of it.
    """
    from joulebook.ledger.estimates import serving_device, token_model

    size = size_of(text)
    if size is None or is_measured_task(task):
        return None
    model = token_model()
    work = InferenceWork(
        parameters=size.parameters,
        active_parameters=size.active_parameters,
        device=serving_device(DEVICE),
        task=task if task in TASKS else "chat",
        batch=BATCH,
    )
    serving = serving_of(work, model)
    energy = _per_unit(token_energy(work, model), unit, serving.output_tokens)
    return Candidate(
        model=text,
        model_id=size.name,
        origin="estimate",
        task=task,
        unit=unit,
        energy_per_unit_j=energy,
        own_gsd=math.exp(log_sd(energy)),
        quality=benchmark_quality(size.name, BENCHMARKS.get(task)),
        parameters=size.parameters,
        hardware=f"{serving.devices:g} x {DEVICE}",
        batch=BATCH,
        source=f"estimated from {size.parameters / 1e9:g} billion parameters ({size.source}); {energy.vintage}",
    )


def size_of(text: str) -> Size | None:
    """The size of a model by its name in the reference data, else as the name says it (`8B`, `30B-A3B`, `270m`)."""
    from joulebook.reference_data.models import models
    from joulebook.reference_data.quality import quality_scores

    wanted = text.casefold()
    for model in models():
        if model.name.casefold() == wanted and model.parameters_billion and model.comparable:
            active = model.active_parameters_billion
            return Size(model.name, model.parameters_billion * 1e9, active * 1e9 if active else None, model.source_key)
    for score in quality_scores():
        names = (score.model_id.casefold(), score.model.casefold(), score.model_id.split("/")[-1].casefold())
        if wanted in names and score.parameters_billion:
            active_part = _active(score.model_id or score.model)
            return Size(score.model_id or score.model, score.parameters_billion * 1e9, active_part, score.source_key)
    found = _SIZE.search(text)
    if found is None:
        return None
    unit = 1e9 if found.group(2).lower() == "b" else 1e6
    return Size(text, float(found.group(1)) * unit, _active(text), "its name")


def _active(name: str) -> float | None:
    found = _ACTIVE.search(name)
    return float(found.group(1)) * 1e9 if found else None


def _per_unit(token_j: Figure, unit: Unit, output_tokens: float) -> Figure:
    if unit == "1k-tokens":
        return token_j.scaled(1000.0)
    length = from_gsd(output_tokens, LENGTH_GSD)
    return multiply(token_j, length, method="modelled", boundary=token_j.boundary)
