"""`joulebook compare` on the terminal: the verdict, each candidate whole, what each step buys, what to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from joulebook.commands.decisions import in_unit, place_line, with_range
from joulebook.commands.tables import common_unit, show_table

if TYPE_CHECKING:
    from rich.console import Console

    from joulebook.ledger.accounting.comparison import Comparison, FrontierStep, Quality, Row
    from joulebook.ledger.accounting.comparison_language import LanguageRow
    from joulebook.ledger.accounting.figure import Figure

PER = 1000.0  # units of work: one alone is too small a number to hold
_NAMED = 2  # of the models that a candidate is held against
_MANY_TIMES = 2.0  # from here on "times the energy" reads better than "% more"


def show(comparison: Comparison, languages: Sequence[LanguageRow], served: Sequence[str], notes: Sequence[str]) -> None:
    """Print the whole comparison.

    Args:
        comparison: As worked out.
        languages: Quality by language, where candidates carry it.
        served: What that says of who gets a working model.
        notes: What the choice of candidates had to assume.
    """
    from rich.console import Console

    console = Console()
    _say(console, [comparison.verdict])
    if comparison.rows:
        _show_candidates(console, comparison)
    _say(console, _step_lines(comparison))
    if languages:
        _show_languages(console, comparison, languages)
        _say(console, ["", *served] if served else [])
    console.print()
    for line in (*notes, *_warnings(comparison), place_line(comparison.site)):
        console.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)


def _say(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def work(unit: str) -> str:
    """A thousand units of work in words."""
    from joulebook.ledger.accounting.sentences import number

    words = {"request": f"{number(PER)} requests", "sample": f"{number(PER)} samples"}
    return words.get(unit, "1 million tokens")  # a thousand times 1,000 tokens


# --- candidates -------------------------------------------------------------------------------------------------


def _show_candidates(console: Console, comparison: Comparison) -> None:
    rows = comparison.rows
    columns = {
        "quality": [_quality(row.quality) for row in rows],
        **_column("energy", "J", [row.energy_per_unit_j for row in rows]),
        **_column("CO2e", "g", [row.emissions_per_unit_g for row in rows]),
        **_column("money", "USD", [row.cost_per_unit_usd for row in rows]),
        **_column("water", "L", [row.water_per_unit_l for row in rows]),
        **_latency([row.latency_s for row in rows]),
    }
    facts = [_facts(row) for row in rows]
    alike = facts[0] if len(rows) > 1 and len(set(facts)) == 1 else ""
    heads = [f"{row.candidate.model}: {_standing(row, comparison)}" for row in rows]
    if not alike:
        heads = [f"{head}; {fact}" for head, fact in zip(heads, facts, strict=True)]
    title = f"{comparison.task}, {work(comparison.unit)} (latency: of one), with 90 % ranges"
    title += f"; all {alike}" if alike else ""
    show_table(console, title, list(columns), list(zip(*columns.values(), strict=True)), heads=heads)


def _column(name: str, unit: str, figures: Sequence[Figure | None]) -> dict[str, list[str]]:
    """One column in one unit."""
    known, size = common_unit(figures, unit, PER)
    return {f"{name}, {known}": [in_unit(figure, size / PER) for figure in figures]}


def _latency(figures: Sequence[Figure | None]) -> dict[str, list[str]]:
    """Latency of one unit of work, in milliseconds where the seconds would be small fractions."""
    known = [figure.value for figure in figures if figure]
    name, size = ("ms", 1e-3) if known and max(known) < 1 else ("s", 1.0)
    return {f"latency, {name}": [in_unit(figure, size) for figure in figures]}


def _facts(row: Row) -> str:
    """Where the figures come from, where the model runs, and whether prompts leave."""
    candidate = row.candidate
    leave = {True: "prompts leave the house", False: "prompts stay in the house", None: None}[candidate.prompts_leave]
    origin = {"runs": "from own runs", "published": "published", "estimate": "estimated"}[candidate.origin]
    return ", ".join(part for part in (origin, candidate.place, leave) if part)


def _standing(row: Row, comparison: Comparison) -> str:
    """Where a candidate stands among the others."""
    if row.dominated_by:
        others = (f"{other.model} (probability {other.probability:.2f})" for other in row.dominated_by[:_NAMED])
        return f"dominated by {' and '.join(others)}"
    if row.state == "not separable":
        return f"can't be told apart from {' and '.join(row.not_separable_from[:_NAMED])}"
    if row.state == "frontier":
        return "the only candidate" if len(comparison.rows) == 1 else "on the frontier"
    unknown = [name for name, found in (("quality", row.quality), ("energy", row.energy_per_unit_j)) if found is None]
    return f"not placed, {' and '.join(unknown) or 'its quality'} unknown"


def _quality(quality: Quality | None) -> str:
    from dataclasses import replace

    from joulebook.ledger.accounting.comparison_verdict import quality_text

    if quality is None:
        return "unknown"
    if quality.low is None or quality.high is None:
        return f"{quality_text(quality)}\nrange unknown"
    low, high = (quality_text(replace(quality, value=end)) for end in (quality.low, quality.high))
    return f"{quality_text(quality)}\n{low.removesuffix(' %')}-{high}"


# --- what else is said ------------------------------------------------------------------------------------------


def _step_lines(comparison: Comparison) -> list[str]:
    """What each step along the frontier buys; nothing where there is none."""
    if not comparison.steps:
        return []
    from joulebook.ledger.accounting.comparison_verdict import is_share

    share = any(row.quality and is_share(row.quality) for row in comparison.rows)
    points = "points" if share else "of quality"
    head = f"What each step along the frontier buys, and for each kgCO2e more that {work(comparison.unit)} emit:"
    return ["", head, *(_step_line(step, points) for step in comparison.steps)]


def _step_line(step: FrontierStep, points: str) -> str:
    from joulebook.ledger.accounting.sentences import number

    more = f"{number(100 * (step.energy_ratio - 1))} % more energy"
    if step.energy_ratio >= _MANY_TIMES:
        more = f"{number(step.energy_ratio)} times the energy"
    worth = with_range(step.points_per_kg_per_1000_units)
    return f"  {step.cheaper} -> {step.dearer}: +{number(step.points)} {points} for {more}; {worth} per kgCO2e"


def _show_languages(console: Console, comparison: Comparison, languages: Sequence[LanguageRow]) -> None:
    from joulebook.ledger.accounting.languages import language_name

    words = {True: "yes", False: "no", None: "unknown"}
    energy, size = common_unit([row.energy_per_unit_j for row in languages], "J", PER)
    rows = [
        (
            f"{language_name(row.language)}: {row.model}",
            _quality(row.quality),
            in_unit(row.energy_per_unit_j, size / PER),
            words[row.works],
        )
        for row in languages
    ]
    title = f"Who gets a working model, {work(comparison.unit)}, with 90 % ranges"
    columns = ("language and model", "quality", f"energy, {energy}", "better than chance")
    show_table(console, title, columns, rows)


def _warnings(comparison: Comparison) -> list[str]:
    """The comparison's warnings, with all that was left out in one of them."""
    from joulebook.ledger.accounting.sentences import say

    left_out = {say("warn_left_out", model=model, why=why) for model, why in comparison.left_out}
    found = [line for line in comparison.warnings if line not in left_out]
    by_reason: dict[str, list[str]] = {}
    for model, why in comparison.left_out:
        by_reason.setdefault(why, []).append(model)
    named = "; ".join(f"{', '.join(models)} ({why})" for why, models in by_reason.items())
    return [*found, f"Left out: {named}."] if named else found
