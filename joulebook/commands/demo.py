"""`joulebook demo`: the main job on real data, metered, and the dashboard on the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from joulebook.demo.answer import Answer
    from joulebook.demo.steps import Demonstration
    from joulebook.ledger.accounting.figure import Figure


@click.command()
@click.option(
    "--language-model", is_flag=True, help="With a language model of 270 million parameters, on film reviews."
)
@click.option("--again", is_flag=True, help="Measure anew where the ledger has the runs already.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of the dashboard [default: 8501, or the next free one]."
)
@click.option("--no-open", is_flag=True, help="Print the dashboard's address instead of opening a browser.")
def demo(language_model: bool, again: bool, port: int | None, no_open: bool) -> None:
    """Let a large model teach small ones on real data, meter every step, compare them and open the dashboard on it."""
    from joulebook.books import open_books
    from joulebook.demo.answer import answer, is_done, newest_runs
    from joulebook.demo.steps import play

    demonstration = _demonstration(language_model)
    runs = newest_runs(open_books(), demonstration)
    if is_done(runs, demonstration) and not again:
        newest = max(run["started_at"] for run in runs.values())
        click.echo(f"Already measured ({newest[:16].replace('T', ' ')} UTC); measure anew with --again.")
    else:
        play(demonstration)
    _print(demonstration, answer(open_books(), demonstration))
    from joulebook.dashboard.server import serve

    serve(port=port, open_browser=not no_open)


def _demonstration(language_model: bool) -> Demonstration:
    if language_model:
        from joulebook.demo.language import demonstration as of_reviews

        return of_reviews()
    from joulebook.demo.digits import demonstration as of_digits

    return of_digits()


def _print(demonstration: Demonstration, found: Answer) -> None:
    from rich.console import Console
    from rich.table import Table

    from joulebook.ledger.accounting.sentences import number

    console = Console()
    console.print(f"\n{demonstration.about}; per {number(1000)} predictions, with 90 % ranges:", highlight=False)
    table = Table("model", "accuracy", "energy, CPU and GPU", "memory, apart", "CO2e", box=None, pad_edge=False)
    for row in found.comparison.rows:
        table.add_row(
            row.candidate.model,
            _quality(row.quality),
            _thousand(row.energy_per_unit_j, "J"),
            _thousand(found.memory_j[row.candidate.model], "J"),
            _thousand(row.emissions_per_unit_g, "g"),
        )
    console.print(table)
    place = found.comparison.site
    console.print(
        f"IT energy; emissions at the grid of {place.zone}{' (assumed)' if place.assumed else ''}, factor set "
        f"{place.vintage}; memory's part is a constant and stands apart.\n",
        style="dim",
        highlight=False,
    )
    for sentence in (found.comparison.verdict, _payback(demonstration, found), *found.comparison.warnings):
        console.print(sentence, highlight=False)


def _payback(demonstration: Demonstration, found: Answer) -> str:
    if found.tradeoff is None:
        return "When the small model has paid for its making is unknown: not all of its steps have energies."
    return (
        f"{demonstration.small} in place of {demonstration.large}, its labels and its learning counted "
        f"(a request is one prediction): {found.tradeoff.verdict}"
    )


def _quality(quality: object) -> str:
    from joulebook.ledger.accounting.comparison import Quality
    from joulebook.ledger.accounting.sentences import bare_percent, percent

    if not isinstance(quality, Quality):
        return "unknown"
    if quality.low is None or quality.high is None:
        return f"{percent(quality.value)} (range unknown)"
    return f"{percent(quality.value)} ({bare_percent(quality.low)} to {bare_percent(quality.high)})"


def _thousand(energy: Figure | None, unit: str) -> str:
    from joulebook.ledger.reports.show import figure

    return figure(energy.scaled(1000.0).to_json() if energy else None, unit)
