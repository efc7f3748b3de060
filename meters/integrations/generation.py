"""Requests of a model that answers in this process: `meter_generation(model, run)` counts every `model.generate`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from joulebook.meters.integrations.held_run import quiet
from joulebook.meters.track import Request, Run

_M = TypeVar("_M")


def meter_generation(model: _M, run: Run) -> _M:
    """Count each prompt that a transformers model is given as a request, with its tokens in and out.

    A batch of prompts is that many requests, each as long as the batch took. Padding is not counted; an answer ends
    with its first end-of-sequence token.

    Args:
        model: Anything with transformers' `generate`, also inside a pipeline.
        run: The run that the requests belong to.

    Returns:
        The same model.
    """
    metered = model.generate  # type: ignore[attr-defined]
    original = getattr(metered, "_unmetered", metered)  # a model metered before counts into the new run alone

    @functools.wraps(original)
    def generate(*args: Any, **kwargs: Any) -> Any:
        prompts = _prompts(args, kwargs)
        requests = [run.request(tokens_in=tokens_in) for tokens_in in _tokens_in(prompts, kwargs)]
        with _all(requests):
            answer = original(*args, **kwargs)
            _count_answers(model, requests, prompts, answer)
        return answer

    generate._unmetered = original  # type: ignore[attr-defined]
    model.generate = generate  # type: ignore[attr-defined]
    return model


@contextlib.contextmanager
def _all(requests: Sequence[Request]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for request in requests:
            stack.enter_context(request)
        yield


def _prompts(args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    named = (kwargs.get(key) for key in ("input_ids", "inputs", "input_features", "inputs_embeds"))
    return next((value for value in [*args[:1], *named] if getattr(value, "shape", None)), None)


@quiet
def _count_answers(model: Any, requests: Sequence[Request], prompts: Any, answer: Any) -> None:
    sequences = getattr(answer, "sequences", answer)
    skip = 1 if getattr(model.config, "is_encoder_decoder", False) else _prompt_length(prompts)
    end = getattr(model.generation_config, "eos_token_id", None)
    ends = set(end) if isinstance(end, (list, tuple)) else {end}
    rows = sequences[:, skip:].tolist()
    for number, row in enumerate(rows):  # several answers to one prompt are one request's tokens
        requests[number * len(requests) // len(rows)].tokens_out += _answer_length(row, ends)


def _tokens_in(prompts: Any, kwargs: dict[str, Any]) -> list[int]:
    """Tokens of each prompt; one prompt of unknown length where there is no tensor."""
    mask = kwargs.get("attention_mask")
    if getattr(mask, "shape", None):
        return [int(row) for row in mask.sum(-1).tolist()]  # type: ignore[union-attr]
    if prompts is None:
        return [0]
    return [_prompt_length(prompts)] * int(prompts.shape[0])


def _prompt_length(prompts: Any) -> int:
    """Positions of the prompt in the answer: none where it was given as embeddings."""
    return int(prompts.shape[1]) if prompts is not None and len(prompts.shape) == 2 else 0


def _answer_length(row: Sequence[int], ends: set[Any]) -> int:
    return next((place + 1 for place, token in enumerate(row) if token in ends), len(row))
