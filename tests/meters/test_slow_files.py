"""A folder of journals on a file system that hangs: the job neither starts nor ends later for it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from joulebook.meters.journal import is_alive, read_records
from joulebook.meters.patience import Patient

JOB = """
from joulebook import track
with track("x") as run:
    for number in range(10):
        with run.phase("step"):
            run.count(samples=1)
print("done")
"""


@pytest.fixture
def hanging_files(tmp_path: Path, journals: Path) -> dict[str, str]:
    """Environment of a process for which each call on a file of the journals hangs until the file `back` is there."""
    library = tmp_path / "slow_files.so"
    source = Path(__file__).with_name("slow_files.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SLOW_FOLDER": str(journals), "SLOW_UNTIL": str(tmp_path / "back")}


@pytest.mark.compiler
def test_a_file_system_that_hangs_holds_up_the_meter_and_not_the_job(hanging_files, python, journals, tmp_path) -> None:
    """The job ends while no call has come back."""
    try:
        done = python(JOB, hanging_files)
        assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
        assert not journals.exists()
    finally:
        (tmp_path / "back").touch()
    until = time.monotonic() + 60
    while not closed(journals) and time.monotonic() < until:
        time.sleep(0.1)
    (path,) = journals.glob("*.jsonl")
    records = read_records(path)[0]
    assert [records[0]["k"], records[-1]["k"], records[-1]["status"]] == ["open", "close", "finished"]
    assert sum(record["samples"] for record in records if record["k"] == "n") == 10
    assert sum(record["k"] == "pe" for record in records) == 10


def closed(journals: Path) -> bool:
    return any(b'"close"' in path.read_bytes() and not is_alive(path) for path in journals.glob("*.jsonl"))


def test_a_result_that_comes_late_is_handed_to_who_cleans_up() -> None:
    late: list[int] = []
    assert Patient(lambda: 1).result(10) == 1
    assert Patient(lambda: 1 / 0).result(10) is None
    slow = Patient(lambda: time.sleep(0.3) or 2, late=late.append)
    assert slow.result(0.0) is None
    until = time.monotonic() + 30
    while not late and time.monotonic() < until:
        time.sleep(0.01)
    assert late == [2]
