"""Lists of runs for tables, and finding one by what a person types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger

if TYPE_CHECKING:
    import pandas as pd

RUN_COLUMNS = (
    "run_id", "parent_run_id", "name", "project", "kind", "stage", "model", "parameters", "task", "tags", "status",
    "exit_status", "started_at", "ended_at", "duration_s", "hosts", "energy_j", "energy_low_j", "energy_high_j",
    "energy_method", "measured_share", "gpu_j", "cpu_j", "ram_j", "other_j", "facility_energy_j",
    "facility_energy_low_j", "facility_energy_high_j", "emissions_g", "emissions_low_g", "emissions_high_g",
    "cost_usd", "cost_low_usd", "cost_high_usd", "water_l", "water_low_l", "water_high_l", "requests", "tokens_in",
    "tokens_out", "samples", "quality_name", "quality_value", "zone", "zone_assumed", "warnings", "revision",
)  # fmt: skip


def list_runs(
    ledger: Ledger,
    run_filter: RunFilter | None = None,
    *,
    sort: str = "started_at",
    descending: bool = True,
    limit: int | None = 200,
    offset: int = 0,
) -> pd.DataFrame:
    """One page of runs, sorted by the database; columns as in `RUN_COLUMNS`, unknown is None or NaN.

    `tags` is a dict, `started_at` and `ended_at` are UTC timestamps, `hosts` and `warnings` are numbers of them.

    Raises:
        LedgerError: `sort` is no column.
    """
    raise NotImplementedError


def find_run(ledger: Ledger, text: str) -> str:
    """The run id meant by an id, a unique prefix of one, a name (its newest) or `latest`.

    Raises:
        LedgerError: Nothing fits, or several ids begin so.
    """
    raise NotImplementedError


def filter_options(ledger: Ledger) -> dict[str, list[str]]:
    """What there is to choose from: projects, models, tasks, kinds, stages, statuses, each sorted, None left out."""
    raise NotImplementedError
