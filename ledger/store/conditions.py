"""A filter of runs as conditions of a query; values are always parameters, never text of the query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.tables import runs

_TEXT_COLUMNS = ("name", "project", "model", "task", "run_id")


class _Like(FunctionElement[bool]):
    """Column like pattern, in any case; SQLAlchemy's `ilike` has SQLite lower every text first: four times slower."""

    type = Boolean()
    inherit_cache = True


@compiles(_Like)
def _like(element: Any, compiler: Any, **words: Any) -> str:
    column, pattern = (compiler.process(part, **words) for part in element.clauses)
    return f"{column} LIKE {pattern} ESCAPE '\\'"


@compiles(_Like, "postgresql")
def _ilike(element: Any, compiler: Any, **words: Any) -> str:
    column, pattern = (compiler.process(part, **words) for part in element.clauses)
    return f"{column} ILIKE {pattern} ESCAPE '\\'"


def seconds_of(moment: datetime) -> float:
    """Unix seconds; a time without a zone is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def contains(column: Column[str], values: Sequence[str | None]) -> ColumnElement[bool]:
    """One of the values; None stands for runs that have none."""
    named = [value for value in values if value is not None]
    if len(named) == len(values):
        return column.in_(named)
    return or_(column.is_(None), column.in_(named)) if named else column.is_(None)


def conditions(wanted: RunFilter, *, children: bool) -> list[ColumnElement[bool]]:
    """What a run must satisfy; without `children`, only runs that are not inside another."""
    found: list[ColumnElement[bool]] = [] if children else [runs.c.top_level]
    for name, values in (
        ("project", wanted.projects),
        ("model", wanted.models),
        ("task", wanted.tasks),
        ("kind", wanted.kinds),
        ("stage", wanted.stages),
        ("status", wanted.statuses),
        ("run_id", wanted.run_ids),
    ):
        if values:
            found.append(contains(runs.c[name], values))
    if wanted.text:
        pattern = f"%{_escaped(wanted.text)}%"
        found.append(or_(*(_Like(runs.c[name], pattern) for name in _TEXT_COLUMNS)))
    bounds = (
        (wanted.start, lambda value: runs.c.started_at >= seconds_of(value)),
        (wanted.end, lambda value: runs.c.started_at < seconds_of(value)),
        (wanted.energy_min_j, lambda value: runs.c.energy_j >= value),
        (wanted.energy_max_j, lambda value: runs.c.energy_j <= value),
    )
    found += [made(value) for value, made in bounds if value is not None]
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
