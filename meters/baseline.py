"""Idle power before a run: what the devices draw while nothing of the run goes on yet."""

from __future__ import annotations

import threading
import time
from typing import Any

from joulebook.meters.sources import Poll, Source

_STEP_S = 0.05
_EXTRA_S = 2.0


def measure_baseline(seconds: float, sources: list[Source] | None = None) -> dict[str, Any]:
    """Mean watts of each device that can be read, over so many seconds; empty where nothing answers in time.

    Returns:
        `{"by_id": {device id: watts}, "seconds": seconds}`.
    """
    if sources is None:
        from joulebook.meters.meter import all_sources

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
    """Energy over the time between two readings; power is added up in between where there is no counter."""
    try:
        source.open()
        if not source.devices:
            return
        first = last = source.read(power=True)
        while last.b - first.b < seconds:
            time.sleep(_STEP_S)
            last = source.read(power=True)
    except Exception:  # noqa: BLE001 - without a baseline there is still a run
        return
    found.update(_mean_watts(first, last))


def _mean_watts(first: Poll, last: Poll) -> dict[str, float]:
    watts = {}
    for name, sample in last.samples.items():
        before = first.samples[name].energy_j
        if sample.energy_j is not None and before is not None and last.b > first.b:
            watts[name] = round((sample.energy_j - before) / (last.b - first.b), 3)
    return watts
