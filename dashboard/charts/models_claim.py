"""A claim beside what the data say: a dot a figure on one scale, the claimed one hollow."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import log_ticks, span, under_axis
from joulebook.dashboard.palette import Palette


def figure(frame: pd.DataFrame, palette: Palette, *, x_note: str, log: bool = True) -> go.Figure:
    """Rows of dots with their ranges.

    Args:
        frame: `label`, `value`, `low`, `high` (NaN without a range), `claimed` (bool), `text` (shown beside the dot).
        palette: Of the theme.
        x_note: What the axis shows, and that it is a log scale where it is.
        log: Whether the axis is one.
    """
    rows = frame.iloc[::-1].reset_index(drop=True)
    drawn = template.blank(palette, height=76 + 42 * len(rows), left=150, right=24, top=8, bottom=50)
    x_range = span(rows[["value", "low", "high"]].to_numpy(float), log=log, pad=0.18)
    drawn.update_xaxes(type="log" if log else "linear", range=x_range, showgrid=True)
    if log:
        values, texts = log_ticks(*x_range)
        drawn.update_xaxes(tickvals=values, ticktext=texts)
    drawn.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=rows["label"].tolist(), range=[-0.6, len(rows) - 0.4], showgrid=False
    )
    drawn.update_yaxes(tickfont={"color": palette.text, "size": 12.5})
    for claimed, part in rows.groupby("claimed", sort=False):
        drawn.add_trace(_dots(part, palette, claimed=bool(claimed)))
    for i, row in rows.iterrows():
        drawn.add_annotation(
            text=row["text"],
            x=math.log10(row["value"]) if log else row["value"],
            y=i,
            yanchor="bottom",
            yshift=7,
            showarrow=False,
            font={"color": palette.muted, "size": 12},
        )
    under_axis(drawn, x_note, palette)
    return drawn


def _dots(part: pd.DataFrame, palette: Palette, *, claimed: bool) -> go.Scatter:
    colour = palette.muted if claimed else palette.accent
    up, down = (part["high"] - part["value"]).fillna(0), (part["value"] - part["low"]).fillna(0)
    return go.Scatter(
        x=part["value"].tolist(),
        y=part.index.tolist(),
        name="claimed" if claimed else "found",
        mode="markers",
        marker={
            "size": 11,
            "color": palette.background if claimed else colour,
            "line": {"width": 2, "color": colour},
        },
        error_x={"type": "data", "array": up.tolist(), "arrayminus": down.tolist(), "color": colour, "width": 0},
        text=part["text"].tolist(),
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
