"""Jupyter: `%load_ext joulebook`, then `%%joulebook` at the top of a cell.

`%%joulebook finetune project=bot model=Llama-2-7B` names the run; the words are those of `track`.
"""

from __future__ import annotations

import html
import shlex
from importlib import import_module
from typing import Any

from joulebook.meters.integrations.held_run import HeldRun, quiet
from joulebook.meters.summary import Summary

_COLOURS = {"gpu": "#0072b2", "cpu": "#e69f00", "ram": "#009e73", "other": "#999999"}  # Okabe and Ito, 2008


def load_ipython_extension(shell: Any) -> None:
    """Make the magic known; called by `%load_ext`."""
    shell.register_magic_function(lambda line, cell: run_cell(shell, line, cell), "cell", "joulebook")


def run_cell(shell: Any, line: str, cell: str) -> None:
    """Run a cell as a run of its own and show below it what it used; what the cell raises is raised on."""
    held = HeldRun(_words(line))
    held.open()
    error: BaseException | None = None
    try:
        outcome = shell.run_cell(cell)
        error = outcome.error_before_exec or outcome.error_in_exec
    except BaseException as raised:
        error = raised
        raise
    finally:
        held.close(error)
        _show(held)
    if error is not None:
        # The cell's own traceback stands there already: it isn't printed again, but the notebook must stop here.
        setattr(error, "_render_traceback_", list)  # noqa: B010 - IPython's own hook, which no exception declares
        raise error


@quiet
def _show(held: HeldRun) -> None:
    summary = held.summary()
    if summary is not None:
        import_module("IPython.display").display(CellFigure(summary))


def _words(line: str) -> dict[str, Any]:
    """`finetune project=bot` -> {"name": "finetune", "project": "bot"}."""
    try:
        parts = shlex.split(line)
    except ValueError:
        parts = line.split()
    words: dict[str, Any] = {"name": " ".join(part for part in parts if "=" not in part) or "cell"}
    words.update((key, value) for key, mark, value in (part.partition("=") for part in parts) if mark)
    return words


class CellFigure:
    """What a cell used: a line of text, and in a notebook a bar by component above it."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def __repr__(self) -> str:
        return str(self._summary)

    def _repr_html_(self) -> str:
        text = html.escape(str(self._summary)).replace("\n", "<br>")
        return f'<div style="font-size:85%;margin:4px 0">{_bar(self._summary)}{text}</div>'


def _bar(summary: Summary) -> str:
    """Measured joules by component as an SVG bar 320 px wide; nothing where nothing was measured."""
    total_j, left, parts = summary.energy_j, 0.0, []
    if not total_j:
        return ""
    for component, energy in summary.components.items():
        width = 320 * energy.energy_j / total_j
        title = f"<title>{component} {energy.energy_j:.3g} J ({energy.low_j:.3g} to {energy.high_j:.3g})</title>"
        parts.append(
            f'<rect x="{left:.1f}" width="{width:.1f}" height="10" fill="{_COLOURS[component]}">{title}</rect>'
        )
        left += width
    label = html.escape(", ".join(f"{name} {part.energy_j:.3g} J" for name, part in summary.components.items()))
    return f'<svg width="320" height="10" role="img" aria-label="{label}">{"".join(parts)}</svg><br>'
