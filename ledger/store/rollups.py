"""Sums over runs: kept by day, project, model, kind, stage, zone and task, so that pages don't read every run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Sums over top-level runs, each joule once. A figure is None where no run of them knows it.

    Ranges add up end to end: what makes a range wide (grid factors, PUE, models of the unmetered) is shared by runs.

    Attributes:
        n: Runs, `n_unknown_energy` of them without any known energy.
        counts: Work done: requests, tokens_in, tokens_out, samples.
        revision: Ledger revision at which this was read.
    """

    n: int
    n_unknown_energy: int
    duration_s: float
    energy_j: Figure | None
    energy_by_component: dict[str, Figure | None]
    facility_energy_j: Figure | None
    emissions_g: Figure | None
    cost_usd: Figure | None
    water_l: Figure | None
    embodied_g: Figure | None
    counts: dict[str, float] = field(default_factory=dict)
    revision: int = 0


def totals(ledger: Ledger, run_filter: RunFilter | None = None) -> RunTotals:
    """Sums over the top-level runs that pass the filter."""
    raise NotImplementedError


def rollup(
    ledger: Ledger,
    *,
    by: Sequence[str] = ("day",),
    start: datetime | None = None,
    end: datetime | None = None,
    run_filter: RunFilter | None = None,
) -> pd.DataFrame:
    """Sums by any of day, week, month, project, model, kind, stage, zone, task, read from the rollup tables.

    Columns: those of `by` (`day`, `week` and `month` as UTC midnights), then n, duration_s, energy_j, energy_low_j,
    energy_high_j, measured_j, measured_share, gpu_j, cpu_j, ram_j, other_j, facility_energy_j, emissions_g, cost_usd,
    water_l (each with _low and _high before the unit), requests, tokens_in, tokens_out, samples. Top-level runs only.
    """
    raise NotImplementedError
