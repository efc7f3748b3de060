"""The examples run as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


def _run(name: str, *words: str) -> str:
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


def test_training_loop(told: Callable[[], list[Any]]) -> None:
    assert "line (" in _run("training_loop")
    [run] = told()
    assert (run.status, run.phases, run.counts["samples"]) == ("finished", ["epoch"] * 30, 3_000_000)
    assert [(quality["name"], quality["n"]) for quality in run.quality] == [("squared-error", 1000)]


@pytest.mark.framework("sklearn")
def test_large_and_small(told: Callable[[], list[Any]]) -> None:
    _run("large_and_small")
    runs = {run.opening["name"]: run for run in told()}
    assert {name: run.requests["n"] for name, run in runs.items() if name.endswith("serve")} == {
        "digits-forest-100-serve": 360,
        "digits-logistic-serve": 360,
    }


@pytest.mark.framework("torch", "transformers", "accelerate")
def test_huggingface_trainer(told: Callable[[], list[Any]]) -> None:
    _run("huggingface_trainer")
    [run] = told()
    assert (run.status, run.counts["samples"], run.counts["tokens"]) == ("finished", 64, 64 * 32)


@pytest.mark.framework("torch", "transformers", "accelerate")
def test_two_ranks_of_torchrun_are_one_run(told: Callable[[], list[Any]]) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [*launcher, str(EXAMPLES / "huggingface_trainer.py")]
    subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, env=environment)

    first, second = told()
    assert first.opening["run"] == second.opening["run"]
    assert first.counts["samples"] + second.counts["samples"] == 64


@pytest.mark.framework("codecarbon")
def test_codecarbon_script(told: Callable[[], list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "41666654166667500000" in _run("codecarbon_script")
    [run] = told()
    assert (run.status, run.opening["location"]["zone"]) == ("finished", "FRA")
