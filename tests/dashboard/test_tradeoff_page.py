"""Trade-off: the worked example, never, wrong input, and the charts' points."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import data, tradeoff, tradeoff_elsewhere
from joulebook.dashboard.charts.tradeoff import spread
from joulebook.dashboard.charts.tradeoff_tornado import Swing, figure
from joulebook.dashboard.palette import LIGHT
from joulebook.dashboard.views._tradeoff_elsewhere import EXAMPLE_BILLIONS
from joulebook.ledger import store
from joulebook.ledger.accounting.tradeoff import Tradeoff
from joulebook.ledger.elsewhere import mean_day

Show = Callable[..., AppTest]


def charts(app: AppTest) -> dict[int, dict[str, Any]]:
    return {i: json.loads(element.proto.spec) for i, element in enumerate(app.get("plotly_chart"))}


def test_the_worked_example_breaks_even_after_7_96_million_requests(show: Show) -> None:
    app = show("tradeoff")
    assert not app.exception
    assert not app.error
    said = app.markdown[0].value.replace("\\", "")
    assert "after 7.96\u00a0million requests (6.86\u00a0million to 9.23\u00a0million)" in said
    assert "85.1\u00a0% of requests" in said
    assert "With twice the traffic" in said


def test_the_curves_cross_where_it_says(show: Show) -> None:
    spec = charts(show("tradeoff"))[0]
    lines = {found["name"]: found for found in spec["data"]}
    assert {"always large", "always small", "large first", "always large range", "crossing"} <= set(lines)
    assert lines["crossing"]["x"][1] == pytest.approx(7.964602, rel=1e-6)  # millions
    large, made = lines["always large"], lines["large first"]
    ahead = [x for x, a, b in zip(large["x"], large["y"], made["y"], strict=True) if a > b]
    assert min(ahead) == pytest.approx(7.96, rel=0.02)


def test_a_small_model_that_saves_nothing_never_pays(show: Show) -> None:
    app = show("tradeoff", tradeoff_small_j="400")
    assert not app.exception
    assert "never" in app.markdown[0].value
    assert "crossing" not in {found.get("name") for found in charts(app)[0]["data"]}


def test_nothing_typed_for_the_large_model_gets_a_sentence(show: Show) -> None:
    app = show("tradeoff", tradeoff_large_j="0")
    assert not app.exception
    assert len(app.error) == 1
    assert "must be above 0" in app.error[0].value.replace("\\", "")


@pytest.mark.parametrize("quantity", ["kWh", "kg CO₂e", "USD", "L of water"])
def test_every_quantity_has_its_own_curves(quantity: str, show: Show) -> None:
    app = show("tradeoff", tradeoff_in=quantity)
    assert not app.exception
    assert len(charts(app)) == 3


def test_models_of_one_task_give_the_figures_and_a_gate(show: Show) -> None:
    app = show("tradeoff", tradeoff_from="Models", tradeoff_escalation="0.3", tradeoff_counted="500")
    assert not app.exception
    assert app.selectbox(key="tradeoff_task").value == "imdb sentiment"
    assert app.selectbox(key="tradeoff_large").value == "flan-t5-xxl"
    assert app.selectbox(key="tradeoff_small").value == "bloomz-1b7"
    assert any("Quality gate **passed**" in line.value for line in app.markdown)
    names = {found["name"] for found in charts(app)[0]["data"]}
    assert {"cascade", "router"} <= names


def test_own_runs_can_be_the_one_time_cost(filled: Path, show: Show) -> None:
    app = show("tradeoff")
    assert not app.exception
    ledger = store.open_ledger(str(filled / "ledger.sqlite"))
    made = store.list_runs(ledger, store.RunFilter(stages=("finetune",)))
    ledger.close()
    app.multiselect(key="tradeoff_once_runs").set_value([made["run_id"].iloc[0]]).run()
    assert not app.exception
    assert not app.error
    assert "pays for its 600" not in app.markdown[0].value


def test_rented_hours_are_another_basis_of_money(show: Show) -> None:
    app = show("tradeoff", tradeoff_basis="rented hours", tradeoff_in="USD")
    assert not app.exception
    assert app.number_input(key="tradeoff_rate").value > 0


def test_a_broken_ledger_gets_one_clear_message(broken: Path, show: Show) -> None:
    app = show("tradeoff")
    assert not app.exception
    assert len(app.error) == 1


def answers(app: AppTest) -> list[str]:
    return [line.value.replace("\\", "") for line in app.markdown]


def shown_table(app: AppTest, *columns: str) -> Any:
    return next(found.value for found in app.dataframe if set(columns) <= set(found.value.columns))


def test_elsewhere_is_worked_out_only_when_a_question_is_chosen(show: Show) -> None:
    app = show("tradeoff")
    assert any(line.value == "Elsewhere or later" for line in app.subheader)
    assert len(charts(app)) == 3
    assert "tradeoff_regions" not in {box.key for box in app.multiselect}


def test_the_same_requests_in_other_regions(show: Show) -> None:
    app = show("tradeoff", tradeoff_change="Region", tradeoff_regions=["Sweden", "South Africa"])
    assert not app.exception
    assert not app.error
    found = shown_table(app, "Place", "Large, 1 000 requests")
    assert found["Place"].tolist() == ["Sweden", "world average (assumed)", "South Africa"]
    (said,) = [line for line in answers(app) if line.startswith("In **Sweden**")]
    assert found["Large, 1 000 requests"][0] in said
    assert found["Large, 1 000 requests"][1] in said
    large, small = (charts(app)[i]["data"] for i in (3, 4))
    of_large, of_small = (sorted(x for part in drawn for x in part["x"]) for drawn in (large, small))
    assert [a / b for a, b in zip(of_large, of_small, strict=True)] == pytest.approx([318.8 / 47.6] * 3)


def test_a_whole_day_meets_the_mean_whenever_it_begins(show: Show) -> None:
    app = show("tradeoff", tradeoff_change="Hour of the day", tradeoff_zone="DE-LU · Germany", tradeoff_hours="24")
    assert not app.exception
    assert not app.error
    assert any("whenever it begins" in line for line in answers(app))


def test_the_best_hour_is_that_of_the_command(show: Show) -> None:
    app = show("tradeoff", tradeoff_change="Hour of the day", tradeoff_zone="DE-LU · Germany", tradeoff_hours="8")
    hours = mean_day("DE-LU", 8).hours
    best = min(hours, key=lambda one: one.intensity_g_per_kwh)
    assert any(f"begun at **{best.hour:02d}:00** (UTC+1) meets" in line for line in answers(app))
    assert shown_table(app, "Begun at")["Begun at"][0] == f"{best.hour:02d}:00"
    assert len(shown_table(app, "Begun at")) == 24


@pytest.mark.parametrize("change", ["Accelerator", "Batch", "Precision"])
def test_served_otherwise_each_way_has_its_break_even(change: str, show: Show) -> None:
    app = show("tradeoff", tradeoff_change=change)
    assert not app.exception
    assert not app.error
    found = shown_table(app, "Served")
    now = found[found["Served"].str.endswith("as now")].iloc[0]
    assert now["Break-even, requests"].startswith("7.96 million")
    assert now["Large, a request"].startswith("319\u00a0J")
    assert len(found) >= 3
    assert any(now["Large, a request"] in line for line in answers(app))


def test_another_batch_needs_the_size_of_both_models(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXAMPLE_BILLIONS, "small", None)
    app = show("tradeoff", tradeoff_change="Batch")
    assert not app.exception
    (said,) = app.error
    assert "needs the size of both models" in said.value.replace("\\", "")
    assert len(charts(app)) == 3  # the answer above still stands


def test_models_bring_their_own_size(show: Show) -> None:
    app = show("tradeoff", tradeoff_from="Models", tradeoff_change="Precision")
    assert not app.exception
    assert not app.error
    assert {box.key for box in app.number_input}.isdisjoint({"tradeoff_large_b", "tradeoff_small_b"})
    assert shown_table(app, "Served")["Served"].tolist() == ["mxfp4", "fp8", "bf16, as now"]


def worked_example() -> Tradeoff:
    asked = tradeoff.Inputs(
        tradeoff.typed(318.8, 10), tradeoff.typed(47.6, 10), 0.0, (("distillation", 600.0, 545.0, 660.0),),
        "as typed", "declared", None, date(2026, 1, 1), None, 0.0, 1.0, None,
    )  # fmt: skip
    found = tradeoff.worked_out(asked, "kwh")
    assert found is not None
    return found.result


def test_making_the_small_model_later_goes_with_the_hours_of_its_zone() -> None:
    worked = tradeoff_elsewhere.hours(worked_example(), "US-CAL-CISO", 8)
    pue = data.factors().get("pue")
    assert pue is not None
    assert worked.once_g is not None
    expected = [600 * pue.value * one.intensity_g_per_kwh for one in worked.day.hours]
    assert [figure.value for figure in worked.once_g] == pytest.approx(expected)
    rows = tradeoff_elsewhere.hour_export(worked)
    assert (rows["once_emissions_g_low"] < rows["once_emissions_g"]).all()


def test_what_is_downloaded_has_range_method_and_vintage() -> None:
    places = tradeoff_elsewhere.regions(worked_example(), None, ["FRA"])
    rows = tradeoff_elsewhere.region_export(places).set_index("zone")
    assert list(rows.index) == ["FRA", "WLD"]
    large, once = rows["large_per_request_emissions_g"], rows["once_emissions_g"]
    assert (once / large).tolist() == pytest.approx([600 * 3.6e6 / 318.8] * 2)
    assert {f"once_emissions_g_{part}" for part in ("low", "high", "method", "boundary", "vintage")} <= set(rows)
    assert (rows["large_per_request_emissions_g_low"] < large).all()


def test_labels_at_the_ends_of_lines_keep_apart() -> None:
    assert spread([0.1, 0.11, 0.5], 0.05) == pytest.approx([0.1, 0.15, 0.5])
    assert spread([0.98, 0.99], 0.05) == pytest.approx([0.95, 1.0])


def test_a_bar_that_goes_on_to_never_stays_inside_the_chart() -> None:
    swings = [Swing("large", 4.0, None, "4", "never"), Swing("once", 5.0, 7.0, "5", "7", assumed=True)]
    drawn = figure(swings, LIGHT, centre=6.0, x_note="million requests")
    bar = drawn.data[0]
    end = bar.base[0] + bar.x[0]
    assert drawn.layout.xaxis.range[1] > end > 7.0
    assert bar.marker.color[1] == "rgba(0,114,178,0.45)"  # assumed: faint
    assert "never" in {note.text for note in drawn.layout.annotations}
