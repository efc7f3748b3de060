"""Whether going from one factor set to another is a matter of multiplying, and for which runs it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.hourly import HOUR_S
from joulebook.ledger.accounting.uncertainty import Range

# Factors by which energy is multiplied. The others (power of memory and processors, making of devices) enter otherwise.
_MULTIPLIED = {
    *("grid", "grid-direct", "residual", "pue", "wue", "water", "price", "gpu_hour"),
    *("scc", "full_stack"),  # stand in no figure that the books keep
}


def is_linear(old: Factors, new: Factors) -> bool:
    """Whether the sets differ only in factors that energy is multiplied by (and in contracts and hourly series)."""
    choices = ("cpu_model", "memory_model", "embodied_source", "cpu_families", "cpu_tdp_w")
    if any(getattr(old, name) != getattr(new, name) for name in choices):
        return False
    keys = {*old.table, *new.table}
    return all(key.partition("/")[0] in _MULTIPLIED for key in keys if _range(old, key) != _range(new, key))


def _range(factors: Factors, key: str) -> Range | None:
    factor = factors.get(key)
    return None if factor is None else factor.range


def on_their_own(
    zones: Sequence[str], started_at: NDArray[np.float64], ended_at: NDArray[np.float64], factors: Factors
) -> NDArray[np.bool_]:
    """Which runs' parts must be accounted for one by one: a contract is for their zone, or a series for their hours.

    Args:
        zones: Zone of each part, (n,).
        started_at: Unix seconds, (n,).
        ended_at: Unix seconds, (n,).
        factors: The set to account under.
    """
    found = np.zeros(len(started_at), dtype=bool)
    names = np.asarray(zones, dtype=object)
    for zone in dict.fromkeys(zones):
        here = names == zone
        if any(contract.zone[:3] == zone[:3] for contract in factors.contracts):
            found |= here
        for series in factors.hourly:
            if series.zone in {zone, zone.partition("-")[0]}:
                end = series.start + HOUR_S * len(series.intensity_g_per_kwh)
                found |= here & (started_at < end + HOUR_S) & (ended_at > series.start - HOUR_S)
    return found
