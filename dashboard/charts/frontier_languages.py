"""Quality by language: a row a model, a mark a language, so that a gap between languages is a distance."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import under_axis
from joulebook.dashboard.escape import markup
from joulebook.dashboard.palette import Palette, series_colours


def figure(frame: pd.DataFrame, palette: Palette, *, x_note: str, share: bool, chance: float | None) -> go.Figure:
    """The chart.

    Args:
        frame: `model`, `language`, `value`, `low`, `high`, `text`, `energy`; models in the order of the rows.
        palette: Of the theme.
        x_note: Under the axis.
        share: Values are shares, drawn in percent.
        chance: Where guessing would land; None draws no line.
    """
    models = list(dict.fromkeys(frame["model"]))[::-1]
    scale = 100.0 if share else 1.0
    drawn = template.blank(palette, height=90 + 34 * len(models), left=190, right=30, top=22, bottom=50)
    drawn.update_yaxes(tickvals=list(range(len(models))), ticktext=[markup(m) for m in models], showgrid=True)
    drawn.update_yaxes(range=[-0.6, len(models) - 0.4], tickfont={"color": palette.text, "size": 12.5})
    colours = series_colours(sorted(frame["language"].unique()), palette)
    if chance is not None:
        drawn.add_vline(x=chance * scale, line={"color": palette.muted, "width": 1, "dash": "dot"})
    for language, part in frame.groupby("language"):
        drawn.add_trace(_marks(part, str(language), models, colours[str(language)], scale))
    under_axis(drawn, x_note, palette)
    return drawn


def _marks(part: pd.DataFrame, language: str, models: list[str], colour: str, scale: float) -> go.Scatter:
    return go.Scatter(
        x=(part["value"] * scale).tolist(),
        y=[models.index(model) for model in part["model"]],
        name=language,
        mode="markers+text",
        text=[language] * len(part),
        textposition="top center",
        textfont={"color": colour, "size": 12},
        marker={"size": 9, "color": colour},
        error_x={
            "type": "data",
            "array": ((part["high"] - part["value"]) * scale).fillna(0).tolist(),
            "arrayminus": ((part["value"] - part["low"]) * scale).fillna(0).tolist(),
            "color": colour,
            "thickness": 1.2,
            "width": 0,
        },
        customdata=part[["text", "energy"]].to_numpy().tolist(),
        hovertemplate=f"%{{y}} {markup(language)}: %{{customdata[0]}}, %{{customdata[1]}}<extra></extra>",
    )
