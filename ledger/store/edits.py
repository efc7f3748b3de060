"""What a person knows better than the meter, written down with who and when."""

from __future__ import annotations

from collections.abc import Mapping

from joulebook.ledger.store.opening import Ledger


def edit_run(ledger: Ledger, run_id: str, changes: Mapping[str, object], who: str) -> None:
    """Change what was declared about a run; every change is kept beside what stood there before.

    Args:
        ledger: Open for writing.
        run_id: A full run id (`find_run` makes one).
        changes: Any of name, project, kind, stage, model, parameters, task, location, tags. `tags` are merged; a tag
            of None goes. None for another field makes it unknown.
        who: Who says so.

    Raises:
        LedgerError: No such run, no such field, or a value that the field can't take; nothing is changed then.
    """
    raise NotImplementedError
