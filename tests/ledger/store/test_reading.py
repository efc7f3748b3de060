"""What comes out of the books: lists, finding a run, traces, corrections."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from written_journals import WALL, Journal

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store import (
    Ledger,
    RunFilter,
    count_runs,
    edit_run,
    filter_options,
    find_run,
    list_runs,
    run_document,
    sync,
    totals,
    trace,
)
from joulebook.ledger.store.queries import RUN_COLUMNS

CLOSE = pytest.approx


@pytest.fixture
def three(ledger: Ledger, folder: Path) -> Ledger:
    for i, (project, model) in enumerate((("a", "small"), ("a", "large"), ("b_c", None))):
        opening = {"project": project, "model": model, "name": "job" if i < 2 else "100%_done"}
        Journal(f"run{i}", f"j{i}", start=i * 1000, end=i * 1000 + 100 * (i + 1), opening=opening).write(folder)
    sync(ledger, folder)
    return ledger


def test_lists_are_filtered_sorted_and_paged(three: Ledger) -> None:
    frame = list_runs(three)
    assert tuple(frame.columns) == RUN_COLUMNS
    assert list(frame["run_id"]) == ["run2", "run1", "run0"]
    assert list(frame["model"]) == [None, "large", "small"]
    assert frame["tags"].tolist() == [{}, {}, {}]
    assert list(list_runs(three, sort="energy_j", limit=1, offset=1)["run_id"]) == ["run1"]
    assert list(list_runs(three, sort="energy_j", descending=False)["gpu_j"]) == [
        CLOSE(30_000),
        CLOSE(60_000),
        CLOSE(90_000),
    ]
    found = {
        RunFilter(projects=("a",)): 2,
        RunFilter(text="LARGE"): 1,
        RunFilter(text="100%_"): 1,
        RunFilter(text="%"): 1,
        RunFilter(models=("small", "large")): 2,
        RunFilter(energy_min_j=61_000): 2,
        RunFilter(start=datetime.fromtimestamp(WALL + 1000, UTC)): 2,
        RunFilter(end=datetime.fromtimestamp(WALL + 1000, UTC)): 1,
        RunFilter(statuses=("failed",)): 0,
        RunFilter(text="'; DROP TABLE runs; --"): 0,
    }
    assert {wanted: count_runs(three, wanted) for wanted in found} == found
    assert {wanted: totals(three, wanted).n for wanted in found} == found
    with pytest.raises(LedgerError, match="can't be sorted"):
        list_runs(three, sort="run_id; DROP TABLE runs")


def test_a_run_is_found_by_what_a_person_types(three: Ledger) -> None:
    assert [find_run(three, text) for text in ("run1", "job", "latest", "100%_done")] == [
        "run1",
        "run1",
        "run2",
        "run2",
    ]
    with pytest.raises(LedgerError, match="several runs begin"):
        find_run(three, "run")
    with pytest.raises(LedgerError, match="no run has"):
        find_run(three, "%")
    assert filter_options(three)["models"] == ["large", "small"]


def test_a_correction_is_kept_with_what_stood_there(three: Ledger) -> None:
    before, revision = run_document(three, "run0"), three.revision
    edit_run(three, "run0", {"location": "DEU", "model": "tiny", "tags": {"k": "v"}}, "kim")
    after = run_document(three, "run0")
    assert three.revision > revision
    assert (after["model"], after["tags"], after["zones"][0]["zone"]) == ("tiny", {"k": "v"}, "DEU")
    assert (after["zones"][0]["how"], after["zones"][0]["assumed"]) == ("edited", False)
    assert after["energy_j"] == before["energy_j"]
    assert after["emissions_g"] != before["emissions_g"]
    changes = {edit["field"]: (edit["who"], edit["old"], edit["new"]) for edit in after["details"]["edits"]}
    assert changes["location"] == ("kim", "KOR", "DEU")
    assert changes["model"] == ("kim", "small", "tiny")
    assert edit_run(three, "run0", {"tags": {"k": None}, "model": None}, "kim") == ("tags", "model")
    assert (run_document(three, "run0")["tags"], run_document(three, "run0")["model"]) == ({}, None)


def test_what_is_so_already_is_no_change(three: Ledger) -> None:
    edit_run(three, "run0", {"tags": {"k": "v", "l": "w"}, "model": "tiny"}, "kim")
    before, revision = run_document(three, "run0"), three.revision
    same = {"location": "kr", "model": "tiny", "tags": {"k": "v", "no": None}, "stage": None}
    assert edit_run(three, "run0", same, "kim") == ()
    assert (run_document(three, "run0"), three.revision) == (before, revision)
    assert edit_run(three, "run0", {**same, "name": "new"}, "kim") == ("name",)
    assert [edit["field"] for edit in run_document(three, "run0")["details"]["edits"]] == ["tags", "model", "name"]


def test_a_place_that_was_assumed_is_news_once_it_is_said(ledger: Ledger, folder: Path) -> None:
    Journal("r1", opening={"location": {"how": "timezone", "timezone": "Asia/Seoul"}}).write(folder)
    sync(ledger, folder)
    assert run_document(ledger, "r1")["zones"][0]["assumed"] is True
    assert edit_run(ledger, "r1", {"location": None}, "kim") == ()
    assert edit_run(ledger, "r1", {"location": "KOR"}, "kim") == ("location",)
    assert run_document(ledger, "r1")["zones"][0]["assumed"] is False
    assert edit_run(ledger, "r1", {"location": "KOR"}, "kim") == ()
    assert edit_run(ledger, "r1", {"location": None}, "kim") == ("location",)
    assert run_document(ledger, "r1")["zones"][0]["assumed"] is True


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"location": "Atlantis"}, "no known place"),
        ({"energy_j": 1}, "can't be changed"),
        ({"parameters": -1}, "above 0"),
        ({"kind": "magic"}, "must be one of"),
    ],
)
def test_a_wrong_correction_changes_nothing(three: Ledger, changes: dict[str, object], words: str) -> None:
    before = run_document(three, "run0")
    with pytest.raises(LedgerError, match=words):
        edit_run(three, "run0", {"name": "new", **changes}, "kim")
    assert run_document(three, "run0") == before


def test_a_trace_is_thinned_and_shows_gaps(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", end=10_000).add("gap", 5_000, **{"from": 4_000, "to": 5_000, "i": 0, "why": "asleep"})
    journal.write(folder)
    sync(ledger, folder)
    frame = trace(ledger, "r1", max_points=100)
    gpu = frame[frame["component"] == "gpu"]
    assert len(gpu) <= 101
    assert gpu["power_w_mean"].dropna().tolist() == [CLOSE(300.0)] * gpu["power_w_mean"].notna().sum()
    assert gpu["power_w_mean"].isna().sum() == 1
    assert set(frame.loc[frame["modelled"], "component"]) == {"cpu", "ram"}
    part = trace(ledger, "r1", start_s=100, end_s=200)
    part = part[part["component"] == "gpu"]
    assert (part["t_s"].min(), part["t_s"].max(), len(part)) == (100, 200, 101)


def test_power_of_a_counter_without_power_comes_from_its_differences(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", period=0.5)
    readings = journal._readings()
    for record in readings:
        for value in record.get("d", {}).values():
            if len(value) == 3:
                value[1] = None
    journal._readings = lambda: readings  # type: ignore[method-assign]
    journal.write(folder)
    sync(ledger, folder)
    frame = trace(ledger, "r1")
    gpu = frame[frame["component"] == "gpu"]
    assert np.allclose(gpu["power_w_mean"], 300.0)
    assert len(gpu) == 200
