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
    from joulebook.meters.wording import counted

    books = open_books(sync_first=False)
    if books.read_only:
        raise LedgerError(f"{books.address}: can't be written, so no journal can be taken in")
    folder = journals_dir(load_settings())
    report = take_in(books, folder, reaccount_s=None)
    if as_json:
        click.echo(json.dumps({**asdict(report), "ledger": books.address, "ledger_revision": books.revision}))
        return
    click.echo(
        f"{folder}: {counted(report.journals, 'journal')}, {counted(report.records, 'new record')}, "
        f"{counted(len(report.runs), 'run')} changed in {books.address}"
    )
    if report.stale:
        stale = counted(report.stale, "run")
        report.problems.append(f"{stale} can't be worked out under the newest factors: the older ones stay")
    for problem in report.problems:
        click.echo(f"joulebook: {problem}", err=True)
