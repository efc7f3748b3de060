"""Measured and published energy of inference."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from joulebook.reference_data.packed import read_text
from joulebook.reference_data.tables import FOLDER, forgettable, records


@dataclass(frozen=True, slots=True)
class InferenceEnergy:
    """Energy of one model on one task; compare only rows of one `scope`, and mind the batch.

    Attributes:
        energy_j_per_request: J per request.
        energy_j_per_token: J per output token.
        batch: Mean batch where it was measured, else as stated.
        configuration: Which of the measured configurations this is (lowest energy, smallest batch, the only one).
        scope: gpu, server, full stack, life cycle.
        method: Measured, estimated or stated, and with what.
    """

    model: str
    model_id: str
    parameters_billion: float | None
    active_parameters_billion: float | None
    task: str
    modality: str
    energy_j_per_request: float | None
    energy_j_per_token: float | None
    output_tokens: float | None
    hardware: str
    accelerators: float | None
    batch: float | None
    precision: str
    throughput_tokens_per_s: float | None
    configuration: str
    scope: str
    method: str
    year: int
    source_key: str
    verified: str
    note: str


@dataclass(frozen=True, slots=True)
class InferenceConfig:
    """One measured serving configuration of ML.ENERGY v3 (steady state, accelerators only, vLLM).

    Attributes:
        architecture: dense, moe or hybrid (Mamba and Transformer).
        precision: bfloat16, fp8 or mxfp4 weights.
        batch: Mean number of sequences in flight, over all accelerators.
        median_inter_token_ms: Median time between output tokens of one request.
    """

    task: str
    model_id: str
    architecture: str
    parameters_billion: float
    active_parameters_billion: float
    precision: str
    accelerator: str
    accelerators: int
    tensor_parallel: int
    expert_parallel: int
    data_parallel: int
    max_sequences: int
    batch: float
    output_tokens: float
    energy_j_per_token: float
    throughput_tokens_per_s: float
    median_inter_token_ms: float
    source_key: str


@dataclass(frozen=True, slots=True)
class SmallLargeRun:
    """Ten metered runs of 1,000 requests of one model on one task (Power Hungry Processing), mean and spread.

    The whole eight-GPU node was metered while one GPU worked; CPU is a constant and memory modelled, so offer a
    GPU-only comparison too.
    """

    task: str
    dataset: str
    setting: str
    model_id: str
    parameters: float | None
    runs: int
    requests_per_run: int
    energy_kwh: float
    energy_sd_kwh: float
    gpu_kwh: float
    gpu_sd_kwh: float
    cpu_kwh: float
    ram_kwh: float
    duration_s: float
    duration_sd_s: float
    quality: float | None
    quality_metric: str
    quality_n: float | None
    source_key: str


@forgettable
@cache
def inference_energies() -> tuple[InferenceEnergy, ...]:
    """Energy per request and token: ML.ENERGY v1 to v3, provider figures, estimates from papers."""
    return records("inference_energy.csv", InferenceEnergy)


@forgettable
@cache
def inference_configs() -> tuple[InferenceConfig, ...]:
    """Every measured text, image-chat and video-chat configuration that our estimator is fitted on."""
    return records("inference_configs.csv", InferenceConfig)


@forgettable
@cache
def small_large_measured() -> tuple[SmallLargeRun, ...]:
    """Small and large models on the same tasks, 66 million to 11 billion parameters."""
    return records("small_large_measured.csv", SmallLargeRun)


def _json(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(read_text(FOLDER / name))
    return loaded


@cache
def inference_coefficients() -> dict[str, Any]:
    """Our fitted estimator: coefficients, output lengths, range factors, how it fared (docs/estimators.md)."""
    return _json("inference_coefficients.json")


@cache
def held_out_coefficients() -> dict[str, dict[str, float]]:
    """By model id, the coefficients of the fit that never saw that model: for an honest scoreboard."""
    return _json("inference_held_out.json")


@cache
def training_prior() -> dict[str, Any]:
    """Effective utilisation of public training runs, as fitted by benchmarks/fit_training.py."""
    return _json("training_prior.json")
