"""`window_energy` against exact truth: readings of a ticking counter are simulated, so no time passes."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulebook.meters.window_energy import Window, window_energy

Curve = Callable[[float], float]


def square(period_s: float, duty: float, phase_s: float, high_w: float = 400, low_w: float = 100) -> Curve:
    def energy_j(t: float) -> float:
        cycles = (t + phase_s) / period_s
        whole = math.floor(cycles)
        part, on = (cycles - whole) * period_s, duty * period_s
        return whole * (high_w * on + low_w * (period_s - on)) + high_w * min(part, on) + low_w * max(0.0, part - on)

    return energy_j


def constant(power_w: float = 300) -> Curve:
    return lambda t: power_w * t


def counter_readings(curve: Curve, start_b: float, end_b: float, rng: random.Random, tick_s: float = 0.1) -> list:
    """What a meter reads: about once a second, and every 2 ms for 0.2 s after the ends of the window."""
    offset = rng.uniform(0, tick_s)
    times = set()
    t = start_b - 2.3
    while t < end_b + 0.6:
        times.add(t + rng.uniform(-0.2, 0.2))
        t += 1
    for end in (start_b, end_b):
        t = end + rng.uniform(0.0002, 0.001)
        while t < end + 0.22:
            times.add(t)
            t += rng.uniform(0.001, 0.003)

    def shown(b: float) -> float:
        return round(curve(math.floor((b - offset) / tick_s) * tick_s + offset), 3)

    return [(b, shown(b), 2e-5) for b in sorted(times)]


def measure(curve: Curve, length_s: float, rng: random.Random, rel_error: float = 0.0) -> tuple[Window, float]:
    start_b = 100 + rng.uniform(0, 1)
    end_b = start_b + length_s
    readings = counter_readings(curve, start_b, end_b, rng)
    window = window_energy(readings, start_b, end_b, kind="counter", tick_s=0.1, rel_error=rel_error)
    assert window is not None
    return window, curve(end_b) - curve(start_b)


def shapes(rng: random.Random) -> list[Curve]:
    periods = (0.37, 0.73, 1, 10, 20)
    return [constant(), *(square(p, duty, rng.uniform(0, p)) for p in periods for duty in (0.25, 0.5))]


# Median and 95th percentile of the error (%), by length of the window: the bounds of the accuracy goal.
BOUNDS = {0.3: (3.0, None), 1.0: (1.0, 4.0), 3.0: (0.3, 1.2), 10.0: (0.1, 0.4)}


@pytest.mark.parametrize("length_s", BOUNDS)
def test_errors_over_random_phases_stay_within_the_goal(length_s: float) -> None:
    rng = random.Random(7)
    errors = []
    for _ in range(30):
        for curve in shapes(rng):
            window, truth = measure(curve, length_s, rng)
            errors.append(100 * abs(window.energy_j / truth - 1))
    median, most = statistics.median(errors), sorted(errors)[int(0.95 * len(errors))]
    assert median <= BOUNDS[length_s][0]
    assert BOUNDS[length_s][1] is None or most <= BOUNDS[length_s][1]


@pytest.mark.parametrize("length_s", [0.02, 0.05, 0.15, 0.3, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("shape", range(11))
def test_the_range_holds_the_truth_in_nine_windows_of_ten(length_s: float, shape: int) -> None:
    """By the ticks alone: the sensor's own error is left out, which would hide a range that is too narrow."""
    rng = random.Random(1000 * shape + int(100 * length_s))
    held = 0
    for _ in range(60):
        window, truth = measure(shapes(rng)[shape], length_s, rng)
        held += window.low_j - 1e-6 <= truth <= window.high_j + 1e-6
    assert held >= 0.9 * 60


def test_constant_load_at_three_seconds_is_no_wider_than_the_sensors_class() -> None:
    rng = random.Random(3)
    widths = []
    for _ in range(50):
        window, truth = measure(constant(), 3.0, rng, rel_error=0.05)
        widths.append((window.high_j - window.low_j) / 2 / truth)
    assert statistics.median(widths) == pytest.approx(0.05, rel=0.01)


def test_a_window_shorter_than_a_tick_has_a_wide_range_not_a_wrong_number() -> None:
    """A load that changes within a tick can't be known better than between nothing and the tick's whole energy."""
    rng = random.Random(5)
    for _ in range(100):
        window, truth = measure(square(0.37, 0.25, rng.uniform(0, 0.37)), 0.02, rng)
        assert window.low_j <= window.energy_j <= window.high_j
        assert window.high_j - window.low_j > 0.1 * truth


@given(
    st.lists(
        st.tuples(st.floats(0.001, 3), st.floats(0, 1000), st.floats(0, 0.01)),
        min_size=2,
        max_size=60,
    ),
    st.floats(-2, 60),
    st.floats(1e-3, 60),
    st.sampled_from([("counter", 0.1), ("counter", None), ("counter", 0.001), ("integrated", None)]),
)
@settings(max_examples=400, deadline=None)
def test_any_readings_give_an_ordered_range_within_what_was_read(steps, start, length, kind) -> None:
    readings, b, energy = [], 0.0, 0.0
    for step_s, step_j, dt_s in steps:
        readings.append((b, energy, dt_s))
        b, energy = b + step_s, energy + step_j
    window = window_energy(readings, start, start + length, kind=kind[0], tick_s=kind[1], rel_error=0.05)
    if window is None:
        return
    assert 0 <= window.low_j <= window.energy_j <= window.high_j < math.inf
    assert 0 < window.coverage <= 1
    if window.coverage == 1:
        assert window.energy_j <= readings[-1][1] + 1e-9 + readings[-1][1] * 0.5


@given(st.floats(0.5, 20), st.floats(0.5, 20), st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_windows_that_follow_one_another_add_up(first_s: float, second_s: float, seed: int) -> None:
    rng = random.Random(seed)
    readings = counter_readings(square(1, 0.5, 0), 10, 10 + first_s + second_s, rng)
    ends = (10, 10 + first_s, 10 + first_s + second_s)
    parts = [
        window_energy(readings, a, b, kind="counter", tick_s=0.1, rel_error=0)
        for a, b in ((ends[0], ends[1]), (ends[1], ends[2]), (ends[0], ends[2]))
    ]
    assert parts[0].energy_j + parts[1].energy_j == pytest.approx(parts[2].energy_j, rel=1e-9)


def test_nothing_is_known_outside_the_readings_or_from_one_reading() -> None:
    readings = [(10.0, 5.0, 0.0), (11.0, 305.0, 0.0)]
    assert window_energy(readings, 20, 30, kind="counter", tick_s=0.1, rel_error=0) is None
    assert window_energy(readings[:1], 9, 11, kind="counter", tick_s=0.1, rel_error=0) is None
    assert window_energy(readings, 11, 10, kind="integrated", tick_s=None, rel_error=0) is None


def test_a_device_that_was_read_for_half_the_window_has_half_the_coverage() -> None:
    readings = [(float(b), 300.0 * b, 0.0) for b in range(11)]
    window = window_energy(readings, 0, 20, kind="integrated", tick_s=None, rel_error=0)
    assert window.energy_j == pytest.approx(3000)
    assert window.coverage == pytest.approx(0.5)
    assert window.high_j >= 6000  # what was not read may have gone on alike


def test_a_device_that_joined_late_is_filled_in_with_its_mean_power_and_marked() -> None:
    readings = [(b / 10, 300.0 * b / 10, 0.0) for b in range(2, 101)]
    window = window_energy(readings, 0, 9.9, kind="integrated", tick_s=None, rel_error=0)
    assert window.energy_j == pytest.approx(300 * 9.9)
    assert window.coverage == pytest.approx(9.7 / 9.9)
    assert window.low_j < 300 * 9.8 < 300 * 10 < window.high_j


def test_it_looks_only_near_the_ends_of_the_window() -> None:
    """A run of ten million samples is not read through for each of its phases."""

    class Counted(list):
        looked = 0

        def __getitem__(self, index):
            Counted.looked += 1
            return super().__getitem__(index)

    readings = Counted((float(b), 300.0 * b, 0.0) for b in range(200_000))
    window_energy(readings, 50_000.5, 150_000.5, kind="counter", tick_s=0.1, rel_error=0.05)
    assert Counted.looked < 200
