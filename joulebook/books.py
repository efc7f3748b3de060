"""The books as commands open them: where the settings say, with the newest of the journals taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from joulebook.ledger.store import Ledger


def open_books(*, sync_first: bool = True, ledger: str | None = None) -> Ledger:
    """Open the ledger of the settings (or another) and take in what is new in the journals.

    What a journal could not give is said on standard error; a ledger that can't be written is opened for reading.

    Raises:
        LedgerError: The ledger can't be opened; the message says why and what to do.
    """
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.store import open_ledger, sync
    from joulebook.meters.settings import journals_dir, ledger_address, load_settings

    settings = load_settings()
    books = open_ledger(ledger or ledger_address(settings))
    if sync_first and not books.read_only:
        try:
            report = sync(books, journals_dir(settings))
            problems = report.problems
            if report.stale:
                problems.append(
                    f"{report.stale} runs are still on an older factor set; `joulebook sync` brings all over"
                )
        except LedgerError as error:  # what is in the books already can still be read
            problems = [f"the journals were not taken in: {error}"]
        for problem in problems:
            click.echo(f"joulebook: {problem}", err=True)
    return books
