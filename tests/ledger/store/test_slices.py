"""Parts of a GPU (MIG) in the books: each run has its slices' share of the whole, once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from written_journals import Journal

from joulebook.ledger.store import Ledger, list_runs, run_document, sync

CLOSE = pytest.approx


def write(folder: Path, run: str, uuids: tuple[str, ...], slices: int | None, **more: Any) -> None:
    """A run of 100 s on parts of a GPU of 300 W."""
    journal = Journal(run, more.pop("journal", f"of-{run}"), **more)
    records = journal.records()
    of = None if slices is None else 7
    mig = {"uuids": list(uuids), "share": "estimate", "slices": slices, "of": of, "memory_bytes": 10_000 << 20}
    next(record for record in records if record["k"] == "device")["mig"] = mig
    journal.path(folder).write_text("".join(json.dumps(record) + "\n" for record in records))


def parts(ledger: Ledger, *runs: str) -> list[float]:
    return [run_document(ledger, run)["devices"][0]["energy_j"]["value"] for run in runs]


def test_runs_on_different_parts_have_their_slices_and_are_no_rivals(ledger: Ledger, folder: Path) -> None:
    write(folder, "r1", ("MIG-1",), 2)
    write(folder, "r2", ("MIG-2", "MIG-3"), 5)
    sync(ledger, folder)
    assert parts(ledger, "r1", "r2") == [CLOSE(30_000 * 2 / 7), CLOSE(30_000 * 5 / 7)]
    document = run_document(ledger, "r1")
    device = document["devices"][0]
    assert (device["share"], device["share_how"]) == (CLOSE(2 / 7), "slices")
    assert (device["device_energy_j"]["value"], device["device_energy_j"]["method"]) == (CLOSE(30_000), "measured")
    energy = device["energy_j"]
    assert (energy["low"], energy["high"]) == (CLOSE(30_000 / 7, rel=1e-3), CLOSE(30_000 * 4 / 7, rel=1e-3))
    assert (energy["method"], energy["measured_share"]) == ("modelled", 0.0)
    assert document["energy_by_component"]["gpu"] == {**energy, "boundary": "accelerators"}
    assert any("2 of 7 slices" in text for text in document["warnings"])
    assert list(list_runs(ledger)["warnings"]) == [len(run_document(ledger, name)["warnings"]) for name in ("r2", "r1")]
    # All of the other part's own: no higher than the whole.
    high = run_document(ledger, "r2")["devices"][0]["energy_j"]["high"]
    assert high == CLOSE(30_000, rel=1e-3)


def test_rent_is_paid_for_the_slices_and_once(ledger: Ledger, folder: Path) -> None:
    """7.2 USD an hour, which is 0.2 USD in 100 s of the whole GPU."""
    Path(os.environ["JOULEBOOK_SETTINGS"]).write_text("gpu_hour_usd = 7.2\n")
    write(folder, "r1", ("MIG-1",), 2)
    write(folder, "r2", ("MIG-1",), 2)
    write(folder, "r3", ("MIG-2",), 4)
    write(folder, "r4", ("MIG-1",), None, start=200, end=300)
    sync(ledger, folder)
    paid = [run_document(ledger, run)["cost_usd"]["value"] for run in ("r1", "r2", "r3", "r4")]
    assert paid == [CLOSE(0.2 / 7), CLOSE(0.2 / 7), CLOSE(0.2 * 4 / 7), CLOSE(0.2)]
    assert sorted(list_runs(ledger)["cost_usd"]) == [CLOSE(value) for value in sorted(paid)]


def test_runs_on_the_same_part_split_its_slices(ledger: Ledger, folder: Path) -> None:
    write(folder, "r1", ("MIG-1",), 2)
    write(folder, "r2", ("MIG-1",), 2, start=50, end=150)
    write(folder, "r3", ("MIG-2",), 4)
    sync(ledger, folder)
    # r1 and r2: 15 kJ of the GPU alone with the part, 15 kJ together on it.
    assert parts(ledger, "r1", "r2", "r3") == [
        CLOSE(22_500 * 2 / 7),
        CLOSE(22_500 * 2 / 7),
        CLOSE(30_000 * 4 / 7),
    ]


def test_ranks_on_different_parts_are_one_run_of_all_their_slices(ledger: Ledger, folder: Path) -> None:
    write(folder, "r1", ("MIG-1",), 2, journal="a", rank=0)
    write(folder, "r1", ("MIG-2",), 4, journal="b", rank=1)
    write(folder, "r2", ("MIG-1", "MIG-2"), 6, start=200, end=300)
    write(folder, "inner", ("MIG-2",), 4, start=200, end=300, parent="r2")
    sync(ledger, folder)
    assert parts(ledger, "r1", "r2", "inner") == [CLOSE(30_000 * 6 / 7), CLOSE(30_000 * 6 / 7), CLOSE(30_000 * 4 / 7)]


def test_parts_of_unknown_size_share_the_whole_as_any_runs_do(ledger: Ledger, folder: Path) -> None:
    write(folder, "r1", ("MIG-1",), None)
    write(folder, "r2", ("MIG-2",), None)
    Journal("r3", "j3", start=200, end=300).write(folder)
    write(folder, "r4", ("MIG-1",), 2, start=200, end=300)
    sync(ledger, folder)
    # r3 saw the whole GPU, so it may have used r4's part too: both give way, and no joule counts twice.
    assert parts(ledger, "r1", "r2", "r3", "r4") == [CLOSE(15_000), CLOSE(15_000), CLOSE(15_000), CLOSE(15_000 * 2 / 7)]
    assert any("those of the whole GPU" in text for text in run_document(ledger, "r1")["warnings"])


def test_idle_power_of_a_part_is_that_of_its_slices(ledger: Ledger, folder: Path) -> None:
    write(folder, "r1", ("MIG-1",), 2, more=[{"k": "baseline", "w": 1.76e9, "b": 0.0, "d": {"0": 60.0}, "seconds": 10}])
    sync(ledger, folder)
    assert run_document(ledger, "r1")["energy_above_idle_j"]["value"] == CLOSE(24_000 * 2 / 7)
