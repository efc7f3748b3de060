"""`joulebook compare`: large against small on one task, with ranges, a frontier and one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.numbers import AT_LEAST_0, NUMBER

if TYPE_CHECKING:
    from joulebook.ledger.accounting.comparison import Comparison
    from joulebook.ledger.accounting.comparison_language import LanguageRow

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
    """Compare MODELS on one task: quality, energy, carbon, money, water and latency.

    Own runs, published measurements and estimates stand side by side, each marked. Without MODELS, all of the task.
    """
    if not models and wishes["task"] is None:
        raise click.UsageError("name the models to compare, or the task whose candidates to compare with --task")
    from joulebook.ledger.accounting.comparison_language import served_sentences

    comparison, notes = _compared(models, **wishes)
    languages = _languages(comparison)
    served = served_sentences(languages)
    if as_json:
        from joulebook.commands.decisions import print_json
        from joulebook.ledger.accounting.comparison import to_json

        print_json({**to_json(comparison), "warnings": [*notes, *comparison.warnings], "served": served})
        return
    from joulebook.commands.compare_text import show

    show(comparison, languages, served, notes)


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
    from joulebook.commands.decisions import books_if_any, site, stand_ins
    from joulebook.ledger import candidates
    from joulebook.ledger.accounting import comparison

    place = site(location)
    books = books_if_any() if not origins or "runs" in origins else None
    chosen = candidates.choose(
        books, models, task=task, unit=unit, origins=origins or candidates.ORIGINS, gpu_only=gpu_only
    )
    judged = chosen.candidates
    if quality_language:
        judged = candidates.in_language(judged, quality_language)
    result = comparison.compare(judged, place, min_quality=min_quality, max_latency_s=max_latency_s)
    return result, (*chosen.notes, *stand_ins([place.zone]))


def _languages(comparison: Comparison) -> list[LanguageRow]:
    """Quality by language, where candidates carry it; chance where it is known for the task."""
    from joulebook.ledger.accounting.comparison_language import language_rows
    from joulebook.ledger.candidates_published import CHANCE

    return language_rows([row.candidate for row in comparison.rows], chance=CHANCE.get(comparison.task))
