"""One death in 4,434 t (Bressler 2021), and two rules of stars that disagree on the same energies."""

import pytest

from joulebook.ledger.accounting.social_cost import excess_deaths
from joulebook.ledger.accounting.stars import stars_by_quintile, stars_by_range


def test_one_death_in_4434_tonnes_with_a_range_that_holds_none() -> None:
    deaths = excess_deaths(4_434e6)

    assert deaths.value == pytest.approx(1.002, abs=5e-4)
    assert deaths.low == pytest.approx(-0.7582, abs=5e-4)
    assert deaths.high == pytest.approx(3.0063, abs=5e-4)


def test_the_two_rules_of_stars_are_kept_apart() -> None:
    energies = [1.0, 2.0, 3.0, 4.0, 100.0]

    assert stars_by_range(energies) == [5, 5, 5, 5, 1]
    assert stars_by_quintile(energies) == [5, 4, 3, 2, 1]


def test_stars_stand_by_their_model_and_equals_are_alike() -> None:
    assert stars_by_range([100.0, 0.0, 40.0, 20.0, 60.0, 80.0]) == [1, 5, 3, 4, 2, 1]
    assert stars_by_quintile([7.0, 7.0, 9.0, 9.0, 9.0]) == [5, 5, 3, 3, 3]
    assert stars_by_range([3.0, 3.0]) == [5, 5]
