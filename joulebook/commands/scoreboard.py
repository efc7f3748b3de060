"""`joulebook scoreboard`: our estimators against measured facts, beside EcoLogits."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.reference_files import settings_with_files

if TYPE_CHECKING:
    from joulebook.ledger.scoreboard import Case, Score, Scoreboard


@click.command()
@click.option(
    "--worst", type=click.IntRange(min=0), default=15, show_default=True, help="How many worst cases to list."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def scoreboard(worst: int, as_json: bool) -> None:
    """Hold our estimators and EcoLogits against every measured row and the published trainings."""
    from joulebook.ledger.scoreboard import scoreboard as score_everything

    settings_with_files()
    found = score_everything(worst=worst)
    if as_json:
        content = {
            "groups": [asdict(group) for group in found.groups],
            "worst": [_case(case) for case in found.worst],
            "notes": list(found.notes),
        }
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _show(found)


def _case(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "group": case.group,
        "unit": case.unit,
        "known": case.known,
        "predicted": {**case.predicted._asdict(), "method": "modelled"},
        "factor": case.factor,
        "inside_range": case.inside,
        "ecologits": case.ecologits,
        "ecologits_true_batch": case.ecologits_true_batch,
    }


def _show(found: Scoreboard) -> None:
    click.echo(f"{'':<44}{'n':>5}  {'ours: typical / p90 / in range':<32}{'EcoLogits as shipped':<24}told the batch")
    for group in found.groups:
        ours = f"{group.ours.typical:.2f} / {group.ours.p90:.2f} / {group.inside_range:.0%}"
        shipped, told = _pair(group.ecologits), _pair(group.ecologits_true_batch)
        click.echo(f"{group.group:<44}{group.cases:>5}  {ours:<32}{shipped:<24}{told}")
    if found.worst:
        click.echo("\nWorst cases (predicted over known, predicted with its 90 % range):")
    for case in found.worst:
        predicted = f"{case.predicted.value:.3g} ({case.predicted.low:.3g} to {case.predicted.high:.3g})"
        click.echo(f"  x{case.factor:<8.3g}{predicted:<26}for {case.known:.4g} {case.unit:<9}{case.name}")
    click.echo("")
    for note in found.notes:
        click.echo(f"  - {note}")


def _pair(score: Score | None) -> str:
    return f"{score.typical:.2f} / {score.p90:.2f}" if score else "-"
