"""Waiting for threads that read hardware: one stuck in a call is given up, one that waits for a processor is not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from joulebook.meters.worker import Worker

_LOOK_EVERY_S = 0.05


def wait_unless_stuck(workers: Sequence[Worker], stuck_s: float, longest_s: float) -> None:
    """Until every worker has finished or stood still for `stuck_s`, at most `longest_s` in all.

    On a crowded machine a reader may come to its turn only after seconds; what it reads then is worth the wait. A
    driver call that hangs makes no progress and is not waited for.
    """
    began = before = time.monotonic()
    still_s = dict.fromkeys(workers, 0.0)
    seen = dict.fromkeys(workers, "")
    while pending := [worker for worker in still_s if not worker.finished.is_set() and still_s[worker] < stuck_s]:
        pending[0].finished.wait(_LOOK_EVERY_S)
        now = time.monotonic()
        if now - began >= longest_s:
            return
        for worker in pending:
            state = _state(worker.native_id)
            if state == seen[worker] and not state.startswith("R"):
                still_s[worker] += now - before
            seen[worker] = state
        before = now


def _state(native_id: int | None) -> str:
    """A thread's state (R: it runs or wants to) and how long it ran and queued so far; empty where nothing tells."""
    task = Path(f"/proc/self/task/{native_id}")
    try:
        return task.joinpath("stat").read_text().rpartition(") ")[2][:1] + task.joinpath("schedstat").read_text()
    except OSError:
        return ""
