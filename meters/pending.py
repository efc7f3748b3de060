"""Counts and requests of a job, gathered so that each costs microseconds, and handed over at least once a second."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import Counter
from typing import Any

from joulebook.meters.channel import Channel
from joulebook.meters.clock import boot_s, wall_s

FLUSH_EVERY_S = 0.5
_SAMPLES_KEPT = 20  # sampled requests a flush, at most
_SMALLEST_S, _GROWTH = 1e-4, 1.05


def bucket(latency_s: float) -> int:
    """Number of the histogram's bucket: latencies in `[1e-4 * 1.05**i, 1e-4 * 1.05**(i+1))` seconds."""
    return math.floor(math.log(max(latency_s, 1e-9) / _SMALLEST_S) / math.log(_GROWTH))


class Pending:
    """Adds up counts and requests; a thread hands over what has gathered, so a kill loses half a second of them."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._flushed = 0.0
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._clear()

    def _clear(self) -> None:
        self._counts: Counter[str] = Counter()
        self._requests: dict[str, float] = {"n": 0, "failed": 0, "tokens_in": 0, "tokens_out": 0, "sum_s": 0.0}
        self._histogram: Counter[int] = Counter()
        self._samples: list[dict[str, Any]] = []

    def count(self, amounts: dict[str, float]) -> None:
        """Add amounts."""
        with self._lock:
            self._counts.update(amounts)
            self._due()

    def request(self, latency_s: float, tokens_in: float, tokens_out: float, *, failed: bool) -> None:
        """Add one request."""
        with self._lock:
            requests = self._requests
            requests["n"] += 1
            requests["failed"] += failed
            requests["tokens_in"] += tokens_in
            requests["tokens_out"] += tokens_out
            requests["sum_s"] += latency_s
            self._histogram[bucket(latency_s)] += 1
            if len(self._samples) < _SAMPLES_KEPT:
                sample = {"latency_s": round(latency_s, 6), "tokens_in": tokens_in, "tokens_out": tokens_out}
                self._samples.append({"k": "qs", "w": wall_s(), "b": boot_s(), **sample})
            self._due()

    def _due(self) -> None:
        """Hand over now where the last time is long ago, else leave it to the thread."""
        if time.monotonic() - self._flushed >= FLUSH_EVERY_S:
            self.flush()
        elif self._thread is None:
            self._thread = threading.Thread(target=self._run, name="joulebook-counts", daemon=True)
            self._thread.start()
        else:
            self._wake.set()

    def _run(self) -> None:
        while not self._closed:
            time.sleep(FLUSH_EVERY_S)
            self.flush()
            self._wake.wait()
            self._wake.clear()

    def flush(self) -> None:
        """Hand over everything."""
        with self._lock:
            self._flushed = time.monotonic()
            records: list[dict[str, Any]] = list(self._samples)
            if self._counts:
                records.append({"k": "n", **self._counts})
            if self._requests["n"]:
                histogram = {str(key): number for key, number in self._histogram.items()}
                records.append({"k": "q", **self._requests, "h": histogram})
            self._clear()
            for record in records:
                self._channel.send({"w": wall_s(), "b": boot_s(), **record})

    def close(self) -> None:
        """Hand over everything and end the thread."""
        self.flush()
        self._closed = True
        self._wake.set()
