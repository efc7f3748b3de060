"""Ranks of one launch agree on one run id; two launches never do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from joulebook.meters.launchers import find_rank, shared_run_id

TORCH = {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
ELASTIC = {**TORCH, "TORCHELASTIC_RUN_ID": "none"}


def rank_of(environ: dict[str, str]):
    return find_rank(environ)


@pytest.mark.parametrize(
    ("environ", "launcher", "rank"),
    [
        ({**ELASTIC, "RANK": "2", "LOCAL_RANK": "2"}, "torchrun", 2),
        ({**ELASTIC, "RANK": "1", "LOCAL_RANK": "1", "ACCELERATE_MIXED_PRECISION": "no"}, "accelerate", 1),
        ({"OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_NAMESPACE": "job"}, "openmpi", 3),
        ({"PMI_RANK": "1", "PMI_SIZE": "2"}, "mpi", 1),
        ({"SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "77", "SLURM_STEP_ID": "0"}, "slurm", 5),
    ],
)
def test_launchers_are_told_apart(environ: dict[str, str], launcher: str, rank: int) -> None:
    found = rank_of(environ)
    assert (found.launcher, found.rank) == (launcher, rank)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"RANK": "0", "WORLD_SIZE": "1"},
        {"RANK": "zero", "WORLD_SIZE": "4"},
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "77"},  # the batch script itself
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "77", "SLURM_STEP_ID": "4294967291"},
    ],
)
def test_a_single_process_is_no_rank(environ: dict[str, str]) -> None:
    assert rank_of(environ) is None


def test_hosts_of_one_launch_agree_without_a_common_process() -> None:
    environ = {**TORCH, "WORLD_SIZE": "8", "MASTER_ADDR": "node1", "TORCHELASTIC_RUN_ID": "job-17"}
    ids = {shared_run_id(rank_of({**environ, "RANK": str(rank)}), "train", 0) for rank in range(8)}
    assert len(ids) == 1
    other = rank_of({**environ, "RANK": "0", "MASTER_PORT": "29501"})
    assert shared_run_id(other, "train", 0) not in ids


def test_the_second_track_of_a_name_is_another_run() -> None:
    rank = rank_of({**ELASTIC, "RANK": "0"})
    assert shared_run_id(rank, "trial", 0) != shared_run_id(rank, "trial", 1) != shared_run_id(rank, "eval", 1)


LAUNCHER = """
import os, subprocess, sys
code = "from joulebook.meters.launchers import find_rank, shared_run_id; print(shared_run_id(find_rank(), 'x', 0))"
for rank in range(2):
    # one rank directly, the other through a shell, as `torchrun --no-python script.sh` would
    command = [sys.executable, "-c", code] if rank else ["sh", "-c", f'"{sys.executable}" -c "{code}"; true']
    subprocess.run(command, env={**os.environ, "RANK": str(rank)}, check=True)
"""


def test_two_plain_torchruns_at_once_stay_two_runs(tmp_path: Path) -> None:
    environ = {**os.environ, **ELASTIC, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    environ.pop("RANK", None)
    launches = [
        subprocess.Popen([sys.executable, "-c", LAUNCHER], env=environ, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ids = [launch.communicate(timeout=60)[0].split() for launch in launches]
    assert [len(each) for each in ids] == [2, 2]
    assert len(set(ids[0])) == len(set(ids[1])) == 1
    assert set(ids[0]) != set(ids[1])
