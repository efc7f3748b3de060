"""`joulebook data changes`: what the newer of two factor sets changes."""

from __future__ import annotations

import json
from dataclasses import asdict

import click


@click.command()
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def changes(old: str | None, new: str | None, *, as_json: bool) -> None:
    """Show row by row what factor set NEW changes against OLD; both are beginnings of content hashes.

    Without them, the set of today against the one before it in the books.
    """
    from joulebook.books import open_books
    from joulebook.ledger.accounting.factor_changes import changes as changes_of
    from joulebook.ledger.kept_sets import set_pair

    before, after = set_pair(open_books(), old, new)
    found = changes_of(before, after)
    if as_json:
        shown = [{**asdict(change), "ratio": change.ratio} for change in found]
        click.echo(json.dumps({"old": before.content_hash, "new": after.content_hash, "changes": shown}, indent=2))
        return
    click.echo(
        f"{before.name} {before.content_hash[:12]} -> {after.name} {after.content_hash[:12]}: {len(found)} changes"
    )
    for change in found:
        ratio = "" if change.ratio is None or change.note != "value" else f" ({change.ratio - 1:+.1%})"
        click.echo(f"  {change.key}: {change.old} -> {change.new} {change.unit} {change.note}{ratio}")
