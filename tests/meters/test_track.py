"""`track` in all its forms: which runs, phases and counts are recorded, and how they end."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest


def test_decorated_functions_of_every_form_are_runs_of_their_own(python, read_journals) -> None:
    code = """
import asyncio
from joulebook import track

@track
def plain(x): return x + 1

@track("named", kind="inference")
def named(): return 2

@track()
def numbers():
    got = yield 1
    yield got
    return 7

@track()
async def coroutine(): return 3

@track()
async def stream():
    yield 4
    yield 5

class Model:
    @track
    def method(self): return self

assert plain(1) == 2 and named() == 2
generator = numbers()
assert next(generator) == 1 and generator.send(9) == 9
try: next(generator)
except StopIteration as stop: assert stop.value == 7
assert asyncio.run(coroutine()) == 3
async def gather(): return [item async for item in stream()]
assert asyncio.run(gather()) == [4, 5]
model = Model()
assert model.method() is model
assert plain.__name__ == "plain" and asyncio.iscoroutinefunction(coroutine)
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    names = [journal.one("open")["name"] for journal in read_journals()]
    assert names == ["plain", "named", "numbers", "coroutine", "stream", "method"]
    assert all(journal.one("close")["status"] == "finished" for journal in read_journals())


@pytest.mark.parametrize(
    ("ending", "returncode", "status", "exit_status"),
    [
        ("raise ValueError('x')", 1, "failed", None),
        ("raise KeyboardInterrupt", -2, "interrupted", None),
        ("sys.exit(3)", 3, "failed", 3),
        ("sys.exit()", 0, "finished", 0),
    ],
)
def test_however_a_block_ends_the_run_is_closed(python, read_journals, ending, returncode, status, exit_status) -> None:
    code = f"import os, sys, time\nfrom joulebook import track\nwith track('x'):\n    time.sleep(0.2)\n    {ending}"
    assert python(code).returncode == returncode
    closing = read_journals()[0].one("close")
    assert (closing["status"], closing["exit_status"]) == (status, exit_status)


def test_a_forgotten_run_is_closed_at_exit(python, read_journals) -> None:
    done = python("from joulebook import track\nrun = track('x').start()\nrun.count(samples=2)")
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    assert journal.one("close")["status"] == "finished"
    assert journal.one("n")["samples"] == 2


def test_a_run_stopped_by_hand_is_around_nothing_any_more(python, read_journals) -> None:
    done = python(
        """
import os
import subprocess
import sys
from joulebook import track
first = track("first").start()
second = track("second").start()
first.stop()
with track("inside second"):
    pass
second.stop()
assert "JOULEBOOK_PARENT_RUN" not in os.environ
with track("after"):
    pass
"""
    )
    assert done.returncode == 0, done.stderr
    opened = {journal.one("open")["name"]: journal.one("open") for journal in read_journals()}
    parents = {name: record["parent"] for name, record in opened.items()}
    runs = {name: record["run"] for name, record in opened.items()}
    assert parents == {"first": None, "second": runs["first"], "inside second": runs["second"], "after": None}


def test_tracks_inside_a_track_are_its_children_in_this_process_and_under_it(python, read_journals) -> None:
    code = """
import subprocess, sys, os
from joulebook import track
with track("sweep") as run:
    for trial in range(2):
        with track("trial"): pass
    subprocess.run([sys.executable, "-c", "from joulebook import track\\nwith track('script'): pass"])
    assert os.environ["JOULEBOOK_PARENT_RUN"] == run.id
assert "JOULEBOOK_PARENT_RUN" not in os.environ
with track("after"): pass
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    opened = {journal.one("open")["run"]: journal.one("open") for journal in read_journals()}
    by_name = [(record["name"], record["parent"]) for record in opened.values()]
    sweep = next(run for run, record in opened.items() if record["name"] == "sweep")
    assert by_name == [("sweep", None), ("trial", sweep), ("trial", sweep), ("script", sweep), ("after", None)]
    assert len(read_journals()[0].of("child")) == 2


def test_phases_nest_and_overlap_also_across_tasks_and_threads(python, read_journals) -> None:
    code = """
import asyncio, threading
from joulebook import track
with track("x") as run:
    with run.phase("outer"):
        with run.phase("inner"): pass
        async def task(name):
            with run.phase(name): await asyncio.sleep(0.05)
        async def both(): await asyncio.gather(task("left"), task("right"))
        asyncio.run(both())
    first, second = run.phase("first"), run.phase("second")
    first.close(); second.close()
    thread = threading.Thread(target=lambda: run.phase("thread").close()); thread.start(); thread.join()
    try:
        with run.phase("broken"): raise ValueError
    except ValueError: pass
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    begun = {record["id"]: record for record in journal.of("pb")}
    parents = {p["name"]: begun[p["parent"]]["name"] if p["parent"] else None for p in begun.values()}
    assert parents == {
        "outer": None,
        "inner": "outer",
        "left": "outer",
        "right": "outer",
        "first": None,
        "second": "first",
        "thread": None,
        "broken": None,
    }
    assert [begun[end["id"]]["name"] for end in journal.of("pe") if end["failed"]] == ["broken"]
    assert len(journal.of("pe")) == len(begun)


def test_ranks_join_one_run_and_a_given_id_is_joined_exactly(python, read_journals) -> None:
    code = "from joulebook import track\nwith track('x') as run: print(run.id)"
    launch = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    ranks = [python(code, {**launch, "RANK": str(rank), "LOCAL_RANK": str(rank)}).stdout for rank in range(2)]
    assert ranks[0] == ranks[1]
    given = [python(code, {"JOULEBOOK_RUN_ID": "my run/1"}).stdout for _ in range(2)]
    assert given == ["my-run-1\n"] * 2
    journals = read_journals()
    assert [journal.one("open")["rank"] for journal in journals[:2]] == [
        {"rank": rank, "local_rank": rank, "world": 2, "launcher": "torch"} for rank in range(2)
    ]
    assert len({journal.path for journal in journals}) == 4


def test_steps_of_a_loader_are_counted_also_when_a_loop_breaks_off(python, read_journals) -> None:
    code = """
from joulebook import track
with track("x") as run:
    assert list(run.steps([1, 2, 3])) == [1, 2, 3]
    assert run.fraction_done() == 1
    for item in run.steps(range(10)):
        if item == 4: break
    assert run.fraction_done() == 7 / 13
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    assert counted(journal) == {"total_steps": 13, "steps": 3 + 4}
    assert [end["failed"] for end in journal.of("pe")] == [False, False]


def test_a_loader_that_can_not_tell_its_length_is_gone_through_and_the_user_may_say_it(python, read_journals) -> None:
    """A PyTorch DataLoader over a stream has a length that raises."""
    code = """
from joulebook import track
class Stream:
    def __iter__(self): return iter(range(3))
    def __len__(self): raise TypeError("a stream has no length")
with track("x") as run:
    assert list(run.steps(Stream())) == [0, 1, 2]
    assert run.fraction_done() is None
    run.expect(samples=8)
    run.count(samples=2)
    assert run.fraction_done() == 0.25
    run.expect(samples="many")
    run.count(samples=20)
    assert run.fraction_done() is None
"""
    done = python(code)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    (journal,) = read_journals()
    assert counted(journal) == {"steps": 3, "total_samples": 8, "samples": 22}


def counted(journal) -> dict[str, float]:
    total: Counter[str] = Counter()
    for record in journal.of("n"):
        total.update({key: n for key, n in record.items() if key not in ("k", "w", "b")})
    return dict(total)


def test_async_tasks_meter_side_by_side() -> None:
    """Used in one process, concurrently, without a GPU: the context of each task is its own."""
    from joulebook import track

    os.environ["JOULEBOOK_DISABLED"] = "1"
    try:

        async def one(name: str) -> str:
            async with track(name) as run:
                await asyncio.sleep(0)
                return run.description.name

        async def all_of_them() -> list[str]:
            return await asyncio.gather(*(one(str(i)) for i in range(5)))

        assert asyncio.run(all_of_them()) == ["0", "1", "2", "3", "4"]
    finally:
        del os.environ["JOULEBOOK_DISABLED"]
