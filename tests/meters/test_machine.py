"""CPU seconds and memory of machine and process tree, and the limits of a container."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from joulebook.meters.sources import proc
from joulebook.meters.sources.machine import MachineReader, limits, machine_facts

BURN = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"


@pytest.fixture(params=["proc", "psutil"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with /proc, and one without."""
    if request.param == "psutil":
        monkeypatch.setattr(proc, "present", lambda: False)


@pytest.mark.usefixtures("system")
def test_children_that_exit_stay_counted_waited_for_or_not() -> None:
    code = (
        "import os, subprocess, sys, time\n"
        f"burn = {BURN.format(0.3)!r}\n"
        "subprocess.run([sys.executable, '-c', burn])\n"  # waited for: it is in our children's time
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', burn])\n"  # reaped by the kernel: only the tree saw it
        "time.sleep(2.5)\n"
    )
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", code]) as process:
        reader = MachineReader(process.pid)
        states = []
        while process.poll() is None:
            states.append(reader.read(thoroughly=True))
            time.sleep(0.02)
    used = [state.tree_s for state in states if state.tree_s is not None]
    assert used == sorted(used)
    assert 0.6 <= used[-1] <= 1.5
    busy = [state.busy_s for state in states]
    assert busy[-1] - busy[0] >= 0.5
    assert states[-1].mem_byte_s > states[-1].mem_bytes
    assert states[5].rss_bytes > 1 << 20


@pytest.mark.usefixtures("system")
def test_a_tree_leaves_out_the_meter_itself() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        reader = MachineReader(os.getpid())
        reader.read()
        without = MachineReader(os.getpid(), frozenset({child.pid}))
        without.read()
        child.kill()
    assert child.pid in reader.tree.pids
    assert child.pid not in without.tree.pids


def test_a_machine_with_neither_proc_nor_psutil_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "_beginning", lambda path, size: b"")
    monkeypatch.setattr(proc, "present", lambda: False)
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.delitem(sys.modules, "joulebook.meters.sources.portable", raising=False)
    monkeypatch.delattr("joulebook.meters.sources.portable", raising=False)
    state = MachineReader(os.getpid()).read()
    assert (state.tree_s, state.busy_s, state.mem_bytes, state.rss_bytes) == (None, None, None, None)


def test_facts_of_this_machine() -> None:
    facts = machine_facts()
    assert facts["threads"] == os.cpu_count()
    assert facts["memory_bytes"] > 1 << 26
    assert set(facts) == {"cpu_model", "sockets", "cores", "threads", "virtual", "memory_bytes", "os", "arch"}


def cgroup(root: Path, name: str, text: str) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


@pytest.mark.parametrize(
    ("files", "cores", "memory"),
    [
        ({}, None, None),
        ({"job/cpu.max": "50000 100000", "job/memory.max": "1073741824"}, 0.5, 1 << 30),
        ({"cpu.max": "25000 100000", "job/cpu.max": "max 100000", "job/memory.max": "max"}, 0.25, None),
        ({"memory.max": "1000000", "job/memory.max": "2000000"}, None, 1_000_000),
        ({"cpu/cpu.cfs_quota_us": "10000", "cpu/cpu.cfs_period_us": "100000"}, 0.1, None),
        ({"memory/memory.limit_in_bytes": "9223372036854771712"}, None, None),
    ],
)
def test_limits_of_the_groups_and_of_those_above_them(tmp_path: Path, files, cores, memory) -> None:
    for name, text in files.items():
        cgroup((tmp_path / name).parent, Path(name).name, text)
    membership = tmp_path / "membership"
    membership.write_text("0::/job\n")
    found = limits(tmp_path, membership)
    assert (found["cpu_cores"], found["memory_bytes"]) == (cores, memory)
