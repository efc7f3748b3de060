"""The estimators with their data: devices by name, fitted coefficients, the factors and place of today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from joulebook.ledger.accounting.estimate_inference import (
    InferenceEstimate,
    InferenceWork,
    ServingDevice,
    TokenModel,
    estimate_inference,
    token_energy,
)
from joulebook.ledger.accounting.estimate_training import (
    TrainingDevice,
    TrainingEstimate,
    TrainingWork,
    UtilisationPrior,
    estimate_training,
)
from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.inference_model import H100_TDP_W, H100_TFLOPS
from joulebook.ledger.accounting.observations import Zone
from joulebook.ledger.factor_sets import current_factors
from joulebook.ledger.sites import WORLD, zone_code
from joulebook.meters.settings import Settings
from joulebook.reference_data.accelerators import accelerator
from joulebook.reference_data.inference import inference_coefficients, training_prior

__all__ = [
    "Surroundings",
    "inference",
    "serving_device",
    "surroundings",
    "token_energy",
    "token_model",
    "training",
    "training_device",
    "utilisation_prior",
]

# Devices of the measured configurations: these very modules, not their PCIe or grace siblings.
_MEASURED = {"NVIDIA H100 SXM5 80GB": "H100", "NVIDIA B200": "B200"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and when an estimate is for, and the factors of that."""

    factors: Factors
    zone: Zone
    year: int


def surroundings(settings: Settings, location: str | None) -> Surroundings:
    """Of a location given, else of the settings, else the world's mean, assumed.

    Raises:
        LedgerError: No such place.
    """
    place, how = (location, "flag") if location else (settings.location, settings.location_how or "settings")
    zone = Zone(zone_code(place), how, assumed=False) if place else Zone(WORLD, "unknown", assumed=True)
    return Surroundings(current_factors(settings), zone, datetime.now(UTC).year)


def serving_device(name: str) -> ServingDevice:
    """A device by any name that people use; `unknown` where none is known by it."""
    found = accelerator(name)
    if found is None:
        return ServingDevice(name, "unknown")
    return ServingDevice(
        name=found.name,
        kind=_MEASURED.get(found.name, "data sheet"),
        tdp_w=found.tdp_w,
        memory_gb=found.memory_gb,
        bandwidth_gb_per_s=found.memory_bandwidth_gb_per_s,
        peak_tflops=found.peak_bf16_tflops if found.peak_kind != "vector" else None,
    )


def training_device(name: str) -> TrainingDevice:
    """A device by any name that people use; an H100's figures stand in for what is not known of it."""
    found = accelerator(name)
    if found is None or found.tdp_w is None or found.peak_bf16_tflops is None:
        return TrainingDevice(name, H100_TDP_W, H100_TFLOPS, known=False)
    return TrainingDevice(found.name, found.tdp_w, found.peak_bf16_tflops)


def token_model() -> TokenModel:
    """Our fitted estimator of inference."""
    fitted = inference_coefficients()
    vintage = f"{fitted['name']} ({fitted['vintage']})"
    return TokenModel(fitted["coefficients"], fitted["output_tokens"], fitted["range_factors"], vintage)


def utilisation_prior() -> UtilisationPrior:
    """Effective utilisation of public training runs."""
    fitted = training_prior()
    base, old_slope, old_curve, shift, slope = fitted["log_utilisation"]
    logs = (base, old_slope, old_curve, shift, slope)
    vintage = f"{fitted['name']} ({fitted['vintage']})"
    return UtilisationPrior(logs, fitted["range_factor"], fitted["small_range_factor"], vintage)


def inference(work: InferenceWork, around: Surroundings) -> InferenceEstimate:
    """Estimate inference with the shipped estimator."""
    return estimate_inference(work, token_model(), around.factors, around.zone, around.year)


def training(work: TrainingWork, around: Surroundings) -> TrainingEstimate:
    """Estimate training with the shipped prior."""
    return estimate_training(work, utilisation_prior(), around.factors, around.zone, around.year)
