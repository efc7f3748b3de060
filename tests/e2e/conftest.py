"""A served app on a filled ledger, and a page of Debian's Chromium that may speak to this machine alone."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

HERE = Path(__file__).parent


def load(path: Path) -> ModuleType:
    """A module that lies beside the tests, by its path."""
    spec = importlib.util.spec_from_file_location(f"joulebook_e2e_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app answers; its ledger holds two dozen runs and one that still runs."""
    folder = tmp_path_factory.mktemp("e2e")
    load(HERE.parent / "dashboard" / "books.py").fill(folder / "journals")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "JOULEBOOK_LEDGER": str(folder / "ledger.sqlite"),
        "JOULEBOOK_JOURNALS": str(folder / "journals"),
        "JOULEBOOK_SETTINGS": str(folder / "settings.toml"),
    }
    command = [sys.executable, "-m", "joulebook", "dashboard", "--no-open", "--port", str(port)]
    with (
        (folder / "journals" / "run9100ee.run9100ee-j0.jsonl").open("r+b") as held,
        (folder / "server.log").open("w") as log,
    ):
        fcntl.flock(held, fcntl.LOCK_EX)
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _until_it_answers(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        time.sleep(0.2)
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            assert process.poll() is None, "the app ended before it answered"
    raise AssertionError("the app did not answer")


@pytest.fixture(
    scope="module"
)  # while Playwright is open the main thread has a running event loop: others need it free
def browser() -> Iterator[Browser]:
    """One browser for all of a file's tests."""
    with load(HERE / "screenshots.py").chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that notes what it asked for and what went wrong; both are checked at the end."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda opened: asked.append(opened.url))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" and not _is_probe(said) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    here = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")
    assert [url for url in asked if not url.startswith(here)] == []
    assert wrong == []


def _is_probe(said: ConsoleMessage) -> bool:
    """Streamlit finds its own root by asking under the page's path first, which the browser notes as not found."""
    return "/_stcore/" in (said.location or {}).get("url", "")
