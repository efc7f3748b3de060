"""How far a run has come, by what it counted and what it said there is to do."""

from __future__ import annotations

import pytest

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.forecasts import fraction_done, is_total, to_do, whole_run


@pytest.mark.parametrize(
    ("total", "done"),
    [("400", 0.25), ("100", 1.0), ("99", None), ("0", None), ("-1", None), ("inf", None), ("nan", None), ("x", None)],
)
def test_what_is_done_of_what_was_said(total: str, done: float | None) -> None:
    assert fraction_done({"tags": {"total_steps": total}, "counts": {"steps": 100}}) == done


def test_what_the_run_itself_said_beats_a_tag_and_is_no_work_done() -> None:
    counts = {"steps": 100, "total_steps": 200, "samples": 5}
    document = {"tags": {"total_steps": "400", "total_odd": "many"}, "counts": counts}
    assert to_do(document) == {"steps": 200.0}
    assert fraction_done(document) == 0.5
    assert [name for name in counts if not is_total(name)] == ["steps", "samples"]


def test_the_whole_run() -> None:
    whole = whole_run(Figure(10.0, 9.0, 12.0, "measured", "IT"), 0.25)
    assert (whole.value, whole.method) == (40.0, "modelled")
    assert (whole.low, whole.high) == (pytest.approx(9 * (1 + 3 * 0.8)), pytest.approx(12 * (1 + 3 * 1.2)))
