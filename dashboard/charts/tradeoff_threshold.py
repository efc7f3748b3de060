"""The escalation rate p on a line from 0 to 1, against p*, under which a cascade or router pays."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import under_axis
from joulebook.dashboard.palette import Palette, translucent

Ends = tuple[float, float, float]  # value, low, high


def figure(
    thresholds: Sequence[tuple[str, Ends]], rate: Ends | None, palette: Palette, *, rate_name: str, x_note: str
) -> go.Figure:
    """One row a scheme: the stretch in which it pays is filled, p* is its end, the rate is a dot with its range.

    Args:
        thresholds: Name and p* with its range, a row each.
        rate: The escalation rate; None where nobody gave one.
        palette: Of the theme.
        rate_name: Beside the dot.
        x_note: Under the axis.
    """
    drawn = template.blank(palette, height=64 + 46 * len(thresholds), left=90, right=24, top=22, bottom=46)
    drawn.update_xaxes(range=[0, 1], tickformat=".0%", nticks=6)
    drawn.update_yaxes(
        tickvals=list(range(len(thresholds))),
        ticktext=[name for name, _ in thresholds],
        range=[len(thresholds) - 0.4, -0.6],
        showgrid=False,
        tickfont={"color": palette.text, "size": 12.5},
    )
    for row, (name, ends) in enumerate(thresholds):
        value, low, high = (min(max(end, 0.0), 1.0) for end in ends)
        drawn.add_bar(
            y=[row],
            x=[value],
            orientation="h",
            width=0.34,
            name=name,
            marker={"color": translucent(palette.accent, 0.25), "line": {"width": 0}},
            hoverinfo="skip",
        )
        drawn.add_trace(_dot(value, low, high, row, f"p* {fmt.percent(ends[0])}", palette.accent))
        if rate:
            drawn.add_trace(_dot(*rate, row, rate_name if row == 0 else "", palette.text))
    under_axis(drawn, x_note, palette)
    return drawn


def _dot(value: float, low: float, high: float, row: int, text: str, colour: str) -> go.Scatter:  # noqa: PLR0917
    return go.Scatter(
        x=[value],
        y=[row],
        name=text,
        mode="markers+text",
        text=[text],
        textposition="top left" if value > 0.85 else "top center",
        textfont={"color": colour, "size": 12},
        marker={"size": 9, "color": colour},
        error_x={"type": "data", "array": [high - value], "arrayminus": [value - low], "color": colour, "width": 0},
        hoverinfo="skip",
    )
