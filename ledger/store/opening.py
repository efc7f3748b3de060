"""Opening the books: a SQLite file by default, PostgreSQL for a team."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.migrating import bring_up_to_date, check_version
from joulebook.ledger.store.tables import ledger_state

_BUSY_TIMEOUT_MS = 60_000
# One number for all Joulebooks: who holds it settles runs; others wait. Any 63-bit constant would do.
_SETTLE_LOCK = 7_310_579_611_206_915_443


@dataclass(frozen=True, slots=True)
class Ledger:
    """Open books.

    Attributes:
        address: As given, with any password masked.
        read_only: True where this process may not write (asked for, or the place does not allow it).
        factors: Documents are worked out under this factor set instead of the one that the books are on.
    """

    engine: Engine
    address: str
    read_only: bool
    factors: Factors | None = None

    @property
    def revision(self) -> int:
        """Grows with every change of what the books say."""
        with self.reading() as connection:
            return int(connection.execute(select(ledger_state.c.revision)).scalar() or 0)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; what goes wrong in the database comes out as one clear line."""
        with _clear_errors(self.address), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """One transaction: all of it or nothing. With `alone`, no other such transaction goes on at the same time."""
        if self.read_only:
            raise LedgerError(f"{self.address}: the ledger is open for reading only, so nothing can be changed in it")
        with _clear_errors(self.address), self.engine.connect() as plain:
            connection = plain.execution_options(joulebook_writes=True)
            with connection.begin():
                if alone and connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETTLE_LOCK})
                yield connection

    def close(self) -> None:
        """Give back connections."""
        self.engine.dispose()


def open_ledger(address: str, *, read_only: bool = False) -> Ledger:
    """Open the books at a path or SQLAlchemy URL; make them and bring them up to date where that is allowed.

    A SQLite file that can't be written is opened for reading.

    Raises:
        LedgerError: A newer Joulebook's ledger, not a database, a directory, no permission, no such server.
    """
    url = _url_of(address)
    shown = _shown(url)
    with _clear_errors(shown):
        if url.get_backend_name() == "sqlite":
            return _open_sqlite(url, shown, read_only=read_only)
        return _open_server(url, shown, read_only=read_only)


def _url_of(address: str) -> URL:
    if "://" not in address:
        return URL.create("sqlite", database=str(Path(address).expanduser()))
    try:
        url = make_url(address)
        if url.drivername in {"postgresql", "postgres"}:
            url = url.set(drivername="postgresql+psycopg")
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        raise LedgerError(
            "the ledger's address is neither a path nor a database URL that is known here; "
            "write a path, sqlite:///path or postgresql://user@host/name"
        ) from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise LedgerError(f"the ledger can be SQLite or PostgreSQL, not {url.get_backend_name()}")
    return url


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return url.set(query={}).render_as_string(hide_password=True)


def _open_server(url: URL, shown: str, *, read_only: bool) -> Ledger:
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise LedgerError(f"{shown}: needs {error.name}: pip install 'joulebook[postgres]'") from None
    ledger = Ledger(engine, shown, read_only)
    _make_current(ledger)
    return ledger


def _open_sqlite(url: URL, shown: str, *, read_only: bool) -> Ledger:
    path = Path(url.database or "")
    if path.is_dir():
        raise LedgerError(f"{shown}: is a directory; the ledger is a file, for example {path / 'ledger.sqlite'}")
    if not read_only:
        _make_folder(path)
    if not read_only and _is_writable(path):
        ledger = Ledger(_sqlite_engine(f"file:{_quoted(path)}?mode=rwc"), shown, read_only=False)
    elif path.exists():
        ledger = Ledger(_sqlite_engine(_read_uri(path)), shown, read_only=True)
    else:
        raise LedgerError(f"{shown}: there is no ledger here yet, and it can't be made for reading only")
    _make_current(ledger)
    return ledger


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"{path.parent}: the ledger's folder can't be made ({error.strerror}); set JOULEBOOK_LEDGER to a path "
            "that you may write"
        ) from None


def _is_writable(path: Path) -> bool:
    """Whether SQLite could write here: it makes files beside the ledger, and asking the bits is wrong for root."""
    if not path.exists():
        return True
    try:
        with path.open("r+b"):
            pass
        probe = path.with_name(f".{path.name}.probe")
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _read_uri(path: Path) -> str:
    """Read-only address; `immutable` only where SQLite can't make its shared-memory file and nobody can be writing."""
    wal = path.with_name(path.name + "-wal")
    plain = f"file:{_quoted(path)}?mode=ro"
    try:
        probe = sqlite3.connect(plain, uri=True)
        try:
            probe.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            probe.close()
    except sqlite3.OperationalError:
        if not wal.exists() or wal.stat().st_size == 0:
            return plain + "&immutable=1"
    except sqlite3.DatabaseError:
        pass  # not a database: the first query says so
    return plain


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.absolute()))


def _sqlite_engine(uri: str) -> Engine:
    writable = "mode=rwc" in uri
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_MS / 1000, check_same_thread=False),
        poolclass=_file_pool(),
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions begin too late; `_begin` begins them
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-65536")
        if writable:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("joulebook_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _file_pool() -> type:
    from sqlalchemy.pool import QueuePool

    return QueuePool


def _make_current(ledger: Ledger) -> None:
    """Migrate where that is allowed and needed; refuse what is newer than this program."""
    try:
        with ledger.reading() as connection:
            is_current = check_version(connection, ledger.address)
        if is_current:
            return
        if ledger.read_only:
            raise LedgerError(
                f"{ledger.address}: made by an older Joulebook or empty, and it can't be brought up to date for "
                "reading only; open it once with the right to write"
            )
        with ledger.writing(alone=True) as connection:
            if not check_version(connection, ledger.address):
                bring_up_to_date(connection)
    except BaseException:
        ledger.close()
        raise


@contextmanager
def _clear_errors(shown: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise LedgerError(f"{shown}: {_in_plain_words(error)}") from error


def _in_plain_words(error: Exception) -> str:
    said = str(error.orig if isinstance(error, DBAPIError) and error.orig else error).strip()
    said = said.splitlines()[0] if said else type(error).__name__
    known = {
        "file is not a database": "is not a ledger (not a SQLite database); set JOULEBOOK_LEDGER to another path",
        "disk is full": "the disk is full; nothing was changed. Make room and do it again",
        "readonly database": "can't be written; nothing was changed. Check the rights of the file and its folder",
        "database is locked": "is kept busy by another program for over a minute; nothing was changed. Try again",
        "unable to open database file": "can't be opened; check that its folder exists and may be written",
        "malformed": "is damaged; restore it from a backup (the journals set aside can be read in again)",
        "disk I/O error": "the disk gave an error; nothing was changed",
    }
    for sign, words in known.items():
        if sign in said:
            return words
    return f"the database said: {said}"
