"""Power over time, thinned on the server. Energy is never computed from what comes out here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from joulebook.ledger.store.opening import Ledger

if TYPE_CHECKING:
    import pandas as pd


def trace(
    ledger: Ledger,
    run_id: str,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    max_points: int = 2000,
) -> pd.DataFrame:
    """Power of each device of a run over a window, at most `max_points` rows a device.

    Args:
        ledger: The books.
        run_id: A full run id.
        start_s: Seconds since the run's start; None is its start.
        end_s: Seconds since the run's start; None is its end.
        max_points: Buckets a device.

    Returns:
        Columns t_s (middle of the bucket, seconds since the run's start), device_id, host, component, name,
        power_w_mean, power_w_min, power_w_max, modelled (CPU and memory that no device measured). A row with NaN
        powers is a gap. Devices come one after the other, each in order of time.
    """
    raise NotImplementedError
