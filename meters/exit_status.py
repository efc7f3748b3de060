"""With which status a program ends: hooks at exit are not told, so what was given to `sys.exit` is kept for them."""

from __future__ import annotations

import functools
import sys
import threading
from typing import Any, NoReturn

_asked: list[SystemExit] = []


def heed_exit() -> None:
    """From now on keep what the main thread gives to `sys.exit`; interactive sessions catch it and are left alone."""
    if hasattr(sys.exit, "joulebook") or hasattr(sys, "ps1") or "IPython" in sys.modules:
        return
    leave = sys.exit

    @functools.wraps(leave)
    def exit_heeded(status: Any = None, /) -> NoReturn:
        if threading.current_thread() is threading.main_thread():
            _asked[:] = [SystemExit(status)]
        leave(status)

    exit_heeded.joulebook = True  # type: ignore[attr-defined]
    sys.exit = exit_heeded


def asked_exit() -> SystemExit | None:
    """The last exit that was asked for; None where the program came to its end by itself."""
    return _asked[0] if _asked else None
