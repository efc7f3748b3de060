"""`joulebook runs`: a list of runs."""

from __future__ import annotations

import json
from typing import Any

import click

# Parts of a document that `joulebook show` has: long, and of no use in a list.
_IN_FULL = ("devices", "reserved_devices")


@click.command()
@click.option("--project", multiple=True, help="Only runs of this project (may be given several times).")
@click.option("--model", multiple=True, help="Only runs of this model.")
@click.option("--task", multiple=True, help="Only runs of this task.")
@click.option("--text", help="Only runs with this in name, project, model, task or id.")
@click.option("--children", is_flag=True, help="Runs inside other runs too.")
@click.option("--sort", default="started_at", show_default=True, help="Column to sort by, for example energy_j.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="Rows at most.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, like `show --json` without devices and phases.")
def runs(*, limit: int, sort: str, as_json: bool, **asked: Any) -> None:
    """List runs, the newest first."""
    from joulebook.books import open_books
    from joulebook.ledger.store import RunFilter, count_runs, list_runs, run_documents
    from joulebook.ledger.store.queries import RUN_COLUMNS

    columns = [name for name in RUN_COLUMNS if name != "tags"]
    if sort not in columns:
        raise click.BadParameter(
            f"there is no column {sort!r}; choose one of {', '.join(columns)}", param_hint="--sort"
        )
    wanted = RunFilter(
        text=asked["text"],
        projects=asked["project"],
        models=asked["model"],
        tasks=asked["task"],
        include_children=asked["children"],
    )
    books = open_books()
    frame = list_runs(books, wanted, sort=sort, limit=limit)
    if as_json:
        documents = run_documents(books, list(frame["run_id"]))
        listed = [{key: value for key, value in one.items() if key not in _IN_FULL} for one in documents]
        click.echo(json.dumps(listed, indent=2))
        return
    from joulebook.ledger.reports.show import print_runs

    n = count_runs(books, wanted)
    others = count_runs(books, RunFilter(include_children=True)) if n == 0 else 0
    if others:
        from joulebook.meters.wording import counted

        click.echo(f"None of {counted(others, 'run')} passes this filter; `joulebook runs` lists them")
        return
    print_runs(frame, n)
