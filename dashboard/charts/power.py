"""Power over time, stacked by component: gaps stay gaps, what is modelled is faint, phases lie above as bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts.template import axis, blank, side_labels, unit_label
from joulebook.dashboard.escape import label as as_label
from joulebook.dashboard.limits import MAX_POINTS_PER_TRACE
from joulebook.dashboard.palette import Palette, translucent
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.observations import COMPONENTS

_HEIGHT = 360
_BAND_PX = 20
_LEVELS = 3
_MOST_DOTTED = 300  # points; a dotted outline of more is a thicket
_NARROWEST = 0.004  # of the window: a band that is narrower is not drawn
_LETTER_SHARE = 0.011  # of the plot's width that a letter takes, for deciding whether a name fits its band


@dataclass(frozen=True, slots=True)
class Band:
    """A phase on the time axis, in seconds since the run's start; `level` 0 is outermost."""

    name: str
    start_s: float
    end_s: float
    level: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """Power of one component over time, NaN where there is a gap."""

    component: str
    modelled: bool
    power_w: np.ndarray


def layers(trace: pd.DataFrame) -> tuple[np.ndarray, list[Layer]]:
    """Times and one layer a component and way of knowing (measured below modelled), devices of a component summed.

    Args:
        trace: Rows of `store.trace`.
    """
    times = np.unique(trace["t_s"].to_numpy(float))
    if len(times) > MAX_POINTS_PER_TRACE // 2:  # devices whose buckets differ: bring them onto one grid
        times = np.linspace(times[0], times[-1], MAX_POINTS_PER_TRACE // 2)
    found = []
    for component in COMPONENTS:
        for modelled in (False, True):
            part = trace[(trace["component"] == component) & (trace["modelled"].astype(bool) == modelled)]
            if part["power_w_mean"].notna().any():
                devices = [_on_grid(device, times) for _, device in part.groupby("device_id")]
                found.append(Layer(component, modelled, _sum_known(devices)))
    return times, found


def _on_grid(device: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """A device's power at the given times; NaN outside of it and within its gaps."""
    ordered = device.sort_values("t_s")
    own, power = ordered["t_s"].to_numpy(float), ordered["power_w_mean"].to_numpy(float)
    if np.array_equal(own, times):
        return power
    return np.interp(times, own, power, left=np.nan, right=np.nan)  # NaN spreads to both neighbours: a gap stays one


def _sum_known(devices: Sequence[np.ndarray]) -> np.ndarray:
    stacked = np.vstack(devices)
    return np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))


def figure(
    trace: pd.DataFrame,
    bands: Sequence[Band],
    palette: Palette,
    *,
    start_s: float,
    end_s: float,
    height: int = _HEIGHT,
    selectable: bool = False,
) -> go.Figure:
    """The chart over the window from `start_s` to `end_s` (seconds since the run's start)."""
    times, stack = layers(trace)
    levels = min(_LEVELS, 1 + max((band.level for band in bands), default=-1))
    chart = blank(palette, height=height + _BAND_PX * levels, right=96, left=48, top=28 + _BAND_PX * levels + 6)
    total_w = _sum_known([layer.power_w for layer in stack]) if stack else np.full(len(times), np.nan)
    unit = fmt.unit_for("power", float(np.nanmax(total_w)) if np.isfinite(total_w).any() else None)
    base = np.zeros(len(times))
    labels = []
    for layer in stack:
        known_w = np.nan_to_num(layer.power_w)
        _area(chart, times, low=base / unit.size, high=(base + known_w) / unit.size, layer=layer, palette=palette)
        middle = np.nanmean(base + known_w / 2) / unit.size
        how = t("word.modelled") if layer.modelled else t("word.measured")
        colour = palette.components[layer.component]
        labels.append((f"<b>{t('component.' + layer.component)}</b><br>{how}", colour, float(middle)))
        base = base + known_w
    top = float(np.nanmax(total_w)) * 1.06 / unit.size if np.isfinite(total_w).any() else 1.0
    _hover(chart, times, stack, total_w, unit)
    measured = [layer.power_w for layer in stack if not layer.modelled]
    _gaps(chart, times, _sum_known(measured) if measured else total_w, palette)
    _bands(chart, bands, palette, start_s=start_s, end_s=end_s, plot_px=height - 74)
    _time_axis(chart, palette, start_s=start_s, end_s=end_s)
    chart.update_yaxes(range=[0, top], nticks=5)
    chart.update_layout(dragmode="select" if selectable else False, selectdirection="h", hovermode="x")
    unit_label(chart, unit.name, palette)
    side_labels(chart, labels, plot_height=height - 74, top=top, palette=palette)
    return chart


def _area(
    chart: go.Figure, times: np.ndarray, *, low: np.ndarray, high: np.ndarray, layer: Layer, palette: Palette
) -> None:
    """One polygon for each stretch without a gap, so that nothing is drawn where nothing is known."""
    dotted = layer.modelled and len(times) <= _MOST_DOTTED
    xs: list[float | None] = []
    ys: list[float | None] = []
    for stretch in _stretches(~np.isnan(layer.power_w)):
        along = slice(stretch[0], stretch[-1] + 1)
        xs += [*times[along], *times[along][::-1], times[along][0], None]
        ys += [*low[along], *high[along][::-1], low[along][0], None]
    colour = palette.components[layer.component]
    chart.add_scatter(
        x=xs,
        y=ys,
        mode="lines",
        fill="toself",
        fillcolor=translucent(colour, palette.modelled_opacity if layer.modelled else 0.92),
        line={"width": 1 if dotted else 0, "color": colour, "dash": "dot"},
        hoverinfo="skip",
        name=t("component." + layer.component),
    )


def total(trace: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Times and the power of all devices together; NaN where nothing is known."""
    times, stack = layers(trace)
    return times, _sum_known([layer.power_w for layer in stack]) if stack else np.full(len(times), np.nan)


def _stretches(known: np.ndarray) -> list[np.ndarray]:
    at = np.flatnonzero(known)
    return [part for part in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(part)]


def _hover(chart: go.Figure, times: np.ndarray, stack: Sequence[Layer], total_w: np.ndarray, unit: fmt.Unit) -> None:
    """An invisible line of the total that says all layers at a moment; it also carries selections."""
    rows = []
    for i, moment_s in enumerate(times):
        said = [
            f"{t('component.' + layer.component)}: {fmt.amount(float(layer.power_w[i]), 'power')}"
            for layer in reversed(stack)
            if not np.isnan(layer.power_w[i])
        ]
        rows.append(f"<b>{fmt.duration(float(moment_s))}</b><br>" + "<br>".join(said))
    chart.add_scatter(
        x=times,
        y=total_w / unit.size,
        mode="lines",
        line={"width": 0},
        customdata=rows,
        hovertemplate="%{customdata}<extra></extra>",
        name=t("word.total"),
    )


def _gaps(chart: go.Figure, times: np.ndarray, read_w: np.ndarray, palette: Palette) -> None:
    """The word for what is missing, where no device was read for long enough to hold it."""
    if len(times) < 2:
        return
    whole_s = times[-1] - times[0]
    for gap in _stretches(np.isnan(read_w))[:20]:
        if whole_s and (times[gap[-1]] - times[gap[0]]) / whole_s > _LETTER_SHARE * len(t("run.gap")):
            chart.add_annotation(
                name="narrow",
                text=t("run.gap"),
                x=(times[gap[0]] + times[gap[-1]]) / 2,
                y=0.5,
                yref="paper",
                yanchor="middle",
                showarrow=False,
                font={"color": palette.muted, "size": 11.5},
            )


def _bands(
    chart: go.Figure, bands: Sequence[Band], palette: Palette, *, start_s: float, end_s: float, plot_px: int
) -> None:
    span_s = end_s - start_s
    depth = min(_LEVELS, 1 + max((band.level for band in bands), default=-1))
    for i, band in enumerate(bands):
        left, right = max(band.start_s, start_s), min(band.end_s, end_s)
        if span_s <= 0 or (right - left) / span_s < _NARROWEST or band.level >= _LEVELS:
            continue
        bottom = 1 + (6 + _BAND_PX * (depth - 1 - band.level)) / plot_px
        top = bottom + (_BAND_PX - 3) / plot_px
        chart.add_shape(
            type="rect",
            xref="x",
            yref="paper",
            x0=left,
            x1=right,
            y0=bottom,
            y1=top,
            fillcolor=translucent(palette.muted, 0.22 if i % 2 else 0.34),
            line={"width": 0},
        )
        if (right - left) / span_s > _LETTER_SHARE * len(band.name):
            chart.add_annotation(
                name="narrow",
                text=as_label(band.name, 40),
                x=(left + right) / 2,
                y=(bottom + top) / 2,
                yref="paper",
                yanchor="middle",
                showarrow=False,
                font={"color": palette.text, "size": 11.5},
            )


def _time_axis(chart: go.Figure, palette: Palette, *, start_s: float, end_s: float) -> None:
    """Ticks at round times since the start, in the unit that suits the window."""
    step_s = next((s for s in _STEPS_S if (end_s - start_s) / s <= 7), _STEPS_S[-1])
    first = np.ceil(start_s / step_s) * step_s
    at = np.arange(first, end_s + step_s * 1e-6, step_s)
    unit = next(unit for unit in reversed(fmt.UNITS["duration"]) if unit.size <= step_s or unit.size <= 1e-6)
    chart.update_xaxes(
        **axis(palette, grid=False)
        | {
            "range": [start_s, end_s],
            "tickmode": "array",
            "tickvals": list(at),
            "ticktext": [f"{value / unit.size:g} {unit.name}" for value in at],
            "tickangle": 0,
        }
    )


def _steps_s() -> tuple[float, ...]:
    """Distances between ticks that read as round."""
    milliseconds = [base * 1e-3 for base in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
    sexagesimal = [base * size for size in (1.0, 60.0) for base in (1, 2, 5, 10, 15, 30)]
    hours = [base * 3600.0 for base in (1, 2, 3, 6, 12, 24, 48, 120, 240, 720)]
    return (*milliseconds, *sexagesimal, *hours)


_STEPS_S = _steps_s()
