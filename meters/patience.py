"""Calls that may take long (a file system that hangs), waited for a moment only: the job is not held up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Patient(Generic[_T]):
    """A call that goes on in a thread of its own; its result is taken if it comes in time.

    Args:
        call: What to do; what it raises counts as no result.
        late: Called with a result that nobody waited for any more.
    """

    def __init__(self, call: Callable[[], _T], late: Callable[[_T], None] | None = None) -> None:
        self._call = call
        self._late = late
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._given_up = False
        self._result: _T | None = None
        try:
            threading.Thread(target=self._run, name="joulebook-files", daemon=True).start()
        except RuntimeError:  # no new threads while the interpreter shuts down
            self._run()

    def _run(self) -> None:
        with contextlib.suppress(Exception):
            result = self._call()
            with self._lock:
                in_time = not self._given_up
                self._result = result if in_time else None
            if not in_time and self._late is not None:
                self._late(result)
        self._done.set()

    def result(self, wait_s: float) -> _T | None:
        """The result, waited for no longer than that; None where it did not come."""
        self._done.wait(wait_s)
        with self._lock:
            self._given_up = self._result is None
            return self._result
