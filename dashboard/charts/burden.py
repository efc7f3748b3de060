"""Shares by income group: one small panel a quantity, the same scale for those that are compared."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.palette import Palette


def group_panel(
    groups: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    palette: Palette,
    *,
    top: float,
    strong: bool,
    quiet: str = "",
) -> go.Figure:
    """One panel of horizontal bars, poorest group first.

    Args:
        groups: Names of the income groups.
        values: One a group.
        texts: What stands at the end of each bar.
        palette: Of the theme.
        top: End of the scale; panels that are compared take the same.
        strong: Draw in the accent colour instead of grey.
        quiet: Name of a bar that is grey all the same, such as the world's mean.
    """
    drawn = template.blank(palette, height=44 + 36 * len(groups), left=96, right=8, top=4, bottom=8)
    colours = [palette.accent if strong and group != quiet else palette.quiet for group in groups]
    drawn.add_bar(
        y=list(groups),
        x=list(values),
        orientation="h",
        marker={"color": colours, "line": {"width": 0}},
        text=[text.replace(" (", "<br>(", 1) for text in texts],  # the range in a line of its own: panels are narrow
        textposition="outside",
        textfont={"color": palette.muted, "size": 12},
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    drawn.update_xaxes(visible=False, range=[0, top * 1.75])
    drawn.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": palette.text, "size": 12.5})
    drawn.update_layout(bargap=0.35)
    return drawn
