"""A small factor set with round numbers, and runs made of plain amounts."""

from __future__ import annotations

import pytest

from joulebook.ledger.accounting.factors import CpuFamily, Factor, Factors
from joulebook.ledger.accounting.observations import DeviceUse, HostUse, Reading, RunUse, WindowUse, Zone

# 2026-03-01T00:00:00Z
START = 1772323200.0


def row(key, value, spread=1.0, method="published"):
    return Factor(key, value, value / spread, value * spread, "", method, "2025", "source")


@pytest.fixture(scope="session")
def factors():
    rows = [
        row("grid/KOR/2024", 400.0, 1.2),
        row("grid/KOR/2025", 390.0, 1.2),
        row("grid/USA/2025", 380.0, 1.2),
        row("grid-direct/USA-CA/2023", 200.0, 1.2),
        row("grid/WLD/2025", 470.0, 1.5),
        row("pue", 1.5, 1.1),
        Factor("wue", 0.3, 0.0, 1.8, "L/kWh", "modelled", "2025", "source"),
        row("water/KOR", 2.0, 1.5),
        row("water/WLD", 3.9, 1.5),
        row("price/KOR", 0.12, 1.4),
        row("price/USA", 0.08, 1.4),
        row("memory_w_per_gb", 0.14, 2.0, "modelled"),
        row("full_stack", 2.4, 1.5, "modelled"),
        row("embodied/life_years", 4.0),
        row("embodied/utilisation", 0.8),
        row("embodied/server_kg", 1000.0),
        row("embodied/gpu_server_kg", 5700.0),
        row("embodied-gpu/NVIDIA H100 SXM5 80GB/nvidia", 164.0),
        row("embodied-gpu/NVIDIA H100 SXM5 80GB/ecologits", 273.0),
        row("embodied-gpu/NVIDIA H100 SXM5 80GB/boavizta", 575.0),
        row("embodied-gpu/NVIDIA L4/boavizta", 123.5),
        row("embodied-gpu/any/ccf", 150.0),
        row("scc/EPA 2023, 2.0 %", 190.0),
        row("scc/IWG 2021, 3 %", 51.0),
    ]
    families = (
        CpuFamily("EPYC 3rd Gen", r"EPYC 7\d\d3", 0.5, 0.4, 0.6, 2.0, 1.8, 2.2, "ccf"),
        CpuFamily("unknown", "", 0.7, 0.4, 2.0, 3.7, 1.6, 8.6, "ccf"),
    )
    return Factors("2026-11", {r.key: r for r in rows}, families)


def gpu(energy_j=1000.0, spread=1.05, **changes):
    reading = None if energy_j is None else Reading(energy_j, energy_j / spread, energy_j * spread, "measured")
    values = {"device_id": "GPU-1", "host": "a", "name": "NVIDIA H100 80GB HBM3", "component": "gpu", "source": "nvml"}
    return DeviceUse(**{**values, **changes}, reading=reading)


def host(duration_s=100.0, **changes):
    values = {
        "host": "a",
        "boot_id": "boot-a",
        "cpu_model": "AMD EPYC 7763 64-Core Processor",
        "sockets": 1,
        "cores": 4,
        "threads": 8,
        "virtual": False,
        "memory_bytes": 64e9,
        "machine_busy_s": 250.0,
        "tree_cpu_s": 200.0,
        "memory_used_byte_s": 9e11,
        "tree_rss_byte_s": 4e11,
    }
    return HostUse(duration_s=duration_s, **{**values, **changes})


def window(devices=None, hosts=None, duration_s=100.0):
    return WindowUse(
        duration_s,
        tuple([gpu()] if devices is None else devices),
        tuple([host(duration_s)] if hosts is None else hosts),
    )


def run(use=None, zone="KOR", assumed=False, **changes):
    use = use or window()
    where = Zone(zone, "timezone" if assumed else "flag", assumed, ("a",))
    values = {"run_id": "r1", "started_at": START, "ended_at": START + use.duration_s, "zone_windows": ((where, use),)}
    return RunUse(window=use, **{**values, **changes})


@pytest.fixture(scope="session")
def make():
    """Makers of devices, hosts, windows and runs."""
    return type("Makers", (), {f.__name__: staticmethod(f) for f in (gpu, host, window, run, row)} | {"start": START})
