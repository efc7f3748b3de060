"""The parts that pages are made of: periods, the largest saving, bars, power, CSV; hand-worked."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from joulebook.dashboard import escape, periods, run_facts, saving
from joulebook.dashboard.charts import energy_bars, power, size_classes, template
from joulebook.dashboard.components.table import csv_bytes
from joulebook.dashboard.palette import DARK, LIGHT, palette_for

NOW = datetime(2026, 3, 15, 13, 30, tzinfo=UTC)


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "start", "end", "before_start", "before_end"),
    [
        ("days_30", day(2026, 2, 14), day(2026, 3, 16), day(2026, 1, 15), day(2026, 2, 14)),
        ("month", day(2026, 3, 1), day(2026, 3, 16), day(2026, 2, 1), day(2026, 2, 16)),
        ("last_month", day(2026, 2, 1), day(2026, 3, 1), day(2026, 1, 1), day(2026, 2, 1)),
        ("year", day(2026, 1, 1), day(2026, 3, 16), day(2025, 1, 1), day(2025, 3, 16)),
        ("all", None, None, None, None),
    ],
)
def test_periods(name: str, start: object, end: object, before_start: object, before_end: object) -> None:
    found = periods.period(name, NOW)
    assert (found.start, found.end, found.before_start, found.before_end) == (start, end, before_start, before_end)


def test_buckets_keep_a_chart_readable() -> None:
    assert periods.bucket(day(2026, 1, 1), day(2026, 3, 1)) == "day"
    assert periods.bucket(day(2026, 1, 1), day(2026, 6, 1)) == "week"
    assert periods.bucket(None, None) == "month"


def use(task: str, model: str, energy_j: float, requests: float) -> dict[str, object]:
    ends = {"facility_energy_low_j": energy_j * 0.9, "facility_energy_high_j": energy_j * 1.1}
    return {"task": task, "model": model, "facility_energy_j": energy_j, **ends, "requests": requests}


def test_the_largest_saving_moves_the_large_ones_work_to_the_small_one() -> None:
    frame = pd.DataFrame(
        [use("faq", "large", 1000.0, 10.0), use("faq", "small", 100.0, 20.0), use("other", "alone", 9e9, 1.0)]
    ).assign(samples=np.nan, tokens_out=np.nan)
    found = saving.largest_saving(frame)
    assert found is not None
    assert (found.task, found.large, found.small) == ("faq", "large", "small")
    assert found.saved_j == pytest.approx(1000 - 100 * 10 / 20)  # 950
    assert found.low_j == pytest.approx(900 - 110 * 10 / 20)  # 845
    assert found.high_j == pytest.approx(1100 - 90 * 10 / 20)  # 1055


def test_nothing_is_saved_where_ranges_overlap_or_work_is_of_another_kind() -> None:
    near = pd.DataFrame([use("faq", "a", 100.0, 10.0), use("faq", "b", 95.0, 10.0)])
    assert saving.largest_saving(near.assign(samples=np.nan, tokens_out=np.nan)) is None
    unlike = pd.DataFrame([use("faq", "a", 100.0, 10.0), use("faq", "b", 1.0, np.nan)])
    assert saving.largest_saving(unlike.assign(samples=[np.nan, 5.0], tokens_out=np.nan)) is None


def test_shares_by_size() -> None:
    models = pd.DataFrame(
        {"parameters": [5e8, 8e9, 7e10, None], "energy_j": [1.0, 3.0, 6.0, 99.0], "work": [50.0, 30.0, 20.0, 1.0]}
    )
    shares = size_classes.shares(models).set_index("size_class")
    assert shares.loc["under_1b"].to_list() == pytest.approx([0.1, 0.5])
    assert shares.loc["to_100b"].to_list() == pytest.approx([0.6, 0.2])
    assert "over_100b" not in shares.index


def test_measured_joules_fill_components_in_the_order_in_which_devices_are_read() -> None:
    frame = pd.DataFrame(
        {
            "gpu_j": [60.0, np.nan], "cpu_j": [30.0, 30.0], "ram_j": [10.0, 5.0], "other_j": [np.nan, np.nan],
            "energy_j": [100.0, 35.0], "facility_energy_j": [120.0, 42.0], "measured_j": [75.0, 0.0],
        }
    )  # fmt: skip
    parts = {(part.name, part.modelled): part.energy_j.tolist() for part in energy_bars.by_component(frame, LIGHT)}
    assert parts == {
        ("gpu", False): [60.0, 0.0],
        ("cpu", False): [15.0, 0.0],
        ("cpu", True): [15.0, 30.0],
        ("ram", True): [10.0, 5.0],
        ("overhead", True): [20.0, 7.0],
    }


def a_trace() -> pd.DataFrame:
    times = np.arange(10.0)
    gpu = np.full(10, 100.0)
    gpu[4:6] = np.nan
    cpu = np.full(10, 20.0)
    cpu[4:6] = np.nan
    rows = {"t_s": times, "power_w_min": 0.0, "power_w_max": 0.0, "host": "h", "name": "n"}
    return pd.concat(
        [
            pd.DataFrame({**rows, "device_id": "g", "component": "gpu", "power_w_mean": gpu, "modelled": False}),
            pd.DataFrame({**rows, "device_id": "c", "component": "cpu", "power_w_mean": cpu, "modelled": True}),
        ]
    )


def test_power_is_stacked_and_a_gap_stays_a_gap() -> None:
    _times, total_w = power.total(a_trace())
    assert np.isnan(total_w[4:6]).all()
    assert total_w[[0, 3, 6, 9]].tolist() == [120.0] * 4
    figure = power.figure(a_trace(), [power.Band("epoch", 0, 9)], DARK, start_s=0, end_s=9)
    gpu, cpu = figure.data[0], figure.data[1]
    assert list(gpu.x).count(None) == 2  # two polygons, one on each side of the gap
    assert not [x for x in gpu.x if x is not None and 3 < x < 6]
    assert max(y for y in gpu.y if y is not None) == 100.0
    assert max(y for y in cpu.y if y is not None) == 120.0
    assert "0.45" in cpu.fillcolor  # modelled is faint


def test_devices_that_were_read_at_other_moments_are_brought_together() -> None:
    trace = a_trace()
    trace.loc[trace["component"] == "cpu", "t_s"] += 0.5
    times, total_w = power.total(trace)
    assert total_w[times == 1.0].tolist() == [120.0]
    assert len(times) == 20


@given(some.lists(some.floats(0, 100), min_size=1, max_size=8))
def test_labels_at_the_side_never_touch(heights: list[float]) -> None:
    placed = template.spread(sorted(heights), gap=7.0, floor=3.0)
    assert placed[0] >= 3.0
    assert all(b - a >= 7.0 - 1e-9 for a, b in itertools.pairwise(placed))


def test_csv_opens_in_a_spreadsheet_without_running_anything() -> None:
    frame = pd.DataFrame({"name": ["=1+1", "@x", "fine", "-3"], "energy_j": [1.5, -2.0, None, 3.0]})
    content = csv_bytes(frame)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == ["name,energy_j", "'=1+1,1.5", "'@x,-2.0", "fine,", "'-3,3.0"]


@given(some.text(max_size=80))
def test_escaped_text_has_no_sign_left_that_means_something(text: str) -> None:
    shown = escape.plain(text)
    bare = shown.replace("\\\\", "")
    for i, sign in enumerate(bare):
        if sign in "`*_{}[]<>()#|$:~":
            assert bare[i - 1] == "\\"
    assert "\n" not in shown
    assert "<" not in escape.markup(text)
    assert "<" not in escape.label(text)


def test_palettes() -> None:
    assert palette_for("dark") is DARK
    assert palette_for(None) is LIGHT
    assert set(LIGHT.components) == set(DARK.components) == {"gpu", "cpu", "ram", "other"}


def test_notes_and_corrections_are_written_out() -> None:
    edit = {"at": "2026-11-20T10:00:00Z", "who": "ana", "field": "location", "old": "WLD", "new": "KOR"}
    document = {"tags": {"note": "second *try*"}, "details": {"edits": [edit]}}
    assert run_facts.notes(document) == [r"second \*try\*"]
    (line,) = run_facts.corrections(document)
    assert line == "location: WLD → KOR, by ana on 20 Nov 2026 10:00 UTC"
