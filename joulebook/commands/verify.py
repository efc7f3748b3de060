"""`joulebook verify REPORT`: make an old report again and hold it against its file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click


@click.command()
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
def verify(report: Path, *, as_json: bool) -> None:
    """Make REPORT again from the books, under the factor set it was made with; every number must agree to 1e-9.

    CSV, JSON and Markdown alike; within one version of Joulebook it is the same to the byte.
    """
    from joulebook.books import open_books
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.reports.making import BESIDE, verify_report

    stamp = report.with_name(report.name + BESIDE)
    try:
        content = report.read_bytes().decode("utf-8-sig")  # line ends as they are
        beside = stamp.read_text(encoding="utf-8") if stamp.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{report}: can't be read as text ({error})") from None
    verdict = verify_report(open_books(), content, beside)
    if as_json:
        click.echo(json.dumps({**asdict(verdict), "agrees": verdict.n_differences == 0}))
    if verdict.n_differences:
        since = ""
        if verdict.ledger_revision != verdict.stamp.ledger_revision:
            since = f"; the books went from revision {verdict.stamp.ledger_revision} to {verdict.ledger_revision} since"
        listed = "; ".join(verdict.differences)
        raise LedgerError(f"{report}: {verdict.n_differences} of {verdict.cells} cells differ{since}: {listed}")
    if not as_json:
        bytes_too = ", byte for byte" if verdict.same_bytes else ""
        click.echo(f"{report}: made again, {verdict.cells} cells agree{bytes_too}")
