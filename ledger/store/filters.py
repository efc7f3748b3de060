"""Which runs: the one filter that lists, totals, reports and pages share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Runs for which all of this holds; an empty field asks nothing.

    Attributes:
        text: Part of the name, project, model, task or run id, in any case.
        start: Started at or after (UTC where it carries no zone).
        end: Started before.
        energy_min_j: IT energy at least.
        energy_max_j: IT energy at most.
        include_children: Runs inside other runs too. A sum over both would count joules twice, so totals and
            rollups leave them out whatever this says, unless `run_ids` names them.
    """

    text: str | None = None
    projects: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    energy_min_j: float | None = None
    energy_max_j: float | None = None
    run_ids: tuple[str, ...] = ()
    include_children: bool = False
