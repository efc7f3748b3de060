"""Energy above idle: beside the total, of the devices whose idle power was measured before the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_journals import Journal

from joulebook.ledger.reports import runs as report
from joulebook.ledger.store import Ledger, RunFilter, run_document, sync

CLOSE = pytest.approx


def test_idle_power_over_the_time_is_taken_off_with_both_ranges(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", gpus={"GPU-1": 300.0, "boot-a/package-0": 80.0}, rel_error=0.05)
    journal.add("baseline", 0, d={"0": 60.0, "1": 30.0}, seconds=10).write(folder)
    Journal("r2", "j2", start=200, end=300).write(folder)
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    above = document["energy_above_idle_j"]
    assert above["value"] == CLOSE(24_000 + 5_000)
    # 5 % of 30 and 8 kJ, and of 6 and 3 kJ, independently of each other
    half_width = 0.05 * (30_000**2 + 8_000**2 + 6_000**2 + 3_000**2) ** 0.5
    assert (above["low"], above["high"]) == (
        CLOSE(29_000 - half_width, abs=2),  # the window's ends add a joule or so
        CLOSE(29_000 + half_width, abs=2),
    )
    assert (above["method"], above["measured_share"], above["boundary"]) == ("measured", 1.0, "above idle: gpu, cpu")
    assert above["vintage"] == "idle power of 90 W measured before the run"
    assert document["energy_by_component"]["gpu"]["value"] == CLOSE(30_000)
    assert run_document(ledger, "r2")["energy_above_idle_j"] is None
    with_idle, without = report.rows(ledger, RunFilter())
    names = [name for name in with_idle if name.startswith("energy_above_idle")]
    assert [with_idle[name] for name in names] == [
        above[key] for key in ("value", "low", "high", "method", "measured_share", "boundary", "vintage")
    ]
    assert [without[name] for name in names] == [None] * 7


def test_a_device_without_idle_power_is_outside_and_named_so(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", gpus={"GPU-1": 300.0, "GPU-2": 100.0}).add("baseline", 0, d={"0": 60.0}, seconds=10)
    journal.write(folder)
    sync(ledger, folder)
    above = run_document(ledger, "r1")["energy_above_idle_j"]
    assert (above["value"], above["boundary"]) == (CLOSE(24_000), "above idle: gpu GPU-1")


def test_less_than_idle_is_shown_as_nothing_and_said(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", gpus={"GPU-1": 50.0}, rel_error=0.05).add("baseline", 0, d={"0": 51.0}, seconds=10)
    journal.write(folder)
    sync(ledger, folder)
    above = run_document(ledger, "r1")["energy_above_idle_j"]
    assert (above["value"], above["low"]) == (0.0, 0.0)
    assert above["high"] == CLOSE(-100 + 0.05 * (5_000**2 + 5_100**2) ** 0.5, abs=0.1)
    assert above["vintage"].endswith("the run used less than that, 0 stands for it")


def test_of_a_shared_device_idle_power_is_shared_too(ledger: Ledger, folder: Path) -> None:
    """Two runs at once on a GPU of 300 W that idles at 60 W: each has half of what is above idle."""
    for name in ("r1", "r2"):
        Journal(name, name).add("baseline", 0, d={"0": 60.0}, seconds=10).write(folder)
    sync(ledger, folder)
    above = [run_document(ledger, name)["energy_above_idle_j"] for name in ("r1", "r2")]
    assert [figure["value"] for figure in above] == [CLOSE(12_000), CLOSE(12_000)]
    assert above[0]["method"] == "modelled"
