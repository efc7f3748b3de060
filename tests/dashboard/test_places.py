"""Places to choose from: every one resolves, regions and clouds are found by name, and what stands in is said."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import data, places
from joulebook.dashboard.common_unit import texts
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.sites import site_of
from joulebook.reference_data.places import cloud_regions, grid_regions

Show = Callable[..., AppTest]
CALIFORNIA = "California, United States (country's mean)"


def test_countries_stand_first_then_regions_then_clouds() -> None:
    found = places.choices()
    names = list(found)
    assert found["Sweden"] == "SWE"
    assert found["Alberta, Canada"] == "CAN-AB"
    assert found[CALIFORNIA] == "USA-CA"
    assert found["AWS eu-north-1 · Sweden"] == "SWE"
    assert found["AWS us-east-1 · Virginia, United States (country's mean)"] == "USA-VA"
    assert found["Bidding Zone 3 (South-central Sweden, includes Stockholm), Sweden"] == "SWE-SE3"
    assert names.index("Zimbabwe") < names.index("Alberta, Canada") < names.index("AWS eu-north-1 · Sweden")
    assert len([name for name in names if " · " in name]) == len(cloud_regions())
    assert set(grid_regions()) <= set(found.values())


def test_every_choice_is_a_place_that_figures_are_worked_out_at() -> None:
    factors = data.factors()
    for zone in set(places.choices().values()):
        assert site_of(factors, zone, 2026).zone == zone


def test_a_zone_chosen_twice_is_one_row_under_both_names() -> None:
    assert places.names_of(["Sweden", "AWS eu-north-1 · Sweden", "India"]) == {
        "SWE": "Sweden; AWS eu-north-1 · Sweden",
        "IND": "India",
    }
    assert places.name_of("KOR-99") == "KOR-99, South Korea (country's mean)"


def test_figures_side_by_side_are_in_one_unit() -> None:
    figures = [Figure(value, value, value, "declared", "IT") for value in (0.2, 300.0)]
    assert texts([*figures, None], "emissions") == ["0.200\u00a0g CO₂e", "300\u00a0g CO₂e", "unknown"]


def test_regions_of_a_trade_off_can_be_states_and_clouds(show: Show) -> None:
    app = show("tradeoff", tradeoff_change="Region", tradeoff_regions=["Alberta, Canada", CALIFORNIA])
    assert not app.exception
    assert not app.error
    shown = next(found.value for found in app.dataframe if "Place" in found.value.columns)
    assert shown["Place"].tolist() == [CALIFORNIA, "Alberta, Canada", "world average (assumed)"]
    for cells in shown.itertuples(index=False):  # carbon of requests and making alike, money of both models alike
        assert {re.split(r"[\u00a0 ]", cell)[1] for cell in cells[1:4]} == {"kg"}
        assert len({re.split(r"[\u00a0 ]", cell)[1] for cell in cells[4:]}) == 1
    assert any("Of USA-CA only what burning fuel emits is known (179 g/kWh)" in line.value for line in app.caption)


@pytest.mark.parametrize("page", ["tradeoff", "compare"])
def test_a_region_that_the_settings_name_and_nobody_knows_is_said(
    page: str, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOULEBOOK_LOCATION", "kr-99")
    app = show(page, tradeoff_change="Region", tradeoff_regions=["India"])
    assert not app.exception
    assert not app.error
    assert any(line.value == "No region KOR-99 is known: the mean of KOR stands in for it." for line in app.caption)
