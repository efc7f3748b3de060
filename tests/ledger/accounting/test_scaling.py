"""Scaling laws against published and hand-worked points."""

from __future__ import annotations

import math

import pytest

from joulebook.ledger.accounting.scaling import (
    cheapest_way,
    chinchilla_loss,
    families,
    kaplan_compute_ratio,
    kaplan_loss_ratio,
    own_steps,
    size_steps,
    training_kwh,
)
from joulebook.ledger.candidates_published import published_candidates
from joulebook.ledger.errors import LedgerError


def test_chinchilla_at_its_own_size():
    """70 billion parameters, 1.4 trillion tokens: 1.69 + 0.0837 + 0.1630."""
    assert chinchilla_loss(70e9, 1.4e12) == pytest.approx(1.9366, abs=1e-4)


def test_kaplan_exponents():
    assert kaplan_loss_ratio(parameter_ratio=10) == pytest.approx(10**-0.076)
    assert kaplan_loss_ratio(token_ratio=2) == pytest.approx(2**-0.095)
    assert kaplan_compute_ratio(10) == pytest.approx(0.8913, abs=1e-4)


def test_energy_of_training():
    # 6 · 1e9 · 2e10 FLOP at 5e11 FLOP/J are 2.4e8 J
    assert training_kwh(1e9, 2e10, 5e11) == pytest.approx(2.4e8 / 3.6e6)


def test_each_step_buys_less_for_a_kilowatt_hour():
    steps = size_steps([70e9, 1e9, 7e9], 5e11)
    assert [step.parameters for step in steps] == [1e9, 7e9, 70e9]
    assert steps[0].loss_drop is None
    assert steps[1].training_kwh == pytest.approx(49 * steps[0].training_kwh)
    assert steps[1].loss_drop_per_mwh == pytest.approx((2.58005 - 2.18354) / (48 * 66.667 / 1000), rel=1e-3)
    assert steps[2].loss_drop_per_mwh < steps[1].loss_drop_per_mwh / 100
    assert steps[2].inference_ratio == 70


def test_the_cheapest_way_is_the_inverse():
    way = cheapest_way(chinchilla_loss(7e9, 1.4e11), 5e11)
    assert way.parameters == pytest.approx(7e9, rel=1e-6)
    for loss in (1.69, 0.5, 99):
        with pytest.raises(LedgerError, match="no size"):
            cheapest_way(loss, 5e11)


def test_own_sizes_of_a_family():
    """The BLOOMz sizes on IMDB: energy grows slower than size."""
    steps = own_steps([(7e9, 0.9786, 0.0680), (5.6e8, 0.9409, 0.0173), (1.72e9, 0.9724, 0.0311)])
    assert [step.larger_parameters for step in steps] == [1.72e9, 7e9]
    assert steps[1].benefit == pytest.approx(0.0062)
    assert steps[1].exponent == pytest.approx(math.log(0.0680 / 0.0311) / math.log(7 / 1.72))


def test_families_among_the_published():
    found = families(published_candidates("imdb sentiment", "request"))
    sizes = found["bloomz on accuracy"]
    assert [size for size, _, _ in sizes] == pytest.approx([5.592e8, 1.72e9, 3e9, 7e9], rel=1e-3)
    assert sizes[1][1:] == pytest.approx((0.9724, 0.031072 * 3600), rel=1e-4)
    assert len(found["flan-t5 on accuracy"]) == 4


def test_amounts_must_be_above_zero():
    with pytest.raises(LedgerError, match="tokens must be above 0"):
        chinchilla_loss(1e9, 0)
