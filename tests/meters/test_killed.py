"""Jobs, helpers and children that are killed or change: what was measured stays and the helper goes.

A hundred kills at random moments are in test_killed_often.py.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time

import pytest
from simulated_nvml import Gpu

from joulebook.meters.clock import boot_s

pytestmark = pytest.mark.compiler

# A sort of a long list keeps the interpreter's lock for many seconds in one call.
HOLDS_THE_LOCK = """
import random
from joulebook import track
numbers = [random.random() for _ in range(3_000_000)]
with track("x") as run:
    print("running", flush=True)
    while True: sorted(numbers)
"""


def start(code: str, environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True
    )


def test_while_the_interpreter_lock_is_held_the_helper_goes_on(simulator, read_closed) -> None:
    sim = simulator(Gpu(high_w=300))
    process = start(HOLDS_THE_LOCK, sim.environ)
    process.stdout.readline()
    time.sleep(4)
    killed_b = boot_s()
    process.kill()
    process.wait()
    process.stdout.close()
    (journal,) = read_closed()
    times = [record["b"] for record in journal.of("r")]
    assert killed_b - max(times) < 4  # at most 5 s of figures may be lost
    inside = [b for b in times if b > journal.one("open")["b"] + 0.5]
    assert max(later - earlier for earlier, later in itertools.pairwise(inside)) < 4


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
    if os.fork() == 0:
        time.sleep(8)
        os._exit(0)
    print("running", flush=True)
    time.sleep(20)
"""


def test_a_forked_child_that_lives_on_does_not_keep_the_helper(read_closed) -> None:
    process = start(FORKED, {})
    process.stdout.readline()
    time.sleep(1)
    killed_b = boot_s()
    process.kill()
    process.wait()
    (journal,) = read_closed()
    gone_after_s = journal.one("close")["b"] - killed_b
    assert journal.one("close")["status"] == "interrupted"
    assert gone_after_s < 6  # not the 8 s for which the child holds the pipe
    process.stdout.close()


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
