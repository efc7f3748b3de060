"""Predicted against known on log axes: the diagonal, lines at a factor of two, the worst cases by name."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import Scatter, above_axis, log_ticks, span, under_axis
from joulebook.dashboard.charts.frontier_annotate import Axes, Label, annotate
from joulebook.dashboard.charts.frontier_labels import HALF_PX
from joulebook.dashboard.palette import Palette, translucent

HEIGHT = 380
PLOT_PX = 302.0  # height of the plot area


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
    width_px: float = HALF_PX,
) -> Scatter:
    """One panel.

    Args:
        frame: `known`, `predicted`, `inside` (in the printed range), `label` (empty draws none), `hover`.
        palette: Of the theme.
        ends: Of both axes, powers of ten.
        unit: Above the vertical axis, which shows what was predicted.
        x_note: Under the horizontal axis, which shows what was measured.
        width_px: Of the plot area on a desktop.
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
    named = known[known["label"] != ""]
    labels = [Label(row.label, row.known, row.predicted, palette.text) for row in named.itertuples()]
    others = list(zip(known["known"], known["predicted"], strict=True))
    axes = Axes(ends, ends, PLOT_PX, width_px, y_log=True)
    annotate(drawn, labels, axes, others=others, line=palette.muted)
    names = tuple(range(len(drawn.layout.annotations)))  # a phone has no room for them
    above_axis(drawn, unit, palette)
    under_axis(drawn, x_note, palette)
    return Scatter(drawn, names)


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
