"""A metrics page as vLLM writes it (recorded from its documented format), served on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from joulebook.meters.errors import MeterError
from joulebook.meters.integrations.vllm import count_requests, read_counters
from joulebook.meters.track import track

PAGE = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="meta-llama/Llama-3.1-8B"} 3.0
# HELP vllm:prompt_tokens_total Number of prefill tokens processed.
# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{engine="0",model_name="meta-llama/Llama-3.1-8B"} %(tokens_in)d
# HELP vllm:generation_tokens_total Number of generation tokens processed.
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="meta-llama/Llama-3.1-8B"} 1.25e+03
vllm:generation_tokens_created{engine="0",model_name="meta-llama/Llama-3.1-8B"} 1.7633e+09
vllm:request_success_total{engine="0",finished_reason="stop",model_name="a b} 7"} %(stopped)d
vllm:request_success_total{engine="0",finished_reason="length",model_name="meta-llama/Llama-3.1-8B"} 4.0
vllm:e2e_request_latency_seconds_bucket{le="0.3",model_name="meta-llama/Llama-3.1-8B"} 2.0
vllm:e2e_request_latency_seconds_sum{engine="0",model_name="meta-llama/Llama-3.1-8B"} 40.5
vllm:e2e_request_latency_seconds_count{engine="0",model_name="meta-llama/Llama-3.1-8B"} 14.0
vllm:broken_total{ NaN
vllm:prompt_tokens_total{engine="1"} NaN
"""


class Server(ThreadingHTTPServer):
    page, status, asked = PAGE % {"tokens_in": 5000, "stopped": 10}, 200, 0


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(self.server.page.encode())  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _address(server: Server) -> str:
    return f"http://localhost:{server.server_address[1]}/metrics"


def test_counters_of_a_page_are_added_up_over_their_series() -> None:
    assert read_counters(Server.page) == {"tokens_in": 5000, "tokens_out": 1250, "requests": 14, "request_s": 40.5}


@pytest.mark.parametrize("page", ["", "\x00\xff", "vllm:prompt_tokens_total", "vllm:prompt_tokens_total{} x"])
def test_any_text_is_a_page(page: str) -> None:
    assert read_counters(page) == {}


def test_what_the_counters_grew_by_belongs_to_the_run(server: Server, told: Callable[[], list[Any]]) -> None:
    with track("serve", kind="inference") as run, count_requests(run, _address(server)):
        server.page = PAGE % {"tokens_in": 6200, "stopped": 13}

    [one] = told()
    assert one.counts == {"tokens_in": 1200, "requests": 3}


def test_a_server_that_starts_again_counts_from_nothing(server: Server, told: Callable[[], list[Any]]) -> None:
    with track("serve", kind="inference") as run, count_requests(run, _address(server)):
        server.page = "vllm:prompt_tokens_total 70\n"

    [one] = told()
    assert one.counts == {"tokens_in": 70}


def test_a_server_that_fails_costs_counts_alone(
    server: Server, told: Callable[[], list[Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    server.status = 500
    with track("serve", kind="inference") as run, count_requests(run, _address(server)):
        pass

    [one] = told()
    assert (one.status, one.counts) == ("finished", {})
    assert "answers with status 500" in capfd.readouterr().err


@pytest.mark.parametrize(
    "url", ["http://example.org/metrics", "http://10.0.0.1:8000/metrics", "https://127.0.0.1", "x"]
)
def test_only_this_machine_is_asked(url: str) -> None:
    with track("serve") as run, pytest.raises(MeterError, match="no http address of this machine"):  # noqa: SIM117
        with count_requests(run, url):
            pytest.fail("the block has begun")
