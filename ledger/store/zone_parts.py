"""What is needed of many runs to multiply their energy by factors: columns of the books as arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, String, cast, func, null, select

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.linear_changes import on_their_own
from joulebook.ledger.accounting.many_runs import Place, ZoneParts
from joulebook.ledger.store.tables import run_devices, run_zones, runs

_PLACE = ("zone", "year", "assumed", "declared")
_ENERGY = ("energy_j", "energy_low_j", "energy_high_j")


@dataclass(frozen=True, slots=True)
class ManyRuns:
    """Some runs of the books, those that can be multiplied and those that must be accounted for one by one.

    Attributes:
        frame: One row a run: run_id, day, warnings.
        parts: Their energy by place.
        apart: Ids of the runs that a contract or an hourly series is for, or of whose zones nothing is kept.
    """

    frame: pd.DataFrame
    parts: ZoneParts
    apart: list[str]


def many_runs(
    connection: Connection,
    where: Sequence[ColumnElement[bool]],
    sets: Sequence[Factors],
    *,
    order: Sequence[ColumnElement[Any]],
    limit: int,
    offset: int = 0,
) -> ManyRuns:
    """Some runs that pass the conditions.

    Args:
        connection: Of the books.
        where: On columns of `runs`.
        sets: The factor sets that they are to be accounted under.
        order: Which come first.
        limit: Runs at most.
        offset: Runs passed over first.
    """
    rented = any(factors.get("gpu_hour") is not None for factors in sets)
    chosen = _chosen(rented=rented).where(*where).order_by(*order).limit(limit).offset(offset).subquery()
    zones = (run_zones.c[name] for name in ("zone", "year", "assumed", *_ENERGY))
    joined = select(chosen, *zones).select_from(chosen)
    result = connection.execute(joined.outerjoin(run_zones, run_zones.c.run_id == chosen.c.run_id))
    # Tuples of the driver: for very many rows, those of SQLAlchemy cost more than all the rest.
    frame = pd.DataFrame.from_records(result.cursor.fetchall(), columns=list(result.keys()))
    return _parted(frame, sets)


def _chosen(*, rented: bool) -> Any:
    gpus = (
        select(func.sum(run_devices.c.share))
        .where(run_devices.c.run_id == runs.c.run_id, run_devices.c.component == "gpu")
        .scalar_subquery()
    )
    return select(
        *(runs.c[name] for name in ("run_id", "day", "warnings", "started_at", "ended_at", "duration_s")),
        cast(runs.c.details["declared"].as_string(), String).label("declared"),
        (gpus if rented else null()).label("gpus"),
    )


def _parted(frame: pd.DataFrame, sets: Sequence[Factors]) -> ManyRuns:
    """Runs that can be multiplied, with their parts; and the others."""
    zones = frame["zone"].astype(object)
    start = frame["started_at"].to_numpy(float)
    end = frame["ended_at"].fillna(frame["started_at"] + frame["duration_s"]).to_numpy(float)
    alone = zones.isna().to_numpy() | frame["assumed"].isna().to_numpy()
    for factors in sets:
        alone |= on_their_own(list(zones.fillna("")), start, end, factors)
    apart = frame.loc[alone, "run_id"].unique()
    rest = frame[~frame["run_id"].isin(apart)]
    run, _ = pd.factorize(rest["run_id"])
    heads = rest.loc[~rest["run_id"].duplicated()]
    return ManyRuns(heads[["run_id", "day", "warnings"]], _parts(rest, run, heads), list(apart))


def _parts(rest: pd.DataFrame, run: Any, heads: pd.DataFrame) -> ZoneParts:
    groups = rest.groupby(list(_PLACE), sort=False, dropna=False)
    firsts = rest.loc[~groups.ngroup().duplicated(), list(_PLACE)]
    gpus = heads["gpus"].to_numpy(float)
    return ZoneParts(
        places=[_place(*row) for row in firsts.itertuples(index=False)],
        place=np.asarray(groups.ngroup(), dtype=np.int64),
        run=run,
        energy_j=rest[list(_ENERGY)].to_numpy(float).T,
        n_runs=len(heads),
        gpu_hours=np.where(gpus > 0, gpus * heads["duration_s"].to_numpy(float) / 3600, np.nan),
    )


def _place(zone: str, year: int, assumed: bool, declared: str | None) -> Place:
    values = json.loads(declared) if isinstance(declared, str) else {}
    return Place(zone, int(year), bool(assumed), tuple(sorted(values.items())) if isinstance(values, dict) else ())
