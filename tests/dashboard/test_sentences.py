"""Sentences of the books on a page: its units, its dates, nothing else changed."""

from __future__ import annotations

import pytest

from joulebook.dashboard.sentences import sentence

HARD = "\u00a0"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "of 8.40e-05 kgCO2e (2.13e-05 to 0.00026), 76 %",
            f"of 84\\.0{HARD}mg CO₂e \\(21\\.3 to 260\\), 76{HARD}%",
        ),
        ("8.40e-05 kgCO2e (2.13e-05∼0.00026) 배출", f"84\\.0{HARD}mg CO₂e \\(21\\.3 to 260\\) 배출"),
        ("its 0.035 kWh after", f"its 35\\.0{HARD}Wh after"),
        ("its 17\u202f800 kgCO2e after", f"its 17\u202f800{HARD}kg CO₂e after"),
        ("its 600 kWh after, on 2027-02-10 at", f"its 600{HARD}kWh after, on 10 Feb 2027 at"),
    ],
)
def test_a_sentence_has_the_units_and_dates_of_the_page(written: str, shown: str) -> None:
    assert sentence(written) == shown
