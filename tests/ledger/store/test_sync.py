"""Journals into the books: figures equal to hand-worked ones, whatever the order, pieces and repetitions."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written_journals import WALL, Journal

from joulebook.ledger.store import Ledger, RunFilter, list_runs, open_ledger, rollup, run_document, sync, totals, trace

CLOSE = pytest.approx


def device_energies(document: dict) -> dict[str, float]:
    return {device["id"]: device["energy_j"]["value"] for device in document["devices"]}


def test_a_run_is_in_the_books_with_its_exact_energy(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1").add("n", 50, samples=52_000).add("n", 60, samples=1)
    journal.add("q", 70, n=3, failed=1, tokens_in=30, tokens_out=60, sum_s=3.0, h={"188": 2, "190": 1})
    journal.add("quality", 80, name="accuracy", value=0.912, n=1000, higher_is_better=True, language="ko")
    journal.write(folder)

    report = sync(ledger, folder)
    assert (report.runs, report.problems, report.set_aside) == (["r1"], [], 1)
    document = run_document(ledger, "r1")
    assert device_energies(document) == {"GPU-1": CLOSE(30_000)}
    assert document["energy_by_component"]["gpu"]["measured_share"] == 1.0
    assert document["status"] == "finished"
    assert document["started_at"] == "2025-10-09T08:53:20.000Z"
    assert document["duration_s"] == CLOSE(100)
    assert document["counts"]["samples"] == 52_001
    assert document["counts"]["requests"] == 3
    assert document["latency_s"]["n"] == 3
    # The 50th percentile is the 1.5th of 2 in bucket 188: 1e-4 * 1.05 ** 188.75.
    assert document["latency_s"]["p50"] == CLOSE(1e-4 * 1.05**188.75)
    assert document["quality"] == [
        {"name": "accuracy", "value": 0.912, "n": 1000, "sd": None, "higher_is_better": True, "language": "ko"}
    ]
    assert document["zones"][0]["zone"] == "KOR"


def test_doing_it_again_changes_nothing(ledger: Ledger, folder: Path) -> None:
    path = Journal("r1").write(folder)
    content = path.read_bytes()
    sync(ledger, folder)
    before, revision = run_document(ledger, "r1"), ledger.revision
    path.write_bytes(content)  # as if it were brought back from `synced`, or copied from another machine
    report = sync(ledger, folder)
    assert (report.records, report.runs) == (0, [])
    assert ledger.revision == revision
    assert run_document(ledger, "r1") == before


def test_four_ranks_that_see_four_gpus_count_each_once(ledger: Ledger, folder: Path) -> None:
    gpus = {f"GPU-{i}": 100.0 * (i + 1) for i in range(4)}
    for rank in range(4):
        start, end = 0.2 * rank, 100.0 + 0.1 * rank
        Journal("r1", f"j{rank}", start=start, end=end, gpus=gpus, rank=rank, period=0.1).write(folder)
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    # From the first rank's start to the last one's end: 100.3 s of 1000 W.
    assert device_energies(document) == {uuid: CLOSE(power * 100.3, rel=1e-4) for uuid, power in gpus.items()}
    assert document["duration_s"] == CLOSE(100.3)
    assert totals(ledger).energy_by_component["gpu"].value == CLOSE(100_300, rel=1e-4)


def test_ranks_on_two_hosts_merge_into_one_run(ledger: Ledger, folder: Path) -> None:
    Journal("r1", "a", rank=0).write(folder)
    Journal("r1", "b", rank=1, boot="boot-b", host="host-b", gpus={"GPU-2": 500.0}, start=1000, end=1100).write(folder)
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    assert document["hosts"] == ["host-a", "host-b"]
    assert device_energies(document) == {"GPU-1": CLOSE(30_000), "GPU-2": CLOSE(50_000)}
    assert len(list_runs(ledger)) == 1


def test_a_running_run_shows_and_then_is_interrupted(ledger: Ledger, folder: Path) -> None:
    path = Journal("r1", closed=None).write(folder)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        sync(ledger, folder)
        running = run_document(ledger, "r1")
        assert (running["status"], running["ended_at"]) == ("running", None)
        assert device_energies(running) == {"GPU-1": CLOSE(30_000)}
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    assert (document["status"], document["exit_status"]) == ("interrupted", None)
    assert document["ended_at"] == "2025-10-09T08:55:00.000Z"
    assert path.exists()


def test_other_factors_reach_every_run_without_its_journal(
    ledger: Ledger, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(3):
        Journal(f"r{i}", f"j{i}", start=1000 * i, end=1000 * i + 100).write(folder)
    sync(ledger, folder)
    before = list_runs(ledger)
    shutil.rmtree(folder)
    (tmp_path / "settings.toml").write_text("pue = 1.1")
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(tmp_path / "settings.toml"))
    assert sync(ledger, folder, reaccount_s=0.0).stale == 0  # so few are brought over however little time there is
    after = list_runs(ledger)
    assert list(after["facility_energy_j"]) == [CLOSE(energy * 1.1) for energy in before["energy_j"]]
    assert list(after["energy_j"]) == list(before["energy_j"])
    assert totals(ledger).facility_energy_j.value == CLOSE(after["facility_energy_j"].sum())
    document = run_document(ledger, "r1")
    assert document["facility_energy_j"]["value"] == after.set_index("run_id").loc["r1", "facility_energy_j"]


def test_what_one_journal_knows_of_a_machines_place_holds_for_all_on_it(ledger: Ledger, folder: Path) -> None:
    Journal("outer", "j0", opening={"location": {"how": "timezone", "timezone": "Europe/Berlin"}}).write(folder)
    sync(ledger, folder)
    zone = run_document(ledger, "outer")["zones"][0]
    assert (zone["zone"], zone["assumed"], zone["how"]) == ("DEU", True, "timezone")
    Journal("inner", "j1", start=10, end=20, parent="outer").write(folder)
    sync(ledger, folder)
    zone = run_document(ledger, "outer")["zones"][0]
    assert (zone["zone"], zone["assumed"], zone["how"]) == ("KOR", False, "flag")


def test_bad_files_cost_a_line_each_and_nothing_else(ledger: Ledger, folder: Path) -> None:
    good = Journal("good")
    lines = good.lines()
    good.path(folder).write_bytes(
        b"".join([*lines[:5], b"\x00\xff not json\n", b'{"k": 3}\n', *lines[5:], b'{"k":"r","w":1'])
    )
    (folder / "garbage.g.jsonl").write_bytes(os.urandom(4_096))
    (folder / "empty.e.jsonl").write_bytes(b"")
    newer = Journal("newer", "j2", opening={"v": 2})
    newer.write(folder)
    (folder / "folder.f.jsonl").mkdir()
    report = sync(ledger, folder)
    assert report.runs == ["good"]
    assert len(report.problems) == 5
    assert any("newer Joulebook" in problem for problem in report.problems)
    assert list(list_runs(ledger)["run_id"]) == ["good"]
    document = run_document(ledger, "good")
    assert device_energies(document) == {"GPU-1": CLOSE(30_000)}
    assert any("no records" in warning for warning in document["warnings"])


def test_what_can_not_be_read_is_unknown_and_not_nothing(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", gpus={}).add(
        "absent", 0, source="nvml", component="gpu", why="lost", hint="reboot", device="GPU-7"
    )
    journal.write(folder)
    sync(ledger, folder)
    document = run_document(ledger, "r1")
    assert document["devices"][0]["energy_j"] is None
    assert any("gpu" in name for name in document["missing"])
    assert document["energy_by_component"]["gpu"] is None


def test_a_part_of_a_gpu_is_said_to_be_an_estimate(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1")
    records = journal.records()
    next(record for record in records if record["k"] == "device")["mig"] = {"uuids": ["MIG-1"], "share": "estimate"}
    journal.path(folder).write_text("".join(json.dumps(record) + "\n" for record in records))
    sync(ledger, folder)
    assert any("estimate" in warning for warning in run_document(ledger, "r1")["warnings"])
    assert list(list_runs(ledger)["warnings"]) == [1]


def test_integrated_power_with_a_gap_says_what_was_not_read(ledger: Ledger, folder: Path) -> None:
    journal = Journal("r1", kind_of_sensor="integrated").add(
        "gap", 60, **{"from": 20, "to": 60, "i": 0, "why": "asleep"}
    )
    journal.write(folder)
    sync(ledger, folder)
    device = run_document(ledger, "r1")["devices"][0]
    assert device["coverage"] == CLOSE(0.6)
    assert device["energy_j"]["method"] == "sampled"


def test_rollups_are_the_sums_of_runs(ledger: Ledger, folder: Path) -> None:
    day = 86_400
    for i, project in enumerate(("a", "a", "b")):
        start = i * day
        Journal(f"r{i}", f"j{i}", start=start, end=start + 100, opening={"project": project}).write(folder)
    sync(ledger, folder)
    frame = rollup(ledger, by=("project",))
    assert dict(zip(frame["project"], frame["gpu_j"], strict=True)) == {"a": CLOSE(60_000), "b": CLOSE(30_000)}
    by_day = rollup(ledger, by=("day",))
    assert list(by_day["day"].dt.strftime("%Y-%m-%d")) == ["2025-10-09", "2025-10-10", "2025-10-11"]
    assert list(rollup(ledger, by=("week", "project"))["n"]) == [2, 1]
    assert list(rollup(ledger, by=("month",))["gpu_j"]) == [CLOSE(90_000)]
    since = datetime(2025, 10, 10, tzinfo=UTC)
    assert list(rollup(ledger, by=("project",), start=since)["gpu_j"]) == [CLOSE(30_000), CLOSE(30_000)]
    assert totals(ledger, RunFilter(start=since)).n == 2
    assert totals(ledger, RunFilter(end=since)).n == 1
    from_runs = totals(ledger, RunFilter(text="r", projects=("a",)))
    from_rollups = totals(ledger, RunFilter(projects=("a",)))
    assert from_runs.energy_j.value == CLOSE(from_rollups.energy_j.value)
    assert from_rollups.n == 2


def _shown(ledger: Ledger, runs: tuple[str, ...]) -> list[dict]:
    documents = [run_document(ledger, run) for run in runs]
    for document in documents:
        document.pop("ledger_revision")
    return documents


def _journals() -> list[Journal]:
    gpus = {"GPU-1": 300.0, "GPU-2": 100.0}
    return [
        Journal("ranks", "a0", end=40, gpus=gpus, rank=0, period=2).phase(1, "epoch", 4, 30),
        Journal("ranks", "a1", start=2, end=42, gpus=gpus, rank=1, period=2).phase(1, "epoch", 6, 32),
        Journal("beside", "b0", start=20, end=60, period=2, utilisation={"GPU-1": (0.5, 1.0)}).add("n", 30, samples=7),
        Journal("outer", "c0", start=10, end=70, period=2, gpus={"GPU-3": 50.0}),
        Journal("inner", "c1", start=20, end=30, period=2, gpus={"GPU-3": 50.0}, parent="outer"),
        Journal("broken", "d0", start=0, end=30, period=2, closed=None),
    ]


RUNS = ("ranks", "beside", "outer", "inner", "broken")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """All journals taken in at once, in order."""
    place = tmp_path_factory.mktemp("expected")
    for journal in _journals():
        journal.write(place)
    books = open_ledger(str(place / "ledger.sqlite"))
    sync(books, place)
    return _shown(books, RUNS)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_order_pieces_and_repetition_make_no_difference(
    data: st.DataObject, expected: list[dict], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("pieces")
    contents = {journal.path(place): b"".join(journal.lines()) for journal in _journals()}
    written = dict.fromkeys(contents, 0)
    books = open_ledger(str(place / "ledger.sqlite"))
    while any(written[path] < len(contents[path]) for path in contents):
        path = data.draw(st.sampled_from([path for path in contents if written[path] < len(contents[path])]))
        rest = len(contents[path]) - written[path]
        size = data.draw(st.sampled_from([rest, rest, max(1, rest // 2), min(rest, 2_500)]))
        with path.open("ab") as file:
            file.write(contents[path][written[path] : written[path] + size])
        written[path] += size
        for _ in range(data.draw(st.integers(0, 2))):
            sync(books, place)
    for path in data.draw(st.lists(st.sampled_from(sorted(contents)), max_size=3)):
        path.write_bytes(contents[path])  # a copy turns up again
    sync(books, place)
    assert _shown(books, RUNS) == expected
    books.close()


def test_several_processes_at_once_make_the_same_books(address: str, folder: Path, expected: list[dict]) -> None:
    for journal in _journals():
        journal.write(folder)
    code = (
        "import sys; from joulebook.ledger.store import open_ledger, sync; sync(open_ledger(sys.argv[1]), sys.argv[2])"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, address, str(folder)], stderr=subprocess.PIPE) for _ in range(3)
    ]
    errors = [process.communicate(timeout=120)[1].decode() for process in running]
    assert errors == ["", "", ""]
    books = open_ledger(address)
    sync(books, folder)
    assert _shown(books, RUNS) == expected
    books.close()


ODD_LINES = [
    b'{"k":"r","w":1,"b":2,"d":{"0":[1e999,null,[]]}}',
    b'{"k":"r","w":1,"b":2,"d":{"0":[-5,null,0],"x":1,"99999":[1,2,3]}}',
    b'{"k":"pb","w":1,"b":3,"id":1e400}',
    b'{"k":"pb","w":1,"b":3,"id":7,"parent":7,"name":"\\u0000"}',
    b'{"k":"pe","w":1,"b":2,"id":7}',
    b'{"k":"device","w":1,"b":2,"i":-1,"id":"x"}',
    b'{"k":"device","w":1,"b":2,"i":3,"id":"x","component":[],"sensor":7}',
    b'{"k":"n","w":1,"b":2,"samples":"\\u0000","steps":1e308}',
    b'{"k":"close","w":1,"b":4,"status":[],"exit_status":99999999999999999999}',
    b'{"k":"q","w":1,"b":1,"n":1,"h":{"a":1,"-5":2,"7":99999999999999999999}}',
    b'{"k":"quality","w":1,"b":1,"name":{},"value":true}',
    b'{"k":"m","w":1,"b":4.5,"busy_s":1e300,"tree_s":[],"mem_byte_s":-1}',
    b'{"k":"child","w":1,"b":1,"run":"broken"}',
    b'{"k":"open","w":1,"b":1,"v":1,"run":"other"}',
]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(noise=st.lists(st.one_of(st.binary(max_size=60), st.sampled_from(ODD_LINES)), max_size=12))
def test_any_bytes_give_a_report_and_leave_other_runs_alone(
    noise: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("noise")
    broken = Journal("broken", "b", end=5, boot="boot-z")
    lines = broken.lines()
    broken.path(place).write_bytes(b"".join(lines[:4]) + b"\n".join(noise) + b"\n" + b"".join(lines[4:]))
    (place / "x.y.jsonl").write_bytes(b"\n".join(noise))
    Journal("good", "g").write(place)
    books = open_ledger(str(place / "ledger.sqlite"))
    report = sync(books, place)
    assert [problem for problem in report.problems if "could not" in problem] == []
    assert run_document(books, "good")["devices"][0]["energy_j"]["value"] == CLOSE(30_000)
    json.dumps(run_document(books, "broken"), allow_nan=False)
    trace(books, "broken")
    books.close()


def test_wall_times_follow_the_boot_clock(ledger: Ledger, folder: Path) -> None:
    # The wall clock is set back an hour in the middle: the run still took 100 s.
    journal = Journal("r1")
    records = journal.records()
    for record in records[len(records) // 2 :]:
        record["w"] -= 3600
    journal.path(folder).write_text("".join(json.dumps(record) + "\n" for record in records))
    sync(ledger, folder)
    row = list_runs(ledger).iloc[0]
    assert (row["started_at"].timestamp(), row["ended_at"].timestamp()) == (WALL, WALL + 100)
