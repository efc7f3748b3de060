"""What every test stands on: its own journals, ledger and settings, and no silent skips in CI."""

from __future__ import annotations

import os
import shutil

import hypothesis
import pytest

# At a desk every run tries new examples; CI tries the same ones each time, so that it judges what a change changed.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("JOULEBOOK_NO_SKIPS"):
    hypothesis.settings.load_profile("ci")

PROGRAMS = {"browser": ("chromium",), "compiler": ("cc",)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs a program that this machine lacks."""
    for item in items:
        for marker, programs in PROGRAMS.items():
            missing = [program for program in programs if shutil.which(program) is None]
            if missing and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where everything is installed (JOULEBOOK_NO_SKIPS=1, as CI sets it) a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("JOULEBOOK_NO_SKIPS") and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        reporter.write_line("skipped tests are not allowed here (JOULEBOOK_NO_SKIPS is set)", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def own_books(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point every variable of ours at a folder of the test's own: nobody's real books are touched."""
    home = tmp_path_factory.mktemp("joulebook")
    for name in [name for name in os.environ if name.startswith("JOULEBOOK_") and name != "JOULEBOOK_NO_SKIPS"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(home / "settings.toml"))
    monkeypatch.setenv("JOULEBOOK_JOURNALS", str(home / "journals"))
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(home / "ledger.sqlite"))
