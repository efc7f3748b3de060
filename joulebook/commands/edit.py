"""`joulebook edit RUN`: put right what a person knows better than the meter."""

from __future__ import annotations

import getpass
from typing import Any

import click

_NOTHING = ("none", "")


@click.command()
@click.argument("run")
@click.option("--name", help="What the run is called.")
@click.option("--project", help="What it belongs to.")
@click.option("--kind", help="training or inference.")
@click.option("--stage", help="pretrain, finetune, distil, label, evaluate, search or serve.")
@click.option("--model", help="The model that was trained or used.")
@click.option("--parameters", type=float, help="Its number of parameters, for example 7e9.")
@click.option("--task", help="What it does.")
@click.option("--location", help="Where it ran: KOR, DEU, US-CA.")
@click.option("--tag", "tags", multiple=True, metavar="K=V", help="A tag to set; K= takes it away.")
def edit(run: str, *, tags: tuple[str, ...], **fields: Any) -> None:
    """Correct a run; what stood there before is kept with who changed it and when.

    RUN is an id, a unique prefix of one, a name (its newest) or `latest`. The word `none` makes a field unknown.
    """
    changes = {name: _value(value) for name, value in fields.items() if value is not None}
    if tags:
        changes["tags"] = dict(_tag(tag) for tag in tags)
    if not changes:
        raise click.UsageError("say what to change, for example --location KOR")
    from joulebook.books import open_books
    from joulebook.ledger.store import edit_run, find_run

    books = open_books()
    run_id = find_run(books, run)
    edit_run(books, run_id, changes, _who())
    click.echo(f"{run_id}: {', '.join(sorted(changes))} changed; figures were worked out again")


def _value(value: object) -> object:
    return None if isinstance(value, str) and value.lower() in _NOTHING else value


def _tag(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f"{text!r} is not K=V", param_hint="--tag")
    return key, value or None


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
