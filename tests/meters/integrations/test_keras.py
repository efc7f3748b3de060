"""The Keras callback, with a real model on the PyTorch backend."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.framework("torch", "keras")


@pytest.fixture(autouse=True)
def _torch_backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the framework's own, of which each version has others
        yield


def _model() -> Any:
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="line")
    model.compile(optimizer="sgd", loss="mse")
    return model


def _data() -> tuple[Any, Any]:
    import numpy as np

    return np.ones((10, 3)), np.ones((10, 1))


def test_fit_with_validation(told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.keras import JoulebookCallback

    x, y = _data()
    _model().fit(
        x, y, batch_size=4, epochs=2, validation_data=(x, y), verbose=0, callbacks=[JoulebookCallback(task="t")]
    )

    [run] = told()
    assert run.status == "finished"
    assert run.phases == ["epoch", "epoch/validation"] * 2
    said = {key: run.opening[key] for key in ("model", "parameters", "kind", "task")}
    assert said == {"model": "line", "parameters": 4, "kind": "training", "task": "t"}
    assert run.counts == {"total_steps": 6, "steps": 6, "samples": 20}


def test_samples_are_counted_where_the_batches_are_known(told: Callable[[], list[Any]]) -> None:
    import torch

    from joulebook.meters.integrations.keras import JoulebookCallback

    x, y = _data()
    dataset = torch.utils.data.TensorDataset(torch.ones(10, 3), torch.ones(10, 1))
    fits = {
        "split": {"x": x, "y": y, "batch_size": 3, "validation_split": 0.35},
        "default": {"x": x, "y": y},
        "loader": {"x": torch.utils.data.DataLoader(dataset, batch_size=4, drop_last=True)},
        "generator": {"x": ((x[:2], y[:2]) for _ in range(3)), "steps_per_epoch": 3},
    }
    for name, given in fits.items():
        _model().fit(**given, verbose=0, callbacks=[JoulebookCallback(name=name)])

    assert {run.opening["name"]: {k: n for k, n in run.counts.items() if k != "total_steps"} for run in told()} == {
        "split": {"steps": 2, "samples": 6},
        "default": {"steps": 1, "samples": 10},
        "loader": {"steps": 2, "samples": 8},
        "generator": {"steps": 3},
    }


def test_batches_that_keras_takes_several_at_once_are_all_counted(told: Callable[[], list[Any]]) -> None:
    """`steps_per_execution=2`, which the PyTorch backend doesn't have: callbacks see every second batch's end."""
    from joulebook.meters.integrations.keras import BatchSizes, KerasMeter

    meter = KerasMeter()
    meter.model, meter._sizes = SimpleNamespace(name="m", built=False), BatchSizes(samples=10, batch=3)
    meter.on_train_begin()
    for epoch in range(2):
        meter.on_epoch_begin(epoch)
        for batch in (1, 3):
            meter.on_train_batch_end(batch)
        meter.on_epoch_end(epoch)
    meter.on_train_end()

    [run] = told()
    assert run.counts == {"steps": 8, "samples": 20}


def test_evaluation_alone_is_a_run_of_its_own(told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.keras import JoulebookCallback

    x, y = _data()
    _model().evaluate(x, y, verbose=0, callbacks=[JoulebookCallback()])

    [run] = told()
    assert (run.status, run.phases, run.opening["kind"]) == ("finished", ["evaluation"], "inference")


@pytest.mark.parametrize(("raised", "status"), [(RuntimeError, "failed"), (KeyboardInterrupt, "interrupted")])
def test_what_fit_raises_closes_the_run(
    told: Callable[[], list[Any]], raised: type[BaseException], status: str
) -> None:
    import keras

    from joulebook.meters.integrations.keras import JoulebookCallback

    class Broken(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            raise raised

    x, y = _data()
    with pytest.raises(raised):
        _model().fit(x, y, batch_size=4, verbose=0, callbacks=[JoulebookCallback(), Broken()])

    [run] = told()
    assert (run.status, run.failed) == (status, {"epoch"})


def test_early_stop_closes_the_run(told: Callable[[], list[Any]]) -> None:
    import keras

    from joulebook.meters.integrations.keras import JoulebookCallback

    x, y = _data()
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1e9)
    _model().fit(x, y, batch_size=5, epochs=9, verbose=0, callbacks=[stop, JoulebookCallback()])

    [run] = told()
    assert (run.status, run.phases) == ("finished", ["epoch", "epoch"])
