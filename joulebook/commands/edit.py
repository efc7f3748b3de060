"""`joulebook edit RUN`: put right what a person knows better than the meter."""

from __future__ import annotations

import getpass
from typing import Any

import click

from joulebook.commands.numbers import SIZE

_NOTHING = ("none", "")


class _OrNone(click.ParamType):
    """What another type takes, or the word `none`."""

    def __init__(self, wanted: click.ParamType) -> None:
        self.wanted, self.name = wanted, wanted.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word as it is, else what the other type makes of it."""
        return value if str(value).lower() in _NOTHING else self.wanted.convert(value, param, ctx)


_KINDS = click.Choice(["training", "inference"])
_STAGES = click.Choice(["pretrain", "finetune", "distil", "label", "evaluate", "search", "serve"])


def _name(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001
    if value is not None and not value.strip():
        raise click.BadParameter("a name can't be empty; the word none takes it away")
    return value


@click.command()
@click.argument("run")
@click.option("--name", callback=_name, help="What the run is called.")
@click.option("--project", help="What it belongs to.")
@click.option("--kind", type=_OrNone(_KINDS), metavar="KIND", help="training or inference.")
@click.option(
    "--stage",
    type=_OrNone(_STAGES),
    metavar="STAGE",
    help="pretrain, finetune, distil, label, evaluate, search or serve.",
)
@click.option("--model", help="The model that was trained or used.")
@click.option("--parameters", type=_OrNone(SIZE), metavar="N", help="Its number of parameters, for example 7e9 or 7B.")
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
    changed = edit_run(books, run_id, changes, _who())
    if changed:
        click.echo(f"{run_id}: {', '.join(sorted(changed))} changed; figures were worked out again")
    fields["tags"] = ", ".join(tags)
    if same := [f"{name.replace('tags', 'tag')} is {fields[name]} already" for name in changes if name not in changed]:
        click.echo(f"{run_id}: {'unchanged' if changed else 'nothing to change'}: {', '.join(same)}")
    _warn_of_region(changes.get("location"))


def _value(value: object) -> object:
    return None if isinstance(value, str) and value.lower() in _NOTHING else value


def _warn_of_region(location: object) -> None:
    from joulebook.commands.decisions import stand_ins
    from joulebook.reference_data.places import zone_of_code

    for said in stand_ins([zone_of_code(str(location)) or ""] if location else []):
        click.echo(f"joulebook: {said}", err=True)


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
