"""Ranks of one launch find each other without talking: each works out the same run id from what its launcher set.

torchrun's default id is "none" at 127.0.0.1:29500, which says nothing: on one host the launcher process itself
(boot id, process id, start time) tells two launches apart. Over several hosts there is no such process in common, so
there the launcher's id, master address and port decide; `JOULEBOOK_RUN_ID` settles what they can't.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulebook.meters.clock import boot_id

_PROC = Path("/proc")
_SLURM_SPECIAL_STEP = 4_294_967_290  # batch, extern and interactive steps have numbers from here on


@dataclass(frozen=True, slots=True)
class Rank:
    """One process's place in a launch.

    Attributes:
        lineage: What all ranks of the launch agree on and no other launch has.
    """

    rank: int
    local_rank: int | None
    world: int
    launcher: str
    lineage: str

    def to_record(self) -> dict[str, Any]:
        """The journal's `rank`."""
        return {"rank": self.rank, "local_rank": self.local_rank, "world": self.world, "launcher": self.launcher}


def find_rank(environ: Mapping[str, str] = os.environ, proc: Path = _PROC) -> Rank | None:
    """This process's rank by torchrun, accelerate, MPI or Slurm; None outside a launch of several processes."""
    for finder in (_torch, _open_mpi, _pmi, _slurm):
        rank = finder(environ, proc)
        if rank is not None:
            return rank if rank.world > 1 else None
    return None


def shared_run_id(rank: Rank, name: str, ordinal: int) -> str:
    """The run id that every rank of the launch gives to the `ordinal`-th track of this name."""
    import hashlib

    text = "\0".join((rank.launcher, rank.lineage, name, str(ordinal)))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:23]


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
    if one_host and _is_local(environ.get("MASTER_ADDR", "")):
        parts.append(_launcher_process("RANK", proc))
    accelerate = any(key.startswith("ACCELERATE_") for key in environ)
    launcher = "accelerate" if accelerate else "torchrun" if "TORCHELASTIC_RUN_ID" in environ else "torch"
    return Rank(rank, _number(environ, "LOCAL_RANK"), world, launcher, "|".join(parts))


def _is_local(address: str) -> bool:
    return address in ("", "localhost", "127.0.0.1", "::1", "0.0.0.0", os.uname().nodename)  # noqa: S104 - compared, not bound


def _open_mpi(environ: Mapping[str, str], proc: Path) -> Rank | None:
    rank, world = _number(environ, "OMPI_COMM_WORLD_RANK"), _number(environ, "OMPI_COMM_WORLD_SIZE")
    if rank is None or world is None:
        return None
    local = _number(environ, "OMPI_COMM_WORLD_LOCAL_RANK")
    lineage = environ.get("PMIX_NAMESPACE", "") + environ.get("OMPI_MCA_ess_base_jobid", "")
    one_host = _number(environ, "OMPI_COMM_WORLD_LOCAL_SIZE") == world
    if one_host or not lineage:
        lineage += _launcher_process("OMPI_COMM_WORLD_RANK", proc)
    return Rank(rank, local, world, "openmpi", lineage + _slurm_job(environ))


def _pmi(environ: Mapping[str, str], proc: Path) -> Rank | None:
    if "SLURM_PROCID" in environ:
        return None
    rank, world = _number(environ, "PMI_RANK"), _number(environ, "PMI_SIZE")
    if rank is None or world is None:
        return None
    local = _number(environ, "MPI_LOCALRANKID")
    one_host = _number(environ, "MPI_LOCALNRANKS") in (None, world)
    lineage = environ.get("PMI_JOBID", "") + environ.get("HYDRA_JOB_ID", "")
    if one_host:
        lineage += _launcher_process("PMI_RANK", proc)
    return Rank(rank, local, world, "mpi", lineage + _slurm_job(environ))


def _slurm(environ: Mapping[str, str], proc: Path) -> Rank | None:  # noqa: ARG001 - Slurm's ids say it all
    rank, world = _number(environ, "SLURM_PROCID"), _number(environ, "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
    step = _number(environ, "SLURM_STEP_ID", "SLURM_STEPID")
    if rank is None or world is None or step is None or step >= _SLURM_SPECIAL_STEP:
        return None
    return Rank(rank, _number(environ, "SLURM_LOCALID"), world, "slurm", _slurm_job(environ) + f"|{step}")


def _slurm_job(environ: Mapping[str, str]) -> str:
    keys = ("SLURM_CLUSTER_NAME", "SLURM_JOB_ID", "SLURM_JOB_START_TIME", "SLURM_RESTART_COUNT")
    return "|".join(environ.get(key, "") for key in keys)


def _launcher_process(variable: str, proc: Path) -> str:
    """The nearest ancestor that was started without the rank variable: the launcher, seen alike by all its ranks."""
    pid = os.getppid()
    for _ in range(64):
        parent, started = _parent_and_start(pid, proc)
        if pid <= 1 or not _started_with(pid, variable, proc):
            return f"{boot_id()}|{pid}|{started}"
        pid = parent
    return ""


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
