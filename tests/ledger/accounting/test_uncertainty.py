"""Ranges against brute force: closed forms, moments and paired draws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import (
    Range,
    by_factor,
    draw,
    from_gsd,
    gsd_of_product,
    multiply,
    probability_lower,
    range_of_product,
    range_of_sum,
    sum_figures,
    summary,
    tornado,
)


def test_a_product_of_lognormals_in_closed_form_and_by_draws():
    parts = [from_gsd(3.0, 1.05), from_gsd(1.5, 1.10), from_gsd(400.0, 1.3)]
    product = range_of_product(parts)
    gsd = gsd_of_product([1.05, 1.10, 1.3])
    assert product == pytest.approx(from_gsd(1800.0, gsd))
    drawn = np.prod([draw(str(i), part) for i, part in enumerate(parts)], axis=0)
    assert summary(drawn, 1800.0) == pytest.approx(product, rel=0.02)


def test_a_sum_by_moments_and_by_draws():
    parts = [by_factor(100.0, 1.05), by_factor(80.0, 1.4), by_factor(30.0, 1.6)]
    total = range_of_sum(parts)
    assert total.value == 210.0
    assert total.high - 210 == pytest.approx(math.hypot(5.0, 32.0, 18.0))
    drawn = np.sum([draw(str(i), part) for i, part in enumerate(parts)], axis=0)
    assert summary(drawn, 210.0) == pytest.approx(total, rel=0.05)
    # Parts that err together are as wide as their ends.
    assert range_of_sum([parts[0], parts[0]], shared=True) == pytest.approx((200.0, 200 / 1.05, 210.0))


def test_shared_inputs_move_both_sides_together():
    grid = by_factor(400.0, 2.0)
    small, large = by_factor(1.0, 1.05), by_factor(1.2, 1.05)
    shared = probability_lower(draw("a", small) * draw("grid", grid), draw("b", large) * draw("grid", grid))
    apart = probability_lower(draw("a", small) * draw("grid", grid), draw("b", large) * draw("other grid", grid))
    assert shared > 0.999
    assert apart == pytest.approx(0.62, abs=0.05)
    assert probability_lower(draw("a", small), draw("a", small)) == 0.5


def test_draws_are_the_same_every_time_and_follow_their_range():
    part = Range(10.0, 8.0, 15.0)
    assert np.array_equal(draw("x", part), draw("x", part))
    assert summary(draw("x", part), 10.0) == pytest.approx(part, rel=0.03)
    open_end = draw("x", Range(0.3, 0.0, 1.8))
    assert open_end.min() >= 0.0
    assert float(np.median(open_end)) == pytest.approx(0.3, rel=0.05)


def test_a_tornado_names_the_widest_input_first():
    shares = tornado({"energy": by_factor(1.0, 1.05), "PUE": by_factor(1.0, 1.1), "grid": by_factor(1.0, 1.4)})
    assert list(shares) == ["grid", "PUE", "energy"]
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["grid"] == pytest.approx(0.91, abs=0.01)
    assert tornado({"exact": Range(1.0, 1.0, 1.0)}) == {"exact": 0.0}


def test_sums_of_figures_take_the_weakest_method_and_the_measured_share():
    measured = Figure(900.0, 880.0, 920.0, "measured", "IT", None, 1.0)
    modelled = Figure(100.0, 60.0, 160.0, "modelled", "IT", "2026-11", 0.0)
    total = sum_figures([measured, modelled], boundary="IT")
    assert (total.value, total.method, total.measured_share, total.vintage) == (1000.0, "modelled", 0.9, "2026-11")
    assert sum_figures([], boundary="IT") is None


ranges = st.builds(
    lambda value, down, up: Range(value, value / down, value * up),
    st.floats(1e-9, 1e9),
    st.floats(1.0, 5.0),
    st.floats(1.0, 5.0),
)


@given(st.lists(ranges, min_size=1, max_size=6), st.booleans())
def test_ranges_hold_their_value(parts, shared):
    for low_value_high in (range_of_product(parts), range_of_sum(parts, shared=shared)):
        value, low, high = low_value_high
        assert low <= value * (1 + 1e-12)
        assert value <= high * (1 + 1e-12)
    assert range_of_product([parts[0]]) == pytest.approx(parts[0])


@given(ranges, st.floats(0.01, 100.0))
def test_an_exact_factor_scales_a_figure(part, unit):
    figure = Figure(*part, method="measured", boundary="IT", measured_share=0.5)
    scaled = multiply(figure, method="declared", boundary="facility", unit=unit)
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx([end * unit for end in part])
    assert (scaled.method, scaled.boundary, scaled.measured_share) == ("declared", "facility", 0.5)
