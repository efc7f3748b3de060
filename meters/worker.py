"""One source in a thread of its own: a driver call that hangs stops this thread and nothing else.

Between events a source is read about once a second (jittered, so that no load can hide between the polls). At the
ends of windows a counter is read every few milliseconds for two ticks, and only readings around a change are kept. How
long a tick is, is measured from the first changes that are seen so.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from joulebook.meters.clock import boot_s
from joulebook.meters.sources import Poll, Source, SourceError, Usage
from joulebook.meters.tick import Change, tick_of

DENSE_STEP_S = 0.002
_TICKS_WANTED = 2
_LONGEST_DENSE_S = 0.35
_LONGEST_MEASURING_S = 0.7  # while the tick is not known yet
_CHANGES_FOR_TICK = 6  # after so many without a clear answer the tick is left unknown for now
_SLOW_TICK_S = 0.01  # counters that tick faster than this need no dense reading
_JITTER = 0.5
_USAGE_EVERY_S = 5.0
# Close reading is rationed to keep the running cost: so many seconds at once, and this share of the time after that.
_DENSE_CREDIT_S = 20.0
_SPENT_PAUSE_S = 0.05
_DENSE_REFILL = 0.04


@dataclass(frozen=True, slots=True)
class Opened:
    """The source is open, or it could not be (then `trouble` says why)."""

    trouble: str | None


@dataclass(frozen=True, slots=True)
class Ticks:
    """How long a tick of some counters is (seconds, by device id), as just measured."""

    tick_s: dict[str, float]


@dataclass(slots=True)
class _Credit:
    """Seconds of close reading that may still be spent."""

    left_s: float = _DENSE_CREDIT_S
    at: float = field(default_factory=time.monotonic)

    def refill(self) -> None:
        now = time.monotonic()
        self.left_s = min(_DENSE_CREDIT_S, self.left_s + (now - self.at) * _DENSE_REFILL)
        self.at = now


class Worker(threading.Thread):
    """Reads one source and puts what it gave into a queue.

    Attributes:
        posts: What was read, for the meter to take: `Opened`, `Poll`, `Usage`, `Ticks`.
        tick_s: Ticks of counters as measured so far, by device id.
        finished: Set once the last reading is in the queue.
    """

    def __init__(self, source: Source, own_pids: Callable[[], Collection[int]]) -> None:
        super().__init__(name=f"joulebook-{source.name}", daemon=True)
        self.source = source
        self.posts: deque[Opened | Poll | Usage | Ticks] = deque()
        self.tick_s: dict[str, float] = {}
        self._changes: dict[str, list[Change]] = {}
        self.finished = threading.Event()
        self.opened = False
        self._own_pids = own_pids
        self._wake = threading.Event()
        self._marked = False
        self._stopping = False
        self._credit = _Credit()
        self._next_usage = 0.0
        self._polls = 0

    def mark(self) -> None:
        """A window begins or ends now: read at once, and closely for two ticks."""
        self._marked = True
        self._wake.set()

    def stop(self) -> None:
        """Read the last ticks and finish."""
        self._stopping = True
        self.mark()

    def run(self) -> None:
        """Open, then read until stopped; whatever a driver throws ends this source alone."""
        try:
            self.source.open()
            self.opened = True
            self.posts.append(Opened(None))
            if self.source.devices:
                self._loop()
        except SourceError as error:
            self.posts.append(Opened(str(error)))
        except Exception as error:  # noqa: BLE001 - a driver's surprise must cost one source, not the meter
            self.posts.append(Opened(f"{type(error).__name__}: {error}"))
        finally:
            self.finished.set()

    def _loop(self) -> None:
        self._marked = True
        while True:
            self._wake.clear()  # before the mark is looked at: one that comes now is seen here or ends the wait below
            if self._marked:
                self._marked = False
                self._read_closely()
                if self._stopping and not self._marked:
                    self._flush_lag()
                    return
            else:
                self._slow_poll()
            self._post_usage_now_and_then()
            self._wake.wait(self._pause_s())

    def _pause_s(self) -> float:
        period = self.source.poll_s
        if period < 0.2:  # power is being added up: the poll must be quicker than the sensor
            return period
        return random.uniform(1 - _JITTER, 1 + _JITTER) * period  # noqa: S311 - jitter, not cryptography

    def _slow_poll(self) -> None:
        self._polls += 1
        self.posts.append(self.source.read(power=self._polls % 2 == 0))  # every other one is enough for the cross-check

    def _post_usage_now_and_then(self) -> None:
        now = time.monotonic()
        if now < self._next_usage:
            return
        self._next_usage = now + _USAGE_EVERY_S
        usage = self.source.usage(self._own_pids())
        if usage is not None:
            self.posts.append(usage)

    def _read_closely(self) -> None:
        last = self.source.read(power=True)
        self.posts.append(last)
        ticking = {
            d.id for d in self.source.devices if _is_slow_counter(d.sensor.tick_s) and d.sensor.kind == "counter"
        }
        if not ticking:
            return
        self._credit.refill()
        if not self._may_go_on():
            time.sleep(_SPENT_PAUSE_S)  # windows that end more often than that share a reading
            return
        self._changes = {name: [] for name in ticking if name not in self.tick_s}
        seen, until = self._begin_to_see(ticking)
        while time.monotonic() < until and not self._has_seen_enough(seen) and self._may_go_on():
            began = time.monotonic()
            if self._marked:  # another window's end: read at once and see two more ticks
                self._marked = False
                seen, until = self._begin_to_see(ticking)
                last = self._step(last, seen, power=True)
                self._post_usage_now_and_then()
            time.sleep(DENSE_STEP_S)
            last = self._step(last, seen)
            self._credit.left_s -= time.monotonic() - began
        self._post_ticks()

    def _may_go_on(self) -> bool:
        """While there is credit; a run's end is always read closely."""
        return self._stopping or self._credit.left_s > 0

    def _begin_to_see(self, ticking: Collection[str]) -> tuple[dict[str, int], float]:
        """No tick seen yet, and until when to look for them."""
        return dict.fromkeys(ticking, 0), time.monotonic() + self._longest_s(ticking)

    def _longest_s(self, ticking: Collection[str]) -> float:
        """How long two ticks may take to be seen."""
        ticks = [self.tick_s.get(name) for name in ticking]
        return max(_LONGEST_DENSE_S, *(_LONGEST_MEASURING_S if tick is None else 3.5 * tick for tick in ticks))

    def _has_seen_enough(self, seen: dict[str, int]) -> bool:
        """Two ticks of every counter, and so many more as it takes to know how long they are."""
        if min(seen.values()) < _TICKS_WANTED:
            return False
        return all(len(each) >= _CHANGES_FOR_TICK or tick_of(each) is not None for each in self._changes.values())

    def _post_ticks(self) -> None:
        found = {name: tick for name, each in self._changes.items() if (tick := tick_of(each)) is not None}
        self._changes = {}
        if found:
            self.tick_s.update(found)
            self.posts.append(Ticks(found))

    def _step(self, last: Poll, seen: dict[str, int], *, power: bool = False) -> Poll:
        """One close reading; kept, with the one before, for the counters that rose, and whole at a window's end."""
        now = self.source.read(power=power)
        rose = [name for name in seen if _rose(last.samples[name].energy_j, now.samples[name].energy_j)]
        if rose:
            self.posts.append(Poll(last.b, last.dt_s, {name: last.samples[name] for name in rose}))
        if power:
            self.posts.append(now)
        elif rose:
            self.posts.append(Poll(now.b, now.dt_s, {name: now.samples[name] for name in rose}))
        for name in rose:
            seen[name] += 1
        for name, changes in self._changes.items():
            if name in rose:
                changes.append((last.b - last.dt_s, now.b + now.dt_s))
            elif now.samples[name].energy_j is None:
                changes.clear()  # what changed meanwhile was not seen
        return now

    def _flush_lag(self) -> None:
        """An averaging power sensor shows the end of the run only after its lag."""
        lag = max((device.sensor.lag_s for device in self.source.devices), default=0.0)
        until = boot_s() + lag
        while lag and boot_s() < until:
            time.sleep(min(self.source.poll_s, 0.05))
            self.posts.append(self.source.read(power=True))


def _is_slow_counter(tick_s: float | None) -> bool:
    return tick_s is None or tick_s >= _SLOW_TICK_S


def _rose(before_j: float | None, after_j: float | None) -> bool:
    return before_j is not None and after_j is not None and after_j > before_j
