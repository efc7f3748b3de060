"""Compare: candidates with or without runs, limits, the frontier's chart, and what can't be compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard.charts import frontier
from joulebook.dashboard.charts.frontier_labels import crowded, place
from joulebook.dashboard.palette import DARK, LIGHT

Show = Callable[..., AppTest]


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def trace(spec: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for found in spec["data"] if found.get("name") == name)


def test_published_models_can_be_compared_without_any_run(show: Show) -> None:
    app = show("compare")
    assert not app.exception
    assert not app.error
    verdict = app.markdown[0].value.replace("\\", "")
    assert verdict.startswith("**bloomz-1b7** is right in 97.2\u00a0% where flan-t5-xxl is right in 96.9\u00a0%")
    assert "21\u00a0% of its energy (20 to 22\u00a0%)" in verdict


def test_the_frontier_of_imdb_is_drawn(show: Show) -> None:
    spec = charts(show("compare"))[0]
    line = trace(spec, "frontier")
    assert len(line["x"]) == 7  # accounting's worked frontier without its dominated end
    assert max(line["y"]) == pytest.approx(97.86, abs=0.01)
    assert spec["layout"]["xaxis"]["type"] == "log"
    hollow = trace(spec, "dominated")
    assert any("flan-t5-xxl" in text for text in hollow["text"])
    assert all(any(up > 0 for up in found["error_x"]["array"]) for found in (hollow, trace(spec, "as good as any")))


def test_limits_leave_out_what_is_worse_or_slower(show: Show) -> None:
    app = show("compare", compare_quality="97", compare_latency="100\u00a0ms")
    table = app.dataframe[0].value
    assert set(table["Candidate"]) == {"bloomz-1b7", "bloomz-3b"}
    assert any("Left out" in caption.value for caption in app.caption)


def test_limits_that_nothing_passes_are_said(show: Show) -> None:
    app = show("compare", compare_quality="99.5")
    assert not app.exception
    assert "lower the quality" in app.info[0].value


def test_one_candidate_gets_a_sentence(show: Show) -> None:
    app = show("compare", compare_only="bloomz-1b7")
    assert not app.exception
    assert "only one candidate" in app.markdown[0].value


def test_a_unit_that_nobody_measured_gets_a_sentence(show: Show) -> None:
    app = show("compare", compare_unit="per 1 000 tokens")
    assert not app.exception
    assert "choose another unit of work" in app.info[0].value


def test_unknown_ranges_of_quality_are_said(show: Show) -> None:
    app = show("compare", compare_task="gpqa")
    assert not app.exception
    assert any("unknown range" in caption.value for caption in app.caption)


def test_who_gets_a_working_model_is_drawn_by_language(show: Show) -> None:
    app = show("compare", compare_task="movie review sentiment")
    languages = charts(app)[1]
    assert {found["name"] for found in languages["data"]} == {"en", "ko"}
    korean = trace(languages, "ko")
    assert min(korean["x"]) == pytest.approx(49.5)  # gemma3-270m: chance


def test_own_runs_stand_beside_published_ones(filled: Path, show: Show) -> None:
    app = show("compare")
    assert not app.exception
    options = app.selectbox(key="compare_task").options
    assert "imdb sentiment" in options
    own = show("compare", compare_task=options[0])
    assert not own.exception


def test_a_broken_ledger_gets_one_clear_message(broken: Path, show: Show) -> None:
    app = show("compare")
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_chosen_model_alone_has_the_accent(palette: Any) -> None:
    frame = pd.DataFrame(
        {
            "model": ["small", "large"],
            "label": ["small", "large"],
            "x": [1.0, 10.0],
            "x_low": [0.9, 9.0],
            "x_high": [1.1, 11.0],
            "y": [0.9, 0.95],
            "y_low": [np.nan, 0.94],
            "y_high": [np.nan, 0.96],
            "parameters": [1e8, np.nan],
            "state": ["frontier", "frontier"],
            "origin": ["runs", "published"],
            "hover": ["", ""],
        }
    )
    drawn = frontier.figure(frame, palette, chosen="small", y_unit="%", x_note="J", y_share=True)
    points = next(found for found in drawn.figure.data if found.name == "as good as any")
    assert list(points.marker.color) == [palette.accent, palette.text]
    assert list(points.marker.symbol) == ["circle", "square"]
    assert list(points.y) == [90.0, 95.0]
    notes = drawn.figure.layout.annotations
    assert {notes[i].text for i in drawn.crowded} == {"small", "large"}
    assert {notes[i].text for i in drawn.phone} == {"small", "large"}  # placed afresh for a phone, unseen elsewhere
    assert {notes[i].opacity for i in drawn.phone} == {0}


def test_labels_never_cover_one_another() -> None:
    points = [(0.5, 0.5), (0.51, 0.5), (0.5, 0.52), (0.9, 0.1), (0.02, 0.98)]
    texts = ["bloomz-1b7", "bloomz-3b", "flan-t5-large", "right edge", "left edge"]
    places = place(points, texts, height_px=360)
    assert all(places)
    assert crowded(points, texts, places, height_px=360, width_px=760) == []
    assert len({(p.xshift, p.yshift, p.anchor) for p in places[:3] if p}) == 3


def test_a_phone_keeps_the_most_important_label() -> None:
    points, texts = [(0.5, 0.5)] * 4, ["first-of-the-models", "second", "third", "fourth"]
    places = place(points, texts, height_px=360)
    assert 0 not in crowded(points, texts, places, height_px=360)
