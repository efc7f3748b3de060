"""Meter any program as a parent beside it: its output, its signals and its exit status stay what they are."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from joulebook.meters.description import Description, warn_line
from joulebook.meters.journal import lies_at
from joulebook.meters.launchers import find_rank
from joulebook.meters.metered_job import MeteredJob
from joulebook.meters.run_ids import given_run_id, joined_run_id

NOT_FOUND, NOT_EXECUTABLE = 127, 126
_END_WAIT_S = 5.0  # the command has ended: nobody is held up who waits for the record
_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


class CommandOutcome:
    """How a metered command ended.

    Attributes:
        exit_status: What the shell would show: the program's own, or 128 + the signal that ended it.
        run_id: The run, or None where nothing was metered.
        journal: Its journal, or None.
        started: False where there was no such command, or it could not be executed.
    """

    def __init__(self, exit_status: int, run_id: str | None, journal: Path | None, *, started: bool = True) -> None:
        self.started = started
        self.exit_status = exit_status
        self.run_id = run_id
        self.journal = journal


def run_command(
    command: Sequence[str],
    description: Description,
    *,
    on_start: Callable[[MeteredJob, Callable[[], None]], Any] | None = None,
    baseline_s: float | None = None,
) -> CommandOutcome:
    """Run a command to its end under a meter.

    Args:
        command: Program and arguments.
        description: The run's labels.
        on_start: Called with the meter once the run has begun (for a display or a budget), and with what asks the
            command to end (SIGTERM); what it returns is called when the closing record is written.
        baseline_s: Measure idle power for so many seconds before the command starts.
    """
    if os.environ.get("JOULEBOOK_DISABLED") == "1":
        return CommandOutcome(_wait(command, dict(os.environ), _Group())[0], None, None)
    rank = find_rank()
    run_id = given_run_id() or joined_run_id(rank, f"joulebook run {description.name}")
    parent = os.environ.get("JOULEBOOK_PARENT_RUN")
    joins = {"run_id": run_id, "parent": parent if parent != run_id else None, "rank": rank}
    job = _start_meter(command, description, joins, baseline_s)
    group = _Group()
    after = on_start(job, group.ask_to_end) if on_start is not None and job is not None else None
    environ = {key: value for key, value in os.environ.items() if key != "JOULEBOOK_RUN_ID"}
    environ["JOULEBOOK_PARENT_RUN"] = run_id
    status, interrupted, started = 1, False, False
    try:
        status, started = _wait(command, environ, group)
        interrupted = _was_ended(status, group.told)
    finally:
        if job is not None:
            state = "interrupted" if interrupted else "finished" if status == 0 else "failed"
            with contextlib.suppress(Exception):
                job.stop(state, status, wait_s=_END_WAIT_S)
        if after is not None:
            after()
    journal = lies_at(job.path) if job is not None else None  # another process's sync may have set it aside by now
    if journal is None or not journal.exists():
        return CommandOutcome(status, None, None, started=started)
    return CommandOutcome(status, run_id, journal, started=started)


def _start_meter(
    command: Sequence[str], description: Description, joins: dict[str, Any], baseline_s: float | None
) -> MeteredJob | None:
    try:
        return MeteredJob(description, **joins, mode="command", command=command, baseline_s=baseline_s)
    except Exception as error:  # noqa: BLE001 - the command runs in any case
        warn_line(f"this run is not metered ({type(error).__name__}: {error})")
        return None


def _was_ended(status: int, told: set[int]) -> bool:
    """Whether somebody ended the command by a signal, ours or its own."""
    ending = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
    return any(number in ending for number in told) or status - 128 in (*ending, signal.SIGKILL)


def _wait(command: Sequence[str], environ: dict[str, str], group: _Group) -> tuple[int, bool]:
    """Start the command in a process group of its own, hand signals on, and wait; its status, and if it started."""
    with _handing_on(group):
        try:
            # Files that were handed to us are the command's: an MPI rank talks to its launcher through one.
            process = subprocess.Popen(list(command), env=environ, process_group=0, close_fds=False)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            warn_line(f"{command[0]}: {'command not found' if missing else error.strerror or error}")
            return NOT_FOUND if missing else NOT_EXECUTABLE, False
        group.begin(process.pid)
        try:
            with _terminal_given_to(process.pid):
                code = _wait_through_stops(process.pid)
        finally:
            group.end()
        process.returncode = code
    return 128 - code if code < 0 else code, True


class _Group:
    """The command's process group, and signals that came before it was there.

    Attributes:
        told: The signals that somebody asked to hand on.
    """

    def __init__(self) -> None:
        self.told: set[int] = set()
        self._pid: int | None = None
        self._early: list[int] = []
        self._ended = False

    def begin(self, pid: int) -> None:
        self._pid = pid
        while self._early:
            self._send(self._early.pop(0))

    def end(self) -> None:
        """The command is gone, and its number may soon be another's."""
        self._ended = True

    def hand_on(self, number: int, frame: FrameType | None = None) -> None:  # noqa: ARG002 - the signature of handlers
        if self._ended:
            return
        self.told.add(number)
        if self._pid is None:
            self._early.append(number)
        self._send(number)

    def ask_to_end(self) -> None:
        self.hand_on(signal.SIGTERM)

    def _send(self, number: int) -> None:
        if self._pid is not None:
            with contextlib.suppress(OSError):
                os.killpg(self._pid, number)


@contextlib.contextmanager
def _handing_on(group: _Group) -> Iterator[None]:
    """Hand on every signal that asks for something; those that we were started to ignore stay ignored."""
    before: dict[int, Any] = {}
    for name in _FORWARDED:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, group.hand_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _terminal_given_to(group: int) -> Iterator[None]:
    """At a terminal the command's group must be the foreground one: it reads from it, and Ctrl-C goes to it."""
    if not _owns_terminal():
        yield
        return
    ignored = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        _give_terminal(group)
        yield
    finally:
        _give_terminal(os.getpgrp())
        signal.signal(signal.SIGTTOU, ignored)


def _owns_terminal() -> bool:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    return False


def _give_terminal(group: int) -> None:
    with contextlib.suppress(OSError):
        os.tcsetpgrp(0, group)
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGCONT)  # it may have tried to read before it was its turn


def _wait_through_stops(pid: int) -> int:
    """Wait for the command; when Ctrl-Z stops it, stop too, and go on with it."""
    while True:
        _, state = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(state):
            return os.waitstatus_to_exitcode(state)
        if not os.isatty(0):
            continue
        with contextlib.suppress(OSError):
            os.tcsetpgrp(0, os.getpgrp())
        os.kill(os.getpid(), signal.SIGSTOP)
        _give_terminal(pid)
