"""A process's place in a launch of several, and what all of that launch agree on, from what its launcher set.

torchrun's default id is "none" at 127.0.0.1:29500, and MPICH sets no id at all: on one host the launcher process itself
(boot id, process id, start time) tells two launches apart. Over several hosts there is no such process in common, so
there whatever id or address the launcher gives to all hosts decides, and the week in which the launch began.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulebook.meters.clock import boot_id, boot_s, wall_s

_PROC = Path("/proc")
_WEEK_S = 7 * 86400
_SLURM_SPECIAL_STEP = 4_294_967_290  # batch, extern and interactive steps have numbers from here on


@dataclass(frozen=True, slots=True)
class Rank:
    """One process's place in a launch.

    Attributes:
        lineage: What all ranks of the launch agree on and, unless `launch` is given, no other launch has.
        launch: This host's part of the launch, where a later launch may have the same lineage.
    """

    rank: int
    local_rank: int | None
    world: int
    launcher: str
    lineage: str
    launch: str | None = None

    def to_record(self) -> dict[str, Any]:
        """The journal's `rank`."""
        record = {"rank": self.rank, "local_rank": self.local_rank, "world": self.world, "launcher": self.launcher}
        return record if self.launch is None else {**record, "launch": self.launch}


def find_rank(environ: Mapping[str, str] = os.environ, proc: Path = _PROC) -> Rank | None:
    """This process's rank by torchrun, accelerate, MPI or Slurm; None outside a launch of several processes."""
    found = [rank for finder in (_torch, _open_mpi, _pmi, _slurm) if (rank := finder(environ, proc)) is not None]
    if not found:
        return None
    rank = found[0]
    if rank.launcher == "torch":  # the program or its script has copied these from what the launcher set
        rank = next((other for other in found[1:] if (other.rank, other.world) == (rank.rank, rank.world)), rank)
    return rank if rank.world > 1 else None


def still_runs(launch: str) -> bool:
    """Whether the launcher process that a `Rank.launch` of this host names still runs."""
    boot, _, process = launch.partition("|")
    pid, _, started = process.partition("|")
    return boot == boot_id() and pid.isdecimal() and str(_parent_and_start(int(pid), _PROC)[1]) == started


def _number(environ: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        with contextlib.suppress(KeyError, ValueError):
            return int(environ[name])
    return None


def _torch(environ: Mapping[str, str], proc: Path) -> Rank | None:
    rank, world = _number(environ, "RANK"), _number(environ, "WORLD_SIZE")
    if rank is None or world is None:
        return None
    local_world = _number(environ, "LOCAL_WORLD_SIZE")
    one_host = local_world is None or local_world == world
    parts = [environ.get(key, "") for key in ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT")]
    parts += [environ.get(key, "") for key in ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT")]
    one_host = one_host and _is_local(environ.get("MASTER_ADDR", ""))
    lineage, launch = _told_apart(parts, _launcher_process("RANK", proc), world, one_host=one_host)
    accelerate = any(key.startswith("ACCELERATE_") for key in environ)
    launcher = "accelerate" if accelerate else "torchrun" if "TORCHELASTIC_RUN_ID" in environ else "torch"
    return Rank(rank, _number(environ, "LOCAL_RANK"), world, launcher, lineage, launch)


def _is_local(address: str) -> bool:
    return address in ("", "localhost", "127.0.0.1", "::1", "0.0.0.0", os.uname().nodename)  # noqa: S104 - compared, not bound


def _open_mpi(environ: Mapping[str, str], proc: Path) -> Rank | None:
    rank, world = _number(environ, "OMPI_COMM_WORLD_RANK"), _number(environ, "OMPI_COMM_WORLD_SIZE")
    if rank is None or world is None:
        return None
    local = _number(environ, "OMPI_COMM_WORLD_LOCAL_RANK")
    process = _launcher_process("OMPI_COMM_WORLD_RANK", proc)
    # Version 5 names host and process id of mpirun, which containers repeat; version 4 also its port.
    given = [environ.get(key, "") for key in ("PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "OMPI_MCA_orte_hnp_uri")]
    one_host = _number(environ, "OMPI_COMM_WORLD_LOCAL_SIZE") == world or not any(given)
    return Rank(rank, local, world, "openmpi", *_told_apart(given, process, world, one_host=one_host))


def _pmi(environ: Mapping[str, str], proc: Path) -> Rank | None:
    """MPICH, Intel MPI and their kin, which all set the variables of PMI."""
    if "SLURM_PROCID" in environ and "MPI_LOCALRANKID" not in environ:
        return None  # srun sets PMI_RANK too, and names its steps; its variables also reach what mpirun starts under it
    rank, world = _number(environ, "PMI_RANK"), _number(environ, "PMI_SIZE")
    if rank is None or world is None:
        return None
    local = _number(environ, "MPI_LOCALRANKID", "PMI_LOCAL_RANK")
    process = _launcher_process("PMI_RANK", proc)
    given = [environ.get("PMI_JOBID", ""), environ.get("I_MPI_HYDRA_UUID", ""), _control_port(process, proc)]
    given.append(_slurm_job(environ))
    one_host = _number(environ, "MPI_LOCALNRANKS", "PMI_LOCAL_SIZE") in (None, world)
    return Rank(rank, local, world, "mpi", *_told_apart(given, process, world, one_host=one_host))


def _told_apart(given: list[str], process: _Launcher, world: int, *, one_host: bool) -> tuple[str, str | None]:
    """A launch's lineage and, where it is not this launch's alone, the launch."""
    if one_host:
        return "|".join([*given, process.text]), None
    return "|".join([*given, str(world), str(int(process.started_at // _WEEK_S))]), process.text


def _control_port(process: _Launcher, proc: Path) -> str:
    """Where MPICH's mpiexec listens (`host:port`), as it tells the proxies that it starts on all hosts; else empty."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        words = (proc / str(process.pid) / "cmdline").read_bytes().split(b"\0")
        return words[words.index(b"--control-port") + 1].decode("utf-8", "replace")
    return ""


def _slurm(environ: Mapping[str, str], proc: Path) -> Rank | None:
    rank, world = _number(environ, "SLURM_PROCID"), _number(environ, "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
    step = _number(environ, "SLURM_STEP_ID", "SLURM_STEPID")
    if rank is None or world is None or step is None or step >= _SLURM_SPECIAL_STEP:
        return None
    if _is_batch_script(proc):
        return None
    return Rank(rank, _number(environ, "SLURM_LOCALID"), world, "slurm", _slurm_job(environ) + f"|{step}")


def _is_batch_script(proc: Path) -> bool:
    """Whether no step has begun since the job's script: submitted within a step, it has that one's SLURM_STEP_ID."""
    pid = os.getppid()
    for _ in range(64):
        with contextlib.suppress(OSError):
            title = (proc / str(pid) / "cmdline").read_bytes()
            if title.startswith(b"slurmstepd:"):
                return b".batch]" in title
        pid = _parent_and_start(pid, proc)[0]
        if pid <= 1:
            break
    return False


def _slurm_job(environ: Mapping[str, str]) -> str:
    keys = ("SLURM_CLUSTER_NAME", "SLURM_JOB_ID", "SLURM_JOB_START_TIME", "SLURM_RESTART_COUNT")
    return "|".join(environ.get(key, "") for key in keys)


@dataclass(frozen=True, slots=True)
class _Launcher:
    """The process that started the ranks of this host.

    Attributes:
        pid: Its process id.
        text: Boot id, process id and start time: no two processes have the same.
        started_at: When it was started, Unix seconds.
    """

    pid: int
    text: str
    started_at: float


def _launcher_process(variable: str, proc: Path) -> _Launcher:
    """The nearest ancestor that was started without the rank variable: the launcher, seen alike by all its ranks."""
    pid = os.getppid()
    for _ in range(64):
        parent, started = _parent_and_start(pid, proc)
        if pid <= 1 or not _started_with(pid, variable, proc):
            hertz = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
            return _Launcher(pid, f"{boot_id()}|{pid}|{started}", wall_s() - boot_s() + started / hertz)
        pid = parent
    return _Launcher(0, "", wall_s())


def _started_with(pid: int, variable: str, proc: Path) -> bool:
    try:
        entries = (proc / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(entry.startswith(variable.encode() + b"=") for entry in entries)


def _parent_and_start(pid: int, proc: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError, ValueError, IndexError):
        text = (proc / str(pid) / "stat").read_bytes()
        fields = text[text.rfind(b")") + 2 :].split()
        return int(fields[1]), int(fields[19])
    return 0, 0
