"""Our estimators and EcoLogits against what was measured, and against published trainings; worst cases named.

Inference is predicted by the fit that never saw the model in question, training hours by the prior that never saw the
run. Published training energies are kept apart by how they are known: measured (M), rated power times hours (T), which
agree with any such estimate by construction, and device hours (H).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from joulebook.ledger.accounting.estimate_inference import InferenceWork, TokenModel, token_energy
from joulebook.ledger.accounting.estimate_training import (
    HOST_SHARE,
    POWER_SHARE,
    UtilisationPrior,
    accelerator_hours,
    training_flop,
)
from joulebook.ledger.accounting.uncertainty import Range, range_of_product, range_of_sum, times
from joulebook.ledger.estimates import serving_device, token_model, training_device, utilisation_prior
from joulebook.reference_data.inference import (
    InferenceConfig,
    InferenceEnergy,
    held_out_coefficients,
    inference_configs,
    inference_energies,
)
from joulebook.reference_data.inference import training_prior as fitted_training_prior
from joulebook.reference_data.models import Model, models

_PRECISION = {"bfloat16": "bf16", "fp8": "fp8", "mxfp4": "mxfp4", "": "bf16", "Q4_K_M": "q4"}
_ASSUMED_PUE = Range(1.1, 1.0, 1.3)
NOTES = (
    "Most published training energies are rated power times hours (T): agreeing with them proves little.",
    "Inference is per output token, accelerators only; EcoLogits as shipped (batch 64) and told the true batch.",
    "Measured trainings (M) differ in scope: some count the host, some the accelerators alone.",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One measured or published value and what is predicted for it; `factor` is predicted over measured."""

    name: str
    group: str
    unit: str
    known: float
    predicted: Range
    ecologits: float | None = None
    ecologits_true_batch: float | None = None

    @property
    def factor(self) -> float:
        """Predicted over known."""
        return self.predicted.value / self.known

    @property
    def inside(self) -> bool:
        """Whether the known value lies in the printed 90 % range."""
        return self.predicted.low <= self.known <= self.predicted.high


@dataclass(frozen=True, slots=True)
class Score:
    """How far predictions lie off: typical factor exp(median |ln|), its 90th percentile, and the bias."""

    typical: float
    p90: float
    bias: float


@dataclass(frozen=True, slots=True)
class GroupScore:
    """One group of cases; EcoLogits is None where it has no estimate or is not installed."""

    group: str
    cases: int
    ours: Score
    inside_range: float
    ecologits: Score | None
    ecologits_true_batch: Score | None


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """All groups, the worst cases first by how far off they are, and what to know of it."""

    groups: tuple[GroupScore, ...]
    worst: tuple[Case, ...]
    notes: tuple[str, ...]


def scoreboard(*, worst: int = 15) -> Scoreboard:
    """Score everything.

    Args:
        worst: How many of the worst cases to list.
    """
    cases = [*inference_cases(), *older_inference_cases(), *training_cases()]
    grouped: dict[str, list[Case]] = {}
    for case in cases:
        for group in case.group.split(" | "):
            grouped.setdefault(group, []).append(case)
    ordered = sorted(cases, key=lambda case: -abs(math.log(case.factor)))
    return Scoreboard(
        tuple(_scored(name, rows) for name, rows in grouped.items()), tuple(ordered[:worst]), _notes(cases)
    )


def _notes(cases: Sequence[Case]) -> tuple[str, ...]:
    rows = [
        row for row in inference_energies() if row.method.startswith("measured") and row.source_key != "ml-energy-v3"
    ]
    left_out = len(rows) - sum(case.group.startswith("inference, not fitted on") for case in cases)
    kinds = "images, video, whole machines, unnamed devices"
    said = [*NOTES, f"{left_out} measured rows without size, batch or tokens ({kinds}) can't be predicted."]
    if ecologits_energy() is None:
        said.append("EcoLogits is not installed: pip install 'joulebook[scoreboard]'")
    return tuple(said)


def _scored(name: str, rows: Sequence[Case]) -> GroupScore:
    return GroupScore(
        group=name,
        cases=len(rows),
        ours=_score(case.factor for case in rows),
        inside_range=sum(case.inside for case in rows) / len(rows),
        ecologits=_score_if_all([case.ecologits for case in rows], rows),
        ecologits_true_batch=_score_if_all([case.ecologits_true_batch for case in rows], rows),
    )


def _score_if_all(values: Sequence[float | None], rows: Sequence[Case]) -> Score | None:
    known = [value / case.known for value, case in zip(values, rows, strict=True) if value is not None]
    return _score(known) if len(known) == len(rows) else None


def _score(factors: Iterable[float]) -> Score:
    logs = sorted(math.log(factor) for factor in factors)
    sizes = sorted(abs(log) for log in logs)
    return Score(math.exp(_quantile(sizes, 0.5)), math.exp(_quantile(sizes, 0.9)), math.exp(_quantile(logs, 0.5)))


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def inference_cases() -> list[Case]:
    """Every measured configuration of ML.ENERGY v3, predicted by the fit without its model."""
    fitted, held_out = token_model(), held_out_coefficients()
    return [_config_case(row, replace(fitted, coefficients=held_out[row.model_id])) for row in inference_configs()]


def _config_case(row: InferenceConfig, model: TokenModel) -> Case:
    moe = row.architecture == "moe"
    work = InferenceWork(
        parameters=row.parameters_billion * 1e9,
        device=serving_device(row.accelerator),
        active_parameters=row.active_parameters_billion * 1e9 if moe else None,
        precision=_PRECISION[row.precision],
        task=row.task,
        batch=row.batch,
        count=row.accelerators,
        tokens_out=row.output_tokens,
        hybrid=row.architecture == "hybrid",
    )
    found = token_energy(work, model)
    group = (
        "inference, text" if row.task in ("lm-arena-chat", "gpqa", "sourcegraph-fim") else "inference, image and video"
    )
    if group == "inference, text" and _in_ecologits_domain(row):
        group += " | inference, EcoLogits' own domain"
    name = f"{row.model_id}, {row.task}, {row.accelerators}x{row.accelerator}, {row.precision}, batch {row.batch:.0f}"
    predicted = Range(found.value, found.low, found.high)
    case = Case(name, group, "J/token", row.energy_j_per_token, predicted)
    return _with_ecologits(case, row.parameters_billion, row.active_parameters_billion, row.precision, row.batch)


def _in_ecologits_domain(row: InferenceConfig) -> bool:
    small = row.batch <= 512 and row.parameters_billion <= 200
    return row.accelerator == "H100" and row.precision == "bfloat16" and small


def older_inference_cases() -> list[Case]:
    """Other measured rows with a size and a batch (older serving software, other devices); none was fitted on."""
    model = token_model()
    rows = [
        row for row in inference_energies() if row.method.startswith("measured") and row.source_key != "ml-energy-v3"
    ]
    return [case for case in (_energy_case(row, model) for row in rows) if case is not None]


def _energy_case(row: InferenceEnergy, model: TokenModel) -> Case | None:
    device = serving_device(row.hardware)
    known = row.energy_j_per_token and row.parameters_billion and row.batch and row.precision in _PRECISION
    if not known or device.kind == "unknown" or "/" in row.hardware:
        return None
    total, active = row.parameters_billion or 0.0, row.active_parameters_billion or row.parameters_billion or 0.0
    work = InferenceWork(
        parameters=total * 1e9,
        device=device,
        active_parameters=active * 1e9 if active < total else None,
        precision=_PRECISION[row.precision],
        task="image" if "mllm" in row.task else "code" if "code" in row.task else "chat",
        batch=row.batch,
        count=int(row.accelerators or 1),
        tokens_in=None if "mllm" in row.task or "code" not in row.task else 200,
        tokens_out=row.output_tokens,
    )
    found = token_energy(work, model)
    software = {"ml-energy-v1": "2023, no batching", "ml-energy-v2": "2024 software"}.get(row.source_key, "other")
    name = f"{row.model}, {row.task}, {row.accelerators or 1:.0f}x{row.hardware}, batch {row.batch or 1:.0f}"
    predicted = Range(found.value, found.low, found.high)
    case = Case(name, f"inference, not fitted on: {software}", "J/token", row.energy_j_per_token or 0.0, predicted)
    return _with_ecologits(case, total, active, "bfloat16", row.batch or 1)


def _with_ecologits(case: Case, total: float, active: float, precision: str, batch: float) -> Case:
    energy = ecologits_energy()
    if energy is None:
        return case
    bits = {"fp8": 8.0, "mxfp4": 4.25}.get(precision, 16.0)
    return replace(
        case,
        ecologits=energy(total, active, bits, 64.0),
        ecologits_true_batch=energy(total, active, bits, batch),
    )


def ecologits_energy() -> Callable[[float, float, float, float], float] | None:
    """EcoLogits' J per output token, all GPUs, from (total, active in billions, bits, batch); None if not installed."""
    try:
        from ecologits.impacts import llm
    except ImportError:
        return None

    def energy_j(total: float, active: float, bits: float, batch: float) -> float:
        per_gpu_wh = llm.GPU_ENERGY_ALPHA * math.exp(llm.GPU_ENERGY_BETA * batch) * active + llm.GPU_ENERGY_GAMMA
        gpus = max(1, math.ceil(1.2 * total * bits / 8 / llm.GPU_MEMORY))
        return float(per_gpu_wh * 2 ** math.ceil(math.log2(gpus)) * 3600)

    return energy_j


def training_cases() -> list[Case]:
    """Published trainings: energy where it was measured (M) or is rated power x hours (T), and device hours (H)."""
    prior = utilisation_prior()
    predicted: dict[str, float] = fitted_training_prior()["held_out"]
    cases: list[Case] = []
    for model in models():
        if not (model.comparable and model.hardware) or "/" in model.hardware:
            continue
        if model.name in predicted and model.accelerator_hours:
            cases.append(_hours_case(model, predicted[model.name], prior))
        if model.accelerator_hours and model.training_energy_mwh and model.energy_evidence in ("measured", "tdp"):
            cases.append(_energy_from_hours(model))
    return cases


def _hours_case(model: Model, utilisation: float, prior: UtilisationPrior) -> Case:
    active = model.active_parameters_billion or model.parameters_billion or 1.0
    device = training_device(model.hardware)
    flop = training_flop(active * 1e9, (model.training_tokens_billion or 0.0) * 1e9)
    spread = prior.utilisation(active, device.peak_tflops)
    value = accelerator_hours(flop, device.peak_tflops, utilisation)
    shown = Range(value, value * spread.value / spread.high, value * spread.value / spread.low)
    return Case(model.name, "training, device hours (H)", "h", model.accelerator_hours or 0.0, shown)


def _energy_from_hours(model: Model) -> Case:
    """Energy from the published hours: what the share of rated power and the host make of it."""
    device = training_device(model.hardware)
    share = range_of_sum([POWER_SHARE, HOST_SHARE])
    pue = Range(model.pue, model.pue, model.pue) if model.pue else _ASSUMED_PUE
    rated_mwh = device.tdp_w * (model.accelerator_hours or 0.0) / 1e6
    shown = times(range_of_product([share, pue]), rated_mwh)
    measured = model.energy_evidence == "measured"
    group = "training, energy measured (M)" if measured else "training, rated power x hours (T)"
    return Case(model.name, group, "MWh", model.training_energy_mwh or 0.0, shown)
