"""Three ledgers that pages are shown: a filled one, an empty one, and a file that is no ledger."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parent.parent.parent / "dashboard" / "app.py"


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"joulebook_tests_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


books = _module(Path(__file__).with_name("books.py"))


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Journals of two dozen runs and some odd ones, one of them still held by its meter, and the ledger of them."""
    folder = tmp_path_factory.mktemp("filled")
    books.fill(folder / "journals")
    from joulebook.ledger import store

    with (folder / "journals" / "run9100ee.run9100ee-j0.jsonl").open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ledger = store.open_ledger(str(folder / "ledger.sqlite"))
        assert store.sync(ledger, folder / "journals").problems == []
        ledger.close()
        yield folder


@pytest.fixture
def filled(filled_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the settings at the filled ledger."""
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(filled_folder / "ledger.sqlite"))
    monkeypatch.setenv("JOULEBOOK_JOURNALS", str(filled_folder / "journals"))
    return filled_folder


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the settings at a file that is no ledger."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, just notes\n" * 100)
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(path))
    return path


@pytest.fixture(autouse=True)
def on_loopback() -> Iterator[None]:
    """The server's address as `joulebook dashboard` sets it; caches of one test are not the next one's."""
    before = st.get_option("server.address")
    st.config.set_option("server.address", "127.0.0.1")
    st.cache_data.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()
    st.config.set_option("server.address", before)


@pytest.fixture
def show() -> Callable[..., AppTest]:
    """Show a page by its name, with the query of its link; returns the app after its run."""

    def shown(name: str = "overview", **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        if name == "overview":
            _ask(app, query)
            return app.run()
        app.run()
        _ask(app, query)
        return app.switch_page(f"views/{name}.py").run()

    return shown


def _ask(app: AppTest, query: dict[str, str | list[str]]) -> None:
    for key, value in query.items():
        app.query_params[key] = value


def pages() -> list[str]:
    """Names of all views that are built."""
    return sorted(name.removesuffix(".py") for name in os.listdir(APP.parent / "views") if not name.startswith("_"))
