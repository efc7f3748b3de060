"""`joulebook report NAME`: CSV and other reports."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from joulebook.ledger.store import Ledger, RunFilter

_DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.argument("name")
@click.option("--from", "start", type=_DATE, help="Runs started on or after this day (UTC).")
@click.option("--to", "end", type=_DATE, help="Runs started before this day (UTC).")
@click.option("--project", multiple=True, help="Only runs of this project (may be given several times).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; else standard output.")
@click.option("--json", "as_json", is_flag=True, help="Rows of a table as JSON lines, not CSV.")
def report(
    name: str,
    *,
    start: datetime | None,
    end: datetime | None,
    project: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Write a report: runs, comparison, scope2, sci, emissions, boamps, model-card or eu-gpai.

    A table is CSV with the units in its header and range, method and vintage beside each value. A stamp says what the
    report was made from; `joulebook verify FILE` makes it again.
    """
    if start is not None and end is not None and end <= start:
        raise click.UsageError(f"--to {end:%Y-%m-%d} is not after --from {start:%Y-%m-%d}: no run starts in between")
    from joulebook.books import open_books
    from joulebook.ledger.reports.making import report_module, write_report
    from joulebook.ledger.store import RunFilter

    module = report_module(name)
    if as_json and getattr(module, "SUFFIX", "") == ".md":
        raise click.UsageError(f"{name} is a document, in Markdown alone; `report runs --json` has the figures")
    books = open_books()
    wanted = RunFilter(projects=project, start=start, end=end)
    if out is None:
        n = write_report(books, name, wanted, sys.stdout, as_json=as_json)
    else:
        n = _to_file(books, name, wanted, out, as_json=as_json)
    if n == 0:
        click.echo("joulebook: no run is in this report; `joulebook runs` lists them", err=True)


def _to_file(books: Ledger, name: str, wanted: RunFilter, out: Path, *, as_json: bool) -> int:
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.reports.making import report_module, write_report
    from joulebook.meters.wording import counted

    has_rows = hasattr(report_module(name), "rows")
    is_table = has_rows and not as_json
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig" if is_table else "utf-8", newline="") as file:
            n = write_report(books, name, wanted, file, as_json=as_json)
        part.replace(out)
        _stamp_beside(books, name, wanted, out, as_json=as_json)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LedgerError(f"{out}: the report can't be written ({error.strerror})") from None
    click.echo(f"{out}: {counted(n, 'row')}" if has_rows else f"{out}: written")
    return n


def _stamp_beside(books: Ledger, name: str, wanted: RunFilter, out: Path, *, as_json: bool) -> None:
    """Where somebody else's form leaves no room for what a report was made from, it lies in a small file beside."""
    from joulebook.ledger.reports.making import BESIDE, stamp_beside

    stamp = stamp_beside(books, name, wanted, as_json=as_json)
    if stamp is not None:
        out.with_name(out.name + BESIDE).write_text(stamp, encoding="utf-8")
