"""Hugging Face transformers' Trainer: train, evaluation and save phases, samples and tokens.

`Trainer(..., callbacks=[JoulebookCallback(project="bot")])`, or `register(project="bot")` once and
`TrainingArguments(report_to="joulebook")` from then on. A Trainer tells its callbacks neither when an evaluation or a
save begins nor that training failed, so a few of its methods are wrapped once, when the callback is first asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any

from joulebook.meters.integrations.generation import meter_generation
from joulebook.meters.integrations.held_run import wrap_once
from joulebook.meters.integrations.trainer_meter import REGISTERED, TrainerMeter

__all__ = ["JoulebookCallback", "meter_generation", "register"]  # noqa: F822 - see __getattr__

_PHASES = {
    "train": "train",
    "evaluate": "evaluation",
    "predict": "prediction",
    "_save_checkpoint": "save",
    "save_model": "save",
}


def _meter_of(trainer: Any) -> TrainerMeter | None:
    callbacks = getattr(getattr(trainer, "callback_handler", None), "callbacks", ())
    return next((callback for callback in callbacks if isinstance(callback, TrainerMeter)), None)


def _in_phase(phase: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def metered(trainer: Any, *args: Any, **kwargs: Any) -> Any:
            meter = _meter_of(trainer)
            if meter is None:
                return original(trainer, *args, **kwargs)
            meter.enter(phase, trainer)
            try:
                result = original(trainer, *args, **kwargs)
            except BaseException as error:
                meter.leave(phase, error)
                raise
            meter.leave(phase, None)
            return result

        return metered

    return make


def _counting(phase: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def counted(trainer: Any, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            meter = _meter_of(trainer)
            if meter is not None:
                meter.take_batch(phase, inputs)
            return original(trainer, model, inputs, *args, **kwargs)

        return counted

    return make


@functools.cache
def _callback_class() -> type:
    transformers = import_module("transformers")
    for method, phase in _PHASES.items():
        wrap_once(transformers.Trainer, method, _in_phase(phase))
    wrap_once(transformers.Trainer, "training_step", _counting("train"))
    wrap_once(transformers.Trainer, "prediction_step", _counting("evaluation"))
    return type(
        "JoulebookCallback", (TrainerMeter, transformers.TrainerCallback), {"__module__": __name__, "__doc__": __doc__}
    )


def __getattr__(name: str) -> Any:
    """`JoulebookCallback` is made when it is first asked for, so that importing this file imports no framework."""
    if name == "JoulebookCallback":
        return _callback_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def register(**words: Any) -> None:
    """Make `TrainingArguments(report_to="joulebook")` work, with these words for every run."""
    REGISTERED.update(words)
    registry = import_module("transformers.integrations.integration_utils").INTEGRATION_TO_CALLBACK
    registry["joulebook"] = _callback_class()
