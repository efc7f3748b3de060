"""One run in full: the JSON contract of `joulebook show RUN --json`."""

from __future__ import annotations

from typing import Any

from joulebook.ledger.store.opening import Ledger


def run_document(ledger: Ledger, run_id: str) -> dict[str, Any]:
    """Everything about one run, ready for JSON; figures are `{value, low, high, method, measured_share, boundary, vintage}`.

    Raises:
        LedgerError: There is no run with this id.
    """
    raise NotImplementedError
