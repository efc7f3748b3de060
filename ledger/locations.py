"""Where a run took place, from what the journal recorded of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulebook.ledger.accounting.observations import Zone


def resolve_location(location_record: Mapping[str, Any], hosts: tuple[str, ...] = ()) -> Zone:
    """The zone of a journal's `location` record (docs/journal.md); `WLD`, assumed, where it says nothing usable."""
    raise NotImplementedError
