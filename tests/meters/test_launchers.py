"""Ranks of one launch agree on one run id; two launches never do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from joulebook.meters.launchers import find_rank
from joulebook.meters.run_ids import shared_run_id

TORCH = {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
ELASTIC = {**TORCH, "TORCHELASTIC_RUN_ID": "none"}
STEP = {"SLURM_PROCID": "0", "SLURM_JOB_ID": "77", "SLURM_STEP_ID": "0"}


def rank_of(environ: dict[str, str]):
    return find_rank(environ)


@pytest.mark.parametrize(
    ("environ", "launcher", "rank"),
    [
        ({**ELASTIC, "RANK": "2", "LOCAL_RANK": "2"}, "torchrun", 2),
        ({**ELASTIC, "RANK": "1", "LOCAL_RANK": "1", "ACCELERATE_MIXED_PRECISION": "no"}, "accelerate", 1),
        ({"OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_NAMESPACE": "job"}, "openmpi", 3),
        ({"PMI_RANK": "1", "PMI_SIZE": "2"}, "mpi", 1),
        # mpirun in an interactive step of Slurm, and srun with its own PMI
        ({"PMI_RANK": "1", "PMI_SIZE": "2", "MPI_LOCALRANKID": "1", **STEP, "SLURM_NTASKS": "1"}, "mpi", 1),
        ({"PMI_RANK": "5", "PMI_SIZE": "8", **STEP, "SLURM_PROCID": "5", "SLURM_NTASKS": "8"}, "slurm", 5),
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


def test_hosts_of_one_launch_agree_without_a_common_process(tmp_path: Path) -> None:
    environ = {**TORCH, "WORLD_SIZE": "8", "MASTER_ADDR": "node1", "TORCHELASTIC_RUN_ID": "job-17"}
    ids = {shared_run_id(rank_of({**environ, "RANK": str(rank)}), "train", 0, tmp_path) for rank in range(8)}
    assert len(ids) == 1
    other = rank_of({**environ, "RANK": "0", "MASTER_PORT": "29501"})
    assert shared_run_id(other, "train", 0, tmp_path) not in ids


@pytest.mark.parametrize(
    ("rank", "size", "given"),
    [
        ("OMPI_COMM_WORLD_RANK", {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "2"}, "PMIX_NAMESPACE"),
        ("PMI_RANK", {"PMI_SIZE": "4", "MPI_LOCALNRANKS": "2"}, "I_MPI_HYDRA_UUID"),
        ("PMI_RANK", {"PMI_SIZE": "4", "PMI_LOCAL_SIZE": "2"}, "PMI_JOBID"),
    ],
)
def test_mpi_over_hosts_goes_by_what_the_launcher_gives_to_all_hosts(rank, size, given, tmp_path: Path) -> None:
    """What two hosts see differs in the launcher process alone; that is what `launch` is for."""
    ranks = [rank_of({rank: str(number), given: "this", **size}) for number in range(4)]
    assert len({shared_run_id(one, "train", 0, tmp_path) for one in ranks}) == 1
    assert all(one.launch for one in ranks)
    other = rank_of({rank: "0", given: "other", **size})
    assert shared_run_id(other, "train", 0, tmp_path) != shared_run_id(ranks[0], "train", 0, tmp_path)


def test_mpichs_ranks_over_hosts_go_by_where_its_mpiexec_listens(tmp_path: Path) -> None:
    def lineage(port: str) -> str:
        proxy = tmp_path / str(os.getppid())
        proxy.mkdir(exist_ok=True)
        (proxy / "cmdline").write_bytes(b"hydra_pmi_proxy\0--control-port\0" + port.encode() + b"\0--rmk\0user\0")
        return find_rank({"PMI_RANK": "0", "PMI_SIZE": "4", "MPI_LOCALNRANKS": "2"}, tmp_path).lineage

    assert lineage("head:4711") == lineage("head:4711") != lineage("head:4712")


# As slurm-wlm 22.05.8 sets them in a job of four tasks on two nodes, without those that nobody here looks at.
JOB = {"SLURM_CLUSTER_NAME": "trial", "SLURM_JOB_ID": "3", "SLURM_JOB_NUM_NODES": "2", "SLURM_NTASKS": "4"}
TASK = {**JOB, "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_GTIDS": "0,1,2"}
FIRST_STEP = {**TASK, "SLURM_STEP_ID": "0", "SLURM_STEPID": "0", "SLURM_STEP_NUM_TASKS": "4"}
OTHER_NODE = {"SLURM_PROCID": "3", "SLURM_NODEID": "1", "SLURMD_NODENAME": "n1", "SLURM_GTIDS": "3"}
SMALLER = {"SLURM_STEP_ID": "1", "SLURM_STEPID": "1", "SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2"}


def test_a_slurm_step_is_one_launch_and_no_other_step_job_or_restart_is_the_same(tmp_path: Path) -> None:
    def run_id(changed: dict[str, str]) -> str:
        return shared_run_id(rank_of({**FIRST_STEP, **changed}), "train", 0, tmp_path)

    assert run_id(OTHER_NODE) == run_id({})
    others = [SMALLER, {"SLURM_JOB_ID": "4"}, {"SLURM_RESTART_COUNT": "1"}, {"SLURM_CLUSTER_NAME": "second"}]
    assert len({run_id(changed) for changed in [{}, *others]}) == 5
    assert rank_of(TASK) is None  # the batch script


def test_a_script_that_copies_its_rank_for_pytorch_stays_in_its_launch() -> None:
    """`srun script.sh` with `export RANK=$SLURM_PROCID`, say: nothing of a launcher's own lies between."""
    copied = {"RANK": "0", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    mpi = {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "4"}
    assert rank_of({**FIRST_STEP, **copied}) == rank_of(FIRST_STEP)
    assert rank_of({**mpi, **copied}) == rank_of(mpi)
    assert rank_of({**FIRST_STEP, **copied, "WORLD_SIZE": "16"}).launcher == "torch"
    assert rank_of({**FIRST_STEP, **copied, "TORCHELASTIC_RUN_ID": "none"}).launcher == "torchrun"


def test_a_job_that_was_submitted_within_a_step_has_its_variables_and_is_none_of_its_ranks(tmp_path: Path) -> None:
    stepd = tmp_path / str(os.getppid())
    stepd.mkdir()
    (stepd / "cmdline").write_bytes(b"slurmstepd: [12.batch]    ")
    assert find_rank(FIRST_STEP, tmp_path) is None
    (stepd / "cmdline").write_bytes(b"slurmstepd: [12.0]    ")
    assert find_rank(FIRST_STEP, tmp_path).rank == 0


def test_the_second_track_of_a_name_is_another_run(tmp_path: Path) -> None:
    rank = rank_of({**ELASTIC, "RANK": "0"})
    ids = [shared_run_id(rank, *track, tmp_path) for track in (("trial", 0), ("trial", 1), ("eval", 1))]
    assert len(set(ids)) == 3


LAUNCHER = """
import os, subprocess, sys
code = (
    "from joulebook.meters.launchers import find_rank; from joulebook.meters.run_ids import shared_run_id;"
    "print(shared_run_id(find_rank(), 'x', 0, None))"
)
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


RANK = r"""
import os, sys, time
from joulebook import track
with track("train") as run:
    open(os.path.join(sys.argv[1], os.environ["RANK"]), "w").close()
    until = time.monotonic() + 60
    while len(os.listdir(sys.argv[1])) < 4 and time.monotonic() < until:
        time.sleep(0.02)
    os.write(1, f"{run.id} {os.uname().nodename}\n".encode())
"""
# A host of a launch over two: a hostname of its own where the kernel allows it, and two ranks, started again if asked.
HOST = """
import ctypes, os, socket, subprocess, sys
number, rounds, meeting, rank = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
new_uts, new_user = 0x04000000, 0x10000000
unshare = ctypes.CDLL(None).unshare
if unshare(new_uts) == 0 or unshare(new_user | new_uts) == 0:
    try: socket.sethostname(f"node{number}")
    except OSError: pass
for round in range(rounds):
    place = os.path.join(meeting, str(round))
    os.makedirs(place, exist_ok=True)
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", rank, place],
            env={**os.environ, "RANK": str(2 * number + local), "LOCAL_RANK": str(local)},
        )
        for local in range(2)
    ]
    assert [process.wait() for process in ranks] == [0, 0]
"""


def launch(meeting: Path, *, rounds: int = 1, **environ: str) -> tuple[set[str], set[str]]:
    """Two hosts at a time; the run ids and the hostnames that their ranks saw."""
    both = {**os.environ, **ELASTIC, "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "10.0.0.1", **environ}
    hosts = [
        subprocess.Popen(
            [sys.executable, "-c", HOST, str(number), str(rounds), str(meeting), RANK],
            env=both,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    said = [line.split() for host in hosts for line in host.communicate(timeout=120)[0].splitlines()]
    assert len(said) == 4 * rounds
    return {run for run, _ in said}, {host for _, host in said}


@pytest.mark.usefixtures("journals")
def test_launches_over_hosts_join_and_those_after_one_another_stay_apart(tmp_path: Path) -> None:
    """Static rendezvous with torchrun's default id: nothing that two such launches set tells them apart."""
    first, hosts = launch(tmp_path / "1")
    assert hosts in ({"node0", "node1"}, {os.uname().nodename})
    second, _ = launch(tmp_path / "2", rounds=2)  # ranks that are started once more go on with the launch's run
    third, _ = launch(tmp_path / "3")
    assert [len(ids) for ids in (first, second, third)] == [1, 1, 1]
    assert len(first | second | third) == 3
    given, _ = launch(tmp_path / "4", JOULEBOOK_RUN_ID="mine")
    assert given == {"mine"} == launch(tmp_path / "5", JOULEBOOK_RUN_ID="mine")[0]


@pytest.mark.parametrize(
    "launch",
    [
        {"WORLD_SIZE": "2", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "1", "RANK": "0"},
        {"PMI_SIZE": "2", "PMI_RANK": "0"},
        {**STEP, "SLURM_NTASKS": "2"},
    ],
)
@pytest.mark.usefixtures("journals")
def test_without_a_launcher_that_restarts_a_rank_that_comes_again_is_another_run(launch: dict[str, str]) -> None:
    """Programs one after the other in the script of each rank, say: their first, second and third runs join."""
    environ = {key: value for key, value in os.environ.items() if key not in ELASTIC} | launch
    code = "from joulebook import track\nwith track('x') as run: print(run.id)"
    ids = [
        subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    ]
    assert len(set(ids)) == 3
