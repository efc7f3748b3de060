"""What the counters show at the very start of a run, read in the job itself: the helper takes a while to come up.

A daemon thread reads, so a driver that hangs holds up nothing but this thread; the job waits for it a moment only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from joulebook.meters.journal import Record
from joulebook.meters.sources import Poll
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
        worker = _FirstTicks(self._source, self._first)
        worker.run()
        polls = [post for post in worker.posts if isinstance(post, Poll)]
        if not polls:
            self._send({"k": "started"})
            return
        counters = {d.id for d in self._source.devices if d.sensor.kind == "counter"}
        self._send(
            {
                "k": "started",
                "devices": [
                    with_tick(d.to_record(), worker.tick_s.get(d.id)) for d in self._source.devices if d.id in counters
                ],
                "polls": [packed for poll in polls if (packed := _packed(poll, counters)) is not None],
                "seeds": _seeds(polls, counters),
            }
        )


class _FirstTicks(Worker):
    """A worker that reads the first ticks and no more, in the thread that calls `run`."""

    def __init__(self, source: Any, first: threading.Event) -> None:
        super().__init__(source, tuple)
        self._first = first
        self.stop()

    def _read_closely(self) -> None:
        self.posts.append(self.source.read(power=True))
        self._first.set()
        if any(device.sensor.kind == "integrated" for device in self.source.devices):
            until = time.monotonic() + _TAKEN_S  # a single reading can't stand for all the time that the helper takes
            while time.monotonic() < until:
                time.sleep(self.source.poll_s)
                self.posts.append(self.source.read(power=True))
        super()._read_closely()

    def _flush_lag(self) -> None:
        """The helper does that."""


def _packed(poll: Poll, counters: set[str]) -> list[Any] | None:
    samples = {name: list(sample) for name, sample in poll.samples.items() if name in counters}
    known = {name: sample for name, sample in samples.items() if sample[0] is not None}
    return [round(poll.b, 6), round(poll.dt_s, 6), known] if known else None


def _seeds(polls: list[Poll], counters: set[str]) -> dict[str, list[list[float]]]:
    """The first power readings of GPUs without a counter, `[boot time, watts]`: the helper adds up from there."""
    seeds: dict[str, list[list[float]]] = {}
    for poll in polls:
        for name, sample in poll.samples.items():
            if name not in counters and sample.power_w is not None:
                seeds.setdefault(name, []).append([round(poll.b, 6), sample.power_w])
    return seeds
