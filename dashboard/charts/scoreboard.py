"""Predicted against known on log axes: the diagonal, lines at a factor of two, the worst cases by name."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import Scatter, above_axis, log_ticks, span, under_axis
from joulebook.dashboard.charts.frontier_labels import CHARACTER_PX
from joulebook.dashboard.palette import Palette, translucent

HEIGHT = 380
PLOT_PX = 302.0  # of either side of the plot area, which is about square
CLOUD_PX = 52.0  # half the height of the cloud along the diagonal
ROW_PX = 17.0


def shared_ends(frame: pd.DataFrame) -> tuple[float, float]:
    """Ends (powers of ten) of both axes, the same for panels side by side."""
    return span(frame[["known", "predicted", "other"]].to_numpy(float), log=True, pad=0.04)


def panel(
    frame: pd.DataFrame,
    palette: Palette,
    *,
    ends: tuple[float, float],
    unit: str,
    x_note: str,
) -> Scatter:
    """One panel.

    Args:
        frame: `known`, `predicted`, `inside` (in the printed range), `label` (empty draws none), `hover`.
        palette: Of the theme.
        ends: Of both axes, powers of ten.
        unit: Above the vertical axis, which shows what was predicted.
        x_note: Under the horizontal axis, which shows what was measured.
    """
    drawn = template.blank(palette, height=HEIGHT, left=60, right=14, top=28, bottom=50)
    values, texts = log_ticks(*ends)
    drawn.update_xaxes(type="log", range=ends, tickvals=values, ticktext=texts)
    drawn.update_yaxes(type="log", range=ends, tickvals=values, ticktext=texts)
    for factor, dash in ((1.0, "solid"), (2.0, "dot"), (0.5, "dot")):
        drawn.add_trace(_diagonal(ends, factor, dash, palette))
    known = frame.dropna(subset=["known", "predicted"])
    for inside, part in known.groupby("inside", sort=True):
        drawn.add_trace(_points(part, palette, inside=bool(inside)))
    above_axis(drawn, unit, palette)
    under_axis(drawn, x_note, palette)
    return Scatter(drawn, _name_worst(drawn, known[known["label"] != ""], ends, palette))


def _name_worst(drawn: go.Figure, worst: pd.DataFrame, ends: tuple[float, float], palette: Palette) -> tuple[int, ...]:
    """Names away from the cloud, on a line to their point; a phone has no room for them."""
    numbers: list[int] = []
    taken: list[float] = []
    for row in worst.itertuples():
        x, y = (_share(value, ends) for value in (row.known, row.predicted))
        above = row.predicted > row.known
        anchor, height = _clear_of_cloud(x, len(row.label), above=above)
        while any(abs(height - other) < ROW_PX for other in taken):
            height += ROW_PX if above else -ROW_PX
        taken.append(height)
        numbers.append(len(drawn.layout.annotations))
        drawn.add_annotation(
            text=row.label,
            x=math.log10(row.known),
            y=math.log10(row.predicted),
            ax=0,
            ay=y * PLOT_PX - height,
            xanchor=anchor,
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=palette.muted,
            font={"color": palette.text, "size": 12.5},
        )
    return tuple(numbers)


def _share(value: float, ends: tuple[float, float]) -> float:
    return (math.log10(value) - ends[0]) / (ends[1] - ends[0])


def _clear_of_cloud(x: float, letters: int, *, above: bool) -> tuple[str, float]:
    """On which side of its line a name hangs, and at which height (pixels) it clears the points along the diagonal."""
    length = letters * CHARACTER_PX
    anchor = "right" if x * PLOT_PX > length else "left"
    left = x * PLOT_PX - (length if anchor == "right" else 0)
    far = left + length if above else left
    height = far + CLOUD_PX if above else far - CLOUD_PX
    return anchor, min(max(height, 8.0), PLOT_PX - 8.0)


def _diagonal(ends: tuple[float, float], factor: float, dash: str, palette: Palette) -> go.Scatter:
    return go.Scatter(
        x=[10.0**end for end in ends],
        y=[factor * 10.0**end for end in ends],
        name=f"factor {factor:g}",
        mode="lines",
        line={"color": palette.quiet if factor == 1 else palette.rule, "width": 1.4, "dash": dash},
        hoverinfo="skip",
    )


def _points(part: pd.DataFrame, palette: Palette, *, inside: bool) -> go.Scatter:
    colour = palette.accent if inside else palette.text
    return go.Scatter(
        x=part["known"].tolist(),
        y=part["predicted"].tolist(),
        name="inside" if inside else "outside",
        mode="markers",
        marker={
            "size": 6,
            "color": translucent(colour, 0.55) if inside else "rgba(0,0,0,0)",
            "line": {"width": 0 if inside else 1.2, "color": colour},
        },
        text=part["hover"].tolist(),
        hovertemplate="%{text}<extra></extra>",
    )


def off_by(frame: pd.DataFrame) -> float:
    """Typical factor between predicted and known: exp of the median of |ln|."""
    known = frame.dropna(subset=["known", "predicted"])
    return math.exp(float(np.median(np.abs(np.log(known["predicted"] / known["known"])))))
