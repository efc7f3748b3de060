"""Start the app's server: the same from a checkout and from a wheel, from any folder."""

from __future__ import annotations

import os
import socket
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joulebook.dashboard.access import is_loopback, sign_in_configured
from joulebook.ledger.errors import LedgerError

HERE = Path(__file__).parent
FIRST_PORT = 8501


class ServerError(LedgerError):
    """The app can't be served as asked; the message says why and what to do."""


def serve(*, port: int | None = None, address: str = "127.0.0.1", open_browser: bool = True) -> None:
    """Serve the app until it is stopped (Ctrl-C).

    Args:
        port: None takes the first free one from 8501 on.
        address: Anything but a loopback address needs sign-in.
        open_browser: Only where there is a terminal and a display to open it on.

    Raises:
        ServerError: The address is open to others and sign-in is not set up, or the port is taken.
    """
    import streamlit as st

    if not is_loopback(address) and not sign_in_configured():
        raise ServerError(
            f"not served on {address}: others could read the books without signing in. Leave --address out, or set up "
            "sign-in first: an [auth] section in .streamlit/secrets.toml and pip install 'joulebook[auth]'"
        )
    chosen = _free_port(address, port)
    config = read_config() | {
        "server.address": address,
        "server.port": chosen,
        "server.headless": not (open_browser and _has_screen()),
        "browser.serverAddress": "localhost" if address == "localhost" else address,
    }
    os.environ.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
    st.App(HERE / "app.py").run(config=config)


def read_config() -> dict[str, Any]:
    """The shipped `config.toml` with dotted names, as `st.App.run` takes it."""
    return _dotted(tomllib.loads((HERE / "config.toml").read_text(encoding="utf-8")), "")


def _dotted(table: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _dotted(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return flat


def _free_port(address: str, port: int | None) -> int:
    if port is not None:
        if not _is_free(address, port):
            raise ServerError(f"port {port} on {address} is taken; choose another with --port, or leave it out")
        return port
    for candidate in range(FIRST_PORT, FIRST_PORT + 100):
        if _is_free(address, candidate):
            return candidate
    raise ServerError(f"no free port on {address} from {FIRST_PORT} to {FIRST_PORT + 99}; name one with --port")


def _is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _has_screen() -> bool:
    return sys.stdout.isatty() and (
        sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    )
