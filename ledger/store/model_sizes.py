"""How large the models of the books are, for setting large and small beside each other."""

from __future__ import annotations

from sqlalchemy import func, select

from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.tables import runs


def model_sizes(ledger: Ledger) -> dict[str, float]:
    """Parameters by model, the largest number where runs disagree; models of unknown size are left out."""
    query = (
        select(runs.c.model, func.max(runs.c.parameters))
        .where(runs.c.model.is_not(None), runs.c.parameters.is_not(None))
        .group_by(runs.c.model)
    )
    with ledger.reading() as connection:
        return {str(model): float(size) for model, size in connection.execute(query)}
