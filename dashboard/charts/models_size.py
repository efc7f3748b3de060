"""Parameters against training energy, and over time, of published models; how a figure is known is its mark."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import Scatter, above_axis, log_ticks, span, under_axis
from joulebook.dashboard.charts.frontier_annotate import Axes, Label, annotate
from joulebook.dashboard.charts.frontier_labels import HALF_PX
from joulebook.dashboard.palette import Palette, translucent

HEIGHT = 430
FIRST_YEAR = 2017  # of the transformer; what came before stays in the table
EVIDENCE_SYMBOLS = {
    "measured": "circle",
    "tdp": "circle-open",
    "epoch": "diamond-open",
    "stated": "square",
    "rumour": "x-thin-open",
    "": "circle",
}


def energy_figure(
    frame: pd.DataFrame, palette: Palette, *, y_unit: str, x_note: str, fit: tuple[float, float] | None
) -> Scatter:
    """Parameters against training energy, both log.

    Args:
        frame: `label`, `parameters` (billions), `energy_mwh`, `evidence`, `named` (gets a label), `hover`.
        palette: Of the theme.
        y_unit: Above the vertical axis.
        x_note: Under the horizontal axis.
        fit: Slope and intercept of log10 energy over log10 parameters; None draws no line.
    """
    shown = frame.dropna(subset=["parameters", "energy_mwh"])
    drawn, axes = _axes(shown["parameters"], shown["energy_mwh"], palette)
    if fit:
        _line(drawn, fit, axes.x_range, palette)
    for evidence, part in shown.groupby("evidence", sort=False):
        drawn.add_trace(_marks(part, "parameters", "energy_mwh", str(evidence), palette))
    return _finish(drawn, shown, axes, palette, x="parameters", y="energy_mwh", units=(y_unit, x_note))


def timeline_figure(frame: pd.DataFrame, palette: Palette, *, y_unit: str, x_note: str) -> Scatter:
    """Parameters (log) over the day of release.

    Args:
        frame: `label`, `released` (datetime), `parameters` (billions), `named`, `open_weights` (bool), `hover`.
        palette: Of the theme.
        y_unit: Above the vertical axis.
        x_note: Under the horizontal axis.
    """
    dated = frame.dropna(subset=["parameters", "released"])
    dated = dated[dated["released"].dt.year >= FIRST_YEAR]
    shown = dated.assign(year=dated["released"].dt.year + (dated["released"].dt.day_of_year - 1) / 365.25)
    drawn, axes = _axes(shown["year"], shown["parameters"], palette, x_log=False)
    for is_open, part in shown.groupby("open_weights", sort=False):
        drawn.add_trace(_marks(part, "year", "parameters", "tdp" if is_open else "stated", palette))
    return _finish(drawn, shown, axes, palette, x="year", y="parameters", units=(y_unit, x_note))


def _axes(x: pd.Series, y: pd.Series, palette: Palette, *, x_log: bool = True) -> tuple[go.Figure, Axes]:
    drawn = template.blank(palette, height=HEIGHT, left=64, right=28, top=30, bottom=50)
    x_range = span(x.to_numpy(float), log=x_log, pad=0.05)
    if not x_log and len(x):
        x_range = (float(x.min()) - 0.4, float(x.max()) + 0.4)
    y_range = span(y.to_numpy(float), log=True, pad=0.07)
    y_values, y_texts = log_ticks(*y_range)
    drawn.update_yaxes(type="log", range=y_range, tickvals=y_values, ticktext=y_texts)
    if x_log:
        x_values, x_texts = log_ticks(*x_range)
        drawn.update_xaxes(type="log", range=x_range, tickvals=x_values, ticktext=x_texts)
    else:
        drawn.update_xaxes(range=x_range, dtick=2, tickformat="d", tickangle=0)
    return drawn, Axes(x_range, y_range, HEIGHT - 80, HALF_PX, x_log=x_log, y_log=True)


def _marks(part: pd.DataFrame, x: str, y: str, evidence: str, palette: Palette) -> go.Scatter:
    named = part["named"].to_numpy(bool)
    strong = np.where(named, palette.accent, palette.text if evidence == "measured" else palette.muted)
    return go.Scatter(
        x=part[x].tolist(),
        y=part[y].tolist(),
        name=evidence or "unknown",
        mode="markers",
        marker={
            "symbol": EVIDENCE_SYMBOLS.get(evidence, "circle-open"),
            "size": np.where(named, 10, 8).tolist(),
            "color": strong.tolist(),
            "line": {"width": 1.4, "color": strong.tolist()},
            "opacity": 1.0 if evidence == "measured" else 0.85,
        },
        text=part["hover"].tolist(),
        hovertemplate="%{text}<extra></extra>",
    )


def _line(drawn: go.Figure, fit: tuple[float, float], x_range: tuple[float, float], palette: Palette) -> None:
    slope, intercept = fit
    drawn.add_trace(
        go.Scatter(
            x=[10.0**end for end in x_range],
            y=[10.0 ** (intercept + slope * end) for end in x_range],
            name="fit",
            mode="lines",
            line={"color": translucent(palette.muted, 0.6), "width": 1.2, "dash": "dot"},
            hoverinfo="skip",
        )
    )


def _finish(
    drawn: go.Figure, shown: pd.DataFrame, axes: Axes, palette: Palette, *, x: str, y: str, units: tuple[str, str]
) -> Scatter:
    above_axis(drawn, units[0], palette)
    under_axis(drawn, units[1], palette)
    named = shown[shown["named"]]
    labels = [Label(row["label"], row[x], row[y], palette.accent) for _, row in named.iterrows()]
    rest = shown[~shown["named"]]
    others = list(zip(rest[x].astype(float), rest[y].astype(float), strict=True))
    return Scatter(drawn, annotate(drawn, labels, axes, others=others, line=palette.muted))
