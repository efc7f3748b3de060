"""A plain PyTorch loop over a real DataLoader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from joulebook.meters.integrations.batches import amounts_of
from joulebook.meters.track import track

pytestmark = pytest.mark.framework("torch")


def _loader() -> Any:
    import torch

    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(10, 3)), batch_size=4)


def test_steps_of_a_loader(told: Callable[[], list[Any]]) -> None:
    import torch

    layer = torch.nn.Linear(3, 1)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.1)
    with track("loop", kind="training") as run:
        for _ in range(2):
            for (batch,) in run.steps(_loader(), "epoch"):
                layer(batch).square().mean().backward()
                optimiser.step()

    [one] = told()
    assert (one.status, one.phases, one.counts["steps"]) == ("finished", ["epoch", "epoch"], 6)


def _interrupted_loop() -> None:
    with track("loop", kind="training") as run:
        for _ in run.steps(_loader(), "epoch"):
            raise KeyboardInterrupt


def test_what_the_loop_raises_closes_the_run(told: Callable[[], list[Any]]) -> None:
    with pytest.raises(KeyboardInterrupt):
        _interrupted_loop()

    [one] = told()
    assert one.status == "interrupted"


def test_amounts_of_batches() -> None:
    import torch

    ids = torch.zeros(4, 8, dtype=torch.long)
    assert amounts_of({"input_ids": ids, "labels": ids}) == {"samples": 4, "tokens": 32}
    assert amounts_of((torch.zeros(5, 3), [torch.zeros(5)])) == {"samples": 5}
    assert amounts_of([torch.tensor(1.0), "text"]) == {}
