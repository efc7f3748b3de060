"""Accelerators (GPUs, TPUs and the like) and what an hour of one costs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records

# Words that name a maker or memory kind and tell no device from another.
_NOISE = frozenset(
    {"nvidia", "tesla", "geforce", "quadro", "amd", "radeon", "instinct", "google", "amazon", "aws", "intel", "habana"}
    | {"huawei", "apple", "gpu", "gpus", "hbm2", "hbm2e", "hbm3", "hbm3e", "generation", "graphics", "cloud"}
)
_FORMS = frozenset({"sxm", "pcie", "nvl", "dgxs"})


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One device; None where its maker says nothing.

    Attributes:
        tdp_w: Thermal design power, watts: a limit, not what it draws.
        peak_bf16_tflops: Dense 16-bit peak; of vector units only where `peak_kind` is `vector`.
        nvml_energy_counter: `yes` from Volta on, `no` before, empty for what NVML does not know.
        verified: `read`, or `recall` for figures written from memory of a data sheet.
    """

    name: str
    maker: str
    kind: str
    year: int | None
    tdp_w: float | None
    memory_gb: float | None
    peak_bf16_tflops: float | None
    peak_kind: str
    memory_bandwidth_gb_per_s: float | None
    nvml_energy_counter: str
    nvml_power: str
    source_key: str
    verified: str
    note: str


@dataclass(frozen=True, slots=True)
class GpuHourPrice:
    """What a provider asked for one accelerator hour, power included, on a date."""

    accelerator: str
    price_usd_per_gpu_hour: float
    provider: str
    instance: str
    date: str
    source_key: str
    verified: str
    note: str


@forgettable
@cache
def accelerators() -> tuple[Accelerator, ...]:
    """All devices, newest first within a maker's line."""
    return records("accelerators.csv", Accelerator)


@forgettable
@cache
def gpu_hour_prices() -> tuple[GpuHourPrice, ...]:
    """Every price row."""
    return records("gpu_hour_prices.csv", GpuHourPrice)


@cache
def device_words(name: str) -> frozenset[str]:
    """The words of a device name that tell it from others: `NVIDIA A100-SXM4-80GB` -> a100, sxm, 80gb."""
    text = re.sub(r"(\d)\s+gb\b", r"\1gb", name.casefold())
    text = re.sub(r"\btpu[\s-]*v?(\d\w*)", r"tpu v\1", text)
    text = re.sub(r"\bsxm\d\b", "sxm", text).replace("pcle", "pcie")
    return frozenset(word for word in re.split(r"[^a-z0-9]+", text) if word and word not in _NOISE)


def _model_words(words: frozenset[str]) -> frozenset[str]:
    """`h100`, `v4`, `4090`: words with a digit that are neither a memory size nor a small number."""
    return frozenset(word for word in words if re.search(r"\d", word) and not re.fullmatch(r"\d+gb|\d{1,2}", word))


def best_match(name: str, candidates: dict[str, frozenset[str]]) -> str | None:
    """The candidate that a device name means; None where its model word (`h100`, `v4`, `4090`) is in none.

    Where the name leaves the form open, the SXM module is meant rather than a PCIe card; then the plainest name.
    """
    words = device_words(name)
    needed = _model_words(words) or words
    fitting = {key: other for key, other in candidates.items() if needed and needed <= other}
    form = words & _FORMS
    fitting = {key: other for key, other in fitting.items() if form <= other} or fitting
    if not fitting:
        return None
    return max(fitting, key=lambda key: (len(words & fitting[key]), "sxm" in fitting[key], -len(fitting[key])))


@forgettable
@cache
def _words_of_all() -> dict[str, frozenset[str]]:
    return {device.name: device_words(device.name) for device in accelerators()}


@forgettable
@cache
def accelerator(name: str) -> Accelerator | None:
    """The device that a name means, as people, NVML or a paper write it (`H100`, `NVIDIA H100 80GB HBM3`, `TPUv4`)."""
    exact = [device for device in accelerators() if device.name.casefold() == name.strip().casefold()]
    if exact:
        return exact[0]
    match = best_match(name, _words_of_all())
    return next((device for device in accelerators() if device.name == match), None)


def gpu_hour_price(name: str) -> GpuHourPrice | None:
    """The newest price of a device; None where none was found. Prices move fast: say the date and the provider."""
    rows = [row for row in gpu_hour_prices() if row.verified != "recall"]
    match = best_match(name, {row.accelerator: device_words(row.accelerator) for row in rows})
    return max((row for row in rows if row.accelerator == match), key=lambda row: row.date, default=None)
