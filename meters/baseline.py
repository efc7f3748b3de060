"""Idle power before a run: what the devices draw while nothing of the run goes on yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from joulebook.meters.sources import Poll, Source

_STEP_S = 0.01
_EXTRA_S = 2.0


def measure_baseline(seconds: float, sources: list[Source] | None = None) -> dict[str, Any]:
    """Mean watts of each device that can be read, over so many seconds; empty where nothing answers in time.

    Returns:
        `{"by_id": {device id: watts}, "seconds": seconds}`.
    """
    if sources is None:
        from joulebook.meters.sources.worth_trying import all_sources

        sources = all_sources()
    found: dict[str, float] = {}
    threads = [threading.Thread(target=_idle, args=(source, seconds, found), daemon=True) for source in sources]
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds + _EXTRA_S
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return {"by_id": dict(found), "seconds": seconds}


def _idle(source: Source, seconds: float, found: dict[str, float]) -> None:
    """Read for so long, power for counters that are none, and keep what it means."""
    try:
        source.open()
        if not source.devices:
            return
        step_s = max(_STEP_S, 0.0 if source.poll_s >= 1.0 else source.poll_s)
        polls = [source.read(power=True)]
        while polls[-1].b - polls[0].b < seconds:
            time.sleep(step_s)
            polls.append(source.read(power=False))
    except Exception:  # noqa: BLE001 - without a baseline there is still a run
        return
    for device in source.devices:
        watts = _mean_watts(polls, device.id)
        if watts is not None:
            found[device.id] = watts


def _mean_watts(polls: Sequence[Poll], name: str) -> float | None:
    """From the first change of the energy to the last: a counter read between its ticks would err by a tick."""
    read = [(poll.b, poll.samples[name].energy_j) for poll in polls if name in poll.samples]
    known = [(b, energy_j) for b, energy_j in read if energy_j is not None]
    changes = [((b0 + b1) / 2, e1) for (b0, e0), (b1, e1) in pairwise(known) if e1 > e0]
    if len(changes) < 2:
        return None
    (first_b, first_j), (last_b, last_j) = changes[0], changes[-1]
    return round((last_j - first_j) / (last_b - first_b), 3)
