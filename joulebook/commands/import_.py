"""`joulebook import FILE...`: records of CodeCarbon and others into the ledger, with a findings report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

# Findings shown a file before the rest is only counted.
_SHOWN = 20


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def import_(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Bring in CodeCarbon, eco2AI and Zeus CSV files and CarbonTracker logs.

    Each file enters as a whole or not at all; importing it again changes nothing. What is odd in a file is reported
    with its row and column. Ends with status 1 if a file could not be taken in.
    """
    from joulebook.books import open_books
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.importers.importing import import_files

    reports = import_files(open_books(), files)
    refused = [report for report in reports if report["refused"]]
    if as_json:
        click.echo(json.dumps({"files": reports, "refused": len(refused)}, indent=2))
    else:
        for report in reports:
            _print(report)
    if refused:
        names = ", ".join(report["file"] for report in refused)
        raise LedgerError(f"nothing was taken in from {names}; mend what is marked error and import again")


def _print(report: dict[str, Any]) -> None:
    click.echo(f"{report['file']}: {_summary(report)}")
    for finding in report["findings"][:_SHOWN]:
        row = "" if finding["row"] is None else f" row {finding['row']}"
        column = "" if finding["column"] is None else f" {finding['column']}"
        click.echo(f"  {finding['severity']}{row}{column}: {finding['text']}")
    if (more := len(report["findings"]) - _SHOWN) > 0:
        click.echo(f"  and {more} more findings; --json has all")


def _summary(report: dict[str, Any]) -> str:
    if report["refused"]:
        return "not taken in"
    from joulebook.meters.wording import counted

    numbers = [f"{len(report[f'runs_{what}'])} {what}" for what in ("new", "updated", "unchanged")]
    rows = counted(report["rows"], "row")
    return f"{report['format']}, {rows}, {report['energy_kwh']:.6g} kWh, runs {', '.join(numbers)}"
