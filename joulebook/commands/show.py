"""`joulebook show RUN`: one run in full."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON with SI units in the names.")
def show(run: str, *, as_json: bool) -> None:
    """Show one run: RUN is an id, a unique prefix of one, a name (its newest) or `latest`."""
    from joulebook.books import open_books
    from joulebook.ledger.store import find_run, run_document

    books = open_books()
    document = run_document(books, find_run(books, run))
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    from joulebook.commands.decisions import stand_ins
    from joulebook.ledger.reports.show import print_run

    print_run(document, stand_ins(zone["zone"] for zone in document["zones"]))
