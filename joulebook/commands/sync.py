"""`joulebook sync`: journals into the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def sync(*, as_json: bool) -> None:
    """Bring journals into the ledger.

    It happens by itself whenever a command or the dashboard opens the ledger; doing it again changes nothing.
    """
    from joulebook.books import open_books
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.store import sync as take_in
    from joulebook.meters.settings import journals_dir, load_settings

    books = open_books(sync_first=False)
    if books.read_only:
        raise LedgerError(f"{books.address}: can't be written, so no journal can be taken in")
    folder = journals_dir(load_settings())
    report = take_in(books, folder, reaccount_s=None)
    if as_json:
        click.echo(json.dumps({**asdict(report), "ledger": books.address, "ledger_revision": books.revision}))
        return
    click.echo(
        f"{folder}: {report.journals} journals, {report.records} new records, {len(report.runs)} runs changed "
        f"in {books.address}"
    )
    if report.stale:
        report.problems.append(f"{report.stale} runs could not be worked out under the newest factors and keep theirs")
    for problem in report.problems:
        click.echo(f"joulebook: {problem}", err=True)
