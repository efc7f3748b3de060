"""OpenAI-compatible clients: `client = meter_client(OpenAI(...), run)` counts every answer as a request.

Tokens are what the answer says (`usage`, or the `timings` of llama.cpp's server). A stream says so in its last chunk
where the request has `stream_options={"include_usage": True}`; without it each chunk of text counts as a token out, and
the run's count `requests_without_usage` says how many requests that was. Nothing of a request or an answer is changed.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

from joulebook.meters.integrations.answers import has_text, tokens_of
from joulebook.meters.integrations.held_run import quiet
from joulebook.meters.track import Request, Run, track

_C = TypeVar("_C")
_PATHS = (("chat", "completions"), ("completions",), ("responses",), ("embeddings",))


def meter_client(client: _C, run: Run | None = None, **words: Any) -> _C:
    """Count the requests of a client, plain or async, with latency, tokens in and tokens out.

    Args:
        client: An `openai.OpenAI` or `openai.AsyncOpenAI`, or a client made like them.
        run: The run that the requests belong to; without one, a run of `kind="inference"` lasts until the program ends.
        words: What `track` takes for that run: `name`, `project`, `model`, `task`, ...

    Returns:
        The same client.
    """
    metered = run if run is not None else track(**{"name": "requests", "kind": "inference", **words}).start()
    for path in _PATHS:
        _meter_resource(client, path, metered)
    return client


@quiet
def _meter_resource(client: Any, path: tuple[str, ...], run: Run) -> None:
    resource = functools.reduce(lambda found, name: getattr(found, name, None), path, client)
    original = getattr(resource, "create", None)
    if original is not None:  # a client that was metered before counts into the new run alone
        resource.create = _metered(getattr(original, "_unmetered", original), run)


def _metered(original: Callable[..., Any], run: Run) -> Callable[..., Any]:
    @functools.wraps(original)
    def create(*args: Any, **kwargs: Any) -> Any:
        exchange = _Exchange(run)
        try:
            answer = original(*args, **kwargs)
        except BaseException as error:
            exchange.end(error)
            raise
        return exchange.awaited(answer) if inspect.isawaitable(answer) else exchange.received(answer)

    create._unmetered = original  # type: ignore[attr-defined]
    return create


class _Exchange:
    """One request under way, until its answer is complete."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._request: Request = run.request()
        self._usage_known = False
        self._ended = False

    async def awaited(self, answer: Any) -> Any:
        """What an async client answers; the time runs from here."""
        self._request.__enter__()
        try:
            received = await answer
        except BaseException as error:
            self.end(error)
            raise
        return self.received(received)

    def received(self, answer: Any) -> Any:
        """An answer: complete, or a stream to be counted as it comes."""
        self._follow(answer)
        return answer

    @quiet
    def _follow(self, answer: Any) -> None:
        chunks = getattr(answer, "_iterator", None)
        if hasattr(chunks, "__next__") or hasattr(chunks, "__anext__"):
            counted = self._counted_async if hasattr(chunks, "__anext__") else self._counted
            answer._iterator = counted(chunks)
            answer.close = self._ending(answer.close)
        else:
            self.take(answer)
            self.end(None)

    def _ending(self, close: Callable[[], Any]) -> Callable[[], Any]:
        """A stream's `close`, with which its request ends too."""

        def closing() -> Any:
            self.end(None)
            return close()

        return closing

    def _counted(self, chunks: Any) -> Iterator[Any]:
        error: BaseException | None = None
        try:
            for chunk in chunks:
                self.take(chunk)
                yield chunk
        except BaseException as caught:
            error = caught
            raise
        finally:
            self.end(error)

    async def _counted_async(self, chunks: Any) -> AsyncIterator[Any]:
        error: BaseException | None = None
        try:
            async for chunk in chunks:
                self.take(chunk)
                yield chunk
        except BaseException as caught:
            error = caught
            raise
        finally:
            self.end(error)

    @quiet
    def take(self, part: Any) -> None:
        """Tokens of an answer or of one chunk."""
        tokens = tokens_of(part)
        if tokens is not None:
            self._usage_known = True
            self._request.tokens_in, self._request.tokens_out = tokens
        elif not self._usage_known and has_text(part):
            self._request.tokens_out += 1

    @quiet
    def end(self, error: BaseException | None) -> None:
        """The answer is complete, failed, or no longer wanted (a stream that was left early has not failed)."""
        if self._ended:
            return
        self._ended = True
        error = None if isinstance(error, GeneratorExit) else error
        if not self._usage_known and error is None:
            self._run.count(requests_without_usage=1)
        self._request.__exit__(type(error) if error is not None else None, error, None)
