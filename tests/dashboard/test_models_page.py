"""Models: the catalogue, its filters, claims with verdicts, and the figures that test them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import catalogue, claim_tests
from joulebook.reference_data.claims import claims

Show = Callable[..., AppTest]


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def test_the_catalogue_says_how_few_were_measured(show: Show) -> None:
    app = show("models")
    assert not app.exception
    assert not app.error
    assert "13 of them were measured" in app.markdown[0].value
    size, time = charts(app)
    assert {"measured", "tdp", "epoch", "stated"} <= {found["name"] for found in size["data"]}
    assert size["layout"]["xaxis"]["type"] == size["layout"]["yaxis"]["type"] == "log"
    assert time["layout"]["yaxis"]["type"] == "log"


def test_filters_come_from_the_link(show: Show) -> None:
    app = show("models", models_country="South Korea", models_article="true")
    table = app.dataframe[0].value
    assert set(table["Country"]) == {"South Korea"}
    assert "HyperCLOVA (204B)" in set(table["Model"])


def test_filters_that_nothing_passes_are_said(show: Show) -> None:
    app = show("models", models_text="no such model")
    assert not app.exception
    assert "No model passes" in app.info[0].value


def test_claims_have_a_verdict_in_words(show: Show) -> None:
    app = show("models", models_view="Claims", models_verdict="wrong")
    assert not app.exception
    assert "57 are confirmed and 7 are wrong" in app.markdown[0].value
    assert set(app.dataframe[0].value["Verdict"]) == {"wrong"}
    assert len(app.dataframe[0].value) == 7


@pytest.mark.parametrize("claim_id", claim_tests.available())
def test_every_live_figure_can_be_worked_out(claim_id: str) -> None:
    tested = claim_tests.run(claim_id)
    assert tested.sentence
    assert tested.rows["value"].notna().all()
    assert claim_id in {claim.claim_id for claim in claims()}


def test_a_token_on_70_billion_parameters_costs_six_times_as_much() -> None:
    rows = claim_tests.energy_per_token().rows.set_index("label")["value"]
    assert rows["Llama 3.1 8B"] == pytest.approx(0.119, abs=0.001)
    assert rows["Llama 3.1 70B"] == pytest.approx(0.797, abs=0.001)


def test_seven_billion_parameters_take_more_than_four_hours() -> None:
    rows = claim_tests.seven_billion_in_hours().rows
    assert rows["value"].iloc[1] == pytest.approx(184_320 / 1024)


def test_a_claim_without_data_is_refused() -> None:
    with pytest.raises(LookupError):
        claim_tests.run("000-01")


def test_it_needs_no_ledger(broken: Path, show: Show) -> None:
    app = show("models")
    assert not app.exception
    assert not app.error


def test_services_are_not_drawn_beside_models() -> None:
    frame = catalogue.frame_of(catalogue.chosen(catalogue.Asked()))
    assert "ChatGPT" not in set(frame["label"])
    slope = catalogue.size_slope(frame)
    assert slope is not None
    assert slope.low < slope.slope < slope.high


def test_the_export_says_how_each_energy_is_known() -> None:
    export = catalogue.export_of(catalogue.chosen(catalogue.Asked(text="GPT-3 (175B)")))
    row = export.iloc[0]
    assert row["training_energy_j"] == pytest.approx(1287 * 3.6e9)
    assert row["training_energy_method"] == "measured"
    assert row["vintage"] == "2026-11"
