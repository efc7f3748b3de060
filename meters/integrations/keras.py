"""Keras 3, any backend: `model.fit(..., callbacks=[JoulebookCallback(project="bot")])`; epochs become phases.

Keras tells callbacks nothing when `fit` fails, so `fit`, `evaluate` and `predict` of `keras.Model` are wrapped once,
when the callback is first asked for: they end its run and raise on.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sized
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from joulebook.meters.integrations.held_run import HeldRun, quiet, wrap_once

__all__ = ["JoulebookCallback", "KerasMeter"]  # noqa: F822 - see __getattr__
_KERAS_BATCH = 32  # what `fit` takes where nobody says


class KerasMeter:
    """What the callback does, whatever class it is mixed into.

    Args:
        words: What `track` takes: `name`, `project`, `stage`, `task`, ... Found out where not given: name, model,
            parameters.
    """

    model: Any  # from Keras, like `params`
    params: Any

    def __init__(self, **words: Any) -> None:
        super().__init__()
        self.held = HeldRun(words)
        self._alone = ""
        self._last_batch = -1
        self._sizes: BatchSizes | None = None

    @quiet
    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Begin the run of a fit; tell how many steps are to come, where Keras knows it."""
        self.held.open(kind="training", **self._facts())
        epochs, steps = (self.params or {}).get("epochs"), (self.params or {}).get("steps")
        if epochs and steps:
            self.held.expect(steps=epochs * steps)

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """End the run."""
        self.held.close()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Begin an epoch."""
        self._last_batch = -1
        self.held.begin("epoch")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """End an epoch."""
        self.held.end("epoch")

    @quiet
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Count the steps since the last call, more than one with `steps_per_execution`, and their samples if known."""
        first = self._last_batch + 1 if batch > self._last_batch else batch
        self._last_batch = batch
        counted = {"steps": batch - first + 1}
        if self._sizes is not None:
            counted["samples"] = sum(self._sizes.of(number) for number in range(first, batch + 1))
        self.held.count(**counted)

    def on_test_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Begin a validation, or an evaluation of its own."""
        self._begin("validation" if self.held.is_open else "evaluation")

    def on_test_end(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """End it."""
        self._end("evaluation" if self._alone else "validation")

    def on_predict_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Begin a prediction."""
        self._begin("prediction")

    def on_predict_end(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """End it."""
        self._end("prediction")

    @quiet
    def _begin(self, phase: str) -> None:
        if not self.held.is_open:
            self._alone = phase
            self.held.open(kind="inference", stage="evaluate", **self._facts())
        self.held.begin(phase)

    def _end(self, phase: str) -> None:
        self.held.end(phase)
        if self._alone == phase:
            self._alone = ""
            self.held.close()

    def _facts(self) -> dict[str, Any]:
        name = str(self.model.name)
        return {"name": name, "model": name, "parameters": self.model.count_params() if self.model.built else None}


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """How large the batches of an epoch are: all alike but the last."""

    samples: int
    batch: int

    def of(self, number: int) -> int:
        """Samples in the batch of this number, from 0."""
        return max(0, min(self.batch, self.samples - number * self.batch))


def batch_sizes(given: Mapping[str, Any]) -> BatchSizes | None:
    """The batches of a `fit` from its arguments: arrays or a PyTorch DataLoader; None where they don't tell."""
    x, batch = given.get("x"), given.get("batch_size")
    if given.get("steps_per_epoch") is not None:
        return None
    dataset, loader_batch = getattr(x, "dataset", None), getattr(x, "batch_size", None)
    if isinstance(dataset, Sized) and isinstance(loader_batch, int):
        whole = len(dataset) - (len(dataset) % loader_batch if getattr(x, "drop_last", False) else 0)
        return BatchSizes(whole, loader_batch)
    while isinstance(x, (list, tuple, dict)) and x:
        x = next(iter(x.values())) if isinstance(x, dict) else x[0]
    length = next(iter(getattr(x, "shape", None) or (None,)))
    if not isinstance(length, int) or getattr(x, "element_spec", None) is not None:
        return None
    return BatchSizes(math.floor(length * (1 - (given.get("validation_split") or 0.0))), batch or _KERAS_BATCH)


@quiet
def _tell_sizes(original: Callable[..., Any], args: Any, kwargs: Any) -> None:
    given = inspect.signature(original).bind(*args, **kwargs).arguments
    for meter in _meters_in([given.get("callbacks")]):
        meter._sizes = batch_sizes(given)


def _meters_in(arguments: Any) -> Iterator[KerasMeter]:
    for argument in arguments:
        if isinstance(argument, KerasMeter):
            yield argument
        elif isinstance(argument, (list, tuple)):
            yield from (one for one in argument if isinstance(one, KerasMeter))
        elif hasattr(argument, "callbacks"):
            yield from _meters_in([argument.callbacks])


def _closing(original: Callable[..., Any]) -> Callable[..., Any]:
    def closing(*args: Any, **kwargs: Any) -> Any:
        if original.__name__ == "fit":
            _tell_sizes(original, args, kwargs)
        try:
            return original(*args, **kwargs)
        except BaseException as error:
            for meter in _meters_in([*args[1:], kwargs.get("callbacks")]):
                meter._alone = ""
                meter.held.close(error)
            raise

    return closing


@functools.cache
def _callback_class() -> type:
    keras = import_module("keras")
    for method in ("fit", "evaluate", "predict"):
        wrap_once(keras.Model, method, _closing)
    return type(
        "JoulebookCallback", (KerasMeter, keras.callbacks.Callback), {"__module__": __name__, "__doc__": __doc__}
    )


def __getattr__(name: str) -> Any:
    """`JoulebookCallback` is made when it is first asked for, so that importing this file imports no framework."""
    if name == "JoulebookCallback":
        return _callback_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
