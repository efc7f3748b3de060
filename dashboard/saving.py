"""What would have saved most: the same work done by a cheaper model that is in the books for the same task."""

from __future__ import annotations

from dataclasses import dataclass

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
    found = [
        saving for _, group in frame.dropna(subset=["task", "model"]).groupby("task") for saving in _of_task(group)
    ]
    return max((s for s in found if s.low_j > 0), key=lambda s: s.saved_j, default=None)


def _of_task(group: pd.DataFrame) -> list[Saving]:
    unit = next((name for name in WORK_UNITS if (group[name].fillna(0) > 0).sum() >= 2), None)
    if unit is None:
        return []
    able = group[(group[unit].fillna(0) > 0) & group["facility_energy_j"].notna()]
    rows = [row for _, row in able.iterrows()]
    return [_saving(large, small, unit) for large in rows for small in rows if large["model"] != small["model"]]


def _saving(large: pd.Series, small: pd.Series, unit: str) -> Saving:
    work = large[unit] / small[unit]
    low_name, high_name = "facility_energy_low_j", "facility_energy_high_j"
    return Saving(
        task=str(large["task"]),
        large=str(large["model"]),
        small=str(small["model"]),
        saved_j=large["facility_energy_j"] - small["facility_energy_j"] * work,
        low_j=large[low_name] - small[high_name] * work,
        high_j=large[high_name] - small[low_name] * work,
    )
