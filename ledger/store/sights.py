"""What the journals of a run (and of the runs inside it) saw of each device and machine, each joule and second once.

Several meters may watch one device at the same time. A moment is then read from one of them: the one that watched
longest, and others only for the rest. Boot time is comparable within one boot id, so devices are looked at boot by
boot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast, overload

import numpy as np
from sqlalchemy import Connection, func, select

from joulebook.ledger.store.chunks import Columns, changes
from joulebook.ledger.store.intervals import (
    Cumulative,
    Floats,
    Interval,
    added_up,
    clipped,
    difference,
    intersection,
    length,
    union,
)
from joulebook.ledger.store.slices import Slices, together
from joulebook.ledger.store.tables import chunks, gaps, journal_devices, journals
from joulebook.ledger.store.taking import load_stream
from joulebook.meters.window_energy import window_energy

Row = dict[str, Any]
_LEAST_PART_S = 1e-3


class ArrayReadings(Sequence[tuple[float, float, float]]):
    """Readings in arrays, looking like a sequence of (b, energy_j, dt_s), so that millions need no objects."""

    def __init__(self, columns: Columns) -> None:
        known = ~np.isnan(columns.values[:, 0])
        self.b = columns.b[known]
        self.energy_j = columns.values[known, 0]
        self.dt_s = np.nan_to_num(columns.values[known, 2])

    def __len__(self) -> int:
        return len(self.b)

    @overload
    def __getitem__(self, index: int) -> tuple[float, float, float]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[float, float, float]]: ...
    def __getitem__(self, index: int | slice) -> tuple[float, float, float] | list[tuple[float, float, float]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return float(self.b[index]), float(self.energy_j[index]), float(self.dt_s[index])


@dataclass
class Sight:
    """One device as one journal saw it.

    Attributes:
        gaps: Times in which nothing was read of it, or its readings can't be trusted.
        lost: Those of them in which energy may be missing: all for summed power; for a counter, which counts on while
            nobody reads it, those of itself (it was reset, stood still, or the device was lost).
    """

    connection: Connection
    journal: Row
    device: Row
    gaps: list[Interval]
    lost: list[Interval]
    n: int

    @property
    def window(self) -> Interval:
        """When the journal was open, boot time."""
        return self.journal["opened_b"], self.journal["last_b"]

    @cached_property
    def readings(self) -> ArrayReadings:
        """All readings of the device with known energy."""
        columns = load_stream(self.connection, self.journal["journal_no"], f"r{self.device['device_no']}")
        return ArrayReadings(columns)

    @property
    def kind(self) -> Literal["counter", "integrated"]:
        """What a reading's energy is (docs/journal.md)."""
        return cast('Literal["counter", "integrated"]', self.device["sensor_kind"])

    def energy(self, start: float, end: float) -> tuple[float, float, float, float] | None:
        """Energy in a window: value, 90 % range (J) and coverage; None where nothing is known."""
        window = window_energy(
            self.readings,
            start,
            end,
            kind=self.kind,
            tick_s=self.device["tick_s"],
            rel_error=self.device["rel_error"],
        )
        if window is None:
            return None
        lost = self._lost_in(start, end)
        if not lost:
            return window.energy_j, window.low_j, window.high_j, window.coverage
        power_w, counted = self.trusted_power_w, self.cumulative()
        if power_w is None:
            return None
        # As for what was not read at a window's end: between what was counted there and twice the mean.
        most_j = 2 * power_w * length(lost) - sum(counted.over(*gap) for gap in lost)
        coverage = max(0.0, window.coverage - length(lost) / (end - start))
        return window.energy_j, window.low_j, window.high_j + max(0.0, most_j), coverage

    def _lost_in(self, start: float, end: float) -> list[Interval]:
        """What of `lost` lies in a window and between readings; the rest of the window is uncovered anyway."""
        b = self.readings.b
        return intersection(self.lost, union([(max(start, float(b[0])), min(end, float(b[-1])))]))

    @cached_property
    def trusted_power_w(self) -> float | None:
        """Mean power outside of `lost`; None where no time is left."""
        b = self.readings.b
        whole, counted = (float(b[0]), float(b[-1])), self.cumulative()
        trusted = difference([whole], self.lost)
        seconds = length(trusted)
        return sum(counted.over(*part) for part in trusted) / seconds if seconds > 0 else None

    def cumulative(self) -> Cumulative:
        """Energy over time: between the changes of a counter, or between the readings of integrated power."""
        readings = self.readings
        b, energy = readings.b, readings.energy_j
        if self.kind == "counter" and len(b) > 1:
            b, energy = changes(b, energy)
        return Cumulative(b, energy)


@dataclass
class Seen:
    """One device in one boot, as a run's journals saw it together.

    Attributes:
        parts: Disjoint windows with the sight that each is read from.
        windows: All times at which the run could see the device, read or not.
        slices: The parts of the GPU (MIG) that the run used; None where it had the whole, or it is no GPU.
    """

    device: Row
    boot_id: str
    host: str
    windows: list[Interval]
    parts: list[tuple[Interval, Sight]]
    visible: bool
    own_contexts: int | None
    slices: Slices | None

    def energy(self, start: float, end: float) -> tuple[float, float, float, float] | None:
        """Energy of the device in a window as `Sight.energy` has it; the ends of ranges add up over parts."""
        wanted = intersection(self.windows, [(start, end)])
        known = [
            (found, window[1] - window[0])
            for part, sight in self.parts
            for window in intersection(wanted, [part])
            if window[1] - window[0] >= _LEAST_PART_S or len(wanted) == 1
            if (found := sight.energy(*window)) is not None
        ]
        if not known:
            return None
        covered = sum(found[3] * seconds for found, seconds in known)
        value, low, high = (sum(found[i] for found, _ in known) for i in range(3))
        return value, low, high, min(1.0, covered / length(wanted))

    @cached_property
    def cumulative(self) -> Cumulative:
        """Energy over time, every part once."""
        return added_up([clipped(sight.cumulative(), [part]) for part, sight in self.parts])

    @property
    def method(self) -> Literal["measured", "sampled"]:
        """`sampled` as soon as any part is summed from polled power."""
        return "sampled" if any(sight.kind == "integrated" for _, sight in self.parts) else "measured"


@dataclass
class Machine:
    """One boot of one machine, as a run's journals saw it together; amounts that nobody read are empty.

    Attributes:
        opening: The `open` record that describes it.
        locations: What its journals said of the place, the run's own first.
        clock: Unix seconds at boot time 0, by the wall clock when the first journal was opened.
        windows: All times in which a journal of the run was open there; `read` those with machine readings.
    """

    boot_id: str
    host: str
    opening: Row
    locations: list[Any]
    clock: float
    windows: list[Interval]
    read: list[Interval]
    busy_s: Cumulative
    tree_s: Cumulative
    mem_byte_s: Cumulative
    rss_byte_s: Cumulative


@dataclass
class Family:
    """The journals of a run, and those of the runs inside it after them."""

    connection: Connection
    own: list[Row]
    inner: list[Row]

    @property
    def journals(self) -> list[Row]:
        """All of them, the run's own first."""
        return [*self.own, *self.inner]

    @cached_property
    def seen(self) -> list[Seen]:
        """Each device once for each boot, by id."""
        sights: dict[tuple[str, str], list[Sight]] = {}
        for sight in _sights(self.connection, self.journals):
            sights.setdefault((sight.device["device_id"], sight.journal["boot_id"]), []).append(sight)
        return [_seen(group) for _, group in sorted(sights.items())]

    @cached_property
    def machines(self) -> list[Machine]:
        """Each boot once, by id."""
        boots = sorted({journal["boot_id"] for journal in self.journals})
        return [_machine(self, boot) for boot in boots]


def load_journals(connection: Connection, run_ids: Sequence[str]) -> list[Row]:
    """The journals of some runs: lowest rank first, then the oldest."""
    query = select(journals).where(journals.c.run_id.in_(run_ids))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return sorted(rows, key=lambda row: (rank_of(row) or 0, row["opened_at"], row["journal_id"]))


def rank_of(journal: Row) -> int | None:
    """The rank that wrote a journal, where there were several."""
    rank = journal["opening"].get("rank")
    number = rank.get("rank") if isinstance(rank, dict) else None
    return number if isinstance(number, int) else None


def _sights(connection: Connection, rows: Sequence[Row]) -> Iterator[Sight]:
    by_number = {row["journal_no"]: row for row in rows}
    wanted = list(by_number)
    sizes = _stream_sizes(connection, wanted)
    lost = _gaps(connection, wanted)
    query = select(journal_devices).where(journal_devices.c.journal_no.in_(wanted))
    for device in connection.execute(query).mappings():
        number, no = device["journal_no"], device["device_no"]
        own, everybodys = lost.get((number, no), []), lost.get((number, None), [])
        gaps = union([*own, *everybodys])
        missing = union(own) if device["sensor_kind"] == "counter" else gaps
        yield Sight(connection, by_number[number], dict(device), gaps, missing, sizes.get((number, f"r{no}"), 0))


def _stream_sizes(connection: Connection, numbers: Sequence[int]) -> dict[tuple[int, str], int]:
    query = (
        select(chunks.c.journal_no, chunks.c.stream, func.sum(chunks.c.n))
        .where(chunks.c.journal_no.in_(numbers))
        .group_by(chunks.c.journal_no, chunks.c.stream)
    )
    return {(number, stream): int(n) for number, stream, n in connection.execute(query)}


def _gaps(connection: Connection, numbers: Sequence[int]) -> dict[tuple[int, int | None], list[Interval]]:
    found: dict[tuple[int, int | None], list[Interval]] = {}
    for row in connection.execute(select(gaps).where(gaps.c.journal_no.in_(numbers))).mappings():
        found.setdefault((row["journal_no"], row["device_no"]), []).append((row["from_b"], row["to_b"]))
    return found


def _seen(group: list[Sight]) -> Seen:
    # Who read it at all, then who watched longest; ids make it the same whatever came in first.
    order = sorted(
        group,
        key=lambda sight: (sight.n == 0, sight.window[0] - sight.window[1], sight.journal["journal_id"]),
    )
    windows = union(sight.window for sight in group)
    rest, parts = windows, []
    for sight in order:
        mine = intersection(rest, union([sight.window]))
        if sight.n and mine:
            parts += [(window, sight) for window in mine]
            rest = difference(rest, mine)
    contexts = [sight.device["own_contexts"] for sight in group if sight.device["own_contexts"] is not None]
    first = order[0]
    return Seen(
        device=first.device,
        boot_id=first.journal["boot_id"],
        host=first.journal["host"],
        windows=windows,
        parts=sorted(parts, key=lambda part: part[0]),
        visible=any(sight.device["visible"] for sight in group),
        own_contexts=max(contexts) if contexts else None,
        slices=together(sight.device["mig"] for sight in group),
    )


def _machine(family: Family, boot: str) -> Machine:
    here = [journal for journal in family.journals if journal["boot_id"] == boot]
    own = [journal for journal in family.own if journal["boot_id"] == boot]
    windows = union((journal["opened_b"], journal["last_b"]) for journal in here)
    streams = {journal["journal_no"]: load_stream(family.connection, journal["journal_no"], "m") for journal in here}
    # The machine is one whoever reads it; process trees of one run's ranks stand side by side, and those of inner
    # runs are inside the run's own where it has any there.
    machine, trees = [], []
    rest = windows
    own_windows = union((journal["opened_b"], journal["last_b"]) for journal in own)
    for journal in here:
        columns = streams[journal["journal_no"]]
        window = union([(journal["opened_b"], journal["last_b"])])
        if len(columns) >= 2:
            mine = intersection(rest, window)
            machine.append((columns, mine))
            rest = difference(rest, mine)
        trees.append((columns, window if journal in own else difference(window, own_windows)))
    read = [part for columns, mine in machine for part in intersection(mine, [(columns.b[0], columns.b[-1])])]
    return Machine(
        boot_id=boot,
        host=here[0]["host"],
        opening=here[0]["opening"],
        locations=[journal["opening"].get("location") for journal in here],
        clock=here[0]["opened_at"] - here[0]["opened_b"],
        windows=windows,
        read=union(read),
        busy_s=added_up([clipped(_column(columns, 0), mine) for columns, mine in machine]),
        tree_s=added_up([clipped(_column(columns, 1), mine) for columns, mine in trees]),
        mem_byte_s=added_up([clipped(_column(columns, 2), mine) for columns, mine in machine]),
        rss_byte_s=added_up([clipped(_column(columns, 3), mine) for columns, mine in trees]),
    )


def _column(columns: Columns, index: int) -> Cumulative:
    values: Floats = columns.values[:, index]
    known = ~np.isnan(values)
    return Cumulative(columns.b[known], values[known])
