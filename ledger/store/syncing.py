"""Journals into the ledger: any number of times, in any order, in pieces, from several processes at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from joulebook.ledger.store.opening import Ledger


@dataclass(slots=True)
class SyncReport:
    """What one sync did.

    Attributes:
        journals: Journals looked at; `records`: new records taken in.
        runs: Ids of runs whose books changed.
        problems: One line for each journal that could not be (fully) read; nothing of such a line is half imported.
    """

    journals: int = 0
    records: int = 0
    runs: list[str] = field(default_factory=list)
    set_aside: int = 0
    pruned: int = 0
    problems: list[str] = field(default_factory=list)


def sync(ledger: Ledger, journals_dir: str | Path) -> SyncReport:
    """Take in what is new in the journals of a folder; a missing folder is an empty one."""
    raise NotImplementedError
