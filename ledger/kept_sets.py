"""Factor sets that the books have kept, found by the beginning of their hash."""

from __future__ import annotations

from sqlalchemy import Connection, select

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store import Ledger
from joulebook.ledger.store.accounts import factors_now, kept_factors
from joulebook.ledger.store.tables import factor_sets


def set_pair(ledger: Ledger, old: str | None, new: str | None) -> tuple[Factors, Factors]:
    """Two sets to hold against each other: those named, else the newest kept before today's and today's.

    Raises:
        LedgerError: No such set, or none before today's.
    """
    with ledger.reading() as connection:
        after = _found(connection, new) if new else factors_now()
        before = _found(connection, old) if old else _before(connection, after.content_hash)
    return before, after


def _found(connection: Connection, prefix: str) -> Factors:
    query = select(factor_sets.c.content_hash).where(factor_sets.c.content_hash.startswith(prefix, autoescape=True))
    hashes = list(connection.execute(query).scalars())
    if len(hashes) != 1:
        raise LedgerError(f"{len(hashes)} kept factor sets begin with {prefix!r}; give more of one content hash")
    return kept_factors(connection, hashes[0])


def _before(connection: Connection, content_hash: str) -> Factors:
    query = select(factor_sets.c.content_hash).where(factor_sets.c.content_hash != content_hash)
    hashes = connection.execute(query.order_by(factor_sets.c.kept_at.desc())).scalars()
    for other in hashes:
        try:
            return kept_factors(connection, other)
        except LedgerError:  # of another version of the formulas
            continue
    raise LedgerError("the books have kept no factor set before today's, so there is nothing to hold against it")
