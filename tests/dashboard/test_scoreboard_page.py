"""Scoreboard: two panels on one scale, M, T and H kept apart, worst cases by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import scoreboard
from joulebook.dashboard.charts import scoreboard as panels
from joulebook.dashboard.palette import LIGHT

Show = Callable[..., AppTest]


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def test_ours_and_ecologits_stand_on_one_scale(show: Show) -> None:
    pytest.importorskip("ecologits")
    app = show("scoreboard")
    assert not app.exception
    assert not app.error
    assert "EcoLogits by 2.16" in app.markdown[0].value
    ours, other = charts(app)
    assert ours["layout"]["xaxis"]["range"] == other["layout"]["xaxis"]["range"] == ours["layout"]["yaxis"]["range"]
    assert {"factor 1", "factor 2", "factor 0.5", "inside", "outside"} == {found["name"] for found in ours["data"]}


def test_measured_rated_and_hours_are_kept_apart(show: Show) -> None:
    app = show("scoreboard", scoreboard_kind="Training")
    assert not app.exception
    assert "Only **10** published trainings were measured" in app.markdown[0].value
    assert len(charts(app)) == 3


def test_the_worst_cases_are_named(show: Show) -> None:
    app = show("scoreboard")
    worst = app.dataframe[1].value
    assert worst["Case"].iloc[0].startswith("Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8")
    assert len(worst) == 15
    found = scoreboard.worst_of("inference, text")
    assert [abs(np.log(case.factor)) for case in found] == sorted(
        (abs(np.log(case.factor)) for case in found), reverse=True
    )


def test_it_needs_no_ledger(broken: Path, show: Show) -> None:
    app = show("scoreboard")
    assert not app.exception
    assert not app.error


def test_lines_mark_equality_and_a_factor_of_two() -> None:
    frame = pd.DataFrame(
        {
            "known": [1.0, 10.0],
            "predicted": [1.1, 40.0],
            "other": [2.0, np.nan],
            "inside": [True, False],
            "label": ["", "far off"],
            "hover": ["", ""],
        }
    )
    drawn = panels.panel(frame, LIGHT, ends=(-1.0, 2.0), unit="J", x_note="J")
    by_name = {found.name: found for found in drawn.figure.data}
    assert list(by_name["factor 2"].y) == pytest.approx([0.2, 200.0])
    assert list(by_name["outside"].y) == [40.0]
    assert "far off" in {note.text for note in drawn.figure.layout.annotations}


def test_the_export_has_range_method_and_vintage() -> None:
    export = scoreboard.export_of(scoreboard.of_group("training, energy measured (M)"))
    assert len(export) == 10
    assert (export["predicted_low"] < export["predicted"]).all()
    assert set(export["vintage"]) == {"2026-11"}
