"""Memory joules where no DRAM counter measures them: watts per gigabyte held, over time."""

from __future__ import annotations

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import HostUse
from joulebook.ledger.accounting.uncertainty import times


def memory_energy_j(byte_seconds: float, power_w_per_gb: float) -> float:
    """Energy of memory held: bytes times seconds, at a power per 1e9 bytes."""
    return byte_seconds / 1e9 * power_w_per_gb


def held_byte_seconds(host: HostUse, *, allotted: bool) -> float | None:
    """Bytes times seconds that the run bears: what its process tree held, or what was set apart for it.

    The process tree's resident memory stands for the run; where only the machine's use is known, that does.
    """
    if allotted:
        limit = host.memory_limit_bytes or host.memory_bytes
        return None if limit is None else limit * host.duration_s
    return host.tree_rss_byte_s if host.tree_rss_byte_s is not None else host.memory_used_byte_s


def model_memory(host: HostUse, factors: Factors) -> Figure | None:
    """Memory energy of a host; None where its use was not observed."""
    held = held_byte_seconds(host, allotted=factors.memory_model == "allotted")
    factor = factors.get("memory_w_per_gb")
    if held is None or factor is None:
        return None
    energy = times(factor.range, memory_energy_j(held, 1.0))
    return Figure(*energy, method="modelled", boundary="IT", vintage=factors.name, measured_share=0.0)
