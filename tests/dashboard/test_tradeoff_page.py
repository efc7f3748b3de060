"""Trade-off: the worked example, never, wrong input, and the charts' points."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard.charts.tradeoff import spread
from joulebook.dashboard.charts.tradeoff_tornado import Swing, figure
from joulebook.dashboard.palette import LIGHT
from joulebook.ledger import store

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
