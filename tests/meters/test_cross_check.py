"""Counter against power: told where they really differ, silent where polling explains the difference."""

from __future__ import annotations

import random

import pytest

from joulebook.meters.cross_check import CrossCheck


def follow(counter_w: float, power_w, seconds: float = 1000, jitter: float = 0.5, seed: int = 1) -> list:
    rng, check, findings, b, energy_j = random.Random(seed), CrossCheck("GPU"), [], 0.0, 0.0
    while b < seconds:
        step = rng.uniform(1 - jitter, 1 + jitter)
        b, energy_j = b + step, energy_j + counter_w * step
        findings += check.add(b, energy_j, power_w(b))
    return findings


def test_agreement_is_silent_and_a_real_difference_is_told_once() -> None:
    assert follow(300, lambda b: 300) == []
    assert follow(300, lambda b: 320) == []  # within 10 %
    (finding,) = follow(187 / 5, lambda b: 327 / 5)  # the idle case of Zeus #181
    assert finding.code == "counter-against-power"


@pytest.mark.parametrize("seed", range(20))
def test_a_wave_of_a_second_polled_once_a_second_is_no_difference(seed: int) -> None:
    assert follow(175, lambda b: 400 if b % 1 < 0.25 else 100, seed=seed) == []


def test_a_counter_that_stands_still_under_load_is_told_with_its_gap() -> None:
    check, findings = CrossCheck("GPU"), []
    for second in range(30):
        energy_j = 300.0 * (second if second < 10 else 10 if second < 20 else second)
        findings += check.add(float(second), energy_j, 300.0)
    (finding,) = findings
    assert (finding.code, finding.from_b, finding.to_b) == ("counter-stalled", 10.0, 20.0)
    assert check.open_stall() is None
