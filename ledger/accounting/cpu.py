"""CPU joules where no counter measures them: from CPU seconds, load, processor and limits.

What the default (`family`) attributes to a run:

- the dynamic part by the CPU seconds of its own process tree, whoever else was busy;
- the idle part by the cores allotted to it: those of its limit (cgroup, CPU set), else all cores of the machine that
  other processes left idle, times its share where several runs overlap (`HostUse.idle_share`).

It is linear in what was observed, so windows that follow one another add up. Power per hardware thread stems from whole
servers under SPECpower (fans and power supply included), so a virtual machine of `n` threads bears `n` threads' worth.
The range is wide on purpose: family spread, package against server, average against this workload.
"""

from __future__ import annotations

import math
import re

from joulebook.ledger.accounting.factors import CpuFamily, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import HostUse
from joulebook.ledger.accounting.uncertainty import Range, by_factor, range_of_product, range_of_sum, times

# 90 % range of the attribution itself, on top of the family's spread: SPECpower's Java load against other code, turbo,
# sockets partly filled, fans and power supply in or out. Rated power per thread of the same processors lies 0.7 to 1.2
# times as high.
MODEL_FACTOR = 1.5
# CPU seconds are read in clock ticks, 100 a second: 0 read is somewhere from 0 to a tick.
TICK_S = 0.01
# CodeCarbon 3.3.2, core/cpu.py: watts per thread of a processor that its table does not know.
CODECARBON_W_PER_THREAD = 4.0


def cpu_energy_j(idle_w: float, full_w: float, idle_thread_s: float, tree_cpu_s: float) -> float:
    """Idle power for the thread-seconds borne, and the step from idle to full for every CPU second of the tree.

    Args:
        idle_w: Watts of one hardware thread of the machine when idle.
        full_w: Watts of one when fully loaded.
        idle_thread_s: Thread-seconds whose idle power the run bears (its busy ones too).
        tree_cpu_s: CPU seconds of the run's process tree.
    """
    return idle_w * idle_thread_s + (full_w - idle_w) * tree_cpu_s


def codecarbon_power_w(tdp_w: float, load: float) -> float:
    """CodeCarbon 3.3.2's load model for a whole machine (external/hardware.py): TDP * (0.1 + 0.9 * load^3)."""
    return tdp_w * (0.1 + 0.9 * load**3)


def allotted_threads(host: HostUse) -> float | None:
    """Hardware threads that the run could use: its limit, else all of the machine; None where neither is known."""
    threads = host.threads or host.cores
    if host.cpu_limit_cores is None:
        return threads
    return min(host.cpu_limit_cores, threads) if threads else host.cpu_limit_cores


def idle_thread_seconds(host: HostUse, tree_cpu_s: float) -> float | None:
    """Thread-seconds whose idle power the run bears: those allotted, less what others kept busy on an open machine."""
    allotted = allotted_threads(host)
    if allotted is None:
        return None
    limited = host.cpu_limit_cores is not None and host.cpu_limit_cores < (host.threads or host.cores or float("inf"))
    others = 0.0 if limited or host.machine_busy_s is None else host.machine_busy_s - tree_cpu_s
    return max(0.0, allotted * host.duration_s - others) * host.idle_share


def family_of(model: str | None, factors: Factors) -> CpuFamily | None:
    """The first family whose pattern the model name matches; the last family of a set stands for any other."""
    name = " ".join(re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b", "", model or "", flags=re.IGNORECASE).split())
    return next((family for family in factors.cpu_families if re.search(family.pattern, name, re.IGNORECASE)), None)


def _family_range(family: CpuFamily, idle_thread_s: float, tree_cpu_s: float) -> Range:
    idle = Range(family.idle_w, family.idle_low_w, family.idle_high_w)
    step = family.full_w - family.idle_w
    # Lowest full less highest idle of all families can be negative; no single family's step is below 0.3 of the middle.
    low = max(family.full_low_w - family.idle_high_w, 0.3 * step)
    dynamic = Range(step, low, max(step, family.full_high_w - family.idle_low_w))
    parts = [times(idle, idle_thread_s), times(dynamic, tree_cpu_s)]
    modelled = range_of_product([range_of_sum(parts, shared=True), by_factor(1.0, MODEL_FACTOR)])
    return _with_error(modelled, family.full_high_w * TICK_S)


def _with_error(known: Range, error_j: float) -> Range:
    """A range with an independent error of reading on both sides; no less than 0."""
    down, up = (math.hypot(end - known.value, error_j) for end in (known.low, known.high))
    return Range(known.value, max(0.0, known.value - down), known.value + up)


def tdp_of(host: HostUse, factors: Factors) -> float | None:
    """Rated power of all the host's processors from CodeCarbon's table; 4 W a thread for one it does not know."""
    rated = factors.cpu_tdp_w.get(plain_model_name(host.cpu_model or ""))
    if rated is not None:
        return rated * (host.sockets or 1)
    threads = host.threads or host.cores
    return threads * CODECARBON_W_PER_THREAD if threads else None


def plain_model_name(model: str) -> str:
    """A CPU's name as tables have it: lower case, without marks, clock and core count."""
    text = re.sub(r"\((r|tm|c)\)|®|™", " ", model.lower())
    text = re.sub(r"@.*$|\b\d+-core\b|\bcpu\b|\bprocessor\b", " ", text)
    return " ".join(text.split())


def model_cpu(host: HostUse, factors: Factors) -> Figure | None:
    """CPU energy of a host by the set's model; None where neither CPU seconds nor cores were observed."""
    tree = host.tree_cpu_s if host.tree_cpu_s is not None else host.machine_busy_s
    if tree is None:
        return None
    by_family = factors.cpu_model == "family"
    energy = _by_family(host, tree, factors) if by_family else _by_rated_power(host, factors)
    return None if energy is None else Figure(*energy, "modelled", "IT", factors.name, 0.0)


def _by_family(host: HostUse, tree_cpu_s: float, factors: Factors) -> Range | None:
    family, idle_thread_s = family_of(host.cpu_model, factors), idle_thread_seconds(host, tree_cpu_s)
    if family is None or idle_thread_s is None:
        return None
    return _family_range(family, idle_thread_s, tree_cpu_s)


def _by_rated_power(host: HostUse, factors: Factors) -> Range | None:
    """CodeCarbon's machine mode, or rated power held all the time on the cores allotted."""
    tdp_w, threads, allotted = tdp_of(host, factors), host.threads or host.cores, allotted_threads(host)
    if tdp_w is None or not threads or allotted is None:
        return None
    if factors.cpu_model == "tdp":
        return Range(*(tdp_w * allotted / threads * host.duration_s * end for end in (1.0, 0.1, 1.5)))
    busy = host.machine_busy_s if host.machine_busy_s is not None else host.tree_cpu_s or 0.0
    load = min(1.0, busy / (threads * host.duration_s)) if host.duration_s else 0.0
    return by_factor(codecarbon_power_w(tdp_w, load) * host.duration_s, 2.0)
