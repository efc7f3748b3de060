"""The pipe from job to helper: never blocks the job, never raises into it, loses nothing while there is room."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque

from joulebook.meters.journal import Record, encode

_QUEUE_LIMIT = 20_000
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031


def make_pipe() -> tuple[int, int]:
    """A pipe (read end, write end) with a large buffer and a write end that does not block."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    with contextlib.suppress(Exception):
        import fcntl

        fcntl.fcntl(write_fd, _F_SETPIPE_SZ, _PIPE_BYTES)
    return read_fd, write_fd


class OwnFd:
    """A file descriptor of ours in the user's program, which may close all it does not know and reuse its number."""

    def __init__(self, number: int) -> None:
        status = os.fstat(number)
        self.number = number
        self._identity = (status.st_dev, status.st_ino)

    def is_ours(self) -> bool:
        """Whether the number still stands for what it stood for at first."""
        try:
            status = os.fstat(self.number)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def close(self) -> None:
        """Close it, unless it is somebody else's by now."""
        if self.is_ours():
            with contextlib.suppress(OSError):
                os.close(self.number)


class Channel:
    """The job's end of the pipe.

    Attributes:
        broken: True once nobody reads any more.
    """

    def __init__(self, fd: int) -> None:
        self._fd: OwnFd | None = OwnFd(fd)
        self._queue: deque[bytes] = deque(maxlen=_QUEUE_LIMIT)
        # Reentrant: a user's signal handler may count something while the main thread is sending.
        self._lock = threading.RLock()
        self.broken = False

    def send(self, record: Record) -> None:
        """Hand over one record, now or as soon as there is room."""
        line = encode(record)
        with self._lock:
            self._queue.append(line)
            self._drain()

    def _drain(self) -> None:
        while self._queue and self._fd is not None:
            line = self._queue[0]
            if not self._fd.is_ours():
                self.broken, self._fd = True, None
                return
            try:
                written = _write_without_sigpipe(self._fd.number, line)
            except BlockingIOError:
                return
            except OSError:
                self.broken = True
                return
            if written < len(line):
                self._queue[0] = line[written:]
                return
            self._queue.popleft()

    def close(self) -> None:
        """Close this end; the reader sees the end of the stream."""
        with self._lock:
            if self._fd is not None:
                self._fd.close()
            self._fd = None


def _write_without_sigpipe(fd: int, data: bytes) -> int:
    """Python ignores SIGPIPE, but a program may have given it its default action back, which would end the job."""
    if not hasattr(signal, "SIGPIPE") or signal.getsignal(signal.SIGPIPE) is not signal.SIG_DFL:
        return os.write(fd, data)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        return os.write(fd, data)
    except BrokenPipeError:
        if signal.SIGPIPE not in before:
            signal.sigtimedwait({signal.SIGPIPE}, 0)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
