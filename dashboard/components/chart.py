"""The frame of a chart: a title with the finding, a subtitle with what is drawn, a name for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from joulebook.dashboard.escape import markup

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtons": [["toImage", "resetScale2d"]],
    "scrollZoom": False,
    "doubleClick": "reset",
}


def chart_title(title: str, subtitle: str) -> None:
    """The finding as a sentence and, small, what is drawn; both plain text."""
    st.html(
        f'<div class="jb-chart-title" role="heading" aria-level="2">{markup(title)}</div>'
        f'<div class="jb-chart-subtitle">{markup(subtitle)}</div>'
    )


def plot(figure: go.Figure, *, alt: str, key: str) -> None:
    """The figure alone, where controls stand between it and its title."""
    st.plotly_chart(figure, theme=None, key=key, config=_CONFIG, alt=alt)


def chart(figure: go.Figure, *, title: str, subtitle: str, alt: str, key: str, select: str | None = None) -> Any:
    """Draw a figure made by `joulebook.dashboard.charts` in its frame.

    Args:
        figure: The chart itself.
        title: The finding as a sentence, plain text (not Markdown).
        subtitle: What is drawn, in which unit, how modelled parts and ranges look.
        alt: One sentence for a screen reader, with the main figures in it.
        key: Unique on the page.
        select: `box` lets a person drag over the chart; the selection is returned.
    """
    chart_title(title, subtitle)
    if select is None:
        return st.plotly_chart(figure, theme=None, key=key, config=_CONFIG, alt=alt)
    return st.plotly_chart(
        figure,
        theme=None,
        key=key,
        config=_CONFIG,
        alt=alt,
        on_select="rerun",
        selection_mode=(select,),  # type: ignore[arg-type]
    )
