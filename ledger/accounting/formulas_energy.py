"""The formulas of energy: from readings, CPU seconds and memory to joules of IT equipment and facility."""

from __future__ import annotations

from joulebook.ledger.accounting.above_idle import energy_above_idle_j
from joulebook.ledger.accounting.calibration import wall_energy_j
from joulebook.ledger.accounting.cpu import codecarbon_power_w, cpu_energy_j
from joulebook.ledger.accounting.energy import (
    facility_energy_kwh,
    full_stack_energy_j,
    integrated_energy_j,
    shared_energy_j,
)
from joulebook.ledger.accounting.formula import Example, Formula, Symbol
from joulebook.ledger.accounting.memory import memory_energy_j

ENERGY = (
    Formula(
        "energy-counter",
        "Energy of a device that has a counter",
        "E = C(t1) - C(t0)",
        (
            Symbol("C", "the device's cumulative counter (NVML, powercap), wraps undone, read between its ticks", "J"),
            Symbol("t0, t1", "begin and end of the run or phase", "s"),
        ),
        "NVIDIA NVML reference, nvmlDeviceGetTotalEnergyConsumption; Linux kernel, Documentation/power/powercap",
        Example(
            "from 1,200,500 J to 1,264,100 J", shared_energy_j, {"device_j": 1_264_100 - 1_200_500, "share": 1.0}, "J"
        ),
        "Measured. The range is that of the sensor (5 % for NVML, Yang et al. 2024, arXiv 2312.02741) and of the "
        "window's ends.",
    ),
    Formula(
        "energy-polled",
        "Energy of a device that only tells its power",
        "E = sum_i P_i · (t_{i+1} - t_i)",
        (
            Symbol("P_i", "power read at t_i, held until the next reading (zero-order hold)", "W"),
            Symbol("t_i", "time", "s"),
        ),
        "Yang et al. 2024, arXiv 2312.02741 (why power is held, not joined by straight lines)",
        Example(
            "400 W for 0.05 s, then 100 W for 0.15 s",
            integrated_energy_j,
            {"powers_w": (400.0, 100.0), "durations_s": (0.05, 0.15)},
            "J",
        ),
        "Sampled. Gaps are not filled; the share of the time that was covered is shown.",
    ),
    Formula(
        "energy-shared",
        "A run's share of a device that others used too",
        "E_run = s · E_device",
        (
            Symbol(
                "s",
                "share: process utilisation (GPU), CPU seconds (processor), compute slices (part of a GPU), else time",
                "1",
            ),
            Symbol("E_device", "energy of the device in the window, counted once", "J"),
        ),
        "convention; how far CPU seconds stand for energy: METRION, arXiv 2512.06806",
        Example("a quarter of 1,000 J", shared_energy_j, {"device_j": 1000.0, "share": 0.25}, "J"),
        "The range widens by 1.1 (process utilisation), 1.25 (CPU seconds) or 2 (time, slices); a split by time or "
        "slices counts as modelled.",
    ),
    Formula(
        "energy-cpu-model",
        "CPU energy without a counter",
        "E = p_idle · (n · t - T_others) + (p_full - p_idle) · T_run",
        (
            Symbol("p_idle, p_full", "power of one hardware thread of the processor family, idle and full", "W"),
            Symbol("n", "hardware threads allotted: the run's limit, else all of the machine", "1"),
            Symbol("t", "duration", "s"),
            Symbol("T_others", "CPU seconds of other processes (0 under a limit)", "s"),
            Symbol("T_run", "CPU seconds of the run's process tree, ended children included", "s"),
        ),
        "power by family: Cloud Carbon Footprint coefficients, from SPECpower_ssj2008 results of whole servers",
        Example(
            "8 threads of 0.5 W idle and 2 W full for 100 s, the run busy for 200 s, others for 50 s",
            cpu_energy_j,
            {"idle_w": 0.5, "full_w": 2.0, "idle_thread_s": 750.0, "tree_cpu_s": 200.0},
            "J",
        ),
        "Modelled; the range is the family's spread (all families' where a virtual machine hides its processor), "
        "times 1.5.",
    ),
    Formula(
        "energy-cpu-codecarbon",
        "CPU energy by CodeCarbon's model (to choose)",
        "P = TDP · (0.1 + 0.9 · load^3)",
        (
            Symbol("TDP", "rated power of the processor", "W"),
            Symbol("load", "busy share of all threads of the machine", "1"),
        ),
        "codecarbon 3.3.2, external/hardware.py and data/hardware/cpu_power.csv (MIT)",
        Example("280 W at half load", codecarbon_power_w, {"tdp_w": 280.0, "load": 0.5}, "W"),
        "Attributes the whole machine to the run.",
    ),
    Formula(
        "energy-memory",
        "Memory energy without a counter",
        "E = m · B",
        (
            Symbol("m", "power per gigabyte held", "W/GB"),
            Symbol("B", "bytes held by the process tree, over time", "GB·s"),
        ),
        "0.048 to 0.061 W/GB measured on 37 servers (Tailpipe methodology), 0.3725 rated (Green Algorithms), 0.392 "
        "(CCF)",
        Example(
            "4 GB for an hour at 0.14 W/GB", memory_energy_j, {"byte_seconds": 4e9 * 3600, "power_w_per_gb": 0.14}, "J"
        ),
        "Modelled: the middle of the sources with all of them in the range.",
    ),
    Formula(
        "energy-above-idle",
        "Energy above idle",
        "E_above = max(0, E - P_idle · t)",
        (
            Symbol("E", "the run's energy of the devices whose idle power was measured before it", "J"),
            Symbol("P_idle", "mean power of these devices before the run; of a shared device the run's share", "W"),
            Symbol("t", "time in which they were read", "s"),
        ),
        "definition",
        Example(
            "30,000 J in 100 s on a GPU that idles at 60 W",
            energy_above_idle_j,
            {"energy_j": 30_000.0, "idle_w": 60.0, "duration_s": 100.0},
            "J",
        ),
        "Stands beside the total, never in its place. The range holds that of the run and that of the idle time.",
    ),
    Formula(
        "energy-wall",
        "Energy at the wall, by calibration",
        "E_wall = a · t + g · E_IT",
        (
            Symbol("a, g", "offset and gain of the machine, fitted to two or more wall readings", "W, 1"),
            Symbol("t", "duration", "s"),
            Symbol("E_IT", "energy as accounted", "J"),
        ),
        "Fischer 2025, arXiv 2509.22092 (there: 56 W and 1.10 for one desktop; not a default)",
        Example(
            "100 kJ in 1,000 s on that desktop",
            wall_energy_j,
            {"energy_j": 100_000.0, "duration_s": 1000.0, "offset_w": 56.0, "gain": 1.10},
            "kJ",
            1e-3,
        ),
        "Stands beside the raw figure, never in its place; no other figure is made from it.",
    ),
    Formula(
        "energy-facility",
        "Energy of the facility",
        "E_fac = PUE · E_IT",
        (
            Symbol("PUE", "power usage effectiveness: declared, the operator's, else the industry's mean", "1"),
            Symbol("E_IT", "energy of the IT equipment", "kWh"),
        ),
        "ISO/IEC 30134-2; Uptime Institute survey 2024 (1.56)",
        Example("100 kWh in an unknown data centre", facility_energy_kwh, {"it_energy_kwh": 100.0, "pue": 1.56}, "kWh"),
        "An unknown site has the range 1.0 (a room without cooling) to 2.0.",
    ),
    Formula(
        "energy-full-stack",
        "Full stack from accelerators alone",
        "E_fac = k · E_acc",
        (Symbol("k", "all of the facility over the active accelerators", "1"), Symbol("E_acc", "accelerators", "J")),
        "Elsworth et al. 2025, arXiv 2508.15734: 0.24 Wh of all against 0.10 Wh of active accelerators",
        Example(
            "0.10 Wh",
            full_stack_energy_j,
            {"accelerators_j": 360.0, "multiplier": 2.4},
            "Wh",
            1 / 3600,
            published="0.24 Wh",
        ),
        "Used only where nothing is known of the host; never added to anything.",
    ),
)
