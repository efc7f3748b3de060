"""The plugin in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

TESTS = """
import pytest

@pytest.mark.joulebook(project="bot", kind="inference")
def test_metered():
    pass

@pytest.mark.joulebook(name="wrong")
def test_wrong():
    assert 1 == 2

@pytest.mark.joulebook
def test_left():
    pytest.skip("later")

def test_plain():
    pass
"""


def test_marked_tests_are_runs(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    registered = any(point.name == "joulebook" for point in entry_points(group="pytest11"))
    plugin = [] if registered else ["-p", "joulebook.meters.integrations.pytest_plugin"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--strict-markers",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        *plugin,
    ]
    done = subprocess.run(
        [*command, "--junitxml=report.xml", "test_some.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 2 passed, 1 skipped" in done.stdout
    assert "energy measured while the tests ran" in done.stdout
    runs = {run.opening["name"]: run for run in told()}
    assert {name: run.status for name, run in runs.items()} == {
        "test_some.py::test_metered": "finished",
        "wrong": "failed",
        "test_some.py::test_left": "finished",
    }
    assert runs["test_some.py::test_metered"].opening["project"] == "bot"
    assert runs["wrong"].opening["run"] in (tmp_path / "report.xml").read_text()
