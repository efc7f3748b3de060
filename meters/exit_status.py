"""Whether the job lives, and with which status it ended, as the kernel tells the helper, which is not its parent.

Nothing inside a program can tell at its exit what `SystemExit` was given: hooks at exit run when that is gone, and a
wrapper around `sys.exit` would miss `raise SystemExit(3)`, believe an exit that is caught, and change the program.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import time

from joulebook.meters.journal import Record, encode

# linux/pidfd.h: PIDFD_GET_INFO with the first, 64 bytes long, form of its structure (mask first, exit_code last), and
# PIDFD_INFO_EXIT, which Linux 6.15 and newer know: the status stays readable after the process was waited for.
_GET_INFO = 0xC040_FF0B
_INFO_BYTES = 64
_EXIT = 1 << 3
_LOOK_EVERY_S = 0.005
_WAITED_FOR_S = 0.3  # until its parent has waited for it
_OTHER_HOOKS_S = 30.0  # what other hooks at a program's exit may take
_ENDED_FROM_OUTSIDE = [getattr(signal, f"SIG{name}", 0) for name in ("INT", "TERM", "HUP", "QUIT", "KILL")]


def ending_of(pid: int, pidfd: int | None) -> tuple[str, int | None]:
    """The run's status and exit status (128 + signal, as a shell shows it) from how its process has ended."""
    code = ended_with(pid, pidfd, _WAITED_FOR_S)
    if code is None:
        return "interrupted", None
    if code < 0:
        return ("interrupted" if -code in _ENDED_FROM_OUTSIDE else "failed"), 128 - code
    return ("failed" if code else "finished"), code


def correct_close(journal: int | None, stop: Record, pid: int, pidfd: int | None) -> None:
    """A run that the job's hook at exit closed as finished was none if the job then ends with another status than 0.

    Args:
        journal: The run's journal, with its closing record, open for appending; None where there is none.
        stop: What the job said at the run's end.
        pid: The job.
        pidfd: An open pidfd of it.
    """
    if not stop.get("at_exit") or stop.get("status") != "finished" or pidfd is None or journal is None:
        return
    with contextlib.suppress(OSError):
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        if not poll.poll(_OTHER_HOOKS_S * 1000):
            return
        status, exit_status = ending_of(pid, pidfd)
        if exit_status:
            closing = {"k": "close", "w": stop["w"], "b": stop["b"], "status": status, "exit_status": exit_status}
            os.write(journal, encode(closing))


def ended_with(pid: int, pidfd: int | None, wait_s: float) -> int | None:
    """How a process has ended: its exit status, or minus the signal; None where the kernel doesn't tell.

    Args:
        pid: The process; its parent may or may not have waited for it yet.
        pidfd: An open pidfd of it.
        wait_s: How long to wait for the parent to do so, where it has to.
    """
    until = time.monotonic() + wait_s
    while True:
        status = _from_pidfd(pidfd)
        status = _from_zombie(pid) if status is None else status
        if status is not None:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        time.sleep(_LOOK_EVERY_S)


def _from_pidfd(pidfd: int | None) -> int | None:
    """The wait status of a process that was waited for."""
    if pidfd is None:
        return None
    with contextlib.suppress(OSError, ImportError):
        import fcntl

        info = bytearray(_INFO_BYTES)
        struct.pack_into("=Q", info, 0, _EXIT)
        fcntl.ioctl(pidfd, _GET_INFO, info)
        if struct.unpack_from("=Q", info, 0)[0] & _EXIT:
            return int(struct.unpack_from("=i", info, _INFO_BYTES - 4)[0])
    return None


def _from_zombie(pid: int) -> int | None:
    """The wait status of a process that was not yet waited for; a 0 may also mean that nobody may know it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
        fields = text[text.rfind(b")") + 2 :].split()
        if fields[0] == b"Z" and int(fields[49]) > 0:
            return int(fields[49])
    return None


def is_running(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
        return text[text.rfind(b")") + 2 : text.rfind(b")") + 3] not in (b"Z", b"X")
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return not os.path.isdir("/proc/self")
