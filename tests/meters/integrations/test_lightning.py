"""The Lightning callback, with a real Trainer on the CPU."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.framework("torch", "lightning")


@pytest.fixture(autouse=True)
def _foreign_warnings() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the framework's own, of which each version has others
        yield


def _module(fails_with: BaseException | None = None) -> Any:
    import torch
    from lightning.pytorch import LightningModule

    class Line(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            if fails_with is not None and batch_idx == 2:
                raise fails_with
            return self.layer(batch[0]).square().mean()

        def validation_step(self, batch: Any, batch_idx: int) -> None:
            self.log("loss", self.layer(batch[0]).square().mean())

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    return Line()


def _loader() -> Any:
    import torch

    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(10, 3)), batch_size=4)


def _trainer(folder: Path, callback: Any, **options: Any) -> Any:
    from lightning.pytorch import Trainer

    quiet = {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
    }
    return Trainer(
        accelerator="cpu", devices=1, max_epochs=2, default_root_dir=folder, callbacks=[callback], **quiet, **options
    )


def test_fit_and_validation(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.lightning import JoulebookCallback

    trainer = _trainer(tmp_path, JoulebookCallback(project="lines", task="regression"))
    trainer.fit(_module(), _loader(), _loader())

    [run] = told()
    assert run.status == "finished"
    assert run.phases == ["sanity check", "epoch", "epoch/validation", "epoch", "epoch/validation"]
    assert run.opening["project"] == "lines"
    assert (run.opening["model"], run.opening["parameters"], run.opening["kind"]) == ("Line", 4, "training")
    assert (run.counts["samples"], run.counts["steps"], run.counts["total_steps"]) == (20, 6, 6)


def test_validation_alone_is_a_run_of_its_own(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.lightning import JoulebookCallback

    _trainer(tmp_path, JoulebookCallback()).validate(_module(), _loader(), verbose=False)

    [run] = told()
    assert (run.status, run.phases, run.opening["kind"]) == ("finished", ["validation"], "inference")


def test_an_exception_closes_the_run(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.lightning import JoulebookCallback

    with pytest.raises(RuntimeError, match="out of memory"):
        _trainer(tmp_path, JoulebookCallback()).fit(_module(RuntimeError("out of memory")), _loader())

    [run] = told()
    assert (run.status, run.failed) == ("failed", {"epoch"})


def test_an_interrupt_closes_the_run(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    import signal

    from joulebook.meters.integrations.lightning import JoulebookCallback

    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit):  # Lightning's own way out
            _trainer(tmp_path, JoulebookCallback()).fit(_module(KeyboardInterrupt()), _loader())
    finally:
        signal.signal(signal.SIGINT, before)

    [run] = told()
    assert run.status == "interrupted"


def test_early_stop_closes_the_run(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.lightning import JoulebookCallback

    _trainer(tmp_path, JoulebookCallback(), max_steps=2).fit(_module(), _loader())

    [run] = told()
    assert (run.status, run.counts["samples"]) == ("finished", 8)
