"""Labels beside points of a chart, kept apart; says which of them a phone has no room for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from joulebook.dashboard.charts.frontier_labels import LEADER_PX, NARROW_PX, WIDE_PX, Box, Place, crowded, place


@dataclass(frozen=True, slots=True)
class Label:
    """A label and the point it names, in data units; the ends of its ranges are NaN where there are none."""

    text: str
    x: float
    y: float
    colour: str
    x_ends: tuple[float, float] = (math.nan, math.nan)
    y_ends: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Axes:
    """Ends of both axes (powers of ten where `log`), and the size of the plot area in pixels on a desktop."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    height_px: float
    width_px: float = WIDE_PX
    x_log: bool = True
    y_log: bool = False

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point as plotly's annotations take it: powers of ten on log axes."""
        return (math.log10(x) if self.x_log else x), (math.log10(y) if self.y_log else y)

    def share(self, x: float, y: float) -> tuple[float, float]:
        """A point in shares of the plot area."""
        (left, right), (bottom, top) = self.x_range, self.y_range
        px, py = self.at(x, y)
        return (px - left) / (right - left), (py - bottom) / (top - bottom)


def annotate(
    drawn: go.Figure,
    labels: Sequence[Label],
    axes: Axes,
    *,
    others: Sequence[tuple[float, float]] = (),
    line: str | None = None,
    through: Sequence[tuple[float, float]] = (),
) -> tuple[int, ...]:
    """Write the labels, the most important first, and return the numbers of those to hide on a phone.

    Args:
        drawn: The figure, changed in place.
        labels: What to write where; a label that fits nowhere is left out.
        axes: The figure's axes.
        others: Points without a label (data units) that no label may cover.
        line: Colour of the lines on which labels hang that fit nowhere near; None leaves such labels out.
        through: Corners of a line in the chart (data units), which labels keep off where they can.
    """
    points = [axes.share(label.x, label.y) for label in labels]
    texts = [label.text for label in labels]
    strangers = [axes.share(*other) for other in others]
    bars = [bar for label in labels for bar in _bars(label, axes)]
    size = {"height_px": axes.height_px, "width_px": axes.width_px}
    corners = [axes.share(*corner) for corner in through]
    stretches = [(*start, *end) for start, end in itertools.pairwise(corners)]
    places = place(points, texts, others=strangers, bars=bars, lines=stretches, far=line is not None, **size)
    numbers: dict[int, int] = {}
    notes = list(drawn.layout.annotations)  # all at once: plotly checks every one of them anew with each that is added
    for i, (label, spot) in enumerate(zip(labels, places, strict=True)):
        if spot is not None:
            numbers[i] = len(notes)
            notes.append(_note(label, spot, axes, line))
    drawn.update_layout(annotations=notes)
    return tuple(numbers[i] for i in crowded(points, texts, places, height_px=axes.height_px))


def annotate_for_phone(
    drawn: go.Figure, labels: Sequence[Label], axes: Axes, *, through: Sequence[tuple[float, float]] = ()
) -> tuple[int, ...]:
    """Write the labels a second time where a phone has room for them, unseen elsewhere, and return their numbers.

    They are drawn with no opacity, so that neither a wide window nor a saved picture shows them; see `show_on_phone`.
    """
    points = [axes.share(label.x, label.y) for label in labels]
    bars = [bar for label in labels for bar in _bars(label, axes)]
    stretches = [(*axes.share(*start), *axes.share(*end)) for start, end in itertools.pairwise(through)]
    size = {"height_px": axes.height_px, "width_px": NARROW_PX}
    places = place(points, [label.text for label in labels], bars=bars, lines=stretches, **size)
    notes = list(drawn.layout.annotations)
    first = len(notes)
    found = [(label, spot) for label, spot in zip(labels, places, strict=True) if spot is not None]
    notes += [_note(label, spot, axes, None).update(opacity=0) for label, spot in found]
    drawn.update_layout(annotations=notes)
    return tuple(range(first, len(notes)))


def _note(label: Label, spot: Place, axes: Axes, line: str | None) -> go.layout.Annotation:
    """A label at its place; far from its point it hangs on a line."""
    x, y = axes.at(label.x, label.y)
    hangs = abs(spot.yshift) > LEADER_PX
    return go.layout.Annotation(
        text=label.text,
        x=x,
        y=y,
        xanchor=spot.anchor,
        yanchor="middle",
        xshift=0 if hangs else spot.xshift,
        yshift=0 if hangs else spot.yshift,
        showarrow=hangs,
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=line,
        ax=0,
        ay=-spot.yshift,
        font={"color": label.colour, "size": 12.5},
    )


def _bars(label: Label, axes: Axes) -> list[Box]:
    """The range bars of a point, in shares of the plot area."""
    found = []
    (left, right), (low, high) = label.x_ends, label.y_ends
    if left < right:
        (x1, y), (x2, _) = axes.share(left, label.y), axes.share(right, label.y)
        found.append((x1, y, x2, y))
    if low < high:
        (x, y1), (_, y2) = axes.share(label.x, low), axes.share(label.x, high)
        found.append((x, y1, x, y2))
    return found
