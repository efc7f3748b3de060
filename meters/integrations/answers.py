"""Tokens of an OpenAI-style answer: of chat, completions, responses and embeddings, complete or streamed."""

from __future__ import annotations

from typing import Any


def tokens_of(part: Any) -> tuple[float, float] | None:
    """(tokens in, tokens out) where a complete answer, or this chunk of a stream, says; else None."""
    usage = _get(part, "usage") or _get(_get(part, "response"), "usage")
    for prompt, answer in (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")):
        if _get(usage, prompt) is not None:
            return _get(usage, prompt), _get(usage, answer) or 0
    timings = _get(part, "timings")
    if _get(timings, "predicted_n") is not None:
        return (_get(timings, "prompt_n") or 0) + (_get(timings, "cache_n") or 0), _get(timings, "predicted_n")
    return None


def has_text(chunk: Any) -> bool:
    """Whether a chunk of a stream brings text: servers send about a token with each."""
    for choice in _get(chunk, "choices") or []:
        delta = _get(choice, "delta")
        if any(_get(delta, name) for name in ("content", "reasoning_content", "tool_calls")) or _get(choice, "text"):
            return True
    return bool(_get(chunk, "type") == "response.output_text.delta")


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
