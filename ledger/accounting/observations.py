"""What the books hold of a run before any factor is applied: observed amounts over one window (a run or a phase).

All amounts are differences of cumulative readings over the window, so they add up over windows that follow
one another, and a better model of unmetered parts improves every past run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from joulebook.ledger.accounting.figure import Method

# A device of this name is all of a machine at once (an imported total, a wall meter): nothing is missing beside it.
WHOLE_MACHINE = "whole machine"

Component = Literal["gpu", "cpu", "ram", "other"]
COMPONENTS: tuple[Component, ...] = ("gpu", "cpu", "ram", "other")
ShareHow = Literal["whole", "process", "cpu-time", "time", "slices"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Energy that a device reported over the window, with the 90 % range that its sensor and the window allow."""

    energy_j: float
    low_j: float
    high_j: float
    method: Method


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """One device in the window.

    Attributes:
        device_id: The GPU's UUID, or boot id and package for CPU and DRAM. The same device is one device, whoever saw
            it.
        reading: What the whole device used; None where it could not be read (then `why_unknown` says why).
        share: The part of it (0 to 1) that is this run's, by `share_how`.
        reserved: Visible to the run but without a context of its processes: listed apart, not in the total.
        coverage: Share of the window (0 to 1) in which the device was really read.
    """

    device_id: str
    host: str
    name: str
    component: Component
    source: str
    reading: Reading | None
    share: float = 1.0
    share_how: ShareHow = "whole"
    reserved: bool = False
    coverage: float = 1.0
    why_unknown: str | None = None


@dataclass(frozen=True, slots=True)
class HostUse:
    """One machine (one boot of it) in the window: what the CPU and memory models need.

    Attributes:
        duration_s: Time of the window on this host.
        machine_busy_s: CPU seconds of the whole machine (all cores summed); None where it could not be read.
        tree_cpu_s: CPU seconds of the run's process tree, exited children included.
        memory_used_byte_s: Integral of the machine's used memory over the window.
        tree_rss_byte_s: Integral of the process tree's resident memory.
        cpu_limit_cores: Cores that a cgroup or CPU set leaves to the run; None where there is no limit.
        idle_share: Part (0 to 1) of the idle cores' power that this run bears where several runs overlap on the
            machine.
    """

    host: str
    boot_id: str
    duration_s: float
    cpu_model: str | None = None
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    virtual: bool | None = None
    memory_bytes: float | None = None
    cpu_limit_cores: float | None = None
    memory_limit_bytes: float | None = None
    machine_busy_s: float | None = None
    tree_cpu_s: float | None = None
    memory_used_byte_s: float | None = None
    tree_rss_byte_s: float | None = None
    coverage: float = 1.0
    idle_share: float = 1.0


@dataclass(frozen=True, slots=True)
class WindowUse:
    """Everything observed in one window, over all hosts and devices, each device once."""

    duration_s: float
    devices: tuple[DeviceUse, ...] = ()
    hosts: tuple[HostUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a run took place: `USA`, `KOR`, `USA-CA`; `WLD` where nobody knows.

    Attributes:
        how: `flag`, `environment`, `settings`, `cloud`, `timezone`, `edited` or `unknown`.
        assumed: True for what nobody declared: a cloud region's country is declared, a time zone is not.
    """

    zone: str
    how: str
    assumed: bool
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunUse:
    """One run as accounting takes it: when, where, what it used and what work it did.

    Attributes:
        started_at: Unix seconds (UTC).
        window: The run's whole window, children included.
        zone_windows: The same, split by zone where a run spans several; one entry otherwise.
        counts: Work done: requests, tokens_in, tokens_out, samples, ...
        declared: What the caller declared for this run alone (`pue`, `wue_l_per_kwh`, `price_usd_per_kwh`); beats the
            factor set.
        hours: (Unix seconds of the hour's start, weight) of the run's energy; empty: spread evenly over its time.
        notes: What a reader must know of where it came from; it stands among the warnings.
    """

    run_id: str
    started_at: float
    ended_at: float | None
    window: WindowUse
    zone_windows: tuple[tuple[Zone, WindowUse], ...]
    kind: str | None = None
    counts: dict[str, float] = field(default_factory=dict)
    declared: dict[str, float] = field(default_factory=dict)
    hours: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()
