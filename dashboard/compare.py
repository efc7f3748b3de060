"""What the Compare page shows: candidates gathered and compared, as chart, tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from joulebook.dashboard import data
from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import markup, plain
from joulebook.dashboard.sentences import sentence
from joulebook.dashboard.texts import current_language, t
from joulebook.ledger import candidates as gathering
from joulebook.ledger.accounting.comparison import (
    Candidate,
    Comparison,
    FrontierStep,
    Origin,
    Quality,
    Row,
    Unit,
    compare,
)
from joulebook.ledger.accounting.comparison_verdict import is_share
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.candidates_estimated import estimated_candidate
from joulebook.ledger.sites import site_of

NAN = float("nan")
YEAR = 2026
LATENCIES_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
FAVOURITE_TASK = "imdb sentiment"  # of the published ones the clearest frontier


def books_key(books: data.Books) -> tuple[str, int]:
    """What of the books is part of the key of a cache."""
    return books.address, books.revision


BY_BOOKS = {data.Books: books_key}


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks; small and hashable, so that answers can be cached.

    Attributes:
        only: Names of candidates to keep; empty keeps all.
        added: Models to estimate beside the others.
        location: ISO code; None is the world's mean, assumed.
        language: Compare on the quality in this language; empty for the whole test.
    """

    task: str
    unit: Unit = "request"
    origins: tuple[Origin, ...] = ("runs", "published")
    only: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    min_quality: float | None = None
    max_latency_s: float | None = None
    gpu_only: bool = False
    with_latency: bool = False
    location: str | None = None
    language: str = ""


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_BOOKS)
def tasks(books: data.Books) -> tuple[str, ...]:
    """Tasks with candidates, one's own first, then the clearest published one."""
    own = set(data.options(books).get("tasks", []))
    known = own.union(gathering.tasks(None))
    return tuple(sorted(known, key=lambda task: (task not in own, task != FAVOURITE_TASK, task.casefold())))


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs=BY_BOOKS)
def candidates(
    books: data.Books, task: str, unit: Unit, origins: tuple[Origin, ...], *, gpu_only: bool
) -> list[Candidate]:
    """All candidates of a task from the chosen origins."""
    return gathering.candidates_of(books.ledger, task, unit, origins=origins, gpu_only=gpu_only)


def compared(books: data.Books, question: Question) -> Comparison:
    """The comparison in the reader's language, cached until the books or the question change.

    Raises:
        LedgerError: An unknown place.
    """
    return _compared(books, question, current_language())


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=BY_BOOKS)
def _compared(books: data.Books, question: Question, language: str) -> Comparison:
    found = candidates(books, question.task, question.unit, question.origins, gpu_only=question.gpu_only)
    kept = [c for c in found if not question.only or c.model in question.only]
    if question.language:
        kept = gathering.in_language(kept, question.language)
    kept += [c for name in question.added if (c := estimate(name, question.task, question.unit))]
    dimensions = ("quality", "energy", "latency") if question.with_latency else ("quality", "energy")
    return compare(
        kept,
        site_of(data.factors(), question.location, YEAR),
        min_quality=question.min_quality,
        max_latency_s=question.max_latency_s,
        dimensions=dimensions,
        language=language,
    )


def estimate(name: str, task: str, unit: Unit) -> Candidate | None:
    """An estimated candidate under a name of its own."""
    found = estimated_candidate(name, task, unit)
    return replace(found, model=t("compare.estimated_name", model=found.model)) if found else None


def metric_of(found: Sequence[Candidate]) -> Quality | None:
    """A quality of the metric that most candidates carry, to say its name and whether it is a share."""
    known = [c.quality for c in found if c.quality]
    names = [quality.name for quality in known]
    return max(known, key=lambda quality: names.count(quality.name)) if known else None


def quality_text(quality: Quality | None) -> str:
    """A quality with its range; a missing range is said."""
    if quality is None:
        return t("figure.unknown")
    if not is_share(quality):
        value = fmt.number(quality.value) if abs(quality.value) < 1000 else fmt.whole(quality.value)
        return value if quality.low is None else f"{value} ({fmt.number(quality.low)} – {fmt.number(quality.high)})"
    value = f"{quality.value * 100:.1f}"
    if quality.low is None or quality.high is None:
        return t("compare.quality_no_range", value=value)
    return t("compare.quality", value=value, low=f"{quality.low * 100:.1f}", high=f"{quality.high * 100:.1f}")


def figure_text(figure: Figure | None, quantity: fmt.Quantity) -> str:
    """A figure with unit and range."""
    return fmt.with_range(figure.value, figure.low, figure.high, quantity) if figure else t("figure.unknown")


def chosen_model(result: Comparison) -> str | None:
    """The model that the verdict begins with."""
    names = [row.candidate.model for row in result.rows if result.verdict.startswith(row.candidate.model)]
    return max(names, key=len) if names else None


def chart_frame(result: Comparison, y: str) -> pd.DataFrame:
    """Candidates as the frontier's chart takes them; `y` is `quality`, `latency` or `size`."""
    rows = []
    for row in result.rows:
        energy, (value, low, high) = row.energy_per_unit_j, _height(row, y)
        rows.append(
            {
                "model": row.candidate.model,
                "label": markup(row.candidate.model),
                "x": energy.value if energy else NAN,
                "x_low": energy.low if energy else NAN,
                "x_high": energy.high if energy else NAN,
                "y": value,
                "y_low": low,
                "y_high": high,
                "parameters": row.candidate.parameters or NAN,
                "state": row.state if y == "quality" else "unknown",
                "origin": row.candidate.origin,
                "hover": hover(row),
            }
        )
    names = ["model", "label", "x", "x_low", "x_high", "y", "y_low", "y_high", "parameters", "state", "origin", "hover"]
    return pd.DataFrame(rows, columns=names)


def _height(row: Row, y: str) -> tuple[float, float, float]:
    if y == "latency":
        figure = row.latency_s
        return (figure.value, figure.low, figure.high) if figure else (NAN, NAN, NAN)
    if y == "size":
        return row.candidate.parameters or NAN, NAN, NAN
    quality = row.quality
    if quality is None:
        return NAN, NAN, NAN
    return quality.value, _known(quality.low), _known(quality.high)


def _known(value: float | None) -> float:
    return NAN if value is None else value


def hover(row: Row) -> str:
    """What the pointer shows over a candidate, as HTML."""
    candidate = row.candidate
    lines = [
        f"<b>{markup(candidate.model)}</b>, {markup(origin_word(candidate.origin))}",
        t("compare.hover_energy", energy=figure_text(row.energy_per_unit_j, "energy")),
        t("compare.hover_quality", quality=markup(quality_text(row.quality))),
        t("compare.hover_latency", latency=figure_text(row.latency_s, "duration")),
        markup(state_text(row)),
    ]
    return "<br>".join(lines)


def origin_word(origin: Origin) -> str:
    """Where the figures come from, in a word or two."""
    return t(f"compare.origin_{origin}")


def state_text(row: Row) -> str:
    """A candidate's standing in words."""
    if row.state == "dominated":
        best = max(row.dominated_by, key=lambda other: other.probability)
        return t("compare.state_dominated", model=best.model, p=f"{min(best.probability, 0.999):.3g}")
    if row.state == "not separable":
        return t("compare.state_not_separable", models=", ".join(row.not_separable_from[:2]))
    return t(f"compare.state_{row.state}")


def points_text(result: Comparison, step: FrontierStep) -> str:
    """The gain of a step: points of a share, else the metric's own unit."""
    share = any(row.quality and is_share(row.quality) for row in result.rows)
    return t(
        "compare.points" if share else "compare.metric_points",
        points=fmt.number(step.points, 2 if abs(step.points) < 10 else None),
    )


def title_of(result: Comparison, y: str) -> str:
    """The chart's finding: what the dearest step along the frontier buys."""
    if y == "quality" and result.steps:
        step = result.steps[-1]
        return t(
            "compare.chart_title",
            cheaper=step.cheaper,
            dearer=step.dearer,
            points=points_text(result, step),
            times=fmt.number(step.energy_ratio),
        )
    known = [row for row in result.rows if row.energy_per_unit_j]
    if len(known) < 2:
        return t("compare.chart_title_few")
    first, last = known[0], known[-1]
    ratio = last.energy_per_unit_j.value / first.energy_per_unit_j.value  # type: ignore[union-attr]
    return t(
        "compare.chart_title_energy", small=first.candidate.model, large=last.candidate.model, times=fmt.number(ratio)
    )


def language_frame(result: Comparison) -> pd.DataFrame:
    """Quality by language or group of the candidates that carry it: model, language, value, low, high, energy."""
    rows = [
        {
            "model": row.candidate.model,
            "language": quality.language or "",
            "value": quality.value,
            "low": _known(quality.low),
            "high": _known(quality.high),
            "text": quality_text(quality),
            "energy": figure_text(row.energy_per_unit_j, "energy"),
        }
        for row in result.rows
        for quality in row.candidate.by_language
    ]
    return pd.DataFrame(rows, columns=["model", "language", "value", "low", "high", "text", "energy"])


def language_title(frame: pd.DataFrame) -> str:
    """The widest gap between languages, as a sentence."""
    gaps = frame.pivot_table(index="model", columns="language", values="value", aggfunc="first")
    spread = (gaps.max(axis=1) - gaps.min(axis=1)).dropna()
    spread = spread[gaps.notna().sum(axis=1) > 1]
    if spread.empty:
        return t("compare.language_title_none")
    model = str(spread.idxmax())
    row = gaps.loc[model]
    best, worst = str(row.idxmax()), str(row.idxmin())
    texts = frame[frame["model"] == model].set_index("language")["text"]
    return t("compare.language_title", model=model, best=best, worst=worst, high=texts[best], low=texts[worst])


def summary(result: Comparison) -> str:
    """The verdict, safe for Markdown, with the chosen model in bold."""
    name = chosen_model(result)
    text = sentence(result.verdict)
    return text.replace(plain(name), f"**{plain(name)}**", 1) if name else text


def has_values(frame: pd.DataFrame) -> bool:
    """Whether at least two candidates can be drawn."""
    return int(np.isfinite(frame[["x", "y"]].to_numpy(float)).all(axis=1).sum()) >= 2
