"""Servers of the vLLM kind, counted by their metrics page: `with count_requests(run, "http://127.0.0.1:8000/metrics"):`.

The page is asked before, after and now and then between; what its counters grew by belongs to the run. vLLM, SGLang,
TGI and llama.cpp's server are known by the names of their counters. Only an address of this machine is asked: run the
meter where the server runs.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import math
import re
import threading
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from joulebook.meters.errors import MeterError
from joulebook.meters.integrations.held_run import quiet
from joulebook.meters.track import Run

EVERY_S = 5.0
_TIMEOUT_S = 2.0
_LONGEST_BYTES = 4 << 20
# Counters of the servers' own documentation: docs.vllm.ai (production metrics), docs.sglang.ai (production metrics),
# huggingface.co/docs/text-generation-inference (metrics), llama.cpp tools/server/README.md (/metrics).
_COUNTERS = {
    "requests": ("vllm:request_success_total", "sglang:num_requests_total", "tgi_request_success"),
    "tokens_in": (
        "vllm:prompt_tokens_total",
        "sglang:prompt_tokens_total",
        "tgi_request_input_length_sum",
        "llamacpp:prompt_tokens_total",
    ),
    "tokens_out": (
        "vllm:generation_tokens_total",
        "sglang:generation_tokens_total",
        "tgi_request_generated_tokens_sum",
        "llamacpp:tokens_predicted_total",
    ),
    "request_s": ("vllm:e2e_request_latency_seconds_sum", "sglang:e2e_request_latency_seconds_sum"),
}
_SAMPLE = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{.*\})?\s+(\S+)(?:\s+-?\d+)?$")


def read_counters(text: str) -> dict[str, float]:
    """Requests, tokens in and out and seconds of requests so far, from a page in Prometheus's text format.

    All series of a counter (models, reasons for finishing) are added up; a counter that is not there is left out.
    """
    names = {name: amount for amount, known in _COUNTERS.items() for name in known}
    totals: dict[str, float] = {}
    for line in text.splitlines():
        sample = _SAMPLE.match(line)
        if sample is None or sample[1] not in names:
            continue
        with contextlib.suppress(ValueError):
            value = float(sample[2])
            if math.isfinite(value):
                totals[names[sample[1]]] = totals.get(names[sample[1]], 0.0) + value
    return totals


@contextlib.contextmanager
def count_requests(run: Run, url: str, *, every_s: float = EVERY_S) -> Iterator[None]:
    """Count what a server on this machine answers while the block goes on.

    A server that doesn't answer costs counts, nothing else; one that starts again counts on from 0.

    Args:
        run: The run that the requests belong to.
        url: Its metrics page, `http://127.0.0.1:8000/metrics`.
        every_s: How often it is asked.

    Raises:
        MeterError: The address is not one of this machine. Raised before the block begins.
    """
    page = _Page(run, _local(url))
    page.ask()
    page.start(every_s)
    try:
        yield
    finally:
        page.stop()


class _Page:
    def __init__(self, run: Run, address: SplitResult) -> None:
        self._run = run
        self._address = address
        self._last: dict[str, float] | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, every_s: float) -> None:
        self._thread = threading.Thread(target=self._keep_asking, args=(every_s,), name="joulebook-server", daemon=True)
        self._thread.start()

    def _keep_asking(self, every_s: float) -> None:
        while not self._ended.wait(every_s):
            self.ask()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(2 * _TIMEOUT_S)
        self.ask()

    @quiet
    def ask(self) -> None:
        """Count what has come since the last time."""
        now = read_counters(self._fetch())
        if self._last is not None:
            grown = {name: _growth(self._last.get(name, 0.0), value) for name, value in now.items()}
            self._run.count(**{name: amount for name, amount in grown.items() if amount > 0})
        self._last = {**(self._last or {}), **now}

    def _fetch(self) -> str:
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port or 80, timeout=_TIMEOUT_S
        )
        try:
            query = f"?{self._address.query}" if self._address.query else ""
            connection.request("GET", (self._address.path or "/metrics") + query)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise MeterError(f"{self._address.geturl()} answers with status {answer.status}")
            return answer.read(_LONGEST_BYTES).decode("utf-8", "replace")
        finally:
            connection.close()


def _growth(before: float, now: float) -> float:
    return now - before if now >= before else now


def _local(url: str) -> SplitResult:
    """The address, which must be one of this machine's own."""
    address = urlsplit(url)
    host = "127.0.0.1" if address.hostname == "localhost" else address.hostname or ""
    with contextlib.suppress(ValueError):
        if address.scheme == "http" and ipaddress.ip_address(host).is_loopback:
            return address._replace(netloc=f"{'[::1]' if ':' in host else host}:{address.port or 80}")
    raise MeterError(
        f"{url} is no http address of this machine (http://127.0.0.1:PORT/metrics); run the meter beside it"
    )
