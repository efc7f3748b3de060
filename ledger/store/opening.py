"""Opening the books: a SQLite file by default, PostgreSQL for a team."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Ledger:
    """Open books.

    Attributes:
        address: As given, with any password masked.
        read_only: True where this process may not write (asked for, or the place does not allow it).
    """

    engine: Engine
    address: str
    read_only: bool

    @property
    def revision(self) -> int:
        """Grows with every change of what the books say."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back connections."""
        self.engine.dispose()


def open_ledger(address: str, *, read_only: bool = False) -> Ledger:
    """Open the books at a path or SQLAlchemy URL; make them and bring them up to date where that is allowed.

    A SQLite file that can't be written is opened for reading.

    Raises:
        LedgerError: A newer Joulebook's ledger, not a database, a directory, no permission, no such server.
    """
    raise NotImplementedError
