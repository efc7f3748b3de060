"""Quality (or latency, or size) against energy per unit of work: the frontier as a line, what it dominates hollow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier_annotate import Axes, Label, annotate, annotate_for_phone
from joulebook.dashboard.palette import Palette, translucent

HEIGHT = 440
_SYMBOLS = {"runs": "circle", "published": "square", "estimate": "diamond"}


@dataclass(frozen=True, slots=True)
class Scatter:
    """The figure, which of its labels a phone has no room for, and those that only a phone shows, by their numbers."""

    figure: go.Figure
    crowded: tuple[int, ...]
    phone: tuple[int, ...] = ()


def figure(
    frame: pd.DataFrame,
    palette: Palette,
    *,
    chosen: str | None,
    y_unit: str,
    x_note: str,
    y_log: bool = False,
    y_share: bool = False,
) -> Scatter:
    """The scatter of candidates.

    Args:
        frame: Cheapest first: `model`, `x`, `x_low`, `x_high` (J), `y`, `y_low`, `y_high` (NaN where the range is
            unknown), `parameters` (NaN where unknown), `state`, `origin`, `hover` (HTML, escaped).
        palette: Of the theme.
        chosen: The model that the answer is about, in the accent colour.
        y_unit: Stands above the axis.
        x_note: Says unit and scale under the axis.
        y_log: Draw y on a log scale.
        y_share: y is a share: drawn in percent.
    """
    drawn = template.blank(palette, height=HEIGHT, left=56, right=28, top=30, bottom=50)
    shown = frame.dropna(subset=["x", "y"]).reset_index(drop=True)
    scaled = shown.assign(**{name: shown[name] * (100 if y_share else 1) for name in ("y", "y_low", "y_high")})
    axes = _axes(drawn, scaled, y_log=y_log)
    _frontier_line(drawn, scaled, palette)
    for kind, part in scaled.groupby(scaled["state"].map(_is_solid), sort=False):
        drawn.add_trace(_points(part, palette, solid=bool(kind), chosen=chosen))
    above_axis(drawn, y_unit, palette)
    under_axis(drawn, x_note, palette)
    return Scatter(drawn, *_label(drawn, scaled, palette, chosen, axes))


def _is_solid(state: str) -> bool:
    return state != "dominated"


def _axes(drawn: go.Figure, frame: pd.DataFrame, *, y_log: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    x_range = span(frame[["x", "x_low", "x_high"]].to_numpy(float), log=True, pad=0.07)
    y_range = span(frame[["y", "y_low", "y_high"]].to_numpy(float), log=y_log, pad=0.10)
    values, texts = log_ticks(*x_range)
    drawn.update_xaxes(type="log", range=x_range, tickvals=values, ticktext=texts, showgrid=False)
    drawn.update_yaxes(type="log" if y_log else "linear", range=y_range, nticks=6)
    if y_log:
        values, texts = log_ticks(*y_range)
        drawn.update_yaxes(tickvals=values, ticktext=texts)
    return Axes(x_range, y_range, HEIGHT - 80, y_log=y_log)


def span(values: np.ndarray, *, log: bool, pad: float) -> tuple[float, float]:
    """Ends of an axis that holds all known values with some room; in powers of ten on a log axis."""
    known = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not len(known):
        return (0.0, 1.0)
    ends = np.log10(known) if log else known
    low, high = float(ends.min()), float(ends.max())
    room = max((high - low) * pad, 0.1 if log else abs(high) * 0.02 or 0.5)
    return low - room, high + room


def log_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Ticks at 1 and 3 of each decade (1, 2 and 5 on a short axis), written out without exponents where they fit."""
    digits = (1.0,) if high - low > 4 else (1.0, 3.0) if high - low > 1.2 else (1.0, 2.0, 3.0, 5.0, 7.0)
    decades = range(math.floor(low), math.ceil(high) + 1)
    values = [digit * 10.0**e for e in decades for digit in digits if low <= math.log10(digit) + e <= high]
    return values, [plain_number(value) for value in values]


def plain_number(value: float) -> str:
    """A round number for a tick: `0.03`, `300`, `3k`, `10M`."""
    for size, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 0.9999:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}" if value >= 1e-4 else f"{value:.0e}".replace("e-0", "e-")


def _frontier_line(drawn: go.Figure, frame: pd.DataFrame, palette: Palette) -> None:
    line = frame[frame["state"] == "frontier"].sort_values("x")
    if len(line) > 1:
        drawn.add_trace(
            go.Scatter(
                x=line["x"].tolist(),
                y=line["y"].tolist(),
                name="frontier",
                mode="lines",
                line={"color": palette.quiet, "width": 1.5},
                hoverinfo="skip",
            )
        )


def _points(part: pd.DataFrame, palette: Palette, *, solid: bool, chosen: str | None) -> go.Scatter:
    colours = [_colour(row.model, solid, chosen, palette) for row in part.itertuples()]
    return go.Scatter(
        x=part["x"].tolist(),
        y=part["y"].tolist(),
        name="as good as any" if solid else "dominated",
        mode="markers",
        marker={
            "symbol": [_SYMBOLS.get(origin, "circle") for origin in part["origin"]],
            "size": [marker_size(p) for p in part["parameters"]],
            "color": colours if solid else palette.background,
            "line": {"color": colours, "width": 1.5},
            "opacity": 1,
        },
        error_x=_bars(part, "x", palette),
        error_y=_bars(part, "y", palette),
        text=part["hover"].tolist(),
        hovertemplate="%{text}<extra></extra>",
    )


def _colour(model: str, solid: bool, chosen: str | None, palette: Palette) -> str:
    return palette.accent if model == chosen else palette.text if solid else palette.muted


def marker_size(parameters: float) -> float:
    """Diameter in pixels: grows with the logarithm of the parameters; middling where they are unknown."""
    if not np.isfinite(parameters) or parameters <= 0:
        return 10.0
    return float(np.clip(7 + 3.2 * (math.log10(parameters) - 8), 6, 20))


def _bars(part: pd.DataFrame, axis: str, palette: Palette) -> dict[str, object]:
    up = (part[f"{axis}_high"] - part[axis]).fillna(0).clip(lower=0)
    down = (part[axis] - part[f"{axis}_low"]).fillna(0).clip(lower=0)
    return {
        "type": "data",
        "array": up.tolist(),
        "arrayminus": down.tolist(),
        "color": translucent(palette.muted, 0.9),
        "thickness": 1.2,
        "width": 0,
    }


def above_axis(drawn: go.Figure, text: str, palette: Palette) -> None:
    """What the vertical axis shows, above it, where the words are too long for `template.unit_label`."""
    drawn.add_annotation(
        text=text,
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        xshift=-drawn.layout.margin.l + 6,
        yshift=6,
        showarrow=False,
        font={"color": palette.muted, "size": 12},
    )


def under_axis(drawn: go.Figure, text: str, palette: Palette) -> None:
    """What the horizontal axis shows and in which unit, under its right end."""
    drawn.add_annotation(
        text=text,
        xref="paper",
        yref="paper",
        x=1,
        y=0,
        xanchor="right",
        yanchor="top",
        yshift=-28,
        showarrow=False,
        font={"color": palette.muted, "size": 12},
    )


def _label(
    drawn: go.Figure, frame: pd.DataFrame, palette: Palette, chosen: str | None, axes: Axes
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Put a label beside each point, the chosen first, then the frontier; return those of a wide window and a phone."""
    order = sorted(frame.index, key=lambda i: (frame.at[i, "model"] != chosen, frame.at[i, "state"] != "frontier"))
    labels = [
        Label(
            row.label,
            row.x,
            row.y,
            _colour(row.model, _is_solid(row.state), chosen, palette),
            (row.x_low, row.x_high),
            (row.y_low, row.y_high),
        )
        for row in frame.loc[order].itertuples()
    ]
    line = frame[frame["state"] == "frontier"].sort_values("x")
    through = list(zip(line["x"], line["y"], strict=True))
    first = len(drawn.layout.annotations)
    annotate(drawn, labels, axes, through=through)
    wide = tuple(range(first, len(drawn.layout.annotations)))
    return wide, annotate_for_phone(drawn, labels, axes, through=through)
