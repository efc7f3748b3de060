"""Cumulative cost of each route over requests, with bands, and the crossing where the small model has paid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import above_axis, under_axis
from joulebook.dashboard.palette import Palette, translucent
from joulebook.ledger.accounting.tradeoff import Curve

HEIGHT = 400
_PLOT_HEIGHT = 320
_LABEL_GAP = 17 / _PLOT_HEIGHT
_STYLES = {  # colour by meaning: the route that is asked about is the accent
    "always large": ("text", "solid"),
    "always small": ("muted", "dot"),
    "large first": ("accent", "solid"),
    "cascade": ("second", "dash"),
    "router": ("second", "dashdot"),
}


def figure(
    curves: Sequence[Curve],
    palette: Palette,
    *,
    names: dict[str, str],
    unit: str,
    x_note: str,
    crossing: tuple[float, float] | None,
    crossing_text: str,
    x_scale: float = 1.0,
) -> go.Figure:
    """The chart.

    Args:
        curves: Of `tradeoff.curves`, in the quantity's unit.
        palette: Of the theme.
        names: What each route is called.
        unit: Above the vertical axis.
        x_note: Under the horizontal axis.
        crossing: Requests and cost where the routes cross; None where they never do.
        crossing_text: Beside the crossing.
        x_scale: Requests in one unit of the axis (1e6 for millions).
    """
    drawn = template.blank(palette, height=HEIGHT, left=64, right=138, top=30, bottom=50)
    top = axis_top(curves)
    right = float(curves[0].requests[-1]) / x_scale
    drawn.update_xaxes(range=[0, right], nticks=6)
    drawn.update_yaxes(range=[0, top * 1.04], nticks=6, rangemode="tozero")
    for curve in curves:
        drawn.add_trace(_band(curve, palette, x_scale))
    for curve in curves:
        drawn.add_trace(_line(curve, palette, names[curve.route], x_scale, unit))
    _labels(drawn, curves, palette, names, top * 1.04)
    if crossing:
        _mark(drawn, (crossing[0] / x_scale, crossing[1]), crossing_text, palette, right)
    above_axis(drawn, unit, palette)
    under_axis(drawn, x_note, palette)
    return drawn


def axis_top(curves: Sequence[Curve]) -> float:
    """Top of the vertical axis: the highest band, cut at twice the highest line, which must stay readable."""
    highest_line = max(float(curve.value.max()) for curve in curves)
    highest_band = max(float(curve.high.max()) for curve in curves)
    return min(highest_band, 2 * highest_line) or 1.0


def colour_of(route: str, palette: Palette) -> str:
    """The colour of a route."""
    name = _STYLES[route][0]
    return palette.series[1] if name == "second" else str(getattr(palette, name))


def _band(curve: Curve, palette: Palette, x_scale: float) -> go.Scatter:
    x = curve.requests / x_scale
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]).tolist(),
        y=np.concatenate([curve.high, curve.low[::-1]]).tolist(),
        name=f"{curve.route} range",
        fill="toself",
        fillcolor=translucent(colour_of(curve.route, palette), 0.13),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )


def _line(curve: Curve, palette: Palette, name: str, x_scale: float, unit: str) -> go.Scatter:
    return go.Scatter(
        x=(curve.requests / x_scale).tolist(),
        y=curve.value.tolist(),
        name=curve.route,
        mode="lines",
        line={"color": colour_of(curve.route, palette), "width": 2.2, "dash": _STYLES[curve.route][1]},
        customdata=np.column_stack([curve.low, curve.high]).tolist(),
        hovertemplate=f"{name}: %{{y:.3g}} {unit} (%{{customdata[0]:.3g}} to %{{customdata[1]:.3g}})<extra></extra>",
    )


def _labels(drawn: go.Figure, curves: Sequence[Curve], palette: Palette, names: dict[str, str], top: float) -> None:
    """Names at the right ends of the lines, pushed apart where they would touch."""
    order = sorted(curves, key=lambda curve: curve.value[-1])
    at = spread([float(curve.value[-1]) / top for curve in order], _LABEL_GAP)
    for curve, height in zip(order, at, strict=True):
        drawn.add_annotation(
            text=names[curve.route],
            xref="paper",
            x=1,
            y=height,
            yref="paper",
            xanchor="left",
            yanchor="middle",
            xshift=8,
            showarrow=False,
            align="left",
            font={"color": colour_of(curve.route, palette), "size": 12},
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """The same heights (growing), moved up as little as it takes to keep a gap between neighbours."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    overflow = max(0.0, placed[-1] - 1.0) if placed else 0.0
    return [height - overflow for height in placed]


def _mark(drawn: go.Figure, point: tuple[float, float], text: str, palette: Palette, right: float) -> None:
    x, y = point
    drawn.add_trace(
        go.Scatter(
            x=[x, x],
            y=[0, y],
            name="crossing",
            mode="lines+markers",
            line={"color": palette.muted, "width": 1, "dash": "dot"},
            marker={"size": [0, 11], "color": palette.accent, "line": {"width": 2, "color": palette.background}},
            hoverinfo="skip",
        )
    )
    drawn.add_annotation(
        text=text,
        x=x,
        y=y,
        xanchor="left" if x < right * 0.45 else "right",
        yanchor="top" if x < right * 0.45 else "bottom",
        xshift=10 if x < right * 0.45 else -10,
        yshift=-6 if x < right * 0.45 else 8,
        showarrow=False,
        font={"color": palette.accent, "size": 12.5},
    )
