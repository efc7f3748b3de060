"""Embodied carbon: the share of a device's making that a run bears, from a selectable source, with the spread."""

from __future__ import annotations

import re
from functools import lru_cache

from joulebook.ledger.accounting.cpu import allotted_threads
from joulebook.ledger.accounting.factors import Factor, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import DeviceUse, HostUse, WindowUse
from joulebook.ledger.accounting.uncertainty import (
    Range,
    from_gsd,
    range_of_product,
    range_of_sum,
    times,
)

HOURS_PER_YEAR = 8760.0
SECONDS_PER_YEAR = HOURS_PER_YEAR * 3600.0
# GPUs in the server that EcoLogits' 5,700 kg stands for.
GPUS_PER_SERVER = 8
# Hardware threads of the two-socket server that a virtual machine is taken to be a part of (SPECpower servers of
# 2017-2023).
THREADS_PER_SERVER = 128
# Processors of servers, whose machine is a whole server however few threads it has.
SERVER_CPUS = r"xeon|epyc|opteron|neoverse|ampere|graviton|power\d"
# One source against the truth: half of the log spread of three sources on the same H100 (164, 273, 575 kg).
SOURCE_GSD = 1.4


def embodied_kg(made_kg: float, busy_years: float, life_years: float, utilisation: float = 1.0) -> float:
    """Share of a device's making: `M = TE * t / (L * u)`.

    ISO/IEC 21031 (SCI) with time share over life; divided by utilisation, since the idle hours of a device belong to
    those who keep it (Luccioni et al. 2023, JMLR 24(253): 6 years at 85 %).
    """
    return made_kg * busy_years / (life_years * utilisation)


@lru_cache(maxsize=4096)
def device_key(name: str, known: tuple[str, ...]) -> str | None:
    """The known device of the same model as a device's name that shares most words with it; None if there is none.

    `NVIDIA H100 80GB HBM3` finds `NVIDIA H100 SXM5 80GB`; `NVIDIA A100-SXM4-40GB` finds the 40 GB form before the 80
    GB one.
    """
    words = set(_words(name))
    fitting = [key for key in known if _model_words(key) <= words]
    return max(fitting, key=lambda key: (len(words & set(_words(key))), key), default=None)


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    text = re.sub(r"(\d+)\s*GB\b", r"\1GB", name.upper())
    return tuple(word for word in re.split(r"[^A-Z0-9]+", text) if word and word != "NVIDIA")


def _model_words(name: str) -> set[str]:
    """Words that tell the model (`H100`, `A4500`, `1080`); all words of a name that has none, such as `Titan RTX`."""
    words = _words(name)
    models = {word for word in words if re.fullmatch(r"[A-Z]{0,2}\d{1,4}[A-Z]?", word) and not word.endswith("GB")}
    return models or set(words)


def sources_of(name: str, factors: Factors) -> list[Factor]:
    """Every source's figure for a device, kilograms each; those for any accelerator where none knows it."""
    rows = factors.under("embodied-gpu")
    devices = [row.key.split("/")[1] for row in rows]
    key = device_key(name, tuple(device for device in devices if device != "any")) or "any"
    return [row for row, device in zip(rows, devices, strict=True) if device == key]


def made_range(rows: list[Factor], source: str) -> Range | None:
    """Kilograms of one device: the middle source with the spread of all, or the chosen one with its own range."""
    chosen = [row for row in rows if row.key.split("/")[2] == source]
    if chosen:
        return from_gsd(chosen[0].value, SOURCE_GSD)
    if not rows:
        return None
    values = sorted(row.value for row in rows)
    if len(values) == 1:
        return from_gsd(values[0], SOURCE_GSD**2)
    return Range(values[(len(values) - 1) // 2], values[0], values[-1])


def embodied_figure(window: WindowUse, factors: Factors, source: str | None = None) -> Figure | None:
    """Grams of the run's share in making its accelerators and servers; None where life or server are not in the set.

    Args:
        window: The run.
        factors: With `embodied/life_years`, `embodied/utilisation`, `embodied/server_kg`, `embodied/gpu_server_kg`.
        source: Key of one source; None for the choice of the set.
    """
    life, used = factors.get("embodied/life_years"), factors.get("embodied/utilisation")
    if life is None or used is None:
        return None
    parts = _accelerators(window, factors, source or factors.embodied_source) + _servers(window, factors)
    if not parts:
        return None
    made = range_of_sum(parts, shared=True)
    ends = range_of_product([made, _inverse(life), _inverse(used)])
    vintage = (
        f"{factors.name}, source {source or factors.embodied_source}, {life.value:g} years at {used.value:.0%} use"
    )
    kg_years = Figure(*ends, "modelled", "life cycle", vintage, 0.0)
    return kg_years.scaled(1000 / SECONDS_PER_YEAR)


def _inverse(factor: Factor) -> Range:
    return Range(1 / factor.value, 1 / factor.high, 1 / factor.low)


def _accelerators(window: WindowUse, factors: Factors, source: str) -> list[Range]:
    """Kilogram-seconds of the accelerators that the run used, one range a kind of device."""
    shares: dict[str, float] = {}
    for device in _used_gpus(window):
        shares[device.name] = shares.get(device.name, 0.0) + device.share
    made = {name: made_range(sources_of(name, factors), source) for name in shares}
    return [times(kg, window.duration_s * shares[name]) for name, kg in made.items() if kg is not None]


def _used_gpus(window: WindowUse) -> list[DeviceUse]:
    return [device for device in window.devices if device.component == "gpu" and not device.reserved]


def _servers(window: WindowUse, factors: Factors) -> list[Range]:
    """Kilogram-seconds of servers: an eighth of a GPU server per accelerator, else the run's part of a plain one."""
    gpu_hosts = {device.host for device in _used_gpus(window)}
    parts = []
    for key, seconds in [
        *(("embodied/gpu_server_kg", window.duration_s * d.share / GPUS_PER_SERVER) for d in _used_gpus(window)),
        *(("embodied/server_kg", _server_seconds(host)) for host in window.hosts if host.host not in gpu_hosts),
    ]:
        factor = factors.get(key)
        if factor is not None:
            parts.append(Range(factor.value * seconds, factor.low * seconds, factor.high * seconds))
    return parts


def _server_seconds(host: HostUse) -> float:
    """Seconds of a whole server that a host's time is worth, by the cores allotted.

    A virtual machine is a part of a typical server; a desktop or laptop is about as much of one as it has threads.
    """
    threads = host.threads or host.cores or THREADS_PER_SERVER
    is_server = not host.virtual and re.search(SERVER_CPUS, host.cpu_model or "", re.IGNORECASE)
    whole = threads if is_server else max(threads, THREADS_PER_SERVER)
    return host.duration_s * host.idle_share * (allotted_threads(host) or threads) / whole


def embodied_by_source(window: WindowUse, factors: Factors) -> dict[str, Figure]:
    """The same share by each source that knows every accelerator of the run: the spread, shown as it is."""
    names = {device.name for device in _used_gpus(window)}
    known = [{row.key.split("/")[2] for row in sources_of(name, factors)} for name in names]
    shared = set.intersection(*known) if known else set()
    figures = {source: embodied_figure(window, factors, source) for source in sorted(shared)}
    return {source: figure for source, figure in figures.items() if figure is not None}
