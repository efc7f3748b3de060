"""Two amounts against each other: what they share cancels, what they don't adds up in squares."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from joulebook.ledger.accounting.comparison_pairs import Amount, Part, ratio
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import Z90


def figure(value: float, factor: float = 1.0) -> Figure:
    return Figure(value, value / factor, value * factor, "modelled", "IT")


def test_errors_of_their_own_add_up_in_squares():
    found = ratio(Amount((Part(figure(100, 1.1)),)), Amount((Part(figure(50, 1.2)),)))
    factor = math.exp(math.hypot(math.log(1.1), math.log(1.2)))
    assert found.times.value == pytest.approx(0.5)
    assert found.times.low == pytest.approx(0.5 / factor, rel=0.01)
    assert found.times.high == pytest.approx(0.5 * factor, rel=0.01)
    assert found.probability_more == 0.0


def test_one_error_cancels():
    found = ratio(Amount((Part(figure(100, 2), "cpu"),)), Amount((Part(figure(101, 2), "cpu"),)))
    assert found.times.low == pytest.approx(1.01)
    assert found.times.high == pytest.approx(1.01)
    assert found.probability_more == 1.0


def test_the_rest_of_a_wider_range_stays():
    found = ratio(Amount((Part(figure(100, 1.1), "cpu"),)), Amount((Part(figure(100, 1.3), "cpu"),)))
    rest = math.exp(math.sqrt(math.log(1.3) ** 2 - math.log(1.1) ** 2))
    assert found.times.high == pytest.approx(rest, rel=0.01)
    assert found.probability_more == pytest.approx(0.5, abs=0.02)


def test_a_shared_factor_cancels_and_another_grid_does_not():
    pue = Part(figure(1.5, 1.3), "PUE")
    here, there = (Part(figure(400, 1.2), name) for name in ("KOR", "FRA"))
    energy = Part(figure(100))
    same = ratio(Amount((energy,), (pue, here)), Amount((energy,), (pue, here)))
    assert (same.times.low, same.times.high, same.probability_more) == (1.0, 1.0, 0.5)
    other = ratio(Amount((energy,), (pue, here)), Amount((energy,), (pue, there)))
    assert other.times.high == pytest.approx(math.exp(math.sqrt(2) * math.log(1.2)), rel=0.01)


def test_how_sure_a_small_difference_is():
    """Two of 3 % each, 2 % apart: ln 1.02 over the spread of their difference."""
    spread = math.sqrt(2) * math.log(1.03) / Z90
    found = ratio(Amount((Part(figure(100, 1.03)),)), Amount((Part(figure(102, 1.03)),)))
    by_hand = 0.5 * (1 + math.erf(math.log(1.02) / spread / math.sqrt(2)))
    assert found.probability_more == pytest.approx(by_hand, abs=0.01)


def test_nothing_is_no_base():
    assert ratio(Amount((Part(figure(0)),)), Amount((Part(figure(1)),))) is None


@given(some.floats(0.1, 10), some.floats(1, 3), some.booleans())
def test_the_range_holds_the_value(value: float, factor: float, shared: bool):
    name = "meter" if shared else None
    found = ratio(Amount((Part(figure(1, factor), name),)), Amount((Part(figure(value, factor), name),)), draws=500)
    assert found.times.low <= found.times.value <= found.times.high
    assert 0 <= found.probability_more <= 1
