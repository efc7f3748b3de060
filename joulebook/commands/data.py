"""`joulebook data`: the reference sets, and whether a newer file fits."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from joulebook.commands.data_changes import changes
from joulebook.commands.data_fetch import fetch
from joulebook.commands.reference_files import settings_with_files
from joulebook.meters.wording import grouped


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def data(context: click.Context, as_json: bool) -> None:
    """List the reference sets with vintage, rows and licence.

    A newer file is put in place with the settings: `[data]` and a line such as `grid = "/path/grid.csv"`.
    """
    if context.invoked_subcommand is not None:
        return
    described = _described_sets()
    if as_json:
        click.echo(json.dumps(described, indent=2, ensure_ascii=False))
        return
    for one in described:
        mark = f"  [{one['path']}]" if one["replaced"] else ""
        click.echo(f"{one['name']:<20}{grouped(one['rows']):>6} rows  {one['vintage']:<24}{one['about']}{mark}")
        more = f" and {n} more (`joulebook data --json` has all)" if (n := len(one["licences"]) - 5) > 0 else ""
        click.echo(f"{'':<20}licence: {' | '.join(one['licences'][:5])}{more}")


def _described_sets() -> list[dict[str, Any]]:
    from joulebook.reference_data.sets import data_sets

    settings_with_files()
    return [
        {
            "name": one.name,
            "about": one.about,
            "vintage": one.vintage,
            "rows": one.rows,
            "licences": list(one.licences),
            "path": str(one.path),
            "replaced": one.replaced,
        }
        for one in data_sets()
    ]


@data.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "set_name", required=True, help="The set that the file is to stand in for, such as grid.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(file: Path, set_name: str, as_json: bool) -> None:
    """Say by row and column what keeps FILE from standing in for a set; change nothing."""
    from joulebook.reference_data.sets import check_file

    found = check_file(set_name, file)
    if as_json:
        click.echo(json.dumps([{"row": one.row, "column": one.column, "what": one.what} for one in found], indent=2))
    elif found:
        for one in found:
            click.echo(f"{file}: {one}")
    else:
        click.echo(f'{file} fits. To use it, add to the settings: [data] {set_name} = "{file.resolve()}"')
    if found:
        sys.exit(1)


data.add_command(changes)
data.add_command(fetch)
