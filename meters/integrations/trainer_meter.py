"""What a Hugging Face Trainer does, as one run with phases; transformers.py puts it into the Trainer's way."""

from __future__ import annotations

from typing import Any

from joulebook.meters.integrations.batches import amounts_of
from joulebook.meters.integrations.held_run import HeldRun, quiet

REGISTERED: dict[str, Any] = {}
"""Words for every run, from `register`."""


class TrainerMeter:
    """What the callback does, whatever class it is mixed into.

    Args:
        words: What `track` takes: `name`, `project`, `stage`, `task`, ... Found out where not given: name, model,
            parameters.
    """

    def __init__(self, **words: Any) -> None:
        self.held = HeldRun({**REGISTERED, **words})
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
        """Begin a run where a trainer has a `train` of its own; tell how many steps are to come."""
        if not self.held.is_open:
            self._by_event = True
            self.held.open(name=getattr(args, "run_name", None), kind="training")
        if state.max_steps > state.global_step:
            self.held.expect(steps=state.max_steps - state.global_step)

    @quiet
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - its signature
        """Count a step of the optimizer."""
        self.held.count(steps=1)

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
