"""Every page with a filled ledger, an empty one, and a file that is no ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

OURS = ("overview", "runs", "run", "live", "side_by_side", "reports", "method")
Show = Callable[..., AppTest]


def words(app: AppTest) -> str:
    """All text of a page that a person reads."""
    elements = [*app.title, *app.markdown, *app.caption, *app.subheader, *app.html, *app.error, *app.warning, *app.code]
    return "\n".join(str(element.value) for element in elements if "<style>" not in str(element.value))


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


@pytest.mark.parametrize("name", OURS)
def test_a_filled_ledger_is_shown(name: str, filled: Path, show: Show) -> None:
    app = show(name)
    assert not app.exception
    assert not app.error
    assert "Joulebook 0." in words(app)  # the last line
    assert not re.search(r"(?<!\\)\{[a-z_]+\}", words(app).replace("{curly}", ""))  # no place of a text left open


@pytest.mark.parametrize("name", [name for name in OURS if name not in ("method", "run", "side_by_side")])
def test_an_empty_ledger_shows_how_to_begin(name: str, show: Show) -> None:
    app = show(name)
    assert not app.exception
    assert "from joulebook import track" in words(app)
    assert "joulebook demo" in words(app)


def test_an_empty_ledger_has_no_run_to_show(show: Show) -> None:
    app = show("run")
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.parametrize("name", [name for name in OURS if name != "method"])
def test_a_broken_ledger_shows_one_clear_message(name: str, broken: Path, show: Show) -> None:
    app = show(name)
    assert not app.exception
    assert [error for error in app.error if "notes" in error.value]
    assert len(app.error) == 1
    assert "Traceback" not in words(app)


def test_method_needs_no_ledger(broken: Path, show: Show) -> None:
    app = show("method")
    assert not app.exception
    assert not app.error
    assert "E = C(t1) - C(t0)" in words(app)


def test_overview_says_totals_with_range_and_draws_the_days(filled: Path, show: Show) -> None:
    app = show("overview")
    said = app.markdown[0].value
    assert said.startswith("In the last 30 days, 28 runs used **")
    assert "of the energy was measured" in said
    assert "with Llama\\-3\\-8B would have saved" in said
    bars, sizes = charts(app)
    assert {trace["type"] for trace in bars["data"]} == {"bar", "scatter"}
    hatched = [trace for trace in bars["data"] if trace["type"] == "bar" and "pattern" in trace["marker"]]
    assert {trace["name"] for trace in hatched} == {"CPU", "Memory", "Overhead"}
    assert len(sizes["data"]) == 2


def test_overview_of_one_project_by_link(filled: Path, show: Show) -> None:
    app = show("overview", overview_project="mail", overview_period="All time")
    assert app.selectbox(key="overview_project").value == "mail"
    assert app.markdown[0].value.startswith("In all, 8 runs used")


def test_runs_are_filtered_by_the_link_and_summed(filled: Path, show: Show) -> None:
    app = show("runs", runs_projects="mail")
    assert app.markdown[0].value.startswith("8 of 28 runs used **")
    assert len(app.dataframe[0].value) == 8
    app.text_input(key="runs_text").set_value("no such run").run()
    assert "No run fits these filters." in words(app)


def test_runs_are_sorted_by_the_ledger(filled: Path, show: Show) -> None:
    app = show("runs", runs_sort="Most energy first")
    energies = app.dataframe[0].value["energy_j"].to_list()
    assert energies == sorted(energies, reverse=True)
    assert app.dataframe[0].value["name"].iloc[0] == "finetune-8b"


def test_a_run_adds_up_and_draws_gaps_as_gaps(filled: Path, show: Show) -> None:
    app = show("run", run="finetune-8b")
    assert app.title[0].value == "finetune\\-8b"
    phases = next(frame.value for frame in app.dataframe if "Phase" in frame.value.columns)
    energy = next(column for column in phases.columns if column.startswith("Energy, "))
    shares = [float(value.replace("\u202f", "")) for value in phases[energy]]
    assert sum(shares[:-1]) == pytest.approx(shares[-1], abs=0.02)
    assert set(phases["Phase"]) >= {"load", "epoch", "evaluate", "outside of phases", "Total"}
    power = charts(app)[0]
    gpu = next(trace for trace in power["data"] if trace["name"] == "GPU")
    assert gpu["fill"] == "toself"
    assert not [x for x in gpu["x"] if x is not None and 92 < x < 98]  # nothing was read from 90 to 100 s
    assert "joulebook run --name finetune-8b" in words(app)


def test_a_running_run_has_a_pause_button(filled: Path, show: Show) -> None:
    app = show("run", run="still-going")
    assert not app.exception
    assert app.toggle(key="run_pause").value is False
    app.toggle(key="run_pause").set_value(True).run()
    assert not app.exception


def test_live_shows_what_runs_and_how_old_it_is(filled: Path, show: Show) -> None:
    app = show("live")
    assert app.markdown[0].value.startswith("One run on the way")
    assert "reading" in words(app)


def test_a_link_to_no_run_says_so(filled: Path, show: Show) -> None:
    app = show("run", run="nonesuch")
    assert not app.exception
    assert len(app.error) == 1
    assert "nonesuch" in app.error[0].value


def test_side_by_side_holds_the_difference_against_the_uncertainty(filled: Path, show: Show) -> None:
    app = show("side_by_side", runs=["run0000aa", "run0001bb"])
    assert not app.exception
    assert "Probability over 0.999 that it uses less" in app.markdown[0].value
    assert not app.warning  # same task, same unit, same parts, same hardware
    app = show("side_by_side", runs=["run0000aa", "run0003aa"])
    assert "they can't be told apart" in app.markdown[0].value


def test_side_by_side_warns_of_unlike_work(filled: Path, show: Show) -> None:
    app = show("side_by_side", runs=["run0000aa", "run0002cc"])
    assert len(app.warning) == 1
    assert "Not the same task" in app.warning[0].value
    before = len(app.dataframe[0].value)
    app.toggle(key="side_differences").set_value(True).run()
    assert len(app.dataframe[0].value) < before


@pytest.mark.parametrize("name", OURS)
def test_text_from_runs_stays_text(name: str, filled: Path, show: Show) -> None:
    query = {"run": {"run": "run9300gg"}, "side_by_side": {"runs": ["run9300gg", "run0000aa"]}}.get(name, {})
    app = show(name, **query)
    assert not app.exception
    for element in app.html:
        assert "<script" not in element.value.replace("<style>", "")
        assert "<img" not in element.value
    for element in [*app.title, *app.markdown]:
        assert not getattr(element, "allow_html", False)
        assert "**bold**" not in element.value
        assert ":red[x]" not in element.value
    for chart in charts(app):
        assert "<img" not in json.dumps(chart["layout"])
        assert "<script" not in json.dumps(chart["layout"])


@pytest.mark.parametrize("name", OURS)
def test_no_chart_is_too_large(name: str, filled: Path, show: Show) -> None:
    from joulebook.dashboard.limits import FIGURE_JSON_MAX_BYTES, MAX_POINTS_PER_TRACE

    for element in show(name).get("plotly_chart"):
        assert len(element.proto.spec) < FIGURE_JSON_MAX_BYTES
        for trace in json.loads(element.proto.spec)["data"]:
            assert trace["type"] in ("bar", "scatter")  # SVG; nothing that asks a server
            assert len(trace.get("x", [])) <= 2 * MAX_POINTS_PER_TRACE + 50
