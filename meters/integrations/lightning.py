"""PyTorch Lightning: `Trainer(callbacks=[JoulebookCallback(project="bot")])`; epochs and validations become phases."""

from __future__ import annotations

import functools
import math
import sys
from importlib import import_module
from typing import Any

from joulebook.meters.integrations.batches import amounts_of
from joulebook.meters.integrations.held_run import HeldRun, quiet

__all__ = ["JoulebookCallback", "LightningMeter"]  # noqa: F822 - see __getattr__


class LightningMeter:
    """What the callback does, whatever class it is mixed into.

    Args:
        words: What `track` takes: `name`, `project`, `stage`, `task`, ... Found out where not given: name, model,
            parameters.
    """

    def __init__(self, **words: Any) -> None:
        super().__init__()
        self.held = HeldRun(words)

    @quiet
    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """Begin the run of a fit."""
        self.held.open(kind="training", **_facts(pl_module))

    @quiet
    def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """Tell how many batches are to come, where that is known."""
        if (to_come := _batches_to_come(trainer)) is not None:
            self.held.expect(steps=to_come)

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """Begin an epoch."""
        self.held.begin("epoch")

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """End an epoch."""
        self.held.end("epoch")

    @quiet
    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:  # noqa: ARG002
        """Count the batch."""
        self.held.count(steps=1, **amounts_of(batch))

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin a validation, or the check before the first epoch."""
        self._begin("sanity check" if trainer.sanity_checking else "validation", pl_module)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """End a validation."""
        self.held.end("sanity check" if trainer.sanity_checking else "validation")

    def on_test_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """Begin a test."""
        self._begin("test", pl_module)

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """End a test."""
        self.held.end("test")

    def on_predict_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """Begin a prediction."""
        self._begin("prediction", pl_module)

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's signature
        """End a prediction."""
        self.held.end("prediction")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:  # noqa: ARG002
        """End the run as failed or interrupted."""
        self.held.close(exception)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:  # noqa: ARG002 - Lightning's signature
        """End the run."""
        self.held.close()

    @quiet
    def _begin(self, phase: str, module: Any) -> None:
        if not self.held.is_open:
            self.held.open(kind="inference", stage="evaluate", **_facts(module))
        self.held.begin(phase)


def _batches_to_come(trainer: Any) -> float | None:
    """Batches until the last epoch or the last step of the optimizer; None where neither is set or known."""
    ends = []
    if trainer.max_epochs not in (None, -1):
        ends.append((trainer.max_epochs - trainer.current_epoch) * trainer.num_training_batches)
    if trainer.max_steps != -1:
        ends.append((trainer.max_steps - trainer.global_step) * trainer.accumulate_grad_batches)
    to_come = min(ends, default=math.inf)
    return to_come if 0 < to_come < math.inf else None


def _facts(module: Any) -> dict[str, Any]:
    name = type(module).__name__
    return {"name": name, "model": name, "parameters": sum(parameter.numel() for parameter in module.parameters())}


@functools.cache
def _callback_class() -> type:
    older = "pytorch_lightning" if "lightning" not in sys.modules and "pytorch_lightning" in sys.modules else None
    base = import_module(older or "lightning.pytorch").Callback
    return type("JoulebookCallback", (LightningMeter, base), {"__module__": __name__, "__doc__": __doc__})


def __getattr__(name: str) -> Any:
    """`JoulebookCallback` is made when it is first asked for, so that importing this file imports no framework."""
    if name == "JoulebookCallback":
        return _callback_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
