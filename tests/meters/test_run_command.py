"""`joulebook run`: the command's exit status, signals and output are its own, and the record is always closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MAIN = [sys.executable, "-m", "joulebook", "run"]
pytestmark = pytest.mark.usefixtures("journals")


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    options = {"capture_output": True, "text": True, "timeout": 60, "check": False, "env": lean(), **options}
    return subprocess.run([*MAIN, *arguments], **options)  # noqa: PLW1510 - check is among the options


def lean() -> dict[str, str]:
    """The environment of an install without the books, so that each command ends at once."""
    folder = Path(os.environ["JOULEBOOK_JOURNALS"]).with_name("lean")
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['joulebook.books'] = None\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_books_that_cannot_be_reached_are_told_and_change_nothing(read_journals) -> None:
    done = run("--", "sh", "-c", "exit 3", env={**os.environ, "JOULEBOOK_LEDGER": "/proc/nowhere/ledger.sqlite"})
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("joulebook: not in the ledger yet (")
    assert read_journals()[0].one("close")["exit_status"] == 3


@pytest.mark.parametrize(
    ("command", "status", "state"),
    [
        (["true"], 0, "finished"),
        (["sh", "-c", "exit 7"], 7, "failed"),
        (["sh", "-c", "exit 255"], 255, "failed"),
        (["sh", "-c", "kill -TERM $$"], 143, "interrupted"),
        (["sh", "-c", "kill -KILL $$"], 137, "interrupted"),
        (["sh", "-c", "kill -SEGV $$"], 139, "failed"),
        (["joulebook-no-such-command"], 127, "failed"),
        (["/"], 126, "failed"),
    ],
)
def test_exit_status_is_the_commands_own(command, status, state, read_journals) -> None:
    done = run("--name", "n", "--", *command)
    assert done.returncode == status
    assert done.stdout == ""
    (journal,) = read_journals()
    closing = journal.one("close")
    assert (closing["status"], closing["exit_status"]) == (state, status)
    if status == 127:
        assert done.stderr.splitlines()[0] == "joulebook: joulebook-no-such-command: command not found"


def test_input_and_output_pass_through_untouched(read_journals) -> None:
    done = run("--", "sh", "-c", "cat; echo err >&2", input="line\n")
    assert done.stdout == "line\n"
    assert done.stderr.startswith("err\n")
    assert all(line.startswith("joulebook: ") for line in done.stderr.splitlines()[1:])
    assert read_journals()[0].one("open")["mode"] == "command"


def test_files_handed_to_it_are_the_commands(tmp_path: Path) -> None:
    """An MPI rank talks to its launcher through one; a shell hands them on by `3>file`."""
    with (tmp_path / "file").open("w") as file:
        code = f"import os; os.write({file.fileno()}, b'said')"
        done = run("--", sys.executable, "-c", code, pass_fds=[file.fileno()])
    assert (done.returncode, (tmp_path / "file").read_text()) == (0, "said")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_commands_group_and_what_it_does_with_them_counts(number, tmp_path, read_journals) -> None:
    ready = tmp_path / "ready"
    script = f"trap 'exit 9' {number.name[3:]}; touch {ready}; (trap '' USR1; sleep 50) & wait; wait; exit 1"
    process = subprocess.Popen([*MAIN, "--", "sh", "-c", script], env=lean(), stderr=subprocess.DEVNULL)
    while not ready.exists():
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(timeout=60) == 9
    assert read_journals()[0].one("close")["exit_status"] == 9


def test_a_command_that_ignores_a_signal_goes_on(tmp_path) -> None:
    ready = tmp_path / "ready"
    script = f"trap '' TERM; touch {ready}; sleep 0.5; exit 4"
    process = subprocess.Popen([*MAIN, "--", "sh", "-c", script], env=lean(), stderr=subprocess.DEVNULL)
    while not ready.exists():
        time.sleep(0.01)
    process.terminate()
    assert process.wait(timeout=60) == 4


def test_processes_of_the_command_are_counted_also_those_that_have_exited(read_journals) -> None:
    burn = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"
    script = f"for i in 1 2 3; do '{sys.executable}' -I -S -c '{burn}' & done; wait"
    assert run("--", "sh", "-c", script).returncode == 0
    (journal,) = read_journals()
    machine = journal.of("m")
    used_s = machine[-1]["tree_s"] - machine[0]["tree_s"]
    assert 1.2 <= used_s <= 2.4


def test_a_script_under_it_is_its_child(read_journals) -> None:
    done = run("--", sys.executable, "-c", "from joulebook import track\nwith track('inner'): pass")
    assert done.returncode == 0, done.stderr
    opened = {journal.one("open")["name"]: journal.one("open") for journal in read_journals()}
    outer = next(record for record in opened.values() if record["mode"] == "command")
    assert opened["inner"]["parent"] == outer["run"]


@pytest.mark.parametrize(
    "arguments",
    [[], ["--kind", "cooking", "--", "true"], ["--location", "ZZZ", "--", "true"], ["--pue", "0.5", "--", "true"],
     ["--tag", "novalue", "--", "true"], ["--parameters", "-1", "--", "true"], ["--nonsense", "--", "true"]],
)  # fmt: skip
def test_wrong_usage_is_told_and_nothing_runs(arguments, journals: Path) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert not journals.exists()


def test_a_budget_that_cannot_be_read_is_told_before_anything_runs(tmp_path, journals: Path) -> None:
    done = run("--budget", "a lot", "--", "touch", str(tmp_path / "ran"))
    assert done.returncode == 2
    assert "2kWh" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_disabled_it_only_runs_the_command(journals: Path) -> None:
    done = run("--", "sh", "-c", "exit 5", env={**os.environ, "JOULEBOOK_DISABLED": "1"})
    assert (done.returncode, done.stderr) == (5, "")
    assert not journals.exists()


@pytest.mark.compiler
def test_a_budget_warns_and_stops_only_when_asked(simulator, read_journals) -> None:
    from simulated_nvml import Gpu

    environ = {**lean(), **simulator(Gpu(high_w=1000)).environ}
    done = run("--budget", "1500J", "--", "sleep", "3", env=environ)
    assert done.returncode == 0
    assert "100 % of the budget" in done.stderr
    done = run("--budget", "1500J", "--budget-stop", "--", "sleep", "30", env=environ)
    assert done.returncode == 143
    assert read_journals()[-1].one("close")["status"] == "interrupted"


def test_a_budget_used_up_after_the_command_has_ended_changes_nothing(journals: Path) -> None:
    code = (
        "import os, sys\n"
        "from joulebook.meters.description import describe\n"
        "from joulebook.meters.run_command import run_command\n"
        "sent = []\n"
        "os.killpg = lambda *words: sent.append(words)\n"  # the number may be somebody else's by then
        "done = run_command(['sh', '-c', 'exit 4'], describe(name='x'), on_start=lambda job, end: end)\n"
        "sys.exit(9 if sent else done.exit_status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (4, "")


def test_a_budget_that_nobody_can_watch_is_not_passed_over_in_silence() -> None:
    nothing = {**lean(), "JOULEBOOK_POWERCAP": "/nowhere", "CUDA_VISIBLE_DEVICES": ""}
    done = run("--budget", "1J", "--budget-stop", "--", "sleep", "7", env=nothing)
    assert done.returncode == 0
    assert "the budget is not watched" in done.stderr
