"""Whatever goes wrong with `track`, the job is what it would be without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from simulated_nvml import Fault, Gpu


@pytest.mark.compiler
def test_a_driver_that_hangs_costs_neither_start_nor_end(python, simulator, read_journals) -> None:
    """Each call for five minutes, and the job is through; what it costs is measured in benchmarks/metering_cost.py."""
    sim = simulator(Gpu(), faults=[Fault("*", hang_s=300)])
    done = python("from joulebook import track\nimport time\nwith track('x'): time.sleep(0.5)", sim.environ)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    assert journal.one("close")["status"] == "finished"
    assert "did not answer" in " ".join(absent["why"] for absent in journal.of("absent"))
    assert journal.of("m")  # other sources went on


def test_disabled_meters_do_nothing(python, journals) -> None:
    code = """
import threading
from joulebook import track
with track("x", kind="cooking") as run:
    with run.phase("a"): run.count(samples=1)
    run.quality("q", "no")
    with run.request(): pass
    assert threading.active_count() == 1
print(run.summary())
"""
    done = python(code, {"JOULEBOOK_DISABLED": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("x: not metered")
    assert not journals.exists()


def test_a_forked_child_leaves_the_run_alone(python, read_journals) -> None:
    code = """
import os
import subprocess
import sys
from joulebook import track
with track("x") as run:
    if os.fork() == 0:
        run.count(samples=100)
        run.stop()
        os._exit(0)
    os.wait()
    run.count(samples=1)
    try: os.wait()
    except ChildProcessError: print("no other child")
"""
    done = python(code)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "no other child\n")
    (journal,) = read_journals()
    assert journal.one("n")["samples"] == 1
    assert journal.one("close")["status"] == "finished"


def test_the_jobs_streams_handlers_and_files_are_what_they_were(python) -> None:
    code = """
import os, signal, sys, threading
from joulebook import track
def state():
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)]
    return handlers, os.getcwd(), dict(os.environ), sorted(os.listdir("/proc/self/fd")), sys.stdout, sys.excepthook
before = state()
with track("x") as run: run.count(samples=1)
assert state() == before, (before, state())
print("same")
"""
    done = python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "same\n", "")


@pytest.mark.compiler
def test_no_socket_is_ever_opened(python, simulator, tmp_path, read_journals) -> None:
    """In the job and in the helper: a module that the interpreter loads at its start forbids sockets to both."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "def forbid(event, arguments):\n"
        "    if event.startswith('socket.') and event != 'socket.gethostname':\n"
        f"        open({str(tmp_path / 'opened')!r}, 'a').write(event)\n"
        "        raise RuntimeError(event)\n"
        "sys.addaudithook(forbid)\n"
    )
    code = """
import time
from collections import Counter
from joulebook import track
with track("x", location="DE", progress=True) as run:
    with run.phase("a"): time.sleep(0.3)
print(run.summary())
"""
    done = python(code, {**simulator(Gpu()).environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "opened").exists()
    assert read_journals()[0].of("r")


@pytest.mark.parametrize("trouble", ["read-only", "a file", "full"])
def test_a_folder_that_cannot_be_written_costs_the_record_and_nothing_else(python, tmp_path, trouble) -> None:
    folder = tmp_path / "refused"
    if trouble == "full":
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full here")
        code = """
import os
import subprocess
import sys
from joulebook.meters import journal
real = journal._open_locked
journal._open_locked = lambda path, writer, **wait: os.open("/dev/full", os.O_WRONLY)
"""
    else:
        folder.write_text("") if trouble == "a file" else folder.mkdir(mode=0o500)
        code = ""
        if trouble == "read-only" and os.geteuid() == 0:
            folder = "/proc/joulebook"  # root may write everywhere but here
    code += """
from joulebook import track
with track("x") as run:
    with run.phase("a"): run.count(samples=1)
print("done", run.summary() is not None)
"""
    done = python(code, {"JOULEBOOK_JOURNALS": str(folder)})
    assert (done.returncode, done.stdout) == (0, "done True\n")
    assert len(done.stderr.splitlines()) <= 1


def test_a_folder_removed_while_a_run_goes_on_does_no_harm(python, journals) -> None:
    code = f"""
import shutil, time
from joulebook import track
with track("x") as run:
    shutil.rmtree({str(journals)!r})
    time.sleep(0.3)
with track("y") as run: pass
print("done", run.summary() is not None)
"""
    done = python(code)
    assert (done.returncode, done.stdout) == (0, "done True\n")


def test_secrets_on_the_command_line_are_not_recorded(journals, read_journals) -> None:
    code = "from joulebook import track\nwith track('x'): pass"
    secret = "hf_abcdefghijklmnopqrstuvwx"
    arguments = ["--api-key", "s3cr3t-value", f"--token={secret}", secret, "https://me:pw123@host/x", "PASSWORD=pw456"]
    subprocess.run([sys.executable, "-c", code, "--epochs", "3", *arguments], check=True, env=dict(os.environ))
    text = json.dumps(read_journals()[0].one("open"))
    for part in ("s3cr3t", secret, "pw123", "pw456"):
        assert part not in text
    assert "--epochs" in text


def test_slips_in_what_is_said_of_a_run_never_end_the_job(python, read_journals) -> None:
    code = """
import asyncio
from joulebook import track
async def main():
    async with track("x") as run:
        async with run.phase("answers"):
            async with run.request() as request: request.tokens_out = 3
        run.quality("f1", 0.5, foo=1)
    run.count(samples=1)
asyncio.run(main())
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert "foo is not known" in done.stderr
    assert "after the end of the run" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    (journal,) = read_journals()
    assert [phase["name"] for phase in journal.of("pb")] == ["answers"]
    assert journal.one("quality")["value"] == 0.5
    assert journal.one("q")["tokens_out"] == 3


def test_misuse_is_told_in_one_line_and_raises_nothing(python, read_journals) -> None:
    code = """
from joulebook import track
words = dict(stage="boil", location="Atlantis", parameters=-1, pue="high", tags=3, nonsense=1)
with track("x", kind="cooking", **words) as run:
    phase = run.phase("a")
    phase.close()
    phase.close()
    run.quality("accuracy", "good")
    run.count(samples="many")
print("went on")
"""
    done = python(code)
    assert (done.returncode, done.stdout) == (0, "went on\n")
    lines = done.stderr.splitlines()
    assert all(line.startswith("joulebook: ") for line in lines)
    for word in (
        "cooking",
        "boil",
        "Atlantis",
        "parameters",
        "pue",
        "tags",
        "nonsense",
        "closed twice",
        "quality",
        "a count was",
    ):
        assert sum(word in line for line in lines) == 1, word
    assert read_journals()[0].one("close")["status"] == "finished"
