"""What holds for every integration: nothing of metering reaches the job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from joulebook.meters.integrations.held_run import HeldRun, wrap_once


def _broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("the meter is broken")


def test_a_meter_that_breaks_costs_figures_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("joulebook.meters.track.track", _broken)
    held = HeldRun({"name": "x"})
    held.open()
    held.begin("epoch")
    held.count(samples=1)
    held.end("epoch")
    held.close(ValueError())

    assert (held.is_open, held.run, held.summary()) == (False, None, None)
    assert capfd.readouterr().err == ("joulebook: HeldRun.open was passed over (RuntimeError: the meter is broken)\n")


def test_a_run_that_breaks_while_open_is_still_closed(
    monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[Any]]
) -> None:
    held = HeldRun({"name": "x", "project": None})
    held.open(project="found out")
    monkeypatch.setattr(held.run, "phase", _broken)
    held.begin("epoch")
    held.end("epoch")
    held.end("never begun")
    held.close(KeyboardInterrupt())
    held.close()

    [run] = told()
    assert (run.status, run.phases, run.opening["project"]) == ("interrupted", [], "found out")


def test_what_is_open_ends_with_the_run(told: Callable[[], list[Any]]) -> None:
    held = HeldRun({"name": "x"})
    held.open()
    held.begin("epoch")
    held.begin("validation")
    held.close(ValueError())

    [run] = told()
    assert (run.status, run.failed) == ("failed", {"epoch", "epoch/validation"})


def test_a_method_is_wrapped_once() -> None:
    class Trainer:
        def train(self) -> int:
            return 1

    for _ in range(2):
        wrap_once(Trainer, "train", lambda original: lambda self: 10 * original(self))
        wrap_once(Trainer, "missing", lambda original: original)

    assert Trainer().train() == 10
