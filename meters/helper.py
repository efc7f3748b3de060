"""The helper process: how a job starts it, and what it does.

It is started through `sh -c '… &'`, so that it is nobody's child: a job that waits for all its children is not held
up, and a terminal's Ctrl-C does not reach it. Where no process may be started, a thread of the job does the work.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joulebook.meters.channel import Channel, OwnFd, make_pipe
from joulebook.meters.journal import JournalWriter, Record

if TYPE_CHECKING:
    from pathlib import Path

END_WAIT_S = 0.9
# Switches of the job's interpreter that would change or slow the helper.
_NOT_PASSED = (
    "PYTHONINSPECT",
    "PYTHONWARNINGS",
    "PYTHONDEVMODE",
    "PYTHONMALLOC",
    "PYTHONTRACEMALLOC",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONFAULTHANDLER",
    "PYTHONASYNCIODEBUG",
    "PYTHONSTARTUP",
    "PYTHONVERBOSE",
    "PYTHONDONTWRITEBYTECODE",
)
_SHELL = '"$0" "$@" </dev/null >/dev/null 2>&1 &'


@dataclass(slots=True)
class Helper:
    """The job's side of a meter, helper process or thread.

    Attributes:
        channel: Where the job's records go.
        mode: `helper` or `thread`.
    """

    channel: Channel
    done_fd: OwnFd
    mode: str
    process: subprocess.Popen[bytes] | None = None

    def wait(self, timeout_s: float = END_WAIT_S) -> bool:
        """Until the closing record is written, but not longer than that; False where the meter died before."""
        died = False
        if self.done_fd.is_ours():
            done = select.poll()  # unlike `select` it takes numbers above 1023
            done.register(self.done_fd.number, select.POLLIN)
            died = bool(done.poll(timeout_s * 1000)) and os.read(self.done_fd.number, 1) == b""
        self.channel.close()
        self.done_fd.close()
        if self.process is not None and self.process.poll() is None:
            self.process.returncode = 0  # it ends by itself; without this, Popen warns that it still runs
        return not died


def start_helper(journal: JournalWriter | None, path: Path, root_pid: int) -> Helper:
    """Start a meter for this job, by a thread where a process can't be started.

    It writes nothing before the job says that it has begun; the caller closes its own handle of the journal then. It
    opens the journal itself where the job has none yet.
    """
    read_fd, write_fd = make_pipe()
    done_read, done_write = os.pipe()
    alive_fd = _pidfd(root_pid)
    journal_fd = journal.fd if journal is not None else None
    order = {"pipe": read_fd, "done": done_write, "alive": alive_fd, "journal": journal_fd, "path": str(path)}
    order["root"] = root_pid
    inherited = [fd for fd in (read_fd, done_write, alive_fd, journal_fd) if fd is not None]
    try:
        process = _spawn(order, inherited)
    except (OSError, ValueError, subprocess.SubprocessError):
        thread = threading.Thread(target=_run_meter, args=(order, journal, path), name="joulebook-meter", daemon=True)
        thread.start()
        return Helper(Channel(write_fd), OwnFd(done_read), "thread")
    for fd in (read_fd, done_write, alive_fd):
        if fd is not None:
            os.close(fd)
    return Helper(Channel(write_fd), OwnFd(done_read), "helper", process)


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _spawn(order: dict[str, Any], inherited: list[int]) -> subprocess.Popen[bytes] | None:
    if not sys.executable:
        raise OSError("no interpreter to start")
    # -P: a module of the user's in the working directory must not stand in for one of ours.
    command = [sys.executable, "-P", "-m", "joulebook.meters", json.dumps(order)]
    environ = {key: value for key, value in os.environ.items() if key not in _NOT_PASSED}
    options: dict[str, Any] = {
        "env": environ,
        "pass_fds": inherited,
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,
    }
    if os.path.exists("/bin/sh"):
        shell = subprocess.Popen(["/bin/sh", "-c", _SHELL, *command], **options)
        shell.wait()
        return None
    return subprocess.Popen(command, **options)


def main(arguments: list[str]) -> int:
    """The helper process: `python -m joulebook.meters ORDER`, with the order as JSON and the named files open."""
    try:
        order = json.loads(arguments[0])
        path = _as_path(order["path"])
        journal = None if order["journal"] is None else JournalWriter(path, order["journal"])
    except (IndexError, KeyError, TypeError, ValueError):
        sys.stderr.write("joulebook.meters is started by a meter, not by hand; see `joulebook run --help`\n")
        return 2
    # The job's end is what ends the helper; a signal to the whole group must not take the closing record with it.
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.chdir("/")
    _run_meter(order, journal, path)
    os._exit(0)  # a worker may hang in a driver call for good


def _as_path(text: str) -> Any:
    from pathlib import Path

    return Path(text)


def _run_meter(order: dict[str, Any], journal: JournalWriter | None, path: Path) -> None:
    from joulebook.meters.exit_status import correct_close
    from joulebook.meters.meter import Meter
    from joulebook.meters.sources.worth_trying import all_sources

    stop: Record = {}
    kept: int | None = None
    try:
        journal = journal or JournalWriter(path, wait=True)
        kept = None if journal.fd is None else os.dup(journal.fd)  # with the lock, until no other close can follow
        stop = Meter(journal, order["root"], order["pipe"], order["alive"], all_sources()).run()
        with contextlib.suppress(OSError):
            os.write(order["done"], b".")  # not where the meter failed: the job then closes the journal itself
    finally:
        if order["root"] != os.getpid():
            correct_close(kept, stop, order["root"], order["alive"])
        if kept is not None:
            os.close(kept)
        for name in ("done", "pipe", "alive"):
            if order[name] is not None:
                with contextlib.suppress(OSError):
                    os.close(order[name])
