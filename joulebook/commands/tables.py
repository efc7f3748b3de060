"""Tables that never cut a figure off: a line a row, else figures under its name, else a line a figure."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from joulebook.ledger.accounting.figure import Figure

_GAP = "  "
_NAME = 16  # columns that a row's name keeps at least, before it stands above its figures
Cells = Sequence[str]
Line = tuple[str, str]  # text and style


def show_table(
    console: Console, title: str, columns: Cells, rows: Sequence[Cells], *, heads: Sequence[str] = ()
) -> None:
    """Print a table in the widest form that the terminal holds; figures neither break nor vanish.

    Args:
        console: Where to.
        title: What is shown, with its units.
        columns: A heading for each cell.
        rows: Cells of one or more lines, such as a figure and its range; the first is the row's name.
        heads: Lines to stand above the figures of each row, in place of its first cell.
    """
    for line, style in _lines(title, columns, rows, list(heads), console.width):
        console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


def _lines(title: str, columns: Cells, rows: Sequence[Cells], heads: Sequence[str], width: int) -> Iterator[Line]:
    yield "", ""
    yield from ((line, "bold") for line in textwrap.wrap(title, width))
    under = columns if heads else columns[1:]
    cells = rows if heads else [row[1:] for row in rows]
    named = heads or [row[0].replace("\n", ", ") for row in rows]
    room = width - len(_GAP) - sum(_widths(under, cells)) - len(_GAP) * (len(under) - 1)
    lines = [textwrap.fill(name, max(_NAME, room), break_long_words=False) for name in named]
    whole = [[line, *row] for line, row in zip(lines, cells, strict=True)]
    if not heads and _fits(columns, whole, width):
        yield from _grid(columns, whole)
    elif _fits(under, cells, width - len(_GAP)):
        yield from _grid(under, cells, named, width)
    else:
        yield from _list(under, cells, named, width)


def _fits(columns: Cells, rows: Sequence[Cells], width: int) -> bool:
    return sum(_widths(columns, rows)) + len(_GAP) * (len(columns) - 1) <= width


def _widths(columns: Cells, rows: Sequence[Cells]) -> list[int]:
    """Of each column its longest line; a heading may break between its words."""
    return [
        max(len(line) for line in (*name.split(), *(part for row in rows for part in row[i].splitlines() or [""])))
        for i, name in enumerate(columns)
    ]


def _grid(columns: Cells, rows: Sequence[Cells], heads: Sequence[str] = (), width: int = 0) -> Iterator[Line]:
    widths = _widths(columns, rows)
    wrapped = [textwrap.wrap(name, size) for name, size in zip(columns, widths, strict=True)]
    tallest = max(map(len, wrapped))
    indent = _GAP if heads else ""
    for line in _beside([[""] * (tallest - len(w)) + w for w in wrapped], widths):
        yield indent + line, "bold"
    yield "─" * (len(indent) + sum(widths) + len(_GAP) * (len(widths) - 1)), "dim"
    for i, row in enumerate(rows):
        if heads:
            yield from ((line, "bold") for line in _wrapped(heads[i], width))
        yield from ((indent + line, "") for line in _beside([cell.splitlines() for cell in row], widths))


def _list(columns: Cells, rows: Sequence[Cells], heads: Sequence[str], width: int) -> Iterator[Line]:
    longest = max(map(len, columns))
    for head, row in zip(heads, rows, strict=True):
        yield from ((line, "bold") for line in _wrapped(head, width))
        for name, cell in zip(columns, row, strict=True):
            value, *ends = cell.splitlines() or [""]
            text = f"  {name:<{longest}}  {value}" + (f" ({' '.join(ends)})" if ends else "")
            yield from ((line, "") for line in _wrapped(text, width, indent="    "))


def _beside(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for parts in zip_longest(*cells, fillvalue=""):
        yield _GAP.join(f"{part:<{size}}" for part, size in zip(parts, widths, strict=True)).rstrip()


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(
            part, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False,
            drop_whitespace=True, replace_whitespace=False,
        )
    ]  # fmt: skip


# --- one unit for figures that are held against each other ------------------------------------------------------


def common_unit(figures: Sequence[Figure | None], unit: str, times: float = 1.0) -> tuple[str, float]:
    """Name and size of the unit in which figures of very different size read best together.

    Args:
        figures: Unknown ones don't count.
        unit: `J`, `g`, `L` or `USD`.
        times: How many of what the figures are for.
    """
    from joulebook.ledger.reports.show import unit_for

    logs = [math.log(figure.value * times) for figure in figures if figure and figure.value > 0]
    return unit_for(math.exp(sum((min(logs), max(logs))) / 2) if logs else 0.0, unit)
