"""Energy of a device over a window, from its readings, with the range that the readings leave open.

An energy counter shows the true energy only at its ticks (100 ms on most NVIDIA GPUs; measured by the meter) and keeps
it until the next. A reading therefore says what was true at the tick before it. Where readings come densely, a tick is
seen between two of them; the energy at a window's end is interpolated between the ticks around it. What power did
inside one tick can't be seen: the range assumes that it stayed within what the ticks nearby show, somewhat widened.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

Reading = tuple[float, float, float]  # boot time (s), cumulative energy (J), uncertainty of the time (s)
DEFAULT_TICK_S = 0.1
_REACH_TICKS = 4.0  # how far around a window's end ticks are looked for
_SPREAD = 1.0  # power inside a tick may leave the range of its neighbours' means by this share of that range
# The same for a window within a tick: a load about as quick as the ticks shows little in their means.
_SPREAD_WITHIN = 1.6
_UNSEEN_S = 2.0  # longer than the pause between two polls: what was nearby says nothing about power in such a gap
_TICK_DRIFT = 0.01  # how far the next tick may stray, as a share of the tick


@dataclass(frozen=True, slots=True)
class Window:
    """What a device used in a window.

    Attributes:
        energy_j: The best value; only the part of the window that was read, where much of it was not.
        low_j: Lower end of the 90 % range.
        high_j: Upper end of the 90 % range.
        coverage: Share of the window (0 to 1) that lies between readings.
    """

    energy_j: float
    low_j: float
    high_j: float
    coverage: float


@dataclass(frozen=True, slots=True)
class _Point:
    """A moment at which the cumulative energy is known; `spread_s` is how uncertain the moment is."""

    b: float
    energy_j: float
    spread_s: float


@dataclass(frozen=True, slots=True)
class _End:
    """Cumulative energy at one end of a window: value, 90 % range, and what it can't leave (`floor_j`, `ceiling_j`)."""

    value_j: float
    low_j: float
    high_j: float
    floor_j: float
    ceiling_j: float
    power_low_w: float
    power_high_w: float


def window_energy(
    readings: Sequence[Reading],
    start_b: float,
    end_b: float,
    *,
    kind: Literal["counter", "integrated"],
    tick_s: float | None,
    rel_error: float,
) -> Window | None:
    """Energy over `[start_b, end_b]` with its 90 % range; None where nothing is known about the window.

    Args:
        readings: Readings ordered by boot time with rising energy (a meter adds up over counter resets itself).
        start_b: Boot time of the window's start.
        end_b: Boot time of its end.
        kind: `counter` changes at ticks only; `integrated` is exact at each reading.
        tick_s: The counter's tick; None takes 0.1 s.
        rel_error: Half width of the 90 % range of a long window, as a share (the sensor's class).

    The two ends' errors are independent, so their half widths add in quadrature; the sensor's error is added likewise.
    """
    if len(readings) < 2 or not end_b > start_b:
        return None
    tick = (tick_s or DEFAULT_TICK_S) if kind == "counter" else 0.0
    first_b, last_b = readings[0][0] - tick, readings[-1][0] + tick
    covered = min(end_b, last_b) - max(start_b, first_b)
    if covered <= 0:
        return None
    start = _end(readings, max(start_b, first_b), tick)
    end = _end(readings, min(end_b, last_b), tick)
    read = _difference(start, end, covered)
    return _with_class(_with_unread(read, covered, end_b - start_b), rel_error)


def _difference(start: _End, end: _End, covered_s: float) -> Window:
    value = max(0.0, end.value_j - start.value_j)
    least = max(0.0, end.floor_j - start.ceiling_j)
    most = max(least, end.ceiling_j - start.floor_j)
    if least == 0.0:  # both ends within one tick: only the power nearby bounds it
        low = covered_s * min(start.power_low_w, end.power_low_w)
        high = covered_s * max(start.power_high_w, end.power_high_w)
        value = min(max(value, 0.0), most)
        return Window(value, max(0.0, min(low, value)), max(min(high, most), value), 1.0)
    value = min(max(value, least), most)
    low = value - math.hypot(end.value_j - end.low_j, start.high_j - start.value_j)
    high = value + math.hypot(end.high_j - end.value_j, start.value_j - start.low_j)
    return Window(value, min(value, max(low, least)), max(value, min(high, most)), 1.0)


def _with_unread(read: Window, covered_s: float, length_s: float) -> Window:
    """A short unread rest is filled with the mean power (0 to 2 times it); a long one stays out of the value."""
    rest_s = length_s - covered_s
    if rest_s <= 1e-9:
        return read
    rest_j = read.energy_j / covered_s * rest_s
    coverage = covered_s / length_s
    filled_j = rest_j if rest_s <= 1.0 or coverage >= 0.95 else 0.0
    return Window(read.energy_j + filled_j, read.low_j, read.high_j + 2 * rest_j, coverage)


def _with_class(read: Window, rel_error: float) -> Window:
    sensor_j = rel_error * read.energy_j
    low = read.energy_j - math.hypot(read.energy_j - read.low_j, sensor_j)
    high = read.energy_j + math.hypot(read.high_j - read.energy_j, sensor_j)
    return replace(read, low_j=max(0.0, low), high_j=high)


def _end(readings: Sequence[Reading], b: float, tick: float) -> _End:
    """Cumulative energy at `b`, between the ticks (or readings) around it."""
    points = _points_near(readings, b, tick)
    powers = [(right.energy_j - left.energy_j) / (right.b - left.b) for left, right in pairwise(points)]
    after = bisect_right(points, b, key=lambda point: point.b)
    if after == 0 or after == len(points):
        return _beyond(points[0] if after == 0 else points[-1], powers[0 if after == 0 else -1 :][:1], b)
    index = after - 1
    return _between(points[index], points[after], powers, index, b)


def _between(left: _Point, right: _Point, powers: list[float], index: int, b: float) -> _End:
    nearby = powers[max(0, index - 2) : index + 3]
    low_w, high_w = _power_range(nearby, powers[index], _SPREAD)
    before_s, after_s = b - left.b, right.b - b
    value = _stepped(left, right, powers, index, b)
    low = max(left.energy_j + before_s * low_w, right.energy_j - after_s * high_w, left.energy_j)
    high = min(left.energy_j + before_s * high_w, right.energy_j - after_s * low_w, right.energy_j)
    if right.b - left.b > _UNSEEN_S:
        low, high = left.energy_j, right.energy_j
    spread_j = powers[index] * max(left.spread_s, right.spread_s)
    return _End(
        value,
        min(low, value) - spread_j,
        max(high, value) + spread_j,
        left.energy_j - powers[index] * left.spread_s,
        right.energy_j + powers[index] * right.spread_s,
        *_power_range(nearby, powers[index], _SPREAD_WITHIN),
    )


def _stepped(left: _Point, right: _Point, powers: list[float], index: int, b: float) -> float:
    """Inside one tick, power as one step from the level before to the level after, where the tick's mean allows.

    Loads change in steps (a batch, an evaluation begins), so a tick whose mean lies between its neighbours' holds an
    edge; where it stands follows from the mean. Elsewhere the energy is taken to rise evenly.
    """
    length, mean = right.b - left.b, powers[index]
    even = left.energy_j + mean * (b - left.b)
    if not 0 < index < len(powers) - 1:
        return even
    before_w, after_w = powers[index - 1], powers[index + 1]
    if not min(before_w, after_w) < mean < max(before_w, after_w):
        return even
    edge_s = length * (mean - after_w) / (before_w - after_w)
    if b - left.b <= edge_s:
        return left.energy_j + before_w * (b - left.b)
    return right.energy_j - after_w * (right.b - b)


def _power_range(nearby: list[float], own: float, spread: float) -> tuple[float, float]:
    least, most = min(nearby), max(nearby)
    slack = spread * (most - least) + 0.01 * own
    return max(0.0, least - slack), most + slack


def _beyond(point: _Point, power: list[float], b: float) -> _End:
    """Outside the outermost ticks, by at most a tick: the power next to it goes on, within 0 and twice that."""
    watts = power[0] if power else 0.0
    ahead = b - point.b
    value = point.energy_j + watts * ahead
    ends = sorted((point.energy_j, point.energy_j + 2 * watts * ahead))
    spread_j = watts * point.spread_s
    return _End(value, ends[0] - spread_j, ends[1] + spread_j, ends[0] - spread_j, ends[1] + spread_j, 0.0, 2 * watts)


def _points_near(readings: Sequence[Reading], b: float, tick: float) -> list[_Point]:
    """Moments of known energy around `b`, a few on each side, in order of time."""
    at = bisect_right(readings, b, key=lambda reading: reading[0])
    reach = _REACH_TICKS * tick
    first, last = max(0, at - 1), min(len(readings) - 1, at)
    while first > 0 and (at - first < 3 or readings[first][0] > b - reach):
        first -= 1
    while last < len(readings) - 1 and (last - at < 2 or readings[last][0] < b + reach):
        last += 1
    near = [readings[i] for i in range(first, last + 1)]
    return _tick_points(near, tick) if tick else [_Point(r[0], r[1], r[2]) for r in _rising(near)]


def _rising(readings: list[Reading]) -> list[Reading]:
    """Readings with strictly rising time; of those at one moment the first."""
    kept = readings[:1]
    kept.extend(reading for reading in readings[1:] if reading[0] > kept[-1][0])
    return kept


def _tick_points(readings: list[Reading], tick: float) -> list[_Point]:
    """When the counter ticked, from where its value changes between two readings."""
    points = [_Point(readings[0][0] - tick / 2, readings[0][1], tick / 2)]
    for (b0, energy0, dt0), (b1, energy1, dt1) in pairwise(readings):
        if energy1 <= energy0:
            continue
        if b1 - b0 < tick:
            points.append(_Point((b0 + b1) / 2, energy1, (b1 - b0) / 2 + max(dt0, dt1)))
        else:
            points.append(_Point(b1 - tick / 2, energy1, tick / 2))
    return _on_the_grid(points, tick)


def _on_the_grid(points: list[_Point], tick: float) -> list[_Point]:
    """Ticks come evenly: one that was seen closely tells where those stood that were not."""
    sharp = [point for point in points if _is_sharp(point, tick)]
    if not sharp:
        return points
    placed: list[_Point] = []
    for point, following in zip(points, [*points[1:], None], strict=True):
        nearest = min(sharp, key=lambda other, b=point.b: abs(other.b - b))  # type: ignore[misc]
        placed.append(_placed(point, following, nearest, tick))
    kept = placed[:1]
    for point in placed[1:]:
        if point.b - kept[-1].b > tick / 10:
            kept.append(point)
        elif point.spread_s <= kept[-1].spread_s:
            kept[-1] = point
    return kept


def _is_sharp(point: _Point, tick: float) -> bool:
    return point.spread_s < tick / 10


def _placed(point: _Point, following: _Point | None, sharp: _Point, tick: float) -> _Point:
    if _is_sharp(point, tick):
        return point
    if following is not None and _is_sharp(following, tick):
        # Any tick between would have changed the value: what was shown before a tick dates from the tick before it.
        return _Point(following.b - tick, point.energy_j, following.spread_s + _TICK_DRIFT * tick)
    shown_b = point.b + tick / 2  # when the value was read: its tick lies within one tick before
    ticks = (shown_b - sharp.b) / tick
    spread = sharp.spread_s + abs(ticks) * _TICK_DRIFT * tick
    to_edge_s = tick * min(ticks - math.floor(ticks), math.ceil(ticks) - ticks)
    if spread >= to_edge_s:  # it can't be told which of two ticks it was
        return point
    return _Point(sharp.b + math.floor(ticks) * tick, point.energy_j, spread)
