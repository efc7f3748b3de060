"""What would have saved most: the same work done by a cheaper model that is in the books for the same task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

WORK_UNITS = ("requests", "samples", "tokens_out")


@dataclass(frozen=True, slots=True)
class Saving:
    """Energy that one model's work would have taken less on another model of the task, with its range end to end."""

    task: str
    large: str
    small: str
    saved_j: float
    low_j: float
    high_j: float


def largest_saving(frame: pd.DataFrame) -> Saving | None:
    """The largest saving whose whole range is above zero; None where no task has two models to choose from.

    Args:
        frame: A rollup by task and model: facility_energy_j with _low_j and _high_j, and the counts of work.
    """
    groups = frame.dropna(subset=["task", "model"]).groupby("task")
    found = [saving for task, group in groups if (saving := _of_task(str(task), group))]
    return max(found, key=lambda saving: saving.saved_j, default=None)


def _of_task(task: str, group: pd.DataFrame) -> Saving | None:
    """The largest sure saving of one task, over all pairs of its models at once."""
    unit = next((name for name in WORK_UNITS if (group[name].fillna(0) > 0).sum() >= 2), None)
    if unit is None:
        return None
    able = group[(group[unit].fillna(0) > 0) & group["facility_energy_j"].notna()]
    models, work = able["model"].astype(str).to_numpy(), able[unit].to_numpy(float)
    mid, low, high = (able[f"facility_energy{end}_j"].to_numpy(float) for end in ("", "_low", "_high"))
    more = work[:, None] / work[None, :]  # how often the row's model did the column's work
    saved, least, most = (mine[:, None] - its[None, :] * more for mine, its in ((mid, mid), (low, high), (high, low)))
    sure = np.where((least > 0) & (models[:, None] != models[None, :]), saved, -np.inf)
    if not np.isfinite(sure).any():
        return None
    i, j = np.unravel_index(int(np.argmax(sure)), sure.shape)
    return Saving(task, models[i], models[j], float(saved[i, j]), float(least[i, j]), float(most[i, j]))
