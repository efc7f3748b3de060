"""The one bibliography."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.errors import ReferenceDataError
from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from; `address` is empty where the source is print or an announcement."""

    key: str
    title: str
    year: int
    address: str
    licence: str


@forgettable
@cache
def sources() -> dict[str, Source]:
    """All sources by key."""
    return {row.key: row for row in records("sources.csv", Source)}


def source(key: str) -> Source:
    """One source.

    Raises:
        ReferenceDataError: No such key.
    """
    found = sources().get(key)
    if found is None:
        raise ReferenceDataError(f"no source {key!r} in sources.csv")
    return found
