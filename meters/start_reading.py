"""What the counters show at the very start of a run, read in the job itself: the helper takes a while to come up.

A daemon thread reads, so a driver that hangs holds up nothing but this thread; the job waits for it a moment only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container
from typing import Any

from joulebook.meters.journal import Record
from joulebook.meters.sources import Device, Poll
from joulebook.meters.tick import with_tick
from joulebook.meters.worker import Worker

FIRST_READING_S = 0.04  # what a start waits for the first reading: with the rest of it, under 100 ms in all
_TAKEN_S = 0.6  # by then the helper has mostly taken over


class StartReading:
    """Reads the GPUs closely for the first ticks and hands what it read to `send`."""

    def __init__(self, send: Callable[[Record], None]) -> None:
        from joulebook.meters.sources.nvml import NvmlSource, library_present

        self._send = send
        self._first = threading.Event()
        self._source = NvmlSource()
        self._thread: threading.Thread | None = None
        if library_present():
            self._thread = threading.Thread(target=self._run, name="joulebook-start", daemon=True)
            self._thread.start()
        else:
            send({"k": "started"})

    def wait_for_first(self) -> None:
        """Until the first reading is there, but no longer than `FIRST_READING_S`."""
        if self._thread is not None:
            self._first.wait(FIRST_READING_S)

    def _run(self) -> None:
        worker = _FirstTicks(self._source, self._tell_first)
        worker.run()
        polls = [post for post in worker.posts if isinstance(post, Poll)]
        counters = {d.id: with_tick(d.to_record(), worker.tick_s.get(d.id)) for d in self._counters()}
        self._send({"k": "started", "devices": list(counters.values()), **_packed(polls, counters)})

    def _counters(self) -> list[Device]:
        return [device for device in self._source.devices if device.sensor.kind == "counter"]

    def _tell_first(self, poll: Poll) -> None:
        """Sent at once: the job may go into a call that keeps the interpreter's lock and this thread waiting."""
        counters = {device.id: device.to_record() for device in self._counters()}
        self._send({"k": "first", "devices": list(counters.values()), **_packed([poll], counters)})
        self._first.set()


class _FirstTicks(Worker):
    """A worker that reads the first ticks and no more, in the thread that calls `run`."""

    def __init__(self, source: Any, tell_first: Callable[[Poll], None]) -> None:
        super().__init__(source, tuple)
        self._tell_first = tell_first
        self.stop()

    def _read_closely(self) -> None:
        self._tell_first(self.source.read(power=True))
        if any(device.sensor.kind == "integrated" for device in self.source.devices):
            until = time.monotonic() + _TAKEN_S  # a single reading can't stand for all the time that the helper takes
            while time.monotonic() < until:
                time.sleep(self.source.poll_s)
                self.posts.append(self.source.read(power=True))
        super()._read_closely()

    def _flush_lag(self) -> None:
        """The helper does that."""


def _packed(polls: list[Poll], counters: Container[str]) -> Record:
    """Readings of counters, `[boot time, seconds taken, {device: [joules, watts]}]`, and the seeds.

    Seeds are the first powers, `[boot time, watts]`, of GPUs without a counter: the helper adds up from there.
    """
    packed: list[Any] = []
    seeds: dict[str, list[list[float]]] = {}
    for poll in polls:
        known = {name: list(s) for name, s in poll.samples.items() if name in counters and s.energy_j is not None}
        if known:
            packed.append([round(poll.b, 6), round(poll.dt_s, 6), known])
        for name, sample in poll.samples.items():
            if name not in counters and sample.power_w is not None:
                seeds.setdefault(name, []).append([round(poll.b, 6), sample.power_w])
    return {"polls": packed, "seeds": seeds}
