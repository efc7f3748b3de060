"""What all charts share: quiet grid, our type, no legend; colours are set a trace by the charts themselves."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from joulebook.dashboard.palette import Palette

FONT = '"Source Sans", "Source Sans Pro", "Noto Sans CJK KR", sans-serif'
HATCH = "/"


def blank(
    palette: Palette, *, height: int, right: int = 16, left: int = 56, top: int = 24, bottom: int = 40
) -> go.Figure:
    """An empty figure in the theme of the page; margins leave room for direct labels."""
    return go.Figure(
        layout={
            "height": height,
            "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 4},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 13, "color": palette.muted},
            "hoverlabel": {
                "bgcolor": palette.surface,
                "bordercolor": palette.rule,
                "font": {"family": FONT, "color": palette.text, "size": 13},
            },
            "showlegend": False,
            "dragmode": False,
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.text},
            "xaxis": axis(palette, grid=False),
            "yaxis": axis(palette, grid=True),
        }
    )


def axis(palette: Palette, *, grid: bool) -> dict[str, Any]:
    """Style of an axis: no line, no zero line, ticks in muted type, the grid faint or absent."""
    return {
        "showgrid": grid,
        "gridcolor": palette.rule,
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickfont": {"color": palette.muted, "size": 12},
        "automargin": True,
        "fixedrange": True,
    }


def hatched(colour: str, palette: Palette) -> dict[str, Any]:
    """Marker of a modelled bar: its colour faint, with hatching in the full colour."""
    return {
        "color": "rgba(0,0,0,0)",
        "line": {"width": 0},
        "pattern": {
            "shape": HATCH,
            "fgcolor": colour,
            "bgcolor": _faint(colour, palette.modelled_opacity * 0.55),
            "size": 6,
            "solidity": 0.25,
            "fillmode": "overlay",
        },
    }


def unit_label(figure: go.Figure, text: str, palette: Palette) -> None:
    """The unit above the vertical axis, where the eye starts, instead of a turned axis title."""
    figure.add_annotation(
        text=text,
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="right",
        yanchor="bottom",
        xshift=-4,
        yshift=6,
        showarrow=False,
        font={"color": palette.muted, "size": 12},
    )


def side_labels(
    figure: go.Figure, labels: list[tuple[str, str, float]], *, plot_height: int, top: float, palette: Palette
) -> None:
    """Direct labels at the right of a stack, moved apart where they would touch.

    Args:
        figure: Drawn on.
        labels: Text (two lines of HTML), colour and height in data units, from the bottom up.
        plot_height: Height of the plotting area in pixels.
        top: Data value at its top.
        palette: Of the page.
    """
    gap = 34.0 * top / plot_height
    heights = spread([height for *_, height in labels], gap, floor=gap / 2)
    for (text, colour, _), height in zip(labels, heights, strict=True):
        name, how = text.split("<br>")
        figure.add_annotation(
            text=f'<span style="color:{colour}">{name}</span><br><span style="color:{palette.muted}">{how}</span>',
            xref="paper",
            x=1,
            y=height,
            xanchor="left",
            yanchor="middle",
            xshift=8,
            showarrow=False,
            align="left",
            font={"size": 12},
        )


def spread(heights: list[float], gap: float, floor: float) -> list[float]:
    """Heights in rising order, moved up so that neighbours lie at least `gap` apart and none below `floor`."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap if placed else floor))
    return placed


def _faint(colour: str, opacity: float) -> str:
    from joulebook.dashboard.palette import translucent

    return translucent(colour, opacity)
