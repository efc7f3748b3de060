"""Offset and gain of a machine against its wall meter."""

import pytest

from joulebook.ledger.accounting.calibration import calibrated, fit
from joulebook.ledger.accounting.figure import Figure


def test_two_readings_give_offset_and_gain_exactly():
    # Fischer 2025: P_wall = 56 W + 1.10 P_CodeCarbon.
    found = fit([20.0, 300.0], [56 + 22.0, 56 + 330.0])
    assert (found.offset_w, found.gain, found.n) == (pytest.approx(56.0), pytest.approx(1.10), 2)
    energy = Figure(100_000.0, 90_000.0, 115_000.0, "measured", "IT", None, 1.0)
    wall = calibrated(energy, 1000.0, found)
    assert wall.value == pytest.approx(56_000 + 110_000)
    assert wall.low < wall.value - 11_000
    assert wall.high > wall.value + 16_500
    assert (wall.method, wall.boundary) == ("declared", "IT at the wall")


def test_more_readings_say_how_well_it_fits():
    good = fit([20.0, 150.0, 300.0, 250.0], [78.0, 221.0, 386.0, 331.0])
    poor = fit([20.0, 150.0, 300.0, 250.0], [90.0, 200.0, 420.0, 300.0])
    assert good.spread == pytest.approx(0.05)
    assert poor.spread > 0.1


@pytest.mark.parametrize(
    ("ours", "wall", "says"),
    [
        ([100.0], [120.0], "two or more"),
        ([100.0, 100.1], [120.0, 130.0], "one power"),
        ([20.0, 300.0], [300.0, 20.0], "falls"),
        ([100.0, 110.0], [200.0, 2000.0], "no machine has"),  # -17.8 kW + 180 x ours
        ([20.0, 300.0], [60.0, 80.0], "no machine has"),  # gain 0.07
        ([200.0, 300.0], [50.0, 320.0], "no machine has"),  # -490 W + 2.7 x ours
    ],
)
def test_readings_that_tell_nothing_are_refused(ours, wall, says):
    with pytest.raises(ValueError, match=says):
        fit(ours, wall)
