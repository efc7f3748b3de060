"""Gaps of a journal: what energy may be missing in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from written_journals import Journal

from joulebook.ledger.store import Ledger, run_document, sync

CLOSE = pytest.approx


def _with_gap(folder: Path, device: int | None, start: float, end: float) -> None:
    gap: dict[str, Any] = {"from": start, "to": end, "i": device, "why": "reset"}
    journal = Journal("r1").add("gap", end, **gap)
    journal.phase(1, "inside", 30, 50).phase(2, "outside", 70, 90).write(folder)


def test_a_counter_that_was_reset_or_stood_still_may_have_missed_energy(ledger: Ledger, folder: Path) -> None:
    _with_gap(folder, 0, 20, 60)
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    device = document["devices"][0]
    assert device["coverage"] == CLOSE(0.6)
    # 300 W all the time: 12 kJ were counted in the gap, and twice the mean would be 24 kJ.
    assert [device["energy_j"][end] for end in ("value", "low", "high")] == [
        CLOSE(30_000), pytest.approx(30_000, rel=0.01), pytest.approx(42_000, rel=0.01)
    ]  # fmt: skip
    assert any("was read for 60% of the time only" in text for text in document["warnings"])
    phases = {phase["name"]: phase["energy_by_component"]["gpu"] for phase in document["phases"]}
    assert phases["inside"]["high"] == pytest.approx(12_000, rel=0.02)
    assert phases["outside"]["high"] == pytest.approx(6_000, rel=0.02)


def test_a_counter_counts_on_while_nobody_reads_it(ledger: Ledger, folder: Path) -> None:
    _with_gap(folder, None, 20, 60)
    sync(ledger, folder)
    device = run_document(ledger, "r1")["devices"][0]
    assert device["coverage"] == CLOSE(1.0)
    assert device["energy_j"]["high"] == pytest.approx(30_000, rel=0.01)


def test_a_device_lost_at_the_end_is_uncovered_once(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", gpus={"GPU-1": 300.0, "GPU-2": 100.0})
    journal.add("gap", 100, **{"from": 80, "to": 100, "i": 0, "why": "lost"})
    path = journal.write(folder)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        if record["k"] == "r" and record["b"] > 80:
            record["d"].pop("0", None)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    sync(ledger, folder)
    coverage = {device["id"]: device["coverage"] for device in run_document(ledger, "r1")["devices"]}
    assert coverage == {"GPU-1": pytest.approx(0.8, abs=0.002), "GPU-2": CLOSE(1.0)}


def test_a_device_that_could_never_be_trusted_is_unknown(ledger: Ledger, folder: Path) -> None:
    _with_gap(folder, 0, -10, 110)
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    assert document["devices"][0]["energy_j"] is None
    assert document["missing"] == ["gpu"]
