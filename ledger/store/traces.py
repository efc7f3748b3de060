"""Power over time, thinned on the server. Energy is never computed from what comes out here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, select

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.store.chunks import Columns, device_power, unpack
from joulebook.ledger.store.documents import factors_of
from joulebook.ledger.store.intervals import Cumulative, Floats, Interval, intersection
from joulebook.ledger.store.observing import host_use
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.reaccounting import load_uses
from joulebook.ledger.store.settling import runs_inside
from joulebook.ledger.store.sights import Family, Machine, Row, Seen, Sight, load_journals
from joulebook.ledger.store.tables import chunks

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("t_s", "device_id", "host", "component", "name", "power_w_mean", "power_w_min", "power_w_max"),
    "modelled",
)
# Readings farther apart than this many times their usual distance leave a gap in the picture.
_GAP_TIMES = 5.0
_LEAST_GAP_S = 5.0
_MODEL_POINTS = 300


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
        powers is a gap. Devices come one after the other, each in order of time. Powers are the whole device's.
    """
    import pandas as pd

    with ledger.reading() as connection:
        found = load_uses(connection, [run_id])
        own = load_journals(connection, [run_id])
        if not found or not own:
            return pd.DataFrame({name: [] for name in COLUMNS})
        run, devices, _ = found[0]
        family = Family(connection, own, load_journals(connection, runs_inside(connection, run_id)))
        window = (start_s or 0.0, run["duration_s"] if end_s is None else end_s)
        owned = {(row["device_id"], row["boot_id"]) for row in devices}
        frames = [
            _device_frame(connection, run, seen, window, max_points)
            for seen in family.seen
            if (seen.device["device_id"], seen.boot_id) in owned
        ]
        factors = factors_of(connection, run)
        for machine in family.machines:
            frames += _modelled_frames(
                run,
                machine,
                [row for row in devices if row["energy_j"]],
                factors=factors,
                window=window,
                max_points=max_points,
            )
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({name: [] for name in COLUMNS})


def _device_frame(connection: Connection, run: Row, seen: Seen, window: Interval, max_points: int) -> pd.DataFrame:
    parts = []
    for part, sight in seen.parts:
        shift = _shift(run, sight.journal)
        wanted = intersection([(window[0] - shift, window[1] - shift)], [part])
        if wanted:
            summary = _read(connection, sight, wanted[0], max_points)
            parts.append(np.vstack([summary[0] + shift, summary[1:]]))
    points = np.hstack(parts) if parts else np.empty((4, 0))
    lost = [
        (start + shift, end + shift)
        for _, sight in seen.parts
        for start, end in sight.gaps
        for shift in [_shift(run, sight.journal)]
    ]
    return _frame(
        _thinned(points, window, max_points), lost, seen.device["device_id"], seen.host, seen.device, modelled=False
    )


def _shift(run: Row, journal: Row) -> float:
    """What turns the journal's boot time into seconds since the run's start."""
    return float(journal["opened_at"] - journal["opened_b"] - run["started_at"])


def _read(connection: Connection, sight: Sight, window: Interval, max_points: int) -> Floats:
    """Time, mean, least and most watts, (4, n): whole chunks by their summary where there are plenty, else unpacked."""
    stream = f"r{sight.device['device_no']}"
    names = ("seq", "n", "from_b", "to_b", "first", "last", "power_min_w", "power_max_w", "power_mean_w")
    query = (
        select(*(chunks.c[name] for name in names))
        .where(chunks.c.journal_no == sight.journal["journal_no"], chunks.c.stream == stream)
        .where(chunks.c.to_b >= window[0], chunks.c.from_b <= window[1])
        .order_by(chunks.c.seq)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    if len(rows) >= max_points // 4:
        return _summaries([row for row in rows if row["power_mean_w"] is not None])
    data = select(chunks.c.n, chunks.c.data).where(
        chunks.c.journal_no == sight.journal["journal_no"],
        chunks.c.stream == stream,
        chunks.c.seq.between(rows[0]["seq"] if rows else 0, rows[-1]["seq"] if rows else -1),
    )
    unpacked = [unpack(stream, n, blob) for n, blob in connection.execute(data.order_by(chunks.c.seq))]
    if not unpacked:
        return np.empty((4, 0))
    columns = Columns(np.concatenate([part.b for part in unpacked]), np.vstack([part.values for part in unpacked]))
    b, power = device_power(columns.in_order())
    inside = (b >= window[0]) & (b <= window[1])
    return np.stack([b[inside], power[inside], power[inside], power[inside]])


def _summaries(rows: Sequence[Row]) -> Floats:
    """One point a chunk; its mean is that of its energy where the energy is known, which dense polls can't bias."""
    points = np.empty((4, len(rows)))
    for i, row in enumerate(rows):
        seconds = row["to_b"] - row["from_b"]
        known = row["first"] is not None and seconds > 0
        mean = (row["last"] - row["first"]) / seconds if known else row["power_mean_w"]
        points[:, i] = ((row["from_b"] + row["to_b"]) / 2, mean, row["power_min_w"], row["power_max_w"])
    return points


def _thinned(points: Floats, window: Interval, max_points: int) -> Floats:
    """At most that many buckets of equal length: mean of means, least of least, most of most; empty ones go."""
    points = points[:, np.argsort(points[0], kind="stable")]
    if points.shape[1] <= max_points or window[1] <= window[0]:
        return points
    bucket = np.minimum(((points[0] - window[0]) / (window[1] - window[0]) * max_points).astype(int), max_points - 1)
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    sizes = np.diff(np.append(starts, points.shape[1]))
    return np.stack(
        [
            np.add.reduceat(points[0], starts) / sizes,
            np.add.reduceat(points[1], starts) / sizes,
            np.minimum.reduceat(points[2], starts),
            np.maximum.reduceat(points[3], starts),
        ]
    )


def _frame(
    points: Floats, lost: Sequence[Interval], device_id: str, host: str, device: Row, *, modelled: bool
) -> pd.DataFrame:
    import pandas as pd

    points = _with_gaps(points, lost)
    names = {"device_id": device_id, "host": host, "component": device["component"], "name": device["name"]}
    values = dict(zip(("t_s", "power_w_mean", "power_w_min", "power_w_max"), points, strict=True))
    return pd.DataFrame({**values, **names, "modelled": modelled})[list(COLUMNS)]


def _with_gaps(points: Floats, lost: Sequence[Interval]) -> Floats:
    """A point of NaN in the middle of each gap: where one was recorded, or where readings are far apart."""
    if points.shape[1] < 2:
        return points
    steps = np.diff(points[0])
    limit = max(_LEAST_GAP_S, _GAP_TIMES * float(np.median(steps)))
    holes = list((points[0][:-1] + steps / 2)[steps > limit])
    holes += [(start + end) / 2 for start, end in lost if points[0][0] < (start + end) / 2 < points[0][-1]]
    if not holes:
        return points
    empty = np.full((4, len(holes)), np.nan)
    empty[0] = holes
    joined = np.hstack([points, empty])
    return joined[:, np.argsort(joined[0], kind="stable")]


def _modelled_frames(
    run: Row, machine: Machine, read: Sequence[Row], *, factors: Factors, window: Interval, max_points: int
) -> list[pd.DataFrame]:
    """CPU and memory of a machine where no device measured them: the model over each piece of the time."""
    from joulebook.ledger.accounting.observations import WindowUse
    from joulebook.ledger.accounting.run_account import account_window

    measured = {row["component"] for row in read if row["boot_id"] == machine.boot_id}
    wanted = [name for name in ("cpu", "ram") if name not in measured]
    shift = machine_shift(run, machine)
    inside = intersection([(window[0] - shift, window[1] - shift)], machine.read)
    if not wanted or not inside:
        return []
    start, end = inside[0][0], inside[-1][1]
    edges = np.linspace(start, end, _piece_count(machine.busy_s, start, end, min(max_points, _MODEL_POINTS)) + 1)
    found: dict[str, list[float]] = {name: [] for name in wanted}
    for left, right in pairwise(edges):
        use = host_use(_cut(machine, float(left), float(right)), idle_share=1.0)
        figures = account_window(WindowUse(float(right - left), (), (use,)), factors).energy_by_component
        for name in wanted:
            figure = figures.get(name)  # type: ignore[call-overload]
            found[name].append(figure.value / (right - left) if figure else np.nan)
    frames = []
    for name in wanted:
        power = np.array(found[name])
        if np.isnan(power).all():
            continue
        middle = (edges[1:] + edges[:-1]) / 2 + shift
        label = {"component": name, "name": "CPU, modelled" if name == "cpu" else "memory, modelled"}
        device_id = f"{machine.boot_id}/modelled-{name}"
        frames.append(
            _frame(np.stack([middle, power, power, power]), [], device_id, machine.host, label, modelled=True)
        )
    return frames


def machine_shift(run: Row, machine: Machine) -> float:
    """What turns the machine's boot time into seconds since the run's start."""
    return machine.clock - float(run["started_at"])


def _piece_count(busy: Cumulative, start: float, end: float, most: int) -> int:
    """As many pieces as there are machine readings, within the limit."""
    inside = int(((busy.b > start) & (busy.b < end)).sum())
    return max(1, min(most, inside))


def _cut(machine: Machine, start: float, end: float) -> Machine:
    from dataclasses import replace

    return replace(machine, windows=[(start, end)], read=[(start, end)])
