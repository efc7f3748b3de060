"""`joulebook report NAME`: CSV and other reports."""

from __future__ import annotations

import io
import sys
from datetime import datetime
from pathlib import Path

import click

_DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.argument("name")
@click.option("--from", "start", type=_DATE, help="Runs started on or after this day (UTC).")
@click.option("--to", "end", type=_DATE, help="Runs started before this day (UTC).")
@click.option("--project", multiple=True, help="Only runs of this project (may be given several times).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; else standard output.")
@click.option("--json", "as_json", is_flag=True, help="Rows as JSON lines instead of CSV.")
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

    A table is CSV with the units in its header and range, method and vintage beside each value.
    """
    if start is not None and end is not None and end <= start:
        raise click.UsageError(f"--to {end:%Y-%m-%d} is not after --from {start:%Y-%m-%d}: no run starts in between")
    from joulebook.books import open_books
    from joulebook.ledger.reports.making import report_module
    from joulebook.ledger.store import RunFilter

    report_module(name)
    books = open_books()
    wanted = RunFilter(projects=project, start=start, end=end)
    if out is None:
        n = _write(books, name, wanted, sys.stdout, as_json=as_json)
    else:
        n = _to_file(books, name, wanted, out, as_json=as_json)
    if n == 0:
        click.echo("joulebook: no run is in this report; `joulebook runs` lists them", err=True)


def _to_file(books: object, name: str, wanted: object, out: Path, *, as_json: bool) -> int:
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.reports.making import report_module

    has_rows = hasattr(report_module(name), "rows")
    is_table = has_rows and not as_json
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig" if is_table else "utf-8", newline="") as file:
            n = _write(books, name, wanted, file, as_json=as_json)
        part.replace(out)
        _stamp_beside(books, name, wanted, out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LedgerError(f"{out}: the report can't be written ({error.strerror})") from None
    click.echo(f"{out}: {n} row{'' if n == 1 else 's'}" if has_rows else f"{out}: written")
    return n


def _stamp_beside(books: object, name: str, wanted: object, out: Path) -> None:
    """Where somebody else's form leaves no room for what a report was made from, it lies in a small file beside."""
    from typing import Any, cast

    from joulebook.ledger.reports.making import BESIDE, stamp_beside

    stamp = stamp_beside(cast("Any", books), name, cast("Any", wanted))
    if stamp is not None:
        out.with_name(out.name + BESIDE).write_text(stamp, encoding="utf-8")


def _write(books: object, name: str, wanted: object, file: object, *, as_json: bool) -> int:
    import json
    from typing import Any, cast

    from joulebook.ledger.reports.making import report_module, write_report

    out = cast("io.TextIOBase", file)
    module: Any = report_module(name)
    if not as_json or not hasattr(module, "rows"):
        return write_report(cast("Any", books), name, cast("Any", wanted), cast("Any", out))
    n = 0
    for row in module.rows(books, wanted):
        out.write(json.dumps(row) + "\n")
        n += 1
    return n
