"""What the Live page shows of a job: energy so far, how old its last reading is, whether it still moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import markup
from joulebook.dashboard.texts import t

# A meter writes at least every 5 s; three of these without a word, and what is shown is called old.
STALE_AFTER_S = 15.0


@dataclass(frozen=True, slots=True)
class Job:
    """One running run.

    Attributes:
        age_s: Time since its last reading.
        energy: Text, with range; the word for unknown where nothing is known.
    """

    run_id: str
    name: str
    what: str
    duration_s: float
    age_s: float
    energy_j: float | None
    energy: str
    emissions: str

    @property
    def stale(self) -> bool:
        """Whether the figures are too old to be taken for now."""
        return self.age_s > STALE_AFTER_S


def job_of(row: Any, now: datetime) -> Job:
    """A job from its row in the list of runs."""
    known = pd.notna(row.energy_j)
    words = [str(word) for word in (row.model, row.task, row.project) if isinstance(word, str) and word]
    age_s = (pd.Timestamp(now) - row.started_at).total_seconds() - row.duration_s
    return Job(
        run_id=row.run_id,
        name=str(row.name) if isinstance(row.name, str) and row.name else row.run_id,
        what=" · ".join(words),
        duration_s=float(row.duration_s),
        age_s=max(0.0, age_s),
        energy_j=float(row.energy_j) if known else None,
        energy=fmt.with_range(row.energy_j, row.energy_low_j, row.energy_high_j, "energy")
        if known
        else t("figure.unknown"),
        emissions=fmt.amount(row.emissions_g if pd.notna(row.emissions_g) else None, "emissions"),
    )


def sentence(jobs: Sequence[Job]) -> str:
    """Say `Two runs go on; they have used 1.2 kWh so far`."""
    if not jobs:
        return t("live.nothing")
    known_j = sum(job.energy_j or 0.0 for job in jobs)
    n = t("live.one") if len(jobs) == 1 else t("live.many", n=len(jobs))
    return t("live.answer", n=n, energy=fmt.amount(known_j, "energy"))


def figures_html(job: Job) -> str:
    """Energy in large type, then duration, emissions and the age of the last reading; all escaped."""
    key = "live.stale" if job.stale else "live.fresh"
    value, _, span = job.energy.partition(" (")
    return (
        f'<div class="jb-value jb-long">{markup(value)}</div>'
        f'<div class="jb-range">{markup(span.rstrip(")"))}</div>'
        f'<div class="jb-change">{markup(t("live.for", duration=fmt.duration(job.duration_s)))}, '
        f"{markup(job.emissions)}</div>"
        f'<div class="jb-range">{markup(t(key, age=fmt.duration(job.age_s)))}</div>'
    )


def power_now(trace: pd.DataFrame) -> float | None:
    """The newest known power of each device, summed, in watts."""
    known = trace.dropna(subset=["power_w_mean"]).sort_values("t_s")
    return float(known.groupby("device_id")["power_w_mean"].last().sum()) if len(known) else None
