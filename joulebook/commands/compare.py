"""`joulebook compare`: large against small on one task, with ranges, a frontier and one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.numbers import AT_LEAST_0, NUMBER

if TYPE_CHECKING:
    from rich.console import Console

    from joulebook.ledger.accounting.comparison import Comparison, Quality, Row
    from joulebook.ledger.accounting.comparison_language import LanguageRow

_WIDE = 100  # columns from which money and latency fit into the table
_ORIGINS = ("runs", "published", "estimate")


@click.command()
@click.argument("models", nargs=-1)
@click.option("--task", help="What the models do, such as imdb; the command lists the known tasks when none fits.")
@click.option("--unit", type=click.Choice(["request", "1k-tokens", "sample"]), default="request", show_default=True)
@click.option("--min-quality", type=NUMBER, metavar="Q", help="Leave out what is worse.")
@click.option("--max-latency-s", type=AT_LEAST_0, metavar="S", help="Leave out what is slower.")
@click.option("--location", help="Where all of them would run, such as KOR or US-CA; default: as set, else the world.")
@click.option("--origin", "origins", type=click.Choice(_ORIGINS), multiple=True, help="Only these; may be repeated.")
@click.option("--quality-language", metavar="LANG", help="Judge by quality in this language or group, such as ko.")
@click.option("--gpu-only", is_flag=True, help="Count what the GPU's counter measured and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(models: tuple[str, ...], as_json: bool, **wishes: Any) -> None:
    """Compare MODELS on one task: quality, energy, carbon, money and latency.

    Own runs, published measurements and estimates stand side by side, each marked. Without MODELS, all of the task.
    """
    if not models and wishes["task"] is None:
        raise click.UsageError("name the models to compare, or the task whose candidates to compare with --task")
    comparison, notes = _compared(models, **wishes)
    if as_json:
        from joulebook.commands.decisions import print_json
        from joulebook.ledger.accounting.comparison import to_json
        from joulebook.ledger.accounting.comparison_language import served_sentences

        document = to_json(comparison)
        document["warnings"] = [*notes, *comparison.warnings]
        document["served"] = served_sentences(_languages(comparison))
        print_json(document)
        return
    _show(comparison, notes)


def _compared(
    models: tuple[str, ...],
    *,
    task: str | None,
    unit: Any,
    min_quality: float | None,
    max_latency_s: float | None,
    location: str | None,
    origins: tuple[Any, ...],
    quality_language: str | None,
    gpu_only: bool,
) -> tuple[Comparison, tuple[str, ...]]:
    from joulebook.commands.decisions import books_if_any, site
    from joulebook.ledger import candidates
    from joulebook.ledger.accounting import comparison
    from joulebook.reference_data.grid import missing_region

    place = site(location)
    books = books_if_any() if not origins or "runs" in origins else None
    chosen = candidates.choose(
        books, models, task=task, unit=unit, origins=origins or candidates.ORIGINS, gpu_only=gpu_only
    )
    judged = chosen.candidates
    if quality_language:
        judged = candidates.in_language(judged, quality_language)
    result = comparison.compare(judged, place, min_quality=min_quality, max_latency_s=max_latency_s)
    missing = missing_region(place.zone)
    return result, (*chosen.notes, *([f"{missing[0].upper()}{missing[1:]}."] if missing else []))


def _show(comparison: Comparison, notes: tuple[str, ...]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from joulebook.ledger.accounting.sentences import number

    console = Console()
    console.print(comparison.verdict, highlight=False, soft_wrap=True)
    table = Table(title=f"{comparison.task}, for 1,000 x {comparison.unit}; under each its 90 % range", box=SIMPLE)
    wide = console.width >= _WIDE
    for column in ("model", "quality", "kJ", "gCO2e", *(("USD", "latency s") if wide else ()), "verdict"):
        table.add_column(column, overflow="fold")
    for row in comparison.rows:
        cells = _cells(row)
        table.add_row(*(cells if wide else (*cells[:4], cells[-1])))
    console.print(table)
    for step in comparison.steps:
        gain = f"+{number(step.points)} points for {number(100 * (step.energy_ratio - 1))} % more energy"
        worth = number(step.points_per_kg_per_1000_units.value)
        line = f"{step.cheaper} -> {step.dearer}: {gain}, {worth} points per kgCO2e of 1,000 units"
        console.print(line, highlight=False, soft_wrap=True)
    _show_languages(console, comparison)
    for line in (*notes, *comparison.warnings, _footer(comparison)):
        console.print(line, style="dim", highlight=False, soft_wrap=True)


def _languages(comparison: Comparison) -> list[LanguageRow]:
    """Quality by language, where candidates carry it; chance where it is known for the task."""
    from joulebook.ledger.accounting.comparison_language import language_rows
    from joulebook.ledger.candidates_published import CHANCE

    return language_rows([row.candidate for row in comparison.rows], chance=CHANCE.get(comparison.task))


def _show_languages(console: Console, comparison: Comparison) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from joulebook.commands.decisions import two_lines
    from joulebook.ledger.accounting.comparison_language import served_sentences

    rows = _languages(comparison)
    if not rows:
        return
    table = Table(title=f"Who gets a working model; kJ for 1,000 x {comparison.unit}", box=SIMPLE)
    for column in ("language", "model", "quality", "kJ", "better than chance"):
        table.add_column(column, overflow="fold")
    words = {True: "yes", False: "no", None: "unknown"}
    for row in rows:
        cells = (row.language, row.model, _quality(row.quality), two_lines(row.energy_per_unit_j), words[row.works])
        table.add_row(*cells)
    console.print(table)
    for line in served_sentences(rows):
        console.print(line, highlight=False, soft_wrap=True)


def _cells(row: Row) -> tuple[str, ...]:
    from joulebook.commands.decisions import two_lines

    candidate = row.candidate
    leave = {True: "prompts leave", False: "prompts stay", None: None}[candidate.prompts_leave]
    where = [part for part in (candidate.origin, candidate.place, leave) if part]
    by = "".join(f"\n{d.model} ({d.probability:.2f})" for d in row.dominated_by[:2])
    return (
        "\n".join((candidate.model, *where)),
        _quality(row.quality),
        two_lines(row.energy_per_unit_j),  # joules a unit are kilojoules a thousand
        two_lines(row.emissions_per_unit_g, 1000),
        two_lines(row.cost_per_unit_usd, 1000),
        two_lines(row.latency_s),
        f"dominated by{by}" if by else row.state,
    )


def _quality(quality: Quality | None) -> str:
    from dataclasses import replace

    from joulebook.ledger.accounting.comparison_verdict import quality_text

    if quality is None:
        return "unknown"
    if quality.low is None or quality.high is None:
        return f"{quality_text(quality)}\nrange unknown"
    low, high = (quality_text(replace(quality, value=end)) for end in (quality.low, quality.high))
    return f"{quality_text(quality)}\n{low.removesuffix(' %')}-{high}"


def _footer(comparison: Comparison) -> str:
    from joulebook.commands.decisions import with_range

    place = comparison.site
    assumed = ", assumed: name a place with --location" if place.assumed else ""
    intensity, overhead = with_range(place.intensity_g_per_kwh), with_range(place.pue)
    return f"All at {place.zone}{assumed}: {intensity} gCO2e/kWh, PUE {overhead}; factor set {place.vintage}"
