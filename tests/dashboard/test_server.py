"""Closed by default, however the app is started; the settings ship with the package."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from joulebook.commands.dashboard import dashboard
from joulebook.dashboard import access, server

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "dashboard" / "app.py"


def test_the_two_settings_files_are_twins() -> None:
    ours = (ROOT / "dashboard" / "config.toml").read_text(encoding="utf-8")
    assert (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8") == ours
    assert (ROOT / "dashboard" / ".streamlit" / "config.toml").read_text(encoding="utf-8") == ours
    assert "http" not in ours  # no font, no theme from elsewhere
    settings = tomllib.loads(ours)
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["runner"]["magicEnabled"] is False
    assert set(settings["theme"]["light"]) == set(settings["theme"]["dark"])


def test_every_setting_is_one_that_streamlit_knows() -> None:
    from streamlit import config

    assert [key for key in server.read_config() if key not in config._config_options_template] == []


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8", "unix:///tmp/s"])
def test_loopback(address: str) -> None:
    assert access.is_loopback(address)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "example.org", "127.0.0.1.example.org"])
def test_not_loopback(address: str | None) -> None:
    assert not access.is_loopback(address)
    assert not access.may_serve(address, sign_in=False)
    assert access.may_serve(address, sign_in=True)


@pytest.mark.parametrize("address", [None, "0.0.0.0", "192.168.1.7"])
def test_on_an_open_address_nothing_is_shown(address: str | None, filled: Path) -> None:
    st.config.set_option("server.address", address)
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    assert len(app.error) == 1
    assert (address or "every interface").replace(".", "\\.") in app.error[0].value
    assert not app.dataframe
    assert "runs used" not in " ".join(element.value for element in app.markdown)


def test_the_command_refuses_an_open_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(server.ServerError, match="without signing in"):
        CliRunner().invoke(dashboard, ["--address", "0.0.0.0", "--no-open"], catch_exceptions=False)


def test_a_taken_port_is_said_and_without_one_the_next_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(server.ServerError, match=f"port {port}"):
            server._free_port("127.0.0.1", port)
    assert server._free_port("127.0.0.1", None) >= server.FIRST_PORT


@contextmanager
def started(command: list[str], folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A server started from a folder without any settings, until it answers."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STREAMLIT_")}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for _ in range(150):
            time.sleep(0.2)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                    if answer.read() == b"ok":
                        break
            except OSError:
                assert process.poll() is None, process.communicate()[0]
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens_on(port: int) -> set[str]:
    """Local addresses that listen on the port, in the kernel's hexadecimal."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, found_port = local.split(":")
            if state == "0A" and int(found_port, 16) == port:
                found.add(address)
    return found


COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "joulebook dashboard": lambda port: [
        sys.executable, "-m", "joulebook", "dashboard", "--no-open", "--port", str(port),
    ],
    "streamlit run": lambda port: [
        sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port), "--server.headless", "true",
    ],
}  # fmt: skip


@pytest.mark.parametrize("how", COMMANDS)
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the kernel's table of sockets")
def test_it_listens_on_this_machine_alone_from_any_folder(how: str, tmp_path: Path) -> None:
    port = free_port()
    with started(COMMANDS[how](port), tmp_path, port):
        assert listens_on(port) == {"0100007F"}  # 127.0.0.1 and nothing else
