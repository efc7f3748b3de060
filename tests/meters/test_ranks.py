"""Ranks over shared GPUs: one run, and every rank's journal alone knows what each device used."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from simulated_nvml import Gpu

from joulebook.meters.summary import Observed

pytestmark = pytest.mark.compiler

RANK = """
import os, signal, time
from joulebook import track
with track("train", kind="training") as run:
    for step in range(3):
        with run.phase("epoch"): time.sleep(1)
    if os.environ["RANK"] == "2": os.kill(os.getpid(), signal.SIGKILL)
"""


def test_four_ranks_on_four_gpus_are_one_run_and_a_killed_one_loses_nothing_of_the_others(
    simulator, read_closed
) -> None:
    sim = simulator(*(Gpu(high_w=100 * (number + 1)) for number in range(4)))
    launch = {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", RANK],
            env={**os.environ, **sim.environ, **launch, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(4)
    ]
    assert [rank.wait(timeout=60) for rank in ranks] == [0, 0, -9, 0]
    found = read_closed(4)
    assert len({journal.one("open")["run"] for journal in found}) == 1
    by_rank = {journal.one("open")["rank"]["rank"]: journal for journal in found}
    assert {rank: journal.one("close")["status"] for rank, journal in by_rank.items()} == {
        0: "finished",
        1: "finished",
        2: "interrupted",
        3: "finished",
    }
    for journal in found:
        observed = Observed()
        observed.add(journal.records)
        start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
        for number, device in observed.devices.items():
            gpu = next(gpu for gpu in sim.gpus if gpu.uuid == device["id"])
            truth_j = gpu.energy_j(sim.t0, start_b, end_b)
            assert observed.window(number, start_b, end_b).energy_j == pytest.approx(truth_j, rel=0.01)
        assert len(observed.devices) == 4
