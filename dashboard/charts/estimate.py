"""An estimate beside the same elsewhere: a dot with its range a row, the one that was asked for in colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import above_axis, log_ticks, span
from joulebook.dashboard.palette import Palette


def ranges(frame: pd.DataFrame, palette: Palette, *, unit: str) -> go.Figure:
    """Rows of dots with ranges on a log scale.

    Args:
        frame: `label`, `value`, `low`, `high` in the chart's unit, `asked` (bool), `text` (shown on pointing).
        palette: Of the theme.
        unit: Above the axis.
    """
    rows = frame.iloc[::-1].reset_index(drop=True)
    drawn = template.blank(palette, height=64 + 26 * len(rows), left=104, right=14, top=6, bottom=42)
    ends = span(rows[["value", "low", "high"]].to_numpy(float), log=True, pad=0.06)
    values, texts = log_ticks(*ends)
    drawn.update_xaxes(type="log", range=ends, tickvals=values, ticktext=texts, showgrid=True)
    drawn.update_xaxes(title={"text": unit, "font": {"size": 12, "color": palette.muted}, "standoff": 6})
    drawn.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=rows["label"].tolist(),
        range=[-0.7, len(rows) - 0.3],
        showgrid=False,
        tickfont={"color": palette.text, "size": 12.5},
    )
    for asked, part in rows.groupby("asked", sort=False):
        drawn.add_trace(_dots(part, palette.accent if asked else palette.muted, "asked" if asked else "others"))
    return drawn


def _dots(part: pd.DataFrame, colour: str, name: str) -> go.Scatter:
    return go.Scatter(
        x=part["value"].tolist(),
        y=part.index.tolist(),
        name=name,
        mode="markers",
        marker={"size": 9, "color": colour},
        error_x={
            "type": "data",
            "array": (part["high"] - part["value"]).tolist(),
            "arrayminus": (part["value"] - part["low"]).tolist(),
            "color": colour,
            "thickness": 1.6,
            "width": 0,
        },
        text=part["text"].tolist(),
        hovertemplate="%{text}<extra></extra>",
    )


def hours(values: list[float], palette: Palette, *, unit: str, best: int, mean: float) -> go.Figure:
    """One quantity over the 24 hours of a mean day, the best hour marked, the mean as a line."""
    drawn = template.blank(palette, height=250, left=56, right=14, top=26, bottom=36)
    x = np.arange(24)
    drawn.add_trace(
        go.Scatter(
            x=x.tolist(),
            y=values,
            name="hour",
            mode="lines+markers",
            line={"color": palette.muted, "width": 1.6},
            marker={
                "size": [10 if hour == best else 4 for hour in range(24)],
                "color": [palette.accent if hour == best else palette.muted for hour in range(24)],
            },
            hovertemplate="%{x}:00 – %{y:.3g} " + unit + "<extra></extra>",
        )
    )
    drawn.add_hline(y=mean, line={"color": palette.quiet, "width": 1, "dash": "dot"})
    drawn.update_xaxes(tickvals=[0, 6, 12, 18, 23], ticktext=["0:00", "6:00", "12:00", "18:00", "23:00"])
    drawn.update_yaxes(rangemode="tozero", nticks=5)
    above_axis(drawn, unit, palette)
    return drawn
