"""Estimate: answers at once with ranges, what makes them wide, the same elsewhere, wrong input in words."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import estimate

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger" / "store"))
from written_journals import Journal

Show = Callable[..., AppTest]


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def test_a_training_is_estimated_without_any_run(show: Show) -> None:
    app = show("estimate")
    assert not app.exception
    assert not app.error
    said = app.markdown[0].value
    assert said.startswith("This training would use **")
    assert said.count(" to ") >= 4  # energy, emissions, money, days: each with its range
    assert any("Our record" in line.value for line in app.markdown)
    assert "Development, beside it" in set(app.dataframe[0].value["Figure"])


def test_what_makes_it_wide_is_drawn_widest_first(show: Show) -> None:
    tornado = charts(show("estimate"))[0]["data"][0]
    assert tornado["y"][0] == "grid intensity"  # no place was said: the world's mean
    assert set(tornado["y"]) == {
        "grid intensity",
        "utilisation reached",
        "PUE",
        "share of rated power",
        "host beside it",
    }


def test_a_place_narrows_the_grid_and_brings_its_day(show: Show) -> None:
    app = show("estimate", estimate_where="Germany")
    specs = charts(app)
    assert specs[0]["data"][0]["y"][0] == "utilisation reached"
    assert len(specs) == 4
    assert len(specs[3]["data"][0]["y"]) == 24


@pytest.mark.parametrize("kind", ["Training", "Inference"])
def test_a_region_can_be_chosen_and_says_whose_grid_it_is_worked_out_with(kind: str, show: Show) -> None:
    place = "California, United States (country's mean)"
    app = show("estimate", estimate_kind=kind, estimate_where=place)
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="estimate_where").value == place
    assert any("only what burning fuel emits is known" in line.value for line in app.markdown)
    assert '"California"' in json.dumps(charts(app))


def test_the_asked_device_and_place_are_in_colour(show: Show) -> None:
    devices, places = charts(show("estimate", estimate_accelerator="A100", estimate_where="France"))[1:3]
    for spec, label in ((devices, "A100"), (places, "France")):
        asked = next(found for found in spec["data"] if found["name"] == "asked")
        assert len(asked["x"]) == 1
        assert asked["text"][0].startswith(label)
        assert asked["error_x"]["array"][0] > 0


def test_an_inference_is_estimated_with_its_open_batch_said(show: Show) -> None:
    app = show("estimate", estimate_kind="Inference")
    assert not app.exception
    assert charts(app)[0]["data"][0]["y"][0] in ("batch, not given", "grid intensity")
    assert any("32 sequences in flight assumed" in line.value for line in app.markdown)


def test_a_given_batch_no_longer_makes_it_wide(show: Show) -> None:
    app = show("estimate", estimate_kind="Inference", estimate_batch="64", estimate_tokens_out="400")
    assert not app.exception
    names = charts(app)[0]["data"][0]["y"]
    assert "batch, not given" not in names
    assert "length, not given" not in names


def test_more_active_parameters_than_there_are_get_a_sentence(show: Show) -> None:
    app = show("estimate", estimate_kind="Inference", estimate_active_b="700")
    assert not app.exception
    assert len(app.error) == 1
    assert "active parameters" in app.error[0].value.replace("\\", "")


def test_it_needs_no_ledger(broken: Path, show: Show) -> None:
    app = show("estimate")
    assert not app.exception
    assert not app.error


def test_the_parts_of_an_inference_hold_its_whole_range() -> None:
    asked = estimate.InferenceAsked(70e9, None, "H100", None, None, "bf16", "chat", None, None, "KOR")
    found = estimate.inference(asked)
    assert found.emissions_g is not None
    widest = estimate.inference_parts(asked)[0]
    assert widest[0] == "batch, not given"
    assert found.emissions_g.low < found.emissions_g.value * widest[1]
    assert found.emissions_g.value * widest[2] < found.emissions_g.high


def test_every_figure_of_the_export_has_range_method_and_vintage() -> None:
    asked = estimate.TrainingAsked(7e9, 2e12, "H100", 512, None, "KOR")
    found = estimate.training(asked)
    export = estimate.export_of([("Emissions", found.emissions_g, "emissions"), ("nothing", None, "energy")])
    row = export.iloc[0]
    assert row["low"] < row["value"] < row["high"]
    assert row["unit"] == "g CO₂e"
    assert row["method"] == "modelled"
    assert row["vintage"]
    assert export.iloc[1]["value"] != export.iloc[1]["value"]  # unknown, not 0


@pytest.mark.parametrize(("place", "hours"), [("DEU", 24), ("SWE", None), (None, None)])
def test_only_places_with_a_profile_have_a_day(place: str | None, hours: int | None) -> None:
    day = estimate.day_of(place)
    assert (len(day) if day else None) == hours
    if day:
        assert sum(day) / 24 == pytest.approx(1.0)


@pytest.fixture
def own_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Books with one training on an H100 at a utilisation of 40 %."""
    folder = tmp_path / "journals"
    folder.mkdir()
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("JOULEBOOK_JOURNALS", str(folder))
    tokens = 0.4 * 989.4e12 * 100 / (6 * 7e9)  # of 100 s at the peak of an H100, for 7 billion parameters
    Journal("own", opening={"parameters": 7e9}).add("n", 99.0, tokens_in=round(tokens)).write(folder)


def utilisation_said(app: AppTest) -> str:
    return next(line.value for line in app.markdown if "effective utilisation" in line.value)


@pytest.mark.usefixtures("own_training")
def test_own_runs_are_the_prior_and_can_be_switched_off(show: Show) -> None:
    app = show("estimate")
    assert not app.exception
    assert any(line.value.startswith("By 1 of your own training runs on H100: ") for line in app.caption)
    assert "from this site's own runs" in utilisation_said(app).replace("\\", "")
    assert "utilisation 0.40" in utilisation_said(app).replace("\\", "")
    public = show("estimate", estimate_own="false")
    assert any(line.value.startswith("By public runs. Of your own on H100, 1 ") for line in public.caption)
    assert "from public runs" in utilisation_said(public).replace("\\", "")
    other = show("estimate", estimate_accelerator="A100")
    assert "from public runs" in utilisation_said(other).replace("\\", "")  # none of these runs was on one
    assert not other.toggle


def test_a_request_has_money_and_water(show: Show) -> None:
    app = show("estimate", estimate_kind="Inference", estimate_where="Germany")
    assert not app.exception
    assert "of electricity and **" in app.markdown[0].value
    figures = app.dataframe[0].value.set_index("Figure")
    for name, unit in (("Cost, per request", "USD"), ("Water, per request", "mL")):
        shown = figures.loc[name]
        assert unit in shown["Estimate"]
        assert " to " in shown["Estimate"]
        assert shown["Method"] == "modelled"
