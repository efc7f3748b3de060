"""The meter's loop: takes what the workers read and what the job says, and writes it into one journal."""

from __future__ import annotations

import contextlib
import json
import os
import select
import time
from dataclasses import asdict
from typing import Any

from joulebook.meters.clock import boot_s
from joulebook.meters.cross_check import CrossCheck
from joulebook.meters.exit_status import ending_of, is_running
from joulebook.meters.journal import JournalWriter, Record
from joulebook.meters.sources import Absent, Device, Poll, Source, Usage, component_of
from joulebook.meters.sources.machine import MachineReader
from joulebook.meters.stuck import wait_unless_stuck
from joulebook.meters.tick import with_tick
from joulebook.meters.worker import Opened, Ticks, Worker

TICK_S = 1.9  # readings come once a second and carry their own time: writing them less often halves the cost
_EARLY_TICK_S, _EARLY_S = 0.5, 3.0  # a short run and a display want their first figures soon
_MACHINE_AGAIN_S = 0.1
LAST_READING_S = 0.75  # how long a run's end waits for the last ticks where a driver stands still
_STARVED_S = 5.0  # and at most, where readers wait for a processor; the job itself waits for neither
_LATE_S = 0.25
_START_S = 1.5
_SILENT_S = 5.0
_SAME_TICK = 0.05  # ticks that differ by less than this share are the same
_SWITCH_S = 0.2  # by then a reading that was under way is over
_UNREAD_S = 2.0  # more than the longest pause between two polls
_REGISTERED = ("pb", "pe", "n", "q", "qs", "quality", "child", "warn", "gap")
_MARKS = ("pb", "pe")


class Meter:
    """Writes one journal until the job stops it or dies.

    Args:
        journal: The journal; the job writes its `open` record and then says `begin`.
        root_pid: Top of the job's process tree.
        pipe_fd: What the job says comes from here, one JSON record a line.
        alive_fd: A pidfd of the job, or None.
        sources: The sources to read.
    """

    def __init__(
        self,
        journal: JournalWriter,
        root_pid: int,
        pipe_fd: int,
        alive_fd: int | None,
        sources: list[Source],
    ) -> None:
        self._journal = journal
        self._opened_b: float | None = None
        self._early: list[Record] = []
        self._root_pid = root_pid
        self._pipe_fd = pipe_fd
        os.set_blocking(pipe_fd, False)  # a forked child of the job may hold the other end open for long
        self._alive_fd = alive_fd
        self._machine = MachineReader(root_pid, frozenset({os.getpid()} - {root_pid}))
        self._workers = [Worker(source, lambda: self._machine.tree.pids) for source in sources]
        self._numbers: dict[str, int] = {}
        self._devices: dict[str, Device] = {}
        self._records: dict[str, Record] = {}
        self._checks: dict[str, CrossCheck] = {}
        self._good_b: dict[str, float] = {}
        self._contexts: dict[str, tuple[int, int]] = {}
        self._buffer = b""
        self._started = False
        self._machine_b = 0.0
        self._baseline: Record | None = None
        self._seeds: dict[str, list[list[float]]] = {}
        self._before_j: dict[str, float] = {}
        self._counted_from_b: dict[str, float] = {}
        self._stop: Record | None = None
        self._pipe_open = True

    def run(self) -> Record:
        """Meter until the job stops this meter or is gone, then write the closing record; what the job said last."""
        for worker in self._workers:
            worker.start()
        poll = self._poll_object()
        next_tick = time.monotonic()
        while self._stop is None:
            if time.monotonic() >= next_tick and self._opened_b is not None:
                self._tick()
                next_tick = time.monotonic() + (TICK_S if boot_s() - self._opened_b > _EARLY_S else _EARLY_TICK_S)
            pause_s = next_tick - time.monotonic() if self._opened_b is not None else TICK_S
            ready = dict(poll.poll(max(0.0, pause_s) * 1000))
            if self._pipe_fd in ready:
                self._listen(poll)
            gone = self._alive_fd in ready if self._alive_fd is not None else not self._pipe_open
            if gone and self._stop is None:
                while self._listen(poll) and self._stop is None:  # what the job said last still lies in the pipe
                    continue
                self._stop = self._stop or {"gone": True}
        self._close(self._stop)
        return self._stop

    def _poll_object(self) -> select.poll:
        poll = select.poll()
        poll.register(self._pipe_fd, select.POLLIN)
        if self._alive_fd is not None:
            poll.register(self._alive_fd, select.POLLIN)
        return poll

    def _tick(self) -> None:
        self._drain()
        self._write_machine()
        self._journal.flush()
        if self._alive_fd is None and not is_running(self._root_pid):
            self._stop = {"gone": True}

    def _write_machine(self, *, thoroughly: bool = False) -> None:
        state = self._machine.read(thoroughly=thoroughly)
        self._machine_b = state.b
        self._journal.write("m", b=state.b, **state.to_record())

    # -- what the job says

    def _listen(self, poll: select.poll) -> bool:
        """Take what the job has sent; whether there was anything."""
        try:
            data = os.read(self._pipe_fd, 1 << 18)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data and self._pipe_open:
            self._pipe_open = False
            poll.unregister(self._pipe_fd)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        records = [record for line in lines if (record := _decoded(line)) is not None]
        if any(record.get("k") in _MARKS for record in records):
            self._mark()
        for record in records:
            if record.get("k") == "begin":
                self._opened_b = record.get("b")
                if "opening" in record:  # the job could not wait for the file system: this is for us to write
                    self._journal.write("open", w=record.get("w"), b=self._opened_b, **record["opening"])
        if self._opened_b is None:
            self._early += records
            return bool(data)
        for record in [*self._early, *records]:
            self._hear(record)
        self._early = []
        return bool(data)

    def _mark(self) -> None:
        """A window begins or ends: read everything now, the machine too unless it was just read."""
        if self._opened_b is not None and boot_s() - self._machine_b > _MACHINE_AGAIN_S:
            self._write_machine()
        for worker in self._workers:
            worker.mark()

    def _hear(self, record: Record) -> None:
        kind = record.pop("k", None)
        w, b = record.pop("w", None), record.pop("b", None)
        if kind in _REGISTERED:
            self._journal.write(kind, w=w, b=b, **record)
        elif kind in ("first", "started"):
            self._take_start(record)
            self._started = kind == "started"
        elif kind == "baseline":
            self._baseline = {"w": w, "b": b, **record}
        elif kind == "m" and b is not None:
            self._machine.seed(record, b)
            self._journal.write("m", w=w, b=b, **record)
        elif kind == "mark":
            self._mark()
        elif kind == "stop":
            self._stop = {**record, "w": w, "b": b}

    def _take_start(self, record: Record) -> None:
        """Readings that the job itself took at the very start: the first at once, then those of the first ticks."""
        for entry in record.get("devices", ()):
            self._register_record(entry)
            if entry["sensor"]["tick_s"] is not None:
                self._take_ticks(Ticks({entry["id"]: entry["sensor"]["tick_s"]}))
        for b, dt_s, samples in record.get("polls", ()):
            numbered = {str(self._numbers[name]): [*sample, dt_s] for name, sample in samples.items()}
            self._journal.write("r", b=b, d=numbered)
            self._good_b.update({name: max(b, self._good_b.get(name, b)) for name in samples})
        for name, seeds in record.get("seeds", {}).items():
            if name not in self._good_b:
                self._seeds.setdefault(name, []).extend(seeds)

    # -- what the workers read

    def _drain(self) -> None:
        if not self._started and self._stop is None and boot_s() - (self._opened_b or 0.0) < _START_S:
            return  # what the job read first comes first
        for worker in self._workers:
            while worker.posts:
                post = worker.posts.popleft()
                if isinstance(post, Poll):
                    self._take_poll(post)
                elif isinstance(post, Usage):
                    self._take_usage(post)
                elif isinstance(post, Ticks):
                    self._take_ticks(post)
                else:
                    self._take_opened(worker, post)
            self._take_trouble(worker.source)
        self._write_baseline()

    def _write_baseline(self) -> None:
        """Idle power, once the devices that it is of have their numbers."""
        idle = self._baseline
        if idle is None or (self._stop is None and not self._numbers.keys() >= idle["by_id"].keys()):
            return
        watts = {str(self._numbers[name]): w for name, w in idle["by_id"].items() if name in self._numbers}
        self._journal.write("baseline", w=idle["w"], b=idle["b"], d=watts, seconds=idle["seconds"])
        self._baseline = None

    def _take_opened(self, worker: Worker, opened: Opened) -> None:
        source = worker.source
        if opened.trouble is not None:
            self._write_absent(_unread(source, opened.trouble))
        for absent in source.absent:
            self._write_absent(absent)
        for device in source.devices:
            self._devices[device.id] = device
            self._register_record(device.to_record())
            if self._records[device.id]["sensor"]["kind"] != device.sensor.kind:
                self._keep_to_counter(source, device)
        doubt = getattr(source, "doubt", None)
        if doubt:
            self._journal.write("warn", code="device-order", text=doubt)

    def _keep_to_counter(self, source: Source, device: Device) -> None:
        """The job has read the device's counter, which then failed as the source was opened: power is no stand-in."""
        keep = getattr(source, "keep_to_counter", None)
        if keep is not None:
            self._devices[device.id] = keep(device.id)
            self._counted_from_b[device.id] = boot_s() + _SWITCH_S

    def _write_absent(self, absent: Absent) -> None:
        self._journal.write("absent", **asdict(absent))

    def _register_record(self, record: dict[str, Any]) -> None:
        if record["id"] in self._numbers:
            return
        self._numbers[record["id"]] = len(self._numbers)
        late_s = boot_s() - (self._opened_b or 0.0)
        self._checks[record["id"]] = CrossCheck(record["name"])
        late = round(late_s, 3) if late_s > _LATE_S else None
        self._records[record["id"]] = {"i": self._numbers[record["id"]], "late_s": late, **record}
        self._journal.write("device", **self._records[record["id"]])

    def _take_ticks(self, ticks: Ticks) -> None:
        """A counter that ticks otherwise than its record says: the record is written again."""
        for name, tick_s in ticks.tick_s.items():
            before = self._records[name]
            if abs((before["sensor"]["tick_s"] or 0.0) - tick_s) > _SAME_TICK * tick_s:
                self._records[name] = with_tick(before, tick_s)
                self._journal.write("device", **self._records[name])

    def _since_start(self, poll: Poll) -> Poll:
        """Where power is added up, the sum begins at the job's first reading, not at the helper's."""
        samples = dict(poll.samples)
        for name, sample in poll.samples.items():
            if self._devices[name].sensor.kind != "integrated" or sample.energy_j is None:
                continue
            seeds = [seed for seed in self._seeds.pop(name, []) if seed[0] < poll.b]
            if seeds and poll.b - seeds[-1][0] < _START_S:
                ends = [*(b for b, _ in seeds[1:]), poll.b]
                self._before_j[name] = sum(p * (end - b) for (b, p), end in zip(seeds, ends, strict=True))
                b, power_w = seeds[0]
                first = {str(self._numbers[name]): [0.0, power_w, 0.0]}
                self._journal.write("r", b=b - self._devices[name].sensor.lag_s, d=first)
            samples[name] = sample._replace(energy_j=sample.energy_j + self._before_j.get(name, 0.0))
        return Poll(poll.b, poll.dt_s, samples)

    def _take_poll(self, poll: Poll) -> None:
        counted = {name: s for name, s in poll.samples.items() if poll.b >= self._counted_from_b.get(name, 0.0)}
        poll = self._since_start(Poll(poll.b, poll.dt_s, counted))
        lagging = [name for name in poll.samples if self._devices[name].sensor.lag_s]
        prompt = {name: sample for name, sample in poll.samples.items() if name not in lagging}
        groups = [(poll.b, prompt)]
        groups += [(poll.b - self._devices[name].sensor.lag_s, {name: poll.samples[name]}) for name in lagging]
        for b, samples in groups:
            known = {name: s for name, s in samples.items() if s.energy_j is not None or s.power_w is not None}
            if known:
                values = {str(self._numbers[name]): _values(sample, poll.dt_s) for name, sample in known.items()}
                self._journal.write("r", b=b, d=values)
        for name, sample in poll.samples.items():
            if sample.energy_j is not None:
                self._take_good(name, poll.b, sample.energy_j, sample.power_w)

    def _take_good(self, name: str, b: float, energy_j: float, power_w: float | None) -> None:
        before_b = self._good_b.get(name)
        integrated = self._devices[name].sensor.kind == "integrated"
        if before_b is not None and b - before_b > _SILENT_S and integrated:
            self._write_gap(name, before_b, b, "the device did not answer")
        self._good_b[name] = b
        if power_w is None or integrated:
            return
        for finding in self._checks[name].add(b, energy_j, power_w):
            self._journal.write("warn", code=finding.code, text=finding.text)
            if finding.from_b is not None and finding.to_b is not None:
                self._write_gap(name, finding.from_b, finding.to_b, finding.text)

    def _write_gap(self, name: str, from_b: float, to_b: float, why: str) -> None:
        gap: dict[str, Any] = {"from": round(from_b, 6), "to": round(to_b, 6), "i": self._numbers.get(name), "why": why}
        self._journal.write("gap", **gap)

    def _take_usage(self, usage: Usage) -> None:
        if usage.util_s:
            self._journal.write("u", d={str(self._numbers[name]): list(pair) for name, pair in usage.util_s.items()})
        changed = {name: pair for name, pair in usage.contexts.items() if self._contexts.get(name) != pair}
        if changed:
            self._contexts.update(changed)
            self._journal.write("c", d={str(self._numbers[name]): list(pair) for name, pair in changed.items()})

    def _take_trouble(self, source: Source) -> None:
        """Counters that went backwards, or may have wrapped unseen; GPUs that have come."""
        for event in _taken(getattr(source, "resets", None)):
            name = self._devices[event.device_id].name
            why = f"{name}: the energy counter went backwards (driver reloaded or GPU reset)"
            self._journal.write("warn", code="counter-reset", text=why)
            self._write_gap(event.device_id, event.from_b, event.to_b, why)
        for gpu in _taken(getattr(source, "appeared", None)):
            self._journal.write("warn", code="gpu-appeared", text=gpu.told(self._opened_b or gpu.from_b))
        for device_id, from_b, to_b in _taken(getattr(source, "lost_between", None)):
            self._write_gap(device_id, from_b, to_b, "not read for so long that the counter may have wrapped unseen")

    # -- the end

    def _close(self, stop: Record) -> None:
        if self._opened_b is None:  # the job was gone before its run began
            self._journal.discard_empty()
            return
        end_b = stop.get("b") or boot_s()
        with contextlib.suppress(Exception):
            self._write_machine(thoroughly=True)
        for worker in self._workers:
            worker.stop()
        wait_unless_stuck(self._workers, LAST_READING_S, _STARVED_S)
        with contextlib.suppress(Exception):
            self._drain()
            self._write_last_gaps(end_b)
        status, exit_status = stop.get("status"), stop.get("exit_status")
        if stop.get("gone"):
            status, exit_status = ending_of(self._root_pid, self._alive_fd)
        self._journal.write("close", w=stop.get("w"), b=end_b, status=status, exit_status=exit_status)
        self._journal.close()

    def _write_last_gaps(self, end_b: float) -> None:
        for worker in self._workers:
            if not worker.opened and not worker.finished.is_set():
                why = f"{worker.source.name} did not answer within {boot_s() - (self._opened_b or 0.0):.0f} s"
                self._write_absent(_unread(worker.source, why))
        for name, good_b in self._good_b.items():
            stalled_b = self._checks[name].open_stall()
            since = stalled_b if stalled_b is not None else good_b
            if end_b - since > _UNREAD_S:
                why = "the energy counter stands still" if stalled_b is not None else "the device no longer answers"
                self._write_gap(name, since, end_b, why)
                code = "counter-stalled" if stalled_b is not None else "device-lost"
                self._journal.write("warn", code=code, text=f"{self._records[name]['name']}: {why}")


def _unread(source: Source, why: str) -> Absent:
    return Absent(source.name, component_of(source.name), why, "see `joulebook doctor`")


def _values(sample: Any, dt_s: float) -> list[float | None]:
    energy = None if sample.energy_j is None else round(sample.energy_j, 6)
    return [energy, sample.power_w, round(dt_s, 6)]


def _taken(events: list[Any] | None) -> list[Any]:
    """The events so far, removed from the source's list."""
    if not events:
        return []
    taken, events[:] = list(events), []
    return taken


def _decoded(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
