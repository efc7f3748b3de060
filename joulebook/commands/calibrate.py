"""`joulebook calibrate`: fit this machine's figures to a wall meter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click


@click.command()
@click.argument("readings", nargs=-1, metavar="[RUN=WH]...")
@click.option("--json", "as_json", is_flag=True, help="The calibration as JSON.")
def calibrate(readings: tuple[str, ...], *, as_json: bool) -> None:
    """Fit offset and gain to two or more readings of a wall meter, each RUN=WATT-HOURS over the time of that run.

    Take one run of an idle machine and one under load, 10 minutes or more each. The calibrated energy stands beside
    the raw one in `joulebook show --json`, never in its place. Without readings, what is kept is listed.
    """
    from joulebook.books import open_books
    from joulebook.ledger.calibrations import all_calibrations
    from joulebook.ledger.calibrations import calibrate as fit_and_keep

    wanted = dict(_reading(text) for text in readings)
    books = open_books()
    rows = [fit_and_keep(books, wanted)] if wanted else all_calibrations(books)
    if as_json:
        click.echo(json.dumps(rows if not wanted else rows[0], indent=2))
        return
    for row in rows:
        click.echo(_line(row))
    if not rows:
        click.echo("No calibration yet: joulebook calibrate IDLE-RUN=WH LOAD-RUN=WH")


def _reading(text: str) -> tuple[str, float]:
    run, _, amount = text.rpartition("=")
    try:
        watt_hours = float(amount)
    except ValueError:
        watt_hours = -1.0
    if not run or not watt_hours > 0:
        raise click.UsageError(f"{text!r}: write RUN=WATT-HOURS, for example latest=12.5")
    return run, watt_hours * 3600


def _line(row: dict[str, Any]) -> str:
    day, details = datetime.fromtimestamp(row["at"], UTC).date(), row["details"]
    line = f"{row['host']}, {day}: wall = {details['offset_w']:.3g} W + {details['gain']:.4g} x ours"
    if details["n"] < 3:  # a line goes through any two points
        return f"{line}, from 2 readings, which leave no spread to be known: {details['spread']:.0%} is assumed"
    return f"{line}, within {details['spread']:.0%}, from {details['n']} readings"
