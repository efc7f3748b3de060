"""Phases: inclusive and own energies against hand-worked ones, and that everything adds up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written_journals import Journal

from joulebook.ledger.store import Ledger, open_ledger, phase_rows, run_document, sync
from joulebook.ledger.store.documents import COMPONENTS

CLOSE = pytest.approx


def gpu(phases: list[dict], key: str) -> dict[tuple[str, int | None], float]:
    return {(phase["name"], phase["rank"]): phase[key]["gpu"]["value"] for phase in phases}


def test_nested_phases_have_all_of_their_time_and_their_own_part(ledger: Ledger, folder: Path) -> None:
    Journal("r1").phase(1, "epoch", 10, 50).phase(2, "evaluate", 20, 30, parent=1).write(folder)
    sync(ledger, folder)
    phases = run_document(ledger, "r1")["phases"]
    assert gpu(phases, "energy_by_component") == {
        ("epoch", None): CLOSE(12_000),
        ("evaluate", None): CLOSE(3_000),
        ("outside phases", None): CLOSE(18_000),
    }
    assert gpu(phases, "own_energy_by_component") == {
        ("epoch", None): CLOSE(9_000),
        ("evaluate", None): CLOSE(3_000),
        ("outside phases", None): CLOSE(18_000),
    }
    assert [phase["parent"] for phase in phases] == [None, "epoch", None]
    assert [phase["duration_s"] for phase in phases] == [CLOSE(40), CLOSE(10), CLOSE(60)]


def test_a_phase_with_none_inside_is_all_its_own(ledger: Ledger, folder: Path) -> None:
    # Ends between readings of a power that changes, where the exact window and straight lines differ.
    journal = Journal("r1")
    journal.phase(1, "load", 10.3, 24.7).phase(2, "epoch", 25.1, 80.4).phase(3, "evaluate", 60.2, 71.9, parent=2)
    path = journal.write(folder)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for i, readings in enumerate(record["d"] for record in records if record["k"] == "r"):
        readings["0"][0] += 7.0 * (i % 5)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    sync(ledger, folder)
    load, epoch, evaluate, outside = run_document(ledger, "r1")["phases"]
    for phase in (load, evaluate, outside):
        assert phase["own_energy_j"] == phase["energy_j"]
        assert phase["own_energy_by_component"] == phase["energy_by_component"]
    assert epoch["own_energy_j"]["value"] < epoch["energy_j"]["value"]


def test_concurrent_phases_share_by_time(ledger: Ledger, folder: Path) -> None:
    # 10 to 30 s and 20 to 40 s: ten seconds alone, ten seconds together, each.
    Journal("r1").phase(1, "a", 10, 30).phase(2, "b", 20, 40).write(folder)
    sync(ledger, folder)
    own = gpu(run_document(ledger, "r1")["phases"], "own_energy_by_component")
    assert own == {("a", None): CLOSE(4_500), ("b", None): CLOSE(4_500), ("outside phases", None): CLOSE(21_000)}


def test_ranks_in_the_same_phase_share_their_machine(ledger: Ledger, folder: Path) -> None:
    for rank in range(4):
        Journal("r1", f"j{rank}", rank=rank).phase(1, "epoch", 20, 60).write(folder)
    sync(ledger, folder)
    own = gpu(run_document(ledger, "r1")["phases"], "own_energy_by_component")
    assert own == {**{("epoch", rank): CLOSE(3_000) for rank in range(4)}, ("outside phases", None): CLOSE(18_000)}


def test_very_many_phases_of_a_name_are_summed_up_and_sampled(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", end=200)
    for i in range(12_000):
        journal.phase(i, "step", 10 + i * 0.01, 10.01 + i * 0.01, index=i)
    journal.phase(20_000, "save", 150, 160).write(folder)
    sync(ledger, folder)
    phases = run_document(ledger, "r1")["phases"]
    assert [phase["name"] for phase in phases] == ["step", "save", "outside phases"]
    steps = phases[0]
    assert steps["n"] == 12_000
    assert steps["energy_by_component"]["gpu"]["value"] == CLOSE(36_000, rel=1e-6)
    assert sum(steps["histogram_duration_s"]["n"]) == 12_000
    assert len(steps["sample"]) == 1_000


def test_many_phases_have_the_energies_that_few_have(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = {"GPU-1": 300.0, "GPU-2": 100.0}
    journal = Journal("r1", gpus=counters, rel_error=0.05)
    for i in range(20):
        journal.phase(i, "step", 5 * i, 5 * i + 3, index=i)
    journal.write(folder)
    sync(ledger, folder)
    exact = run_document(ledger, "r1")["phases"]
    monkeypatch.setattr(phase_rows, "EXACT_ROWS", 0)
    quick = run_document(ledger, "r1")["phases"]
    for name in ("energy_j", "own_energy_j"):
        assert [row[name]["value"] for row in quick] == [CLOSE(row[name]["value"], rel=1e-6) for row in exact]
    assert [row["energy_j"]["method"] for row in quick] == [row["energy_j"]["method"] for row in exact]


times = st.integers(0, 20)
windows = st.tuples(times, times).map(sorted).filter(lambda window: window[0] < window[1])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(ranks=st.lists(st.lists(st.tuples(windows, st.integers(-1, 3)), max_size=4), min_size=1, max_size=3))
def test_own_parts_and_the_outside_add_up_to_the_run(
    ranks: list[list[tuple[list[int], int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("phases")
    for rank, found in enumerate(ranks):
        journal = Journal("r1", f"j{rank}", end=20, rank=rank)
        for i, ((start, end), parent) in enumerate(found):
            journal.phase(i, f"phase {i}", start, end, parent=parent if 0 <= parent < i else None)
        journal.write(place)
    books = open_ledger(str(place / "ledger.sqlite"))
    sync(books, place)
    document = run_document(books, "r1")
    if document["phases"]:
        total = sum(phase["own_energy_j"]["value"] for phase in document["phases"])
        assert total == CLOSE(document["energy_j"]["value"], rel=1e-9)
        for name in COMPONENTS:
            if document["energy_by_component"][name] is not None:
                parts = [phase["own_energy_by_component"][name]["value"] for phase in document["phases"]]
                assert sum(parts) == CLOSE(document["energy_by_component"][name]["value"], rel=1e-9)
                assert min(parts) >= 0
    books.close()
