"""`joulebook data changes`: what the newer of two factor sets changes, row by row and for the runs in the books."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from joulebook.meters.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from joulebook.ledger.accounting.factor_changes import Change
    from joulebook.ledger.factor_effect import Effect

_MOST_LISTED = 40
_UNITS = {
    "facility_energy_j": ("facility energy", "J"),
    "emissions_location_g": ("emissions, location-based", "g"),
    "emissions_market_annual_g": ("emissions, market-based", "g"),
    "water_l": ("water", "L"),
    "cost_usd": ("cost", "USD"),
}


@click.command()
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def changes(old: str | None, new: str | None, *, as_json: bool) -> None:
    """Show row by row what factor set NEW changes against OLD, and what it makes of the runs in the books.

    Both are beginnings of content hashes. Without them, the set of today against the one before it in the books.
    """
    from joulebook.books import open_books
    from joulebook.ledger.accounting.factor_changes import changes as changes_of
    from joulebook.ledger.factor_effect import effect
    from joulebook.ledger.kept_sets import set_pair

    books = open_books()
    before, after = set_pair(books, old, new)
    found, on_runs = changes_of(before, after), effect(books, before, after)
    if as_json:
        shown = [{**asdict(change), "ratio": change.ratio} for change in found]
        document = {"old": before.content_hash, "new": after.content_hash, "changes": shown, "runs": _json(on_runs)}
        click.echo(json.dumps(document, indent=2))
        return
    sets = f"{before.name} {before.content_hash[:12]} -> {after.name} {after.content_hash[:12]}"
    click.echo(f"{sets}: {counted(len(found), 'change')}")
    for line in [*_rows(found), *_lines(on_runs)]:
        click.echo(line)


def _rows(found: Sequence[Change]) -> list[str]:
    """A line a row; a kind with very many of them gets one line, all of its rows are in the JSON."""
    kinds: dict[tuple[str, str], list[Change]] = {}
    for change in found:
        kinds.setdefault((change.key.partition("/")[0], change.note), []).append(change)
    lines = []
    for (kind, note), changes in kinds.items():
        if len(changes) <= _MOST_LISTED:
            lines += [_row(change) for change in changes]
        else:
            ratios = sorted(change.ratio - 1 for change in changes if change.ratio is not None and note == "value")
            span = f" ({ratios[0]:+.1%} to {ratios[-1]:+.1%})" if ratios else ""
            lines.append(f"  {kind}: {counted(len(changes), 'row')}, {note}{span}; --json has them all")
    return lines


def _row(change: Change) -> str:
    ratio = "" if change.ratio is None or change.note != "value" else f" ({change.ratio - 1:+.1%})"
    return f"  {change.key}: {change.old} -> {change.new} {change.unit} {change.note}{ratio}"


def _json(found: Effect) -> dict[str, Any]:
    sides = {"old": found.old, "new": found.new}
    totals = {
        name: {side: figures[name] and figures[name].to_json() for side, figures in sides.items()} for name in _UNITS
    }
    return {"n": found.n, "n_apart": found.n_apart, "energies_stay": found.energies_stay, "totals": totals}


def _lines(found: Effect) -> list[str]:
    """Totals under both sets, and what is not in them."""
    from joulebook.ledger.reports.show import figure

    lines = [f"{counted(found.n, 'run')} in the books under both sets:"]
    for name, (label, unit) in _UNITS.items():
        old, new = found.old[name], found.new[name]
        if old is None and new is None:
            continue
        ratio = f" ({new.value / old.value - 1:+.1%})" if old and new and old.value > 0 else ""
        sides = (figure(side and side.to_json(), unit) for side in (old, new))
        lines.append(f"  {label}: {' -> '.join(sides)}{ratio}")
    if found.n_apart:
        lines.append(f"  without {counted(found.n_apart, 'run')} that a contract or an hourly series is for")
    if not found.energies_stay:
        lines.append(
            "  models of processors or memory, or the making of devices, differ too: the joules stand as they are"
        )
    return lines
