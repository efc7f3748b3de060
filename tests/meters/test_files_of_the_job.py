"""The program's own files stay its own, whatever it does with file descriptors that it did not open."""

from __future__ import annotations

import time

CLOSES_ALL = """
import os, sys
from joulebook import track
with track("x") as run:
    run.count(samples=1)
    time.sleep(1)
    os.closerange(3, 256)  # as programs do that become a daemon
    own = [open(f"{place}/{number}", "w+") for number in range(20)]
    with run.phase("after"):
        for _ in range(100): run.count(samples=1)
    time.sleep(1)
    for number, file in enumerate(own): file.write(str(number))
for number, file in enumerate(own):
    file.seek(0)
    assert file.read() == str(number)
    file.close()
print("done")
"""


def test_files_that_take_the_numbers_of_ours_are_left_alone(python, tmp_path, read_journals) -> None:
    done = python(f"import time\nplace = {str(tmp_path)!r}\n" + CLOSES_ALL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    until = time.monotonic() + 30
    while not read_journals()[0].of("close") and time.monotonic() < until:
        time.sleep(0.05)
    (journal,) = read_journals()
    assert journal.one("close")["status"] in ("finished", "interrupted")  # by how the program ended, where that is told
    assert sum(record["samples"] for record in journal.of("n")) >= 1


def test_a_program_with_thousands_of_open_files_ends_its_run(python, read_journals) -> None:
    code = """
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
files = [open("/dev/null") for _ in range(1100)]
from joulebook import track
with track("x"): pass
print("done")
"""
    done = python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    assert read_journals()[0].one("close")["status"] == "finished"
