"""Jobs, helpers and children that are killed or change: what was measured stays and the helper goes.

A hundred kills at random moments are in test_killed_often.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from simulated_nvml import Gpu

pytestmark = pytest.mark.compiler

HOLDS_THE_LOCK = """
import ctypes
from joulebook import track
from joulebook.meters.clock import boot_s
with track("x") as run:
    print(boot_s(), flush=True)
    ctypes.PyDLL(None).sleep(600)  # unlike CDLL, it keeps the interpreter's lock
"""


def start(code: str, environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True
    )


def test_while_the_interpreter_lock_is_held_the_helper_goes_on(simulator, read_journals, read_closed) -> None:
    sim = simulator(Gpu(high_w=300))
    process = start(HOLDS_THE_LOCK, sim.environ)
    held_b, seen_b, until = float(process.stdout.readline()), 0.0, time.monotonic() + 120
    while seen_b < held_b + 3 and time.monotonic() < until:
        time.sleep(0.1)
        seen_b = max((record["b"] for journal in read_journals() for record in journal.of("r")), default=0.0)
    process.kill()
    process.wait()
    process.stdout.close()
    (journal,) = read_closed()
    assert max(record["b"] for record in journal.of("r")) >= seen_b > held_b + 3
    assert journal.one("close")["status"] == "interrupted"


def test_a_killed_helper_costs_figures_but_not_the_run(python, read_journals, journals) -> None:
    code = f"""
import os, subprocess, time
from joulebook import track
with track("x") as run:
    time.sleep(0.5)
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try: words = open(f"/proc/{{pid}}/cmdline").read()
            except OSError: continue
            if "joulebook.meters" in words.split("\\0") and {str(journals)!r} in words: os.kill(int(pid), 9)
    time.sleep(0.2)
    for _ in range(1000): run.count(samples=1)
    with run.phase("a"): pass
print("done")
"""
    done = python(code)
    assert (done.returncode, done.stdout) == (0, "done\n")
    (journal,) = read_journals()
    assert journal.one("close")["status"] == "finished"
    with pytest.raises(IndexError):
        read_journals()[1]
    assert python("from joulebook import track\nwith track('next'): pass").returncode == 0
    assert read_journals()[1].one("close")["status"] == "finished"


FORKED = """
import os, sys, time
from joulebook import track
with track("x") as run:
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    print(child, flush=True)
    time.sleep(600)
"""


def test_a_forked_child_that_lives_on_does_not_keep_the_helper(read_closed) -> None:
    """The child holds the job's pipe for ten minutes; how soon helpers go is in test_killed_often.py."""
    process = start(FORKED, {})
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    try:
        (journal,) = read_closed()
        assert journal.one("close")["status"] == "interrupted"
        os.kill(child, 0)  # it is still there
    finally:
        os.kill(child, signal.SIGKILL)


EXECUTED = """
import os, sys
from joulebook import track
run = track("x").start()
os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(1.5); print('executed')"])
"""


def test_a_job_that_becomes_another_program_is_metered_to_its_end(python, read_closed) -> None:
    assert python(EXECUTED).stdout == "executed\n"
    (journal,) = read_closed()
    closing = journal.one("close")
    assert (closing["status"], closing["exit_status"]) in {
        ("finished", 0),
        ("interrupted", None),
    }
    assert closing["b"] - journal.one("open")["b"] > 1.4


BEGINNING = """
import os, signal
from joulebook.meters import metered_job
metered_job.StartReading = lambda send: os.kill(os.getpid(), signal.SIGKILL)  # the helper is there, the run is not
from joulebook import track
track("x").start()
"""


def test_a_job_killed_before_its_run_begins_leaves_no_empty_journal(python, journals) -> None:
    assert python(BEGINNING).returncode == -signal.SIGKILL
    until = time.monotonic() + 30
    while any(journals.iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    assert list(journals.iterdir()) == []
