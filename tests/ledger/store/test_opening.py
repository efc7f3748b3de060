"""Opening the books: migrations, and one clear line for whatever can't be opened."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from written_journals import Journal

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store import edit_run, list_runs, open_ledger, rollup, run_document, sync
from joulebook.ledger.store.migrating import bring_up_to_date
from joulebook.ledger.store.tables import metadata, run_zones


def test_migrations_make_exactly_the_tables_and_may_run_again(address: str) -> None:
    books = open_ledger(address)
    with books.writing() as connection:
        bring_up_to_date(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    again = open_ledger(address)
    assert again.revision == 0
    books.close()
    again.close()


def test_older_books_learn_what_each_component_measured(address: str, folder: Path) -> None:
    Journal("r1", gpus={"GPU-1": 300.0, "boot-a/package-0": 80.0}).write(folder)
    Journal("r2", "j2", gpus={"GPU-1": 300.0}).write(folder)  # shares GPU-1 by time: a convention, not measured
    Journal("r3", "j3", start=500, end=600, gpus={"GPU-1": 300.0}).write(folder)
    books = open_ledger(address)
    sync(books, folder)
    columns = ("gpu_measured_j", "cpu_measured_j", "ram_measured_j", "other_measured_j", "gpu_j", "cpu_j")
    expected = list_runs(books).set_index("run_id")[list(columns)]
    by_day = rollup(books)
    with books.writing() as connection:
        zones = connection.execute(select(run_zones).order_by(run_zones.c.run_id)).all()
        for table, column in [(t, c) for t in ("runs", "rollups") for c in columns[:4]] + [("run_zones", "assumed")]:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("DROP INDEX ix_runs_factor_hash"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    books.close()
    books = open_ledger(address)
    sync(books, folder)
    found = list_runs(books).set_index("run_id")[list(columns)]
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
    assert found.loc["r1", "cpu_measured_j"] == pytest.approx(8000, rel=1e-9)
    assert found.loc["r2", "gpu_measured_j"] == 0.0
    assert found.loc["r3"].to_list()[:2] == [pytest.approx(30_000, rel=1e-9), 0.0]
    assert np.isnan(found.loc["r3", "other_measured_j"])
    pd.testing.assert_frame_equal(rollup(books), by_day, rtol=1e-12)
    with books.reading() as connection:
        assert connection.execute(select(run_zones).order_by(run_zones.c.run_id)).all() == zones
    books.close()


def test_several_processes_may_make_the_books_at_once(address: str) -> None:
    code = "import sys; from joulebook.ledger.store import open_ledger; print(open_ledger(sys.argv[1]).revision)"
    running = [
        subprocess.Popen([sys.executable, "-c", code, address], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [process.communicate(timeout=60) for process in running] == [(b"0\n", b"")] * 4


def test_a_newer_ledger_is_refused_and_left_as_it_is(address: str) -> None:
    books = open_ledger(address)
    with books.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    books.close()
    with pytest.raises(LedgerError, match="made by a newer Joulebook"):
        open_ledger(address)


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (id)")
    connection.close()
    with pytest.raises(LedgerError, match="database of something else"):
        open_ledger(str(path))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("{folder}", "is a directory"),
        ("{folder}/text.txt", "not a SQLite database"),
        ("{folder}/text.txt/ledger.sqlite", "can't be made"),
        ("mysql://nobody@nowhere/books", "SQLite or PostgreSQL"),
        ("what://ever", "neither a path nor a database URL"),
        ("postgresql://me:secret@127.0.0.1:1/books", "connection"),
    ],
)
def test_what_is_no_ledger_gets_one_clear_line(address: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("a shopping list, which is longer than the header of a SQLite file\n" * 10)
    before = (tmp_path / "text.txt").read_bytes()
    with pytest.raises(LedgerError, match=words) as caught:
        open_ledger(address.format(folder=tmp_path))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert (tmp_path / "text.txt").read_bytes() == before


def test_nothing_is_made_for_reading_only(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger here yet"):
        open_ledger(str(tmp_path / "new" / "ledger.sqlite"), read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_for_reading_only_shows_and_refuses_changes(tmp_path: Path, folder: Path) -> None:
    Journal("r1").write(folder)
    books = open_ledger(str(tmp_path / "ledger.sqlite"))
    sync(books, folder)
    expected = run_document(books, "r1")
    books.close()
    reader = open_ledger(str(tmp_path / "ledger.sqlite"), read_only=True)
    assert run_document(reader, "r1") == expected
    with pytest.raises(LedgerError, match="for reading only"):
        sync(reader, folder)
    with pytest.raises(LedgerError, match="for reading only"):
        edit_run(reader, "r1", {"name": "x"}, "me")
    reader.close()


def test_a_ledger_without_its_companion_files_in_a_folder_without_rights_opens(tmp_path: Path, folder: Path) -> None:
    """Root may write anywhere, so the rights are taken away by a user of a lesser kind."""
    Journal("r1").write(folder)
    place = tmp_path / "place"
    books = open_ledger(str(place / "ledger.sqlite"))
    sync(books, folder)
    books.close()
    place.chmod(0o555)
    (place / "ledger.sqlite").chmod(0o444)
    for parent in place.parents:
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    code = (
        "import os, sys\nfrom joulebook.ledger.store import open_ledger, list_runs\n"
        "list_runs(open_ledger(sys.argv[2]))  # everything is imported now: another user may not read this Python\n"
        "if os.getuid() == 0:\n os.setgid(65534); os.setuid(65534)\n"
        "books = open_ledger(sys.argv[1]); print(books.read_only, len(list_runs(books)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(place / "ledger.sqlite"), str(tmp_path / "warm.sqlite")],
        capture_output=True,
        text=True,
        check=False,
    )
    place.chmod(0o755)
    assert done.stdout == "True 1\n", done.stderr


def test_a_full_disk_changes_nothing_and_says_so(tmp_path: Path, folder: Path) -> None:
    books = open_ledger(str(tmp_path / "ledger.sqlite"))
    Journal("r1").write(folder)
    sync(books, folder)
    second = Journal("r2", "j2")
    for i in range(500):
        second.add("warn", i / 10, code="test", text=f"{i} " * 300)
    path = second.write(folder)
    with books.reading() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    from sqlalchemy import event

    @event.listens_for(books.engine, "begin")
    def full(connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with pytest.raises(LedgerError, match="the disk is full; nothing was changed"):
        sync(books, folder)
    event.remove(books.engine, "begin", full)
    assert path.exists()
    assert list(list_runs(books)["run_id"]) == ["r1"]
    books.engine.dispose()
    sync(books, folder)
    assert len(list_runs(books)) == 2
    books.close()


def test_a_damaged_ledger_is_said_to_be_damaged(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Journal("r1").write(folder)
    books = open_ledger(str(path))
    sync(books, folder)
    books.close()
    shutil.rmtree(folder)
    content = bytearray(path.read_bytes())
    content[4096 : len(content) - 4096] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"damaged|database said"):
        list_runs(open_ledger(str(path)))
