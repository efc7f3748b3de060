"""What runs beside one another, or inside one another, have of the devices that they used together: each joule once."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from written_journals import Journal

from joulebook.ledger.store import Ledger, RunFilter, list_runs, run_document, sync, totals
from joulebook.ledger.store.tables import run_hosts

CLOSE = pytest.approx


def device_energies(document: dict) -> dict[str, float]:
    return {device["id"]: device["energy_j"]["value"] for device in document["devices"]}


def test_contexts_tell_used_gpus_from_reserved_ones(ledger: Ledger, folder: Path) -> None:
    gpus = {"GPU-1": 300.0, "GPU-2": 60.0, "GPU-3": 70.0}
    Journal("r1", gpus=gpus, visible={"GPU-1", "GPU-2"}).add("c", 1, d={"0": [1, 1], "1": [0, 1], "2": [0, 3]}).write(
        folder
    )
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    assert device_energies(document) == {"GPU-1": CLOSE(30_000)}
    assert [device["id"] for device in document["reserved_devices"]] == ["GPU-2"]
    assert document["reserved_devices"][0]["device_energy_j"]["value"] == CLOSE(6_000)
    assert document["energy_by_component"]["gpu"]["value"] == CLOSE(30_000)


def test_runs_that_overlap_share_a_gpu_by_process_utilisation(ledger: Ledger, folder: Path) -> None:
    # 0 to 100 s and 50 to 150 s at 300 W; while both run, one uses it three times as much as the other.
    Journal("r1", utilisation={"GPU-1": (0.6, 0.8)}).write(folder)
    sync(ledger, folder)
    alone = run_document(ledger, "r1")["devices"][0]
    Journal("r2", "j2", start=50, end=150, utilisation={"GPU-1": (0.2, 0.8)}).write(folder)
    sync(ledger, folder)
    first, second = (run_document(ledger, run)["devices"][0] for run in ("r1", "r2"))
    assert (alone["share"], alone["share_how"]) == (1.0, "whole")
    assert first["device_energy_j"] == alone["device_energy_j"]
    assert first["energy_j"]["value"] == CLOSE(15_000 + 15_000 * 0.75)
    assert second["energy_j"]["value"] == CLOSE(15_000 + 15_000 * 0.25)
    assert first["share_how"] == second["share_how"] == "process"


def test_runs_that_overlap_share_cpus_by_cpu_seconds_and_memory_by_time(ledger: Ledger, folder: Path) -> None:
    counters = {"boot-a/package-0": 100.0, "boot-a/dram-0": 10.0}
    Journal("r1", gpus=counters, tree_cores=3.0).write(folder)
    Journal("r2", "j2", gpus=counters, tree_cores=1.0).write(folder)
    sync(ledger, folder)
    for run, cpu_j in (("r1", 7_500), ("r2", 2_500)):
        devices = {device["id"]: device for device in run_document(ledger, run)["devices"]}
        cpu, memory = devices["boot-a/package-0"], devices["boot-a/dram-0"]
        assert (cpu["energy_j"]["value"], cpu["share_how"]) == (CLOSE(cpu_j), "cpu-time")
        assert (memory["energy_j"]["value"], memory["share_how"]) == (CLOSE(500), "time")


def test_an_idle_machine_is_shared_by_the_runs_on_it(ledger: Ledger, folder: Path) -> None:
    Journal("r1", gpus={}).write(folder)
    Journal("r2", "j2", start=50, end=150, gpus={}).write(folder)
    sync(ledger, folder)
    with ledger.reading() as connection:
        uses = connection.execute(select(run_hosts.c.run_id, run_hosts.c.use)).all()
    assert {run: use["idle_share"] for run, use in uses} == {"r1": 0.75, "r2": 0.75}


def test_runs_that_overlap_share_by_time_where_nothing_better_is_known(ledger: Ledger, folder: Path) -> None:
    for i in range(3):
        Journal(f"r{i}", f"j{i}").write(folder)
    sync(ledger, folder)
    for i in range(3):
        device = run_document(ledger, f"r{i}")["devices"][0]
        assert (device["energy_j"]["value"], device["share_how"]) == (CLOSE(10_000), "time")
        assert device["device_energy_j"]["value"] == CLOSE(30_000)
    assert totals(ledger).energy_by_component["gpu"].value == CLOSE(30_000)


def test_a_parent_has_its_children_and_the_rest_once(ledger: Ledger, folder: Path) -> None:
    Journal("sweep", "j0", start=0, end=100).add("child", 10, run="t0").write(folder)
    for i in range(4):
        Journal(f"t{i}", f"j{i + 1}", start=10 + 20 * i, end=25 + 20 * i, parent="sweep").write(folder)
    # A child on another machine, whose device the parent never saw.
    Journal("far", "j9", start=5, end=15, parent="sweep", boot="boot-b", host="host-b", gpus={"GPU-9": 50.0}).write(
        folder
    )
    sync(ledger, folder)
    parent = run_document(ledger, "sweep")
    assert device_energies(parent) == {"GPU-1": CLOSE(30_000), "GPU-9": CLOSE(500)}
    assert [run_document(ledger, f"t{i}")["devices"][0]["energy_j"]["value"] for i in range(4)] == [CLOSE(4_500)] * 4
    assert sorted(parent["details"]["children"]) == ["far", "t0", "t1", "t2", "t3"]
    assert list(list_runs(ledger)["run_id"]) == ["sweep"]
    assert len(list_runs(ledger, RunFilter(include_children=True))) == 6
    assert totals(ledger).energy_by_component["gpu"].value == CLOSE(30_500)


def test_children_at_once_share_their_parents_part(ledger: Ledger, folder: Path) -> None:
    Journal("sweep", "j0").write(folder)
    for i in range(2):
        Journal(f"t{i}", f"j{i + 1}", parent="sweep").write(folder)
    Journal("other", "j5").write(folder)
    sync(ledger, folder)
    energy = {
        run: run_document(ledger, run)["devices"][0]["energy_j"]["value"] for run in ("sweep", "t0", "t1", "other")
    }
    assert energy == {"sweep": CLOSE(15_000), "t0": CLOSE(7_500), "t1": CLOSE(7_500), "other": CLOSE(15_000)}


def test_a_child_without_its_parent_stands_alone_until_the_parent_comes(ledger: Ledger, folder: Path) -> None:
    Journal("t0", "j1", start=10, end=20, parent="sweep").write(folder)
    sync(ledger, folder)
    assert totals(ledger).n == 1
    Journal("sweep", "j0").write(folder)
    sync(ledger, folder)
    assert list(list_runs(ledger)["run_id"]) == ["sweep"]
    assert totals(ledger).energy_by_component["gpu"].value == CLOSE(30_000)


def test_runs_that_call_each_other_parent_are_both_kept(ledger: Ledger, folder: Path) -> None:
    Journal("a", "j1", parent="b").write(folder)
    Journal("b", "j2", parent="a").write(folder)
    Journal("c", "j3", parent="c").write(folder)
    assert sync(ledger, folder).problems == []
    assert totals(ledger).n >= 2
