"""A shaded world that works offline: filled outlines, a trace a shade, and points under the pointer for the names.

Never `go.Choropleth`: it asks a server for its outlines. `world.json` is made by `benchmarks/make_world.py`.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard.charts import template
from joulebook.dashboard.palette import Palette, translucent
from joulebook.reference_data.packed import read_text

SHARE_EDGES = (0.001, 0.003, 0.01, 0.03, 0.1)  # a third and a tenth by turns: shares span four orders of magnitude
NO_ESTIMATE = "no estimate"
GAIN = "gain"
_OUTLINES = Path(__file__).parents[1] / "world.json"


@dataclass(frozen=True, slots=True)
class Outline:
    """One country as it is drawn; `xy` in map units, shape (2, corners), rings parted by NaN."""

    xy: npt.NDArray[np.float32]
    points: tuple[tuple[int, int], ...]
    tiny: bool


@functools.cache
def outlines() -> dict[str, Outline]:
    """All countries by ISO code."""
    world = json.loads(read_text(_OUTLINES))
    return {code: _outline(entry) for code, entry in world["countries"].items()}


def _outline(entry: dict[str, Any]) -> Outline:
    corners: list[tuple[float, float]] = []
    for ring in entry["rings"]:
        points = _points(ring)
        corners += [*points, points[0], (math.nan, math.nan)]
    xy = np.array(corners, dtype=np.float32).reshape(-1, 2).T
    return Outline(xy, tuple(_points(entry["points"])), entry["tiny"])


def _points(steps: Sequence[int]) -> list[tuple[int, int]]:
    x = y = 0
    points = []
    for step_x, step_y in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + step_x, y + step_y
        points.append((x, y))
    return points


def shade_of(value: float | None, edges: Sequence[float] = SHARE_EDGES) -> int | None:
    """Which bin a value falls in: 0 below the first edge, `len(edges)` from the last on; None where unknown."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is the one value that is not itself
        return None
    return sum(value >= edge for edge in edges)


def shades(palette: Palette, n: int) -> list[str]:
    """`n` steps of one hue, from faint to full."""
    faintest = 0.12 if palette.name == "light" else 0.2
    return [translucent(palette.accent, faintest + (1 - faintest) * (i / (n - 1)) ** 1.15) for i in range(n)]


def figure(
    frame: pd.DataFrame, palette: Palette, *, edges: Sequence[float] = SHARE_EDGES, height: int = 256
) -> go.Figure:
    """The map of one quantity.

    Args:
        frame: Columns `iso3`, `value` (NaN where unknown), `text` (what the pointer shows, HTML already escaped), and
            optionally `gain` (True where the model finds a gain: drawn apart).
        palette: Of the theme.
        edges: Borders of the bins; two maps side by side take the same.
        height: In pixels.
    """
    drawn = template.blank(palette, height=height, left=0, right=0, top=0, bottom=0)
    drawn.update_xaxes(visible=False, range=[-2010, 2010], constrain="domain")
    drawn.update_yaxes(visible=False, range=[-800, 965], scaleanchor="x", constrain="domain", constraintoward="top")
    drawn.update_layout(hovermode="closest", hoverdistance=24)
    groups = _grouped(frame, edges)
    traces: list[go.Scatter] = []
    for group, style in _styles(palette, len(edges) + 1).items():
        codes = groups.get(group, [])
        if codes:
            traces += [
                _land(codes, style, palette, name=str(group)),
                _dots(codes, style, palette, name=f"{group} dots"),
            ]
    drawn.add_traces([*traces, _hover(frame, groups, palette)])
    return drawn


def _grouped(frame: pd.DataFrame, edges: Sequence[float]) -> dict[int | str, list[str]]:
    values = dict(zip(frame["iso3"], frame["value"], strict=True))
    gains = set(frame.loc[frame["gain"], "iso3"]) if "gain" in frame else set()
    groups: dict[int | str, list[str]] = {}
    for code in outlines():
        shade = shade_of(values.get(code), edges)
        group = GAIN if code in gains else NO_ESTIMATE if shade is None else shade
        groups.setdefault(group, []).append(code)
    return groups


def _styles(palette: Palette, n: int) -> dict[int | str, dict[str, Any]]:
    unknown = {"fill": "rgba(0,0,0,0)", "hatch": palette.quiet}
    gain = {"fill": translucent(palette.quiet, 0.55), "hatch": None}
    steps = {i: {"fill": colour, "hatch": None} for i, colour in enumerate(shades(palette, n))}
    return {NO_ESTIMATE: unknown, GAIN: gain, **steps}


def _land(codes: Sequence[str], style: Mapping[str, Any], palette: Palette, *, name: str) -> go.Scatter:
    known = outlines()
    pattern = {"shape": template.HATCH, "fgcolor": style["hatch"], "size": 5, "solidity": 0.25}
    x, y = np.concatenate([known[code].xy for code in codes], axis=1)
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        fill="toself",
        fillcolor=style["fill"],
        fillpattern=pattern if style["hatch"] else None,
        line={"width": 0.5, "color": palette.quiet if style["hatch"] else palette.background},
        hoverinfo="skip",
    )


def _dots(codes: Sequence[str], style: Mapping[str, Any], palette: Palette, *, name: str) -> go.Scatter:
    """Places too small for an outline: a dot in their shade, a ring where there is no estimate."""
    middles = [outlines()[code].points[0] for code in codes if outlines()[code].tiny]
    ring = bool(style["hatch"])
    return go.Scatter(
        x=[p[0] for p in middles],
        y=[p[1] for p in middles],
        name=name,
        mode="markers",
        marker={
            "size": 5.5,
            "color": palette.background if ring else style["fill"],
            "line": {"width": 1, "color": palette.muted if ring else palette.quiet},
        },
        hoverinfo="skip",
    )


def _hover(frame: pd.DataFrame, groups: Mapping[int | str, list[str]], palette: Palette) -> go.Scatter:
    texts = dict(zip(frame["iso3"], frame["text"], strict=True))
    found = [(p, texts[code]) for codes in groups.values() for code in codes if code in texts for p in _of(code)]
    return go.Scatter(
        x=np.array([p[0] for p, _ in found], dtype=np.float32),
        y=np.array([p[1] for p, _ in found], dtype=np.float32),
        text=np.array([text for _, text in found]),
        name="names",
        mode="markers",
        marker={"size": 14, "opacity": 0, "color": palette.accent},
        hovertemplate="%{text}<extra></extra>",
    )


def _of(code: str) -> tuple[tuple[int, int], ...]:
    return outlines()[code].points
