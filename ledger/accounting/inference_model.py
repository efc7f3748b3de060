"""Energy per output token of a served language model, accelerators only: a sum of what physics asks for.

One decoding step reads the weights (of a mixture of experts, those that the batch touches) and the cache, computes, and
waits; the batch shares the reading and the waiting, and the prompt's own pass is shared by the output tokens:

    e = (step + weights + compute + prefill) * precision penalty + cache + token

The coefficients are fitted on measured configurations (benchmarks/fit_inference.py, docs/estimators.md). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Attention layers of a Mamba hybrid that keep a cache: about a third or fewer.
HYBRID_CACHE_SHARE = 0.3
# H100 SXM, the device that the coefficients are of (NVIDIA data sheet): W, GB/s, dense 16-bit TFLOP/s.
H100_TDP_W, H100_GB_PER_S, H100_TFLOPS = 700.0, 3350.0, 989.4


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served and how.

    Attributes:
        total_billion: Parameters, in billions.
        active_billion: Those used per token; below the total for a mixture of experts.
        bits: Bits per weight.
        devices: Accelerators that serve one replica together.
        batch: Sequences in flight.
        prompt_tokens: Input tokens of a request.
        output_tokens: Output tokens of a request.
        hybrid: A Mamba and attention hybrid.
    """

    total_billion: float
    active_billion: float
    bits: float
    devices: float
    batch: float
    prompt_tokens: float
    output_tokens: float
    hybrid: bool = False

    @property
    def moe(self) -> bool:
        """Whether it is a mixture of experts."""
        return self.active_billion < 0.999 * self.total_billion


@dataclass(frozen=True, slots=True)
class DeviceFactors:
    """What a device needs against an H100 for each part of the sum."""

    step: float = 1.0
    weights: float = 1.0
    compute: float = 1.0
    token: float = 1.0


def b200_factors(coefficients: Mapping[str, float]) -> DeviceFactors:
    """The fitted factors of a B200, the other device that was measured."""
    return DeviceFactors(
        step=coefficients["step_b200_factor"],
        weights=coefficients["weights_b200_factor"],
        compute=coefficients["compute_b200_factor"],
        token=coefficients["token_b200_factor"],
    )


def scaled_factors(tdp_w: float | None, bandwidth_gb_per_s: float | None, peak_tflops: float | None) -> DeviceFactors:
    """Factors of a device that was not measured, from its data sheet: watts per byte a second and per FLOP a second.

    What is unknown is taken as an H100's.
    """
    power = (tdp_w or H100_TDP_W) / H100_TDP_W
    bandwidth = (bandwidth_gb_per_s or H100_GB_PER_S * power) / H100_GB_PER_S
    peak = (peak_tflops or H100_TFLOPS * power) / H100_TFLOPS
    return DeviceFactors(step=power, weights=power / bandwidth, compute=power / peak, token=power)


def touched_billion(serving: Serving, coverage: float) -> float:
    """Parameters read in one step: all of a dense model; of experts, those that a batch is likely to choose.

    With a share `a` of the experts chosen by each token, a batch of B touches 1 - (1 - a)^B of them.
    """
    if not serving.moe:
        return serving.total_billion
    chosen = min(1.0, coverage * serving.active_billion / serving.total_billion)
    rest = serving.total_billion - serving.active_billion
    return serving.active_billion + rest * (1 - float((1 - chosen) ** serving.batch))


def energy_per_token_j(
    serving: Serving, coefficients: Mapping[str, float], device: DeviceFactors | None = None
) -> float:
    """J per output token, all accelerators of the replica together."""
    return sum(energy_terms_j(serving, coefficients, device or DeviceFactors()).values())


def energy_terms_j(serving: Serving, coefficients: Mapping[str, float], device: DeviceFactors) -> dict[str, float]:
    """The parts of J per output token by name: step, weights, compute, prefill, cache, token."""
    c, s = coefficients, serving
    penalty = _penalty(s, c)
    low = c["compute_low_precision_factor"] if s.bits < 16 else 1.0
    size = float(s.total_billion ** c["step_size_exponent"]) * (c["step_moe_factor"] if s.moe else 1.0)
    context = (s.prompt_tokens + s.output_tokens / 2) / 1000
    cache = c["cache_j_per_thousand_tokens"] * s.total_billion ** c["cache_size_exponent"] * context
    work = low * s.active_billion * device.compute
    per_gb = c["weights_j_per_gb"] * device.weights
    return {
        "step": penalty * c["step_j"] * device.step * s.devices ** c["step_devices_exponent"] * size / s.batch,
        "weights": penalty * per_gb * touched_billion(s, c["expert_coverage"]) * s.bits / 8 / s.batch,
        "compute": penalty * c["compute_j_per_billion"] * work,
        "prefill": penalty * c["prefill_j_per_billion"] * work * s.prompt_tokens / s.output_tokens,
        "cache": cache * device.weights * (HYBRID_CACHE_SHARE if s.hybrid else 1.0),
        "token": c["token_j"] * device.token * s.devices + (c["hybrid_j_per_token"] if s.hybrid else 0.0),
    }


def _penalty(serving: Serving, coefficients: Mapping[str, float]) -> float:
    """What kernels of less than 16 bits cost beside the bits that they save."""
    if serving.bits == 8:
        return coefficients["fp8_moe_factor" if serving.moe else "fp8_dense_factor"]
    return coefficients["four_bit_factor"] if serving.bits < 8 else 1.0
