"""What makes an answer wide: a bar an input, from the answer at its low end to the answer at its high end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.charts.frontier import under_axis
from joulebook.dashboard.palette import Palette, translucent


@dataclass(frozen=True, slots=True)
class Swing:
    """One bar; an end that is None lies beyond the chart ("never"), and `low_text`, `high_text` stand at the ends.

    Attributes:
        assumed: The input came without a range, so one was assumed: drawn faint.
    """

    name: str
    low: float | None
    high: float | None
    low_text: str
    high_text: str
    assumed: bool = False


def figure(swings: Sequence[Swing], palette: Palette, *, centre: float, x_note: str) -> go.Figure:
    """The tornado, widest bar first.

    Args:
        swings: One an input.
        palette: Of the theme.
        centre: The answer itself.
        x_note: Under the axis.
    """
    ends = [end for swing in swings for end in (swing.low, swing.high) if end is not None] + [centre]
    left, right = min(ends), max(ends)
    room = (right - left) * 0.28 or abs(centre) * 0.1 or 1.0
    beyond = right + room * 0.6  # where a bar that goes on to "never" is cut off
    left, right = left - room, right + room * (1.7 if any(s.low is None or s.high is None for s in swings) else 1)
    drawn = template.blank(palette, height=70 + 34 * len(swings), left=150, right=12, top=4, bottom=46)
    drawn.update_xaxes(range=[left, right], nticks=5)
    drawn.update_yaxes(showgrid=False, autorange="reversed", tickfont={"color": palette.text, "size": 12.5})
    colours = [translucent(palette.accent, palette.modelled_opacity if swing.assumed else 1.0) for swing in swings]
    starts = [min(_end(swing.low, beyond), _end(swing.high, beyond)) for swing in swings]
    stops = [max(_end(swing.low, beyond), _end(swing.high, beyond)) for swing in swings]
    drawn.add_bar(
        y=[swing.name for swing in swings],
        x=[stop - start for start, stop in zip(starts, stops, strict=True)],
        base=starts,
        orientation="h",
        marker={"color": colours, "line": {"width": 0}},
        customdata=[[swing.low_text, swing.high_text] for swing in swings],
        hovertemplate="%{y}: %{customdata[0]} – %{customdata[1]}<extra></extra>",
    )
    drawn.add_vline(x=centre, line={"color": palette.text, "width": 1})
    drawn.update_layout(bargap=0.42)
    for swing, start, stop in zip(swings, starts, stops, strict=True):
        flipped = _end(swing.low, beyond) > _end(swing.high, beyond)
        texts = (swing.high_text, swing.low_text) if flipped else (swing.low_text, swing.high_text)
        _write(drawn, swing.name, (start, stop), texts, palette)
    under_axis(drawn, x_note, palette)
    return drawn


def _end(value: float | None, beyond: float) -> float:
    return beyond if value is None else value


def _write(drawn: go.Figure, name: str, ends: tuple[float, float], texts: tuple[str, str], palette: Palette) -> None:
    for x, text, anchor, shift in zip(ends, texts, ("right", "left"), (-5, 5), strict=True):
        drawn.add_annotation(
            text=text,
            x=x,
            y=name,
            xanchor=anchor,
            xshift=shift,
            showarrow=False,
            font={"color": palette.muted, "size": 12},
        )
