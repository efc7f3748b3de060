"""Bars of energy, stacked by component; what no device measured is hatched, the range of the total is a whisker."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts.template import blank, hatched, side_labels, unit_label
from joulebook.dashboard.escape import label as as_label
from joulebook.dashboard.palette import Palette
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.observations import COMPONENTS

_HEIGHT = 330
_MOST_WRAPPED = 7  # bars under which names of several lines find room
_LINES = 3
TICKS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """One layer of the stack: joules for each bar, from the bottom up."""

    name: str
    label: str
    colour: str
    energy_j: np.ndarray
    modelled: bool


def by_component(frame: pd.DataFrame, palette: Palette) -> list[Part]:
    """Layers by component, each parted into measured and modelled, and the overhead of the facility on top.

    The books keep how much of a bar was measured, not of which component. A device of a later component is never
    measured where one of an earlier is not (GPU, then CPU package, then DRAM), so the measured joules fill them in
    that order; the hatched area is right in sum.
    """
    left_j = frame["measured_j"].fillna(0.0).to_numpy(float)
    parts = []
    for name in COMPONENTS:
        energy_j = frame[f"{name}_j"].fillna(0.0).to_numpy(float)
        measured_j = np.minimum(energy_j, left_j)
        left_j = left_j - measured_j
        colour, label = palette.components[name], t(f"component.{name}")
        parts.append(Part(name, label, colour, measured_j, modelled=False))
        parts.append(Part(name, label, colour, energy_j - measured_j, modelled=True))
    overhead_j = (frame["facility_energy_j"] - frame["energy_j"]).fillna(0.0).clip(lower=0.0).to_numpy(float)
    parts.append(Part("overhead", t("component.overhead"), palette.muted, overhead_j, modelled=True))
    return _drawn(parts)


def by_group(groups: dict[str, pd.DataFrame], palette: Palette) -> list[Part]:
    """Layers by project (or any group), measured and modelled; frames share their rows with the bars."""
    parts = []
    for i, (label, frame) in enumerate(groups.items()):
        colour = palette.series[i] if i < len(palette.series) else palette.muted
        total_j = frame["facility_energy_j"].fillna(0.0).to_numpy(float)
        measured_j = np.minimum(frame["measured_j"].fillna(0.0).to_numpy(float), total_j)
        parts.append(Part(label, label, colour, measured_j, modelled=False))
        parts.append(Part(label, label, colour, total_j - measured_j, modelled=True))
    return _drawn(parts)


def _drawn(parts: list[Part]) -> list[Part]:
    """Layers that would be seen: a rest that rounding left over is none."""
    total_j = sum(float(part.energy_j.sum()) for part in parts)
    return [part for part in parts if part.energy_j.sum() > total_j * 1e-6]


def figure(
    labels: Sequence[str],
    parts: Sequence[Part],
    low_j: np.ndarray,
    high_j: np.ndarray,
    palette: Palette,
    *,
    ticks: int = TICKS,
) -> go.Figure:
    """The chart; `labels` name the bars, `low_j` and `high_j` are the range of each total, NaN where unknown."""
    total_j = np.sum([part.energy_j for part in parts], axis=0) if parts else np.zeros(len(labels))
    top_j = float(np.nanmax(np.append(high_j, total_j))) if len(labels) else 0.0
    unit = fmt.unit_for("energy", top_j)
    deep = _LINES * 14 if wraps(labels, ticks) else 0
    chart = blank(palette, height=_HEIGHT + deep, right=92, left=44, bottom=40 + deep)
    positions = list(range(len(labels)))
    for part in parts:
        said = f"{as_label(part.label)}, {_how(part)}"
        chart.add_bar(
            x=positions,
            y=part.energy_j / unit.size,
            marker=hatched(part.colour, palette) if part.modelled else {"color": part.colour, "line": {"width": 0}},
            customdata=[
                [as_label(label), fmt.amount(e, "energy")] for label, e in zip(labels, part.energy_j, strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{said}: %{{customdata[1]}}<extra></extra>",
            name=part.label,
        )
    _whiskers(
        chart,
        positions=positions,
        total_j=total_j,
        low_j=low_j,
        high_j=high_j,
        size=unit.size,
        palette=palette,
    )
    chart.update_layout(barmode="stack", bargap=0.22 if len(labels) > 3 else 0.6)
    _axes(chart, labels, total_j=total_j, top=top_j / unit.size, ticks=ticks, palette=palette)
    unit_label(chart, unit.name, palette)
    side_labels(
        chart, _labels(parts, unit.size), plot_height=_HEIGHT - 64, top=top_j * 1.05 / unit.size, palette=palette
    )
    return chart


def _how(part: Part) -> str:
    return t("word.modelled") if part.modelled else t("word.measured")


def _whiskers(
    chart: go.Figure,
    *,
    positions: list[int],
    total_j: np.ndarray,
    low_j: np.ndarray,
    high_j: np.ndarray,
    size: float,
    palette: Palette,
) -> None:
    chart.add_scatter(
        x=positions,
        y=total_j / size,
        mode="markers",
        marker={"size": 0.1, "color": palette.text},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": np.clip(np.nan_to_num(high_j - total_j), 0, None) / size,
            "arrayminus": np.clip(np.nan_to_num(total_j - low_j), 0, None) / size,
            "color": palette.text,
            "thickness": 1.1,
            "width": 0,
        },
        hoverinfo="skip",
        name=t("figure.range"),
    )


def _axes(
    chart: go.Figure, labels: Sequence[str], *, total_j: np.ndarray, top: float, ticks: int, palette: Palette
) -> None:
    wrapped = wraps(labels, ticks)
    step = 1 if wrapped else max(1, -(-len(labels) // ticks))
    shown = list(range(0, len(labels), step))
    chart.update_xaxes(
        tickmode="array",
        tickvals=shown,
        ticktext=[_lines(labels[i]) if wrapped else as_label(labels[i], 18) for i in shown],
        range=[-0.6, max(len(labels), 1) - 0.4],
        tickangle=0,
    )
    chart.update_yaxes(range=[0, top * 1.05 or 1], nticks=5, rangemode="tozero")
    empty = [(first, last) for first, last in _stretches(total_j) if (last - first + 1) * 30 > len(labels) * 2]
    for first, last in empty if len(empty) <= 4 else []:
        chart.add_annotation(
            text=t("word.none"),
            x=(first + last) / 2,
            y=0,
            yanchor="bottom",
            showarrow=False,
            font={"color": palette.muted, "size": 11.5},
        )


def wraps(labels: Sequence[str], ticks: int = TICKS) -> bool:
    """Whether each bar gets its name in lines: long names, of few bars."""
    return len(labels) <= _MOST_WRAPPED and max(map(len, labels), default=0) * len(labels) > 12 * ticks


def _lines(label: str) -> str:
    """A name in short lines under its bar."""
    return "<br>".join(as_label(line, 14) for line in textwrap.wrap(label, 13, break_long_words=False)[:_LINES])


def _stretches(total_j: np.ndarray) -> list[tuple[int, int]]:
    """First and last position of each row of bars without any energy."""
    empty = np.flatnonzero(total_j == 0)
    return [(int(run[0]), int(run[-1])) for run in np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1) if len(run)]


def _labels(parts: Sequence[Part], size: float) -> list[tuple[str, str, float]]:
    """Name with how it is known, colour, and height of the middle of each layer in the last bar, or in the mean one."""
    last = (
        next((i for i in reversed(range(len(parts[0].energy_j))) if sum(p.energy_j[i] for p in parts) > 0), 0)
        if parts
        else 0
    )
    labels: dict[str, tuple[str, str, float]] = {}
    base = 0.0
    for part in parts:
        middle = base + part.energy_j[last] / 2
        base += part.energy_j[last]
        mixed = part.name in labels
        how = t("word.partly_modelled") if mixed else _how(part)
        labels[part.name] = (f"<b>{as_label(part.label, 18)}</b><br>{how}", part.colour, middle / size)
    return list(labels.values())
