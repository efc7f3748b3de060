"""Bringing a ledger's tables up to date: Alembic, run from the packaged folder, inside the caller's transaction."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, column, inspect, select, table

from joulebook.ledger.errors import LedgerError

_FOLDER = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


@cache
def revisions() -> tuple[str, ...]:
    """Revisions of the tables that this program knows, the oldest first: `0001` lies in m0001_….py.

    Read from the names: loading Alembic takes longer than most commands do, and few commands migrate.
    """
    return tuple(sorted(path.name[1:5] for path in (_FOLDER / "versions").glob("m[0-9]*.py")))


def check_version(connection: Connection, address: str) -> bool:
    """Whether the tables are as this program knows them; False where they have yet to be made or brought up to date.

    Raises:
        LedgerError: A newer Joulebook made them, or the database belongs to something else.
    """
    # Tables first: another process may commit all of them between these two looks; they are not somebody else's then.
    others = set(inspect(connection).get_table_names())
    current = _current(connection) if _VERSION_TABLE in others else None
    if current == revisions()[-1]:
        return True
    if current is None:
        if others:
            raise LedgerError(
                f"{address}: is a database of something else (it has a table {min(others)!r}); "
                "give Joulebook one of its own"
            )
        return False
    if current not in revisions():
        raise LedgerError(
            f"{address}: made by a newer Joulebook (its tables are {current!r}); "
            "bring this one up to date: pip install --upgrade joulebook"
        )
    return False


def _current(connection: Connection) -> str | None:
    return connection.execute(select(column("version_num")).select_from(table(_VERSION_TABLE))).scalar()


def bring_up_to_date(connection: Connection) -> None:
    """Run the migrations that are missing."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_FOLDER), version_locations=[str(_FOLDER / "versions")])

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs("head", revision)  # what Alembic's own `upgrade` passes on

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transaction_per_migration=False)
        environment.run_migrations()
