"""Values with their 90 % ranges, one line a thing, the first accented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts.template import blank
from joulebook.dashboard.escape import label as as_label
from joulebook.dashboard.palette import Palette
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.figure import Figure

_ROW_PX = 46
_LOG_FROM = 20.0  # ratio of the largest to the smallest beyond which a linear axis hides the small ones


@dataclass(frozen=True, slots=True)
class Point:
    """One thing with its figure; None is drawn as a word."""

    name: str
    figure: Figure | None
    accent: bool = False


def figure(points: Sequence[Point], palette: Palette, *, quantity: fmt.Quantity) -> go.Figure:
    """Dots with range lines over a shared axis; log where the values lie far apart, and said."""
    known = [point.figure for point in points if point.figure and point.figure.value > 0]
    values = [f.value for f in known]
    log = bool(values) and max(values) / min(values) > _LOG_FROM
    unit = fmt.unit_for(quantity, max(values, default=None) if not log else min(values))
    chart = blank(palette, height=70 + _ROW_PX * len(points), left=12, right=16, top=8, bottom=44)
    for i, point in enumerate(points):
        _row(chart, point, i, unit=unit, palette=palette, quantity=quantity)
    chart.update_yaxes(visible=False, range=[len(points) - 0.4, -0.75])
    highs = [f.high / unit.size for f in known] or [1.0]
    if log:
        chart.update_xaxes(type="log", dtick=1, minor={"showgrid": False})
    else:
        chart.update_xaxes(range=[0, max(highs) * 1.04])
    axis_title = f"{unit.name}, {t('chart.log')}" if log else unit.name
    chart.update_xaxes(showgrid=True, nticks=6, title={"text": axis_title, "font": {"size": 12}, "standoff": 6})
    return chart


def _row(chart: go.Figure, point: Point, row: int, *, unit: fmt.Unit, palette: Palette, quantity: fmt.Quantity) -> None:
    """One line: name and value above, dot and range beneath."""
    colour = palette.accent if point.accent else palette.text
    f = point.figure
    said = fmt.with_range(f.value, f.low, f.high, quantity) if f else t("figure.unknown")
    chart.add_annotation(
        text=f"<b>{as_label(point.name, 48)}</b>  {said}",
        xref="paper",
        x=0,
        y=row - 0.36,
        xanchor="left",
        yanchor="middle",
        showarrow=False,
        font={"color": colour, "size": 12.5},
    )
    if f is None:
        return
    chart.add_scatter(
        x=[f.value / unit.size],
        y=[row],
        mode="markers",
        marker={
            "size": 11,
            "color": palette.background if f.method == "modelled" else colour,
            "line": {"color": colour, "width": 2},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(f.high - f.value) / unit.size],
            "arrayminus": [(f.value - f.low) / unit.size],
            "color": colour,
            "thickness": 1.6,
            "width": 0,
        },
        hovertemplate=f"{as_label(point.name)}: {said}<extra></extra>",
        name=point.name,
    )
