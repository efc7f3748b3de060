"""A counter's tick is measured, and ranges follow it: they hold the truth at any tick and are no wider than need be."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_nvml import Gpu

from joulebook.meters.tick import tick_of
from joulebook.meters.window_energy import window_energy

TICKS_S = (0.02, 0.05, 0.1, 0.2)
Curve = Callable[[float], float]


def square(period_s: float, duty: float, phase_s: float) -> Curve:
    def energy_j(t: float) -> float:
        whole, part = divmod(t + phase_s, period_s)
        on = duty * period_s
        return whole * (400 * on + 100 * (period_s - on)) + 400 * min(part, on) + 100 * max(0.0, part - on)

    return energy_j


def seen_closely(tick_s: float, offset: float, start: float, rng: random.Random, step_s: float = 0.002) -> list[float]:
    """When a meter reads after a mark: every few milliseconds until it has seen two ticks."""
    times, t = [], start + rng.uniform(0.0002, 0.001)
    while t < start + 2 * tick_s + (offset - start) % tick_s:
        times.append(t)
        t += rng.uniform(0.5 * step_s, 1.5 * step_s)
    return [*times, t]


def readings_of(curve: Curve, start: float, end: float, tick_s: float, rng: random.Random) -> list:
    """Once a second, and closely after both ends of the window."""
    offset = rng.uniform(0, tick_s)
    times = {start - 2.3 + i + rng.uniform(-0.2, 0.2) for i in range(math.ceil(end - start + 3))}
    times |= {t for mark in (start, end) for t in seen_closely(tick_s, offset, mark, rng)}
    return [(b, round(curve(math.floor((b - offset) / tick_s) * tick_s + offset), 3), 2e-5) for b in sorted(times)]


def measured(tick_s: float, length_s: float, shape: Callable[[random.Random], Curve], assumed_s: float, seed: str):
    """Of many windows of one length: how many ranges held the truth, and their median half width as a share."""
    rng, held, widths = random.Random(seed), 0, []
    for _ in range(60):
        curve, start = shape(rng), 100 + rng.uniform(0, 1)
        readings = readings_of(curve, start, start + length_s, tick_s, rng)
        window = window_energy(readings, start, start + length_s, kind="counter", tick_s=assumed_s, rel_error=0.0)
        truth = curve(start + length_s) - curve(start)
        held += window.low_j - 1e-6 <= truth <= window.high_j + 1e-6
        widths.append((window.high_j - window.low_j) / 2 / truth)
    return held / 60, statistics.median(widths)


SHAPES = {
    "constant": lambda rng: lambda t: 300.0 * t,
    "0.37 s": lambda rng: square(0.37, 0.5, rng.uniform(0, 0.37)),
    "1 s": lambda rng: square(1.0, 0.25, rng.uniform(0, 1)),
    "10 s": lambda rng: square(10.0, 0.5, rng.uniform(0, 10)),
}


@pytest.mark.parametrize("tick_s", TICKS_S)
@pytest.mark.parametrize("shape", SHAPES)
def test_ranges_hold_the_truth_in_nine_of_ten_windows_at_any_tick(tick_s: float, shape: str) -> None:
    for length_s in (0.05, 0.3, 1.0, 3.0, 10.0):
        held, _ = measured(tick_s, length_s, SHAPES[shape], tick_s, f"{tick_s} {shape} {length_s}")
        assert held >= 0.9, length_s


def test_a_measured_tick_makes_ranges_as_narrow_as_the_counter_allows() -> None:
    """Under a changing load, what the ends of a window leave open is a part of a tick, so it grows with the tick."""
    known = {tick_s: measured(tick_s, 1.0, SHAPES["0.37 s"], tick_s, "w")[1] for tick_s in TICKS_S}
    assumed = {tick_s: measured(tick_s, 1.0, SHAPES["0.37 s"], 0.1, "w")[1] for tick_s in TICKS_S}
    for tick_s in (0.02, 0.05):
        assert known[tick_s] < 1.5 * tick_s / 0.1 * known[0.1]
        assert known[tick_s] < 0.85 * assumed[tick_s]


def test_a_tick_taken_for_half_of_what_it_is_would_promise_too_much() -> None:
    held = {assumed_s: measured(0.2, 0.3, SHAPES["0.37 s"], assumed_s, "h")[0] for assumed_s in (0.1, 0.2)}
    assert held[0.1] < 0.9 <= held[0.2]


@given(st.sampled_from([0.01, 0.02, 0.05, 0.1, 0.2]), st.integers(0, 2**32), st.integers(2, 6))
@settings(max_examples=300, deadline=None)
def test_the_tick_follows_from_the_changes_that_were_seen(tick_s: float, seed: int, n: int) -> None:
    rng = random.Random(seed)
    offset, t, step_s = rng.uniform(0, tick_s), 50.0, min(0.002, tick_s / 8)
    changes, ticks = [], []
    while len(changes) < n:
        following = t + rng.uniform(0.5 * step_s, 1.5 * step_s)
        if rng.random() < 0.01:
            following += rng.uniform(0, 0.3)  # the meter was kept from running
        before, after = (math.floor((b - offset) / tick_s) for b in (t, following))
        if after > before:
            changes.append((t, following))
            ticks.append(after)
        t = following
    found = tick_of(changes)
    assert found is None or found == pytest.approx(tick_s, rel=0.1)
    clean = all(b - a <= 3 * step_s for a, b in changes) and ticks[-1] - ticks[0] == n - 1
    assert found is not None or not clean or n == 2


def test_nothing_is_measured_from_too_little_or_uneven_changes() -> None:
    assert tick_of([]) is None
    assert tick_of([(1.0, 1.002)]) is None
    assert tick_of([(1.0, 1.002), (1.05, 1.2)]) is None  # hours may lie in between
    assert tick_of([(1.0, 1.002), (1.02, 1.022), (1.1, 1.102), (1.5, 1.502)]) is None
    assert tick_of([(1.0, 1.002), (1.033, 1.035), (1.066, 1.068), (1.099, 1.101)]) == pytest.approx(0.033)


@pytest.mark.compiler
@pytest.mark.parametrize("tick_s", TICKS_S)
def test_the_journal_holds_the_measured_tick(tick_s, python, simulator, read_journals) -> None:
    sim = simulator(Gpu(high_w=300, tick_s=tick_s, tick_offset_s=0.0031))
    code = "from joulebook import track; import time\nwith track('x'): time.sleep(1.5)"
    assert python(code, sim.environ).returncode == 0
    (journal,) = read_journals()
    devices = journal.of("device")
    assert {device["i"] for device in devices} == {0}
    assert devices[-1]["sensor"]["tick_s"] == pytest.approx(tick_s, rel=0.1)
