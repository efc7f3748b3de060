"""Predicted against actual on the page of a run, against hand-worked figures."""

from __future__ import annotations

from typing import Any

from joulebook.dashboard import predicted
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.estimates import surroundings
from joulebook.meters.settings import Settings

ENERGY = Figure(2.0e9, 1.9e9, 2.1e9, "measured", "IT", None, 1.0).to_json()


def training(**changes: Any) -> dict[str, Any]:
    """A run of 1,000 hours on one H100: 6 x 1e9 x 2e11 FLOP, so 0.337 of 989.4 TFLOP/s."""
    gpu = {"name": "NVIDIA H100 80GB HBM3", "component": "gpu", "id": "GPU-1", "energy_j": ENERGY}
    document = {
        "run_id": "r",
        "kind": "training",
        "status": "finished",
        "parameters": 1e9,
        "counts": {"tokens_in": 2e11},
        "duration_s": 3.6e6,
        "devices": [gpu],
        "energy_by_component": {"gpu": ENERGY},
        "energy_j": ENERGY,
    }
    return document | changes


def test_hours_and_energy_stand_beside_what_was() -> None:
    rows = predicted.rows(training(), surroundings(Settings(), "USA"))

    assert rows is not None
    assert list(rows["Figure"]) == ["Accelerator hours", "Energy, IT"]
    assert rows["Actual"][0] == "1\u202f000\xa0h"
    assert rows["Actual"][1].startswith("556\xa0kWh")
    hours = float(rows["Predicted (90 % range)"][0].split("\xa0h")[0].split("(")[0].replace("\u202f", ""))
    assert abs(float(rows["Predicted over actual"][0].removeprefix("× ")) - hours / 1000) < 0.02 * hours / 1000


def test_nothing_is_said_of_a_run_whose_work_is_unknown_or_not_over() -> None:
    around = surroundings(Settings(), "USA")

    assert predicted.rows(training(counts={}), around) is None
    assert predicted.rows(training(parameters=None), around) is None
    assert predicted.rows(training(status="running"), around) is None
