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

from joulebook.meters.integrations.batches import amounts_of
from joulebook.meters.integrations.generation import meter_generation
from joulebook.meters.integrations.held_run import HeldRun, quiet, wrap_once

__all__ = ["JoulebookCallback", "TrainerMeter", "meter_generation", "register"]  # noqa: F822 - see __getattr__

_registered: dict[str, Any] = {}
_PHASES = {
    "train": "train",
    "evaluate": "evaluation",
    "predict": "prediction",
    "_save_checkpoint": "save",
    "save_model": "save",
}


class TrainerMeter:
    """What the callback does, whatever class it is mixed into.

    Args:
        words: What `track` takes: `name`, `project`, `stage`, `task`, ... Found out where not given: name, model,
            parameters.
    """

    def __init__(self, **words: Any) -> None:
        self.held = HeldRun({**_registered, **words})
        self._entered: list[str] = []
        self._evaluated = 0
        self._by_event = False

    @quiet
    def enter(self, phase: str, trainer: Any) -> None:
        """Begin a phase, and a run around the outermost one."""
        self._evaluated = 0
        if not self._entered and not self.held.is_open and phase != "save":
            self.held.open(**_facts(trainer, phase))
        if phase not in self._entered:
            self.held.begin(phase)
        self._entered.append(phase)

    @quiet
    def leave(self, phase: str, error: BaseException | None) -> None:
        """End a phase, and with the outermost one the run."""
        self._entered.pop()
        if phase not in self._entered:
            self.held.end(phase, failed=error is not None)
        if not self._entered and not self._by_event:
            self.held.close(error)

    @quiet
    def take_batch(self, phase: str, inputs: Any) -> None:
        """Count a batch; one of an evaluation during training stands apart from those trained on."""
        amounts = amounts_of(inputs)
        if phase == "evaluation":
            self._evaluated += amounts.get("samples", 0)
        if phase == "evaluation" and len(self._entered) > 1:
            amounts = {f"evaluation_{name}": amount for name, amount in amounts.items()}
        self.held.count(**amounts)

    @quiet
    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - its signature
        """Begin a run where a trainer has a `train` of its own."""
        if not self.held.is_open:
            self._by_event = True
            self.held.open(name=getattr(args, "run_name", None), kind="training")

    @quiet
    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - its signature
        """End the run that `on_train_begin` began."""
        if self._by_event:
            self._by_event = False
            self.held.close()

    @quiet
    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Keep the evaluation's loss, and the metric that chooses the best model."""
        best = getattr(args, "metric_for_best_model", None) or ""
        n = self._evaluated if self._evaluated and args.world_size == 1 else None
        directions = {"eval_loss": False, f"eval_{best.removeprefix('eval_')}": bool(args.greater_is_better)}
        for name, higher_is_better in directions.items():
            if self.held.is_open and self.held.run is not None and name in (metrics or {}):
                self.held.run.quality(name, metrics[name], n=n, higher_is_better=higher_is_better)


def _facts(trainer: Any, phase: str) -> dict[str, Any]:
    model = trainer.model
    work = {"kind": "training"} if phase == "train" else {"kind": "inference", "stage": "evaluate"}
    name = getattr(getattr(model, "config", None), "name_or_path", None) or type(model).__name__
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"name": getattr(trainer.args, "run_name", None) or name, "model": name, "parameters": parameters, **work}


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
    _registered.update(words)
    registry = import_module("transformers.integrations.integration_utils").INTEGRATION_TO_CALLBACK
    registry["joulebook"] = _callback_class()
