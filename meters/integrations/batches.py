"""How much work a batch is, from the shapes of its tensors alone: no device is waited for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any


def amounts_of(batch: Any) -> dict[str, int]:
    """Samples, and tokens where the batch has `input_ids` (padding included); empty where no shape tells."""
    shapes = [tuple(tensor.shape) for tensor in _tensors(batch)]
    found = {"samples": int(shapes[0][0])} if shapes else {}
    ids = batch.get("input_ids") if isinstance(batch, Mapping) else None
    if ids is not None and getattr(ids, "shape", None):
        found["tokens"] = math.prod(int(length) for length in ids.shape)
    return found


def _tensors(batch: Any) -> Iterator[Any]:
    """Everything in a batch (a tensor, or tensors in tuples, lists and dictionaries) that has a first dimension."""
    if getattr(batch, "shape", None):
        yield batch
    elif isinstance(batch, Mapping):
        for value in batch.values():
            yield from _tensors(value)
    elif isinstance(batch, (tuple, list)):
        for value in batch:
            yield from _tensors(value)
