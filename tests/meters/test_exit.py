"""How a run ends that nobody ended: by the program's own end, in the program itself and in every kind of child."""

from __future__ import annotations

import functools
import os
import subprocess
import time
from collections.abc import Callable

import pytest

from joulebook.meters.exit_status import ended_with, ending_of
from joulebook.meters.journal import is_alive


@functools.cache
def kernel_tells() -> bool:
    """Whether the status of a process that was waited for can be had (Linux 6.15)."""
    process = subprocess.Popen(["sh", "-c", "exit 7"])
    pidfd = os.pidfd_open(process.pid)
    process.wait()
    try:
        return ended_with(process.pid, pidfd, 0) == 7
    finally:
        os.close(pidfd)


def endings(read_journals: Callable, wanted: dict[str, set], wait_s: float = 60) -> dict[str, tuple]:
    """Status and exit status of each run by name, once every meter has said its last word: a late one may be wrong."""
    until = time.monotonic() + wait_s
    while True:
        journals = read_journals()
        over = len(journals) == len(wanted) and not any(is_alive(journal.path) for journal in journals)
        if over or time.monotonic() > until:
            break
        time.sleep(0.05)
    found = {}
    for journal in read_journals():
        closing = (journal.of("close") or [{"status": None, "exit_status": None}])[-1]
        found[journal.one("open")["name"]] = (closing["status"], closing["exit_status"])
    return found


def told(kernel: tuple, without: tuple) -> set[tuple]:
    """What a record may say: what the kernel tells, or, where it doesn't, the other."""
    return {kernel} if kernel_tells() else {kernel, without}


FINISHED = ("finished", None)


@pytest.mark.parametrize(
    ("end", "returncode", "kernel", "without"),
    [
        ("pass", 0, FINISHED, FINISHED),
        ("sys.exit(3)", 3, ("failed", 3), FINISHED),
        ("raise SystemExit(3)", 3, ("failed", 3), FINISHED),
        ("leave(3)", 3, ("failed", 3), FINISHED),
        ("sys.exit('told')", 1, ("failed", 1), FINISHED),
        ("sys.exit()", 0, FINISHED, FINISHED),
        ("1 / 0", 1, ("failed", None), ("failed", None)),
        ("raise KeyboardInterrupt", -2, ("interrupted", None), ("interrupted", None)),
        ("try: sys.exit(3)\nexcept SystemExit: pass", 0, FINISHED, FINISHED),
        ("atexit.register(os._exit, 4)", 4, ("failed", 4), FINISHED),
        ("os._exit(0)", 0, ("finished", 0), ("interrupted", None)),
        ("os._exit(5)", 5, ("failed", 5), ("interrupted", None)),
        ("os.kill(os.getpid(), 15); time.sleep(60)", -15, ("interrupted", 143), ("interrupted", None)),
        ("os.kill(os.getpid(), 9); time.sleep(60)", -9, ("interrupted", 137), ("interrupted", None)),
        ("os.abort()", -6, ("failed", 134), ("interrupted", None)),
    ],
)
def test_a_forgotten_run_ends_as_its_program_does(end, returncode, kernel, without, python, read_journals) -> None:
    code = "import atexit, os, sys, time\nfrom sys import exit as leave\nfrom joulebook import track\n"
    assert python(code + f"track('x').start()\n{end}").returncode == returncode
    wanted = told(kernel, without)
    assert endings(read_journals, {"x": wanted})["x"] in wanted


def test_nothing_of_the_program_is_replaced(python) -> None:
    code = """
import pickle, signal, sys, threading
before = [sys.exit, sys.excepthook, sys.stdout, threading.excepthook, *(signal.getsignal(n) for n in range(1, 32))]
from joulebook import track
run = track("x").start()
after = [sys.exit, sys.excepthook, sys.stdout, threading.excepthook, *(signal.getsignal(n) for n in range(1, 32))]
assert all(one is other for one, other in zip(before, after, strict=True))
assert pickle.loads(pickle.dumps(sys.exit)) is sys.exit
run.stop()
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")


CHILDREN = """
import multiprocessing, os, sys
from joulebook import track

def forget(name, status):
    track(name).start()
    sys.exit(status)

def end_it(name):
    with track(name):
        pass

def kill_itself(name):
    track(name).start()
    os.kill(os.getpid(), 9)

if __name__ == "__main__":
    method = sys.argv[1]
    with track("parent") as run:
        if method == "os.fork":
            children = []
            for child in (lambda: forget("forgets", 3), lambda: end_it("ends"), lambda: kill_itself("killed")):
                pid = os.fork()
                if pid == 0:
                    child()
                    os._exit(0)
                children.append(pid)
            print([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children])
        else:
            context = multiprocessing.get_context(method)
            children = [
                context.Process(target=forget, args=("forgets", 3)),
                context.Process(target=end_it, args=("ends",)),
                context.Process(target=kill_itself, args=("killed",)),
            ]
            for child in children:
                child.start()
            for child in children:
                child.join()
            print([child.exitcode for child in children])
        run.count(samples=1)
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn", "os.fork"])
def test_children_end_their_own_runs_and_leave_the_parents_alone(method, tmp_path, python, read_journals) -> None:
    script = tmp_path / "job.py"
    script.write_text(CHILDREN)
    done = python(
        f"import runpy, sys\nsys.argv = ['job.py', {method!r}]\nrunpy.run_path({str(script)!r}, run_name='__main__')"
    )
    assert (done.returncode, done.stdout) == (0, "[3, 0, -9]\n"), done.stderr
    wanted = {
        "parent": {FINISHED},
        "ends": {FINISHED},
        "forgets": told(("failed", 3), FINISHED if method in ("spawn", "os.fork") else ("interrupted", None)),
        "killed": told(("interrupted", 137), ("interrupted", None)),
    }
    found = endings(read_journals, wanted)
    assert found.keys() == wanted.keys()
    assert all(found[name] in wanted[name] for name in wanted), found
    opened = {journal.one("open")["name"]: journal for journal in read_journals()}
    assert {opened[name].one("open")["parent"] for name in ("ends", "forgets", "killed")} == {
        opened["parent"].one("open")["run"]
    }
    assert opened["parent"].one("n")["samples"] == 1


@pytest.mark.parametrize(
    ("end", "code", "ending"),
    [
        ("exit 3", 3, ("failed", 3)),
        ("exit 0", 0, ("finished", 0)),
        ("kill -TERM $$", -15, ("interrupted", 143)),
        ("kill -ALRM $$", -14, ("failed", 142)),
    ],
)
def test_the_status_is_seen_before_and_after_the_parent_has_waited(end, code, ending) -> None:
    process = subprocess.Popen(["sh", "-c", end])
    pidfd = os.pidfd_open(process.pid)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert ended_with(process.pid, None, 0) == (code or None)  # 0 may also mean that nobody may know it
    assert process.wait() == code
    assert ending_of(process.pid, pidfd) == (ending if kernel_tells() else ("interrupted", None))
    assert ended_with(process.pid, None, 0) is None
    os.close(pidfd)
