"""Inference before it happens: joules per token and request, the full stack, emissions, money, water. Pure.

The middle comes from `inference_model`; the 90 % range from how far held-out models lay off (docs/estimators.md), wider
for everything that had to be assumed: batch, device, output length, sizes beyond the measured ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from joulebook.ledger.accounting import estimate_place
from joulebook.ledger.accounting.emissions import location_figure
from joulebook.ledger.accounting.energy import full_stack_energy
from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.inference_model import (
    H100_TDP_W,
    DeviceFactors,
    Serving,
    b200_factors,
    energy_per_token_j,
    scaled_factors,
)
from joulebook.ledger.accounting.observations import Zone
from joulebook.ledger.accounting.uncertainty import Range, by_factor, from_gsd, multiply, range_of_product
from joulebook.meters.wording import counted

SECONDS_PER_HOUR = 3600.0
# Between 16, where services report to run (Jegham et al. 2025), and the 64 that EcoLogits assumes.
ASSUMED_BATCH = 32.0
UNKNOWN_BATCH_GSD = 2.2
UNMEASURED_DEVICE_GSD = 1.5
UNKNOWN_DEVICE_GSD = 2.0
BEYOND_DATA_GSD = 1.3
ASSUMED_LENGTH_GSD = 1.8
MEASURED_BATCH = (8.0, 2048.0)
MEASURED_BILLION = (8.0, 671.0)
DEFAULT_MEMORY_GB = 80.0
# Mean power of accelerators while they serve, over rated power: median, 5 and 95 % of the 774 configurations of
# ML.ENERGY v3 (H100 of 700 W, B200 of 1,000 W; J per token times tokens per second).
SERVING_POWER_SHARE = Range(0.71, 0.42, 0.96)

BITS: dict[str, float] = {
    **dict.fromkeys(("fp32", "float32"), 32.0),
    **dict.fromkeys(("bf16", "fp16", "bfloat16", "float16"), 16.0),
    **dict.fromkeys(("fp8", "int8"), 8.0),
    **dict.fromkeys(("mxfp4", "nvfp4", "fp4", "int4", "nf4", "q4"), 4.25),
}
TASKS: dict[str, str] = {
    **dict.fromkeys(("chat", "lm-arena-chat"), "chat"),
    **dict.fromkeys(("reasoning", "gpqa"), "reasoning"),
    **dict.fromkeys(("code", "fim", "sourcegraph-fim"), "code"),
    **dict.fromkeys(("image", "image-chat"), "image"),
    **dict.fromkeys(("video", "video-chat"), "video"),
}
MEDIA = ("image", "video")


@dataclass(frozen=True, slots=True)
class ServingDevice:
    """What the estimate needs of a device; None where its data sheet says nothing.

    Attributes:
        kind: `H100` and `B200` were measured; anything else is scaled from its data sheet; `unknown` has none.
    """

    name: str
    kind: str
    tdp_w: float | None = None
    memory_gb: float | None = None
    bandwidth_gb_per_s: float | None = None
    peak_tflops: float | None = None


@dataclass(frozen=True, slots=True)
class InferenceWork:
    """What is served; None is assumed and said.

    Attributes:
        parameters: Total.
        active_parameters: Per token, in a mixture of experts; None for a dense model.
        precision: A key of `BITS`.
        task: A key of `TASKS`; gives the lengths where they are not said.
        batch: Sequences in flight over all devices of the replica.
        count: Devices that serve one replica.
        hybrid: A Mamba and attention hybrid.
    """

    parameters: float
    device: ServingDevice
    active_parameters: float | None = None
    precision: str = "bf16"
    task: str = "chat"
    batch: float | None = None
    count: int | None = None
    tokens_in: float | None = None
    tokens_out: float | None = None
    hybrid: bool = False


@dataclass(frozen=True, slots=True)
class TokenModel:
    """The fitted estimator: coefficients, default output lengths, factors of the 90 % range, and its name."""

    coefficients: Mapping[str, float]
    output_tokens: Mapping[str, float]
    range_factors: Mapping[str, float]
    vintage: str


@dataclass(frozen=True, slots=True)
class InferenceEstimate:
    """Per output token and per request; `serving` says with what.

    Attributes:
        cost_usd: Of a request: electricity, or accelerator time at the site's rate.
        water_l: Of a request.
    """

    serving: Serving
    energy_per_token_j: Figure
    energy_per_request_j: Figure
    full_stack_energy_per_request_j: Figure | None
    emissions_g: Figure | None
    cost_usd: Figure | None
    water_l: Figure | None
    assumptions: tuple[str, ...]


def serving_of(work: InferenceWork, model: TokenModel) -> Serving:
    """The work with everything that it leaves open filled in."""
    task, c = TASKS[work.task], model.coefficients
    bits = BITS[work.precision]
    return Serving(
        total_billion=work.parameters / 1e9,
        active_billion=(work.active_parameters or work.parameters) / 1e9,
        bits=bits,
        devices=work.count or devices_needed(work.parameters, bits, work.device.memory_gb),
        batch=work.batch or ASSUMED_BATCH,
        prompt_tokens=c[f"prompt_tokens_{task}"] if work.tokens_in is None else work.tokens_in,
        output_tokens=work.tokens_out or model.output_tokens[task],
        hybrid=work.hybrid,
    )


def devices_needed(parameters: float, bits: float, memory_gb: float | None) -> int:
    """The smallest power of two of devices that holds the weights with a fifth more for the cache."""
    needed_gb = 1.2 * parameters * bits / 8 / 1e9
    return int(2 ** max(0, math.ceil(math.log2(needed_gb / (memory_gb or DEFAULT_MEMORY_GB)))))


def device_factors(device: ServingDevice, coefficients: Mapping[str, float]) -> DeviceFactors:
    """Against an H100: fitted for a B200, from the data sheet for any other, none for an unknown one."""
    if device.kind == "B200":
        return b200_factors(coefficients)
    if device.kind in ("H100", "unknown"):
        return DeviceFactors()
    return scaled_factors(device.tdp_w, device.bandwidth_gb_per_s, device.peak_tflops)


def token_energy(work: InferenceWork, model: TokenModel) -> Figure:
    """J per output token, accelerators only, with its 90 % range."""
    serving = serving_of(work, model)
    middle = energy_per_token_j(serving, model.coefficients, device_factors(work.device, model.coefficients))
    parts = [
        by_factor(middle, _range_factor(work, serving, model)),
        *(from_gsd(1.0, gsd) for gsd in _doubts(work, serving)),
    ]
    return Figure(*range_of_product(parts), "modelled", "accelerators", model.vintage)


def _range_factor(work: InferenceWork, serving: Serving, model: TokenModel) -> float:
    if TASKS[work.task] in MEDIA:
        return model.range_factors["media"]
    plain = not serving.moe and not serving.hybrid and serving.bits == 16
    return model.range_factors["plain" if plain else "other"]


def _doubts(work: InferenceWork, serving: Serving) -> list[float]:
    doubts = []
    if work.batch is None:
        doubts.append(UNKNOWN_BATCH_GSD)
    elif not MEASURED_BATCH[0] * 0.9 <= serving.batch <= MEASURED_BATCH[1]:
        doubts.append(BEYOND_DATA_GSD)
    if not MEASURED_BILLION[0] * 0.9 <= serving.total_billion <= MEASURED_BILLION[1]:
        doubts.append(BEYOND_DATA_GSD)
    if serving.bits > 16 or (serving.bits < 8 and not serving.moe):
        doubts.append(BEYOND_DATA_GSD)
    if work.device.kind == "unknown":
        doubts.append(UNKNOWN_DEVICE_GSD)
    elif work.device.kind not in ("H100", "B200"):
        doubts.append(UNMEASURED_DEVICE_GSD)
    return doubts


def estimate_inference(
    work: InferenceWork, model: TokenModel, factors: Factors, zone: Zone, year: int
) -> InferenceEstimate:
    """Everything that follows from the work and the place."""
    serving = serving_of(work, model)
    token = token_energy(work, model)
    length = Range(serving.output_tokens, serving.output_tokens, serving.output_tokens)
    if work.tokens_out is None:
        length = from_gsd(serving.output_tokens, ASSUMED_LENGTH_GSD)
    request = multiply(token, length, method="modelled", boundary="accelerators")
    whole, intensity = factors.get("full_stack"), factors.intensity(zone.zone, year)
    full_stack = full_stack_energy(request, whole) if whole else None
    return InferenceEstimate(
        serving=serving,
        energy_per_token_j=token,
        energy_per_request_j=request,
        full_stack_energy_per_request_j=full_stack,
        emissions_g=location_figure(full_stack, intensity, zone, year) if full_stack and intensity else None,
        cost_usd=estimate_place.cost(accelerator_hours(request, work.device), full_stack, factors, zone),
        water_l=estimate_place.water(full_stack, factors, zone) if full_stack else None,
        assumptions=_assumptions(work, serving, factors, zone),
    )


def accelerator_hours(request: Figure, device: ServingDevice) -> Figure:
    """Hours of accelerators that a request takes: its energy over their power in service."""
    share = SERVING_POWER_SHARE
    watts = device.tdp_w or H100_TDP_W
    a_share = Range(1 / share.value, 1 / share.high, 1 / share.low)
    return multiply(request, a_share, method="modelled", boundary="accelerators", unit=1 / (watts * SECONDS_PER_HOUR))


def _assumptions(work: InferenceWork, serving: Serving, factors: Factors, zone: Zone) -> tuple[str, ...]:
    said = []
    if work.batch is None:
        said.append(f"{serving.batch:g} sequences in flight assumed: the batch matters most, give it where you can")
    if work.count is None:
        said.append(f"{counted(serving.devices, 'device')} assumed, as many as the weights need")
    if work.tokens_in is None:
        said.append(f"{serving.prompt_tokens:.0f} input tokens assumed, as in the measured task")
    if work.tokens_out is None:
        said.append(f"{serving.output_tokens:.0f} output tokens assumed, as in the measured task")
    if work.device.kind == "unknown":
        said.append(f"{work.device.name} is not known here: an H100's figures stand in, with a wider range")
    elif work.device.kind not in ("H100", "B200"):
        said.append(f"{work.device.name} was not measured: scaled from its data sheet, with a wider range")
    said.append("full stack from the accelerators alone: host, idle time and overhead as in one provider's disclosure")
    if factors.get("gpu_hour") is not None:
        share = SERVING_POWER_SHARE
        said.append(
            f"rented time from {share.value:g} ({share.low:g} to {share.high:g}) of rated power in service; hours held "
            "idle come on top"
        )
    said.append(f"place {zone.zone}" + (", assumed" if zone.assumed else ""))
    return tuple(said)
