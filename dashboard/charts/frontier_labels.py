"""Where labels of points go so that none covers another: worked out in pixels before the chart is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

CHARACTER_PX = 6.6
LINE_PX = 15.0
MARKER_PX = 7.0
WIDE_PX = 760.0  # the narrowest plot area of a desktop page
HALF_PX = 370.0  # of a chart that shares its row
_STEP_PX = 4.0
NARROW_PX = 270.0  # the plot area of a phone


Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True, slots=True)
class Place:
    """A label's place: shift from its point in pixels (right and up), and which of its ends sits there."""

    xshift: float
    yshift: float
    anchor: str


CHOICES = (
    Place(0, 14, "center"),
    Place(0, -15, "center"),
    Place(11, 0, "left"),
    Place(-11, 0, "right"),
    Place(6, 12, "left"),
    Place(-6, 12, "right"),
    Place(6, -13, "left"),
    Place(-6, -13, "right"),
    Place(0, 29, "center"),
    Place(0, -30, "center"),
)
LEADER_PX = 40.0  # a label further from its point than this hangs on a line
FAR_CHOICES = tuple(
    Place(0, sign * distance, anchor)
    for distance in range(46, 190, 12)
    for sign in (1, -1)
    for anchor in ("right", "left")
)


def place(
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    height_px: float,
    width_px: float = WIDE_PX,
    others: Sequence[tuple[float, float]] = (),
    bars: Sequence[Box] = (),
    lines: Sequence[Box] = (),
    far: bool = False,
) -> list[Place | None]:
    """A place for each label, in order of importance; None where there is room nowhere.

    Args:
        points: In shares (0 to 1) of the plot area, the most important first.
        texts: Their labels.
        height_px: Height of the plot area.
        width_px: Its width.
        others: Points without a label, which no label may cover.
        far: Labels that fit nowhere near may hang on a line away from the cloud.
        bars: Range bars (left, bottom, right, top in shares), which none may cover either.
        lines: Stretches of lines (from, to in shares) that a label only crosses where there is no other room.
    """
    spots = [(x * width_px, y * height_px) for x, y in points]
    taken = [_marker(spot) for spot in spots]
    strangers = [_marker((x * width_px, y * height_px)) for x, y in others]
    strangers += [_line(bar, width_px, height_px) for bar in bars]
    crossed = [box for line in lines for box in _along(line, width_px, height_px)]
    places: list[Place | None] = []
    for own, (spot, text) in enumerate(zip(spots, texts, strict=True)):
        full = [*strangers, *(box for i, box in enumerate(taken) if i != own)]

        def fits(choice: Place, spot: tuple[float, float] = spot, text: str = text, full: list[Box] = full) -> bool:
            return _fits(_box(spot, text, choice), full, width_px, height_px)

        fitting = [choice for choice in CHOICES if fits(choice)]
        if far and not fitting:
            fitting = [choice for choice in FAR_CHOICES if fits(choice)]
        clear = (c for c in fitting if not _touches(_box(spot, text, c), crossed))
        found = next(clear, fitting[0] if fitting else None)
        places.append(found)
        if found:
            taken.append(_box(spot, text, found))
    return places


def crowded(
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    places: Sequence[Place | None],
    *,
    height_px: float,
    width_px: float = NARROW_PX,
) -> list[int]:
    """Which of the placed labels would cover another, or leave the plot, in a narrower plot; the least important go."""
    spots = [(x * width_px, y * height_px) for x, y in points]
    taken: list[Box] = []
    hidden = []
    for i, (spot, text, chosen) in enumerate(zip(spots, texts, places, strict=True)):
        if chosen is None:
            continue
        box = _box(spot, text, chosen)
        marks = [_marker(other) for j, other in enumerate(spots) if j != i]
        if _fits(box, [*taken, *marks], width_px, height_px):
            taken.append(box)
        else:
            hidden.append(i)
    return hidden


def _line(bar: Box, width_px: float, height_px: float) -> Box:
    left, bottom, right, top = bar
    return left * width_px - 1, bottom * height_px - 1, right * width_px + 1, top * height_px + 1


def _along(line: Box, width_px: float, height_px: float) -> list[Box]:
    """A slanted stretch as small boxes, one behind the other."""
    x1, y1, x2, y2 = line[0] * width_px, line[1] * height_px, line[2] * width_px, line[3] * height_px
    steps = max(1, math.ceil(max(abs(x2 - x1), abs(y2 - y1)) / _STEP_PX))
    spots = [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(steps + 1)]
    return [(x - 2, y - 2, x + 2, y + 2) for x, y in spots]


def _marker(spot: tuple[float, float]) -> Box:
    return spot[0] - MARKER_PX, spot[1] - MARKER_PX, spot[0] + MARKER_PX, spot[1] + MARKER_PX


def _box(spot: tuple[float, float], text: str, chosen: Place) -> Box:
    width = len(text) * CHARACTER_PX
    x, y = spot[0] + chosen.xshift, spot[1] + chosen.yshift
    left = x - {"left": 0.0, "center": width / 2, "right": width}[chosen.anchor]
    return left, y - LINE_PX / 2, left + width, y + LINE_PX / 2


def _fits(box: Box, taken: Sequence[Box], width_px: float, height_px: float) -> bool:
    if box[0] < -20 or box[2] > width_px + 20 or box[1] < -6 or box[3] > height_px + 14:
        return False
    return not _touches(box, taken)


def _touches(box: Box, taken: Sequence[Box]) -> bool:
    return any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
