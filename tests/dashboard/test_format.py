"""Numbers as text: hand-worked cases, and properties that hold for every number."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from joulebook.dashboard import format as fmt

THIN = fmt.THIN_SPACE
HARD = "\u00a0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.1234, "0.123"),
        (1.2, "1.20"),
        (12.345, "12.3"),
        (999.6, f"1{THIN}000"),
        (4213.0, f"4{THIN}210"),
        (1234567.0, f"1{THIN}230{THIN}000"),
        (-3.14159, "−3.14"),
        (1.5e-9, "1.50 × 10⁻⁹"),
        (None, "unknown"),
        (math.nan, "unknown"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert fmt.number(value) == text


@pytest.mark.parametrize(
    ("value", "quantity", "text"),
    [
        (3590.0, "energy", f"3{THIN}590{HARD}J"),
        (3600.0, "energy", f"1.00{HARD}Wh"),
        (424_800_000.0, "energy", f"118{HARD}kWh"),
        (0.5, "energy", f"500{HARD}mJ"),
        (112.0, "joules", f"112{HARD}J"),
        (49_000.0, "emissions", f"49.0{HARD}kg CO₂e"),
        (999.7, "emissions", f"1.00{HARD}kg CO₂e"),
        (0.0, "emissions", f"0{HARD}g CO₂e"),
        (16.2, "money", f"16.2{HARD}USD"),
        (7e9, "count", f"7{HARD}billion"),
        (210.0, "volume", f"210{HARD}L"),
    ],
)
def test_amount(value: float, quantity: fmt.Quantity, text: str) -> None:
    assert fmt.amount(value, quantity) == text


def test_a_range_has_the_decimals_and_unit_of_its_value() -> None:
    assert fmt.with_range(4.248e8, 3.492e8, 5.076e8, "energy") == f"118{HARD}kWh (97 to 141)"
    assert fmt.with_range(16.2, 13.4, 119.34, "money") == f"16.2{HARD}USD (13.4 to 119)"
    assert fmt.with_range(1350.0, 900.0, 1800.0, "emissions") == f"1.35{HARD}kg CO₂e (0.90 to 1.80)"
    assert fmt.with_range(5.0, 5.0, 5.0, "joules") == f"5.00{HARD}J"
    assert fmt.with_range(118.0, 0.35, 141.0, "joules") == f"118{HARD}J (0.35 to 141)"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.712, "71"), (0.091, "9.1"), (0.0011, "0.11"), (1.0, "100"), (0.996, "99.6"), (0.0, "0"), (0.0995, "10")],
)
def test_percent(share: float, text: str) -> None:
    assert fmt.percent(share) == f"{text}{HARD}%"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.35, f"350{HARD}ms"),
        (12.34, f"12.3{HARD}s"),
        (252.0, "4 min 12 s"),
        (7500.0, "2 h 05 min"),
        (273_600.0, "3 d 4 h"),
        (None, "unknown"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert fmt.duration(seconds) == text


def test_change() -> None:
    assert fmt.change(88.0, 100.0) == "12 % less"
    assert fmt.change(108.0, 100.0) == "8 % more"
    assert fmt.change(240.0, 100.0) == "2.40 times as much"
    assert fmt.change(100.1, 100.0) == "as much"
    assert fmt.change(1.0, None) is None
    assert fmt.change(1.0, 0.0) is None


def test_moment_is_in_utc() -> None:
    assert fmt.moment(datetime(2026, 11, 1, 14, 3, tzinfo=UTC)) == "1 Nov 2026 14:03"


@given(some.floats(min_value=1e-30, max_value=1e30))
def test_nothing_but_zero_reads_as_zero(value: float) -> None:
    for quantity in fmt.UNITS:
        text = fmt.shown(value, value / 3, value * 3, quantity)
        for part in (text.value, text.low, text.high):
            assert any(digit in part for digit in "123456789"), (quantity, part)


@given(some.floats(min_value=1e-6, max_value=1e6))
def test_three_digits_are_right_to_half_a_percent(value: float) -> None:
    text = fmt.number(value).replace(THIN, "")
    if "×" not in text:
        assert float(text) == pytest.approx(value, rel=5.1e-3)
