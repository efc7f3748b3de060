"""Which id a run has: one that was given, the one that all ranks of its launch work out alike, or a new one.

Ranks don't talk: each makes the id from what its launcher says (`launchers`), the run's name and how many runs of that
name went before it. Where a launcher says the same of a later launch, each host finds the earlier one's journals, and
all ranks go on to the next id. `JOULEBOOK_RUN_ID` settles what all this can't.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from joulebook.meters.clock import boot_id
from joulebook.meters.exit_status import is_running
from joulebook.meters.journal import is_closed, new_id
from joulebook.meters.launchers import Rank, still_runs
from joulebook.meters.metered_job import journals_folder
from joulebook.meters.patience import Patient

_FILES_WAIT_S = 1.0  # ranks that don't find earlier launches in time could part from the others
_MOST_LAUNCHES = 10_000  # of one name in one week
_RESTARTING = ("torchrun", "accelerate")  # launchers that start a rank once more within one launch


def given_run_id() -> str | None:
    """`JOULEBOOK_RUN_ID`, in letters that a file's name may have; None where nothing is given."""
    given = os.environ.get("JOULEBOOK_RUN_ID", "").strip()
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in given)[:64] or None


def joined_run_id(rank: Rank | None, name: str, ordinal: int = 0) -> str:
    """The id that all ranks give to this run; a new one outside of launches.

    Args:
        rank: This process's place in a launch, if any.
        name: What tells the run from others of the launch.
        ordinal: How many runs of this name went before it in this process.
    """
    if rank is None:
        return new_id()
    found = Patient(lambda: shared_run_id(rank, name, ordinal, journals_folder())).result(_FILES_WAIT_S)
    return found or shared_run_id(replace(rank, launch=None), name, ordinal, None)


def shared_run_id(rank: Rank, name: str, ordinal: int, journals: Path | None) -> str:
    """The run id that every rank of the launch gives to the `ordinal`-th run of this name.

    Args:
        rank: This process's place in the launch.
        name: The run's name.
        ordinal: How many runs of this name went before it in this process.
        journals: The folder of journals, where earlier launches are found; None if it can't be read.
    """
    first = _hashed(rank.launcher, rank.lineage, name, str(ordinal))
    folders = _listed(journals) if journals is not None else {}
    ids = (_hashed(first, str(number)) if number else first for number in range(_MOST_LAUNCHES))
    return next((run_id for run_id in ids if not _is_of_another_launch(_journals_of(run_id, folders), rank)), first)


def _listed(journals: Path) -> dict[Path, list[str]]:
    """The names of the journals in a folder and in those below it, to which closed ones are set aside."""
    with contextlib.suppress(OSError), os.scandir(journals) as entries:
        below = [Path(entry) for entry in entries if entry.is_dir()]
        return {folder: os.listdir(folder) for folder in (journals, *below)}
    return {}


def _journals_of(run_id: str, folders: Mapping[Path, list[str]]) -> list[Path]:
    return [
        folder / name
        for folder, names in folders.items()
        for name in names
        if name.startswith(f"{run_id}.") and name.endswith(".jsonl")
    ]


def _hashed(*words: str) -> str:
    import hashlib

    return hashlib.sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()[:23]


def _is_of_another_launch(journals: list[Path], rank: Rank) -> bool:
    """Whether a run's journals are of an earlier launch, or of a program that ended before under the same launcher.

    Another launcher that still runs is a part of this launch: two launches at a time can't have one address and port.
    Of launchers on other hosts nothing can be asked: a run that only they took part in is over when all have closed.
    """
    openings = [(path, _opening(path)) for path in journals]
    here = [opening for _, opening in openings if opening.get("host") == os.uname().nodename]
    if rank.launch is not None and openings and not here:
        return all(is_closed(path) for path, _ in openings)
    return any(_came_before(opening, rank) for opening in here)


def _came_before(opening: dict[str, Any], rank: Rank) -> bool:
    """Whether what wrote this journal is over and no part of this rank's launch, or was this very rank."""
    seen = opening.get("rank")
    if not isinstance(seen, dict):
        return False
    if seen.get("launch") != rank.launch and not still_runs(str(seen.get("launch"))):
        return True
    return seen.get("rank") == rank.rank and rank.launcher not in _RESTARTING and not _process_lives(opening)


def _process_lives(opening: dict[str, Any]) -> bool:
    pid = opening.get("pid")
    return opening.get("boot") == boot_id() and isinstance(pid, int) and is_running(pid)


def _opening(path: Path) -> dict[str, Any]:
    """The first record of a journal; empty where there is none yet."""
    with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
        record = json.loads(file.readline())
        return record if isinstance(record, dict) else {}
    return {}
