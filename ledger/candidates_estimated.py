"""A candidate from its size alone, where it was neither run nor published on the task."""

from __future__ import annotations

from joulebook.ledger.accounting.comparison import Candidate, Unit


def estimated_candidate(text: str, task: str, unit: Unit) -> Candidate | None:
    """An estimate for a named model; None where its size is unknown."""
    return None
