"""Parts of a GPU (MIG) that a run used: no counter tells parts apart, so each takes its compute slices' share.

Runs on different parts of one GPU are no rivals. Runs on one part are: they split its slices.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from joulebook.ledger.store.cleaning import integer_of, table_of, text_of
from joulebook.ledger.store.tables import journal_devices, journals


@dataclass(frozen=True, slots=True)
class Slices:
    """Parts of one GPU.

    Attributes:
        uuids: Of the parts; empty where they were not told.
        n: Their compute slices together; None where unknown.
        of: Slices of the whole GPU.
    """

    uuids: frozenset[str]
    n: float | None
    of: int | None

    @property
    def share(self) -> float | None:
        """Of the GPU (0 to 1), by slices; None where unknown."""
        return None if self.n is None or not self.of else min(1.0, self.n / self.of)


def slices_of(kept: str | None) -> Slices | None:
    """What the books keep of a device record's `mig`; None of a whole GPU."""
    if kept is None:
        return None
    try:
        mig = table_of(json.loads(kept))
    except ValueError:  # in the books from before parts had sizes
        mig = {}
    uuids = mig.get("uuids")
    named = frozenset(name for item in uuids if (name := text_of(item))) if isinstance(uuids, list) else frozenset()
    n, of = integer_of(mig.get("slices")), integer_of(mig.get("of"))
    if n is None or of is None or not 0 < n <= of:
        return Slices(named, None, None)
    return Slices(named, float(n), of)


def together(kept: Iterable[str | None]) -> Slices | None:
    """All parts of one GPU that the journals of a run saw; None where one of them saw the whole, or there are none."""
    found = [slices_of(text) for text in kept]
    parts = [part for part in found if part is not None]
    if not parts or len(parts) < len(found):
        return None
    uuids: frozenset[str] = frozenset()
    n = 0.0
    for part in sorted(set(parts), key=lambda part: (-len(part.uuids), sorted(part.uuids), -(part.n or 0))):
        new = part.uuids - uuids
        uuids |= new
        n += (part.n or 0.0) * len(new) / max(1, len(part.uuids))
    of = max(part.of or 0 for part in parts)
    known = all(part.share is not None and part.uuids for part in parts)
    return Slices(uuids, n if known else None, of if known else None)


def parts_used(connection: Connection, run_ids: Sequence[str], device_id: str) -> dict[str, Slices]:
    """The parts of a GPU that each of these runs used; not in it is one of the whole, or of parts of unknown size."""
    query = (
        select(journals.c.run_id, journal_devices.c.mig)
        .join(journals, journals.c.journal_no == journal_devices.c.journal_no)
        .where(journals.c.run_id.in_(run_ids), journal_devices.c.device_id == device_id)
    )
    seen: dict[str, list[str | None]] = {}
    for run_id, kept in connection.execute(query):
        seen.setdefault(run_id, []).append(kept)
    found = {run_id: together(kept) for run_id, kept in seen.items()}
    return {run_id: parts for run_id, parts in found.items() if parts is not None and parts.share is not None}
