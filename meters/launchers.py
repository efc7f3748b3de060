"""Ranks of one launch find each other without talking: each works out the same run id from what its launcher set.

torchrun's default id is "none" at 127.0.0.1:29500, which says nothing: on one host the launcher process itself
(boot id, process id, start time) tells two launches apart. Over several hosts there is no such process in common, so
there the launcher's id, master address, port and world size decide, and the week in which the launch began. Where they
are those of an earlier launch, each host finds that one's journals, and all count the launch as the next one of its
name. `JOULEBOOK_RUN_ID` settles what all this can't.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulebook.meters.clock import boot_id, boot_s, wall_s
from joulebook.meters.journal import is_alive, is_closed

_PROC = Path("/proc")
_WEEK_S = 7 * 86400
_MOST_LAUNCHES = 10_000  # of one name in one week
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
    for finder in (_torch, _open_mpi, _pmi, _slurm):
        rank = finder(environ, proc)
        if rank is not None:
            return rank if rank.world > 1 else None
    return None


def shared_run_id(rank: Rank, name: str, ordinal: int, journals: Path) -> str:
    """The run id that every rank of the launch gives to the `ordinal`-th track of this name.

    Args:
        rank: This process's place in the launch.
        name: The track's name.
        ordinal: How many tracks of this name went before it in this process.
        journals: The folder of journals, where earlier launches of the same lineage are found.
    """
    first = _hashed(rank.launcher, rank.lineage, name, str(ordinal))
    if rank.launch is None:
        return first
    earlier = _by_run(journals)
    ids = (_hashed(first, str(number)) if number else first for number in range(_MOST_LAUNCHES))
    return next((run_id for run_id in ids if not _is_of_another_launch(earlier.get(run_id, []), rank)), first)


def _by_run(journals: Path) -> dict[str, list[Path]]:
    """The journals of a folder by run, also those that were set aside."""
    found: dict[str, list[Path]] = {}
    for path in (*journals.glob("*.jsonl"), *journals.glob("*/*.jsonl")):
        found.setdefault(path.name.partition(".")[0], []).append(path)
    return found


def _hashed(*words: str) -> str:
    import hashlib

    return hashlib.sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()[:23]


def _is_of_another_launch(journals: list[Path], rank: Rank) -> bool:
    """Whether a run's journals are of an earlier launch: one whose launcher on this host is gone, or that is over.

    Another launcher that still runs is a part of this launch: two launches at a time can't have one address and port. A
    rank that comes a second time is of this launch under torchrun alone, which starts ranks once more that have died.
    Of launchers on other hosts nothing can be asked: a run that only they took part in is over when all have closed.
    """
    openings = [(path, _opening(path)) for path in journals]
    here = [(path, opening) for path, opening in openings if opening.get("host") == os.uname().nodename]
    if openings and not here:
        return all(is_closed(path) for path, _ in openings)
    for path, opening in here:
        seen = opening.get("rank")
        if not isinstance(seen, dict):
            continue
        again = seen.get("rank") == rank.rank and rank.launcher == "torch" and not is_alive(path)
        if again or (seen.get("launch") != rank.launch and not _still_runs(str(seen.get("launch")))):
            return True
    return False


def _still_runs(launcher: str) -> bool:
    boot, _, process = launcher.partition("|")
    pid, _, started = process.partition("|")
    return boot == boot_id() and pid.isdecimal() and str(_parent_and_start(int(pid), _PROC)[1]) == started


def _opening(path: Path) -> dict[str, Any]:
    """The first record of a journal; empty where there is none yet."""
    with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
        record = json.loads(file.readline())
        return record if isinstance(record, dict) else {}
    return {}


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
    process, launch = _launcher_process("RANK", proc), None
    if one_host and _is_local(environ.get("MASTER_ADDR", "")):
        parts.append(process.text)
    else:
        parts += [str(world), str(int(process.started_at // _WEEK_S))]
        launch = process.text
    accelerate = any(key.startswith("ACCELERATE_") for key in environ)
    launcher = "accelerate" if accelerate else "torchrun" if "TORCHELASTIC_RUN_ID" in environ else "torch"
    return Rank(rank, _number(environ, "LOCAL_RANK"), world, launcher, "|".join(parts), launch)


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
        lineage += _launcher_process("OMPI_COMM_WORLD_RANK", proc).text
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
        lineage += _launcher_process("PMI_RANK", proc).text
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


@dataclass(frozen=True, slots=True)
class _Launcher:
    """The process that started the ranks of this host.

    Attributes:
        text: Boot id, process id and start time: no two processes have the same.
        started_at: When it was started, Unix seconds.
    """

    text: str
    started_at: float


def _launcher_process(variable: str, proc: Path) -> _Launcher:
    """The nearest ancestor that was started without the rank variable: the launcher, seen alike by all its ranks."""
    pid = os.getppid()
    for _ in range(64):
        parent, started = _parent_and_start(pid, proc)
        if pid <= 1 or not _started_with(pid, variable, proc):
            hertz = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
            return _Launcher(f"{boot_id()}|{pid}|{started}", wall_s() - boot_s() + started / hertz)
        pid = parent
    return _Launcher("", wall_s())


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
