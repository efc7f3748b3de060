"""pytest: a test marked `@pytest.mark.joulebook` is a run; what the marked tests used stands at the end of the report.

The marker takes the words of `track`: `@pytest.mark.joulebook(project="bot", model="small", kind="inference")`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from joulebook.meters.integrations.held_run import HeldRun

_MARKER = "joulebook(**words): meter this test as a run; the words are those of joulebook.track"
_NO_FAILURE = (pytest.skip.Exception, pytest.xfail.Exception)
_PROPERTY = "joulebook_energy_j"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Meter a marked test's own call, without its fixtures."""
    marker = item.get_closest_marker("joulebook")
    if marker is None:
        return (yield)
    from joulebook.meters.integrations.held_run import HeldRun  # pytest reads this file in every session

    held = HeldRun({"name": item.nodeid, **marker.kwargs})
    held.open()
    try:
        outcome = yield
    except BaseException as error:
        held.close(None if isinstance(error, _NO_FAILURE) else error)
        _note(item, held)
        raise
    held.close()
    _note(item, held)
    return outcome


def _note(item: pytest.Item, held: HeldRun) -> None:
    """Keep the run's id and energy with the report; from there they reach `--junitxml` too."""
    summary = held.summary()
    if summary is not None:
        energy_j = summary.energy_j
        item.user_properties.append(("joulebook_run", summary.run_id))
        item.user_properties.append((_PROPERTY, "unknown" if energy_j is None else energy_j))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """List the metered tests."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    lines = [
        f"{_wording(properties[_PROPERTY]):>12}  {report.nodeid}"
        for report in reports
        if _PROPERTY in (properties := dict(getattr(report, "user_properties", ()))) and report.when == "call"
    ]
    if lines:
        terminalreporter.section("energy measured while the tests ran")
        for line in lines:
            terminalreporter.write_line(line)


def _wording(energy_j: Any) -> str:
    return f"{energy_j:.3g} J" if isinstance(energy_j, float) else "not measured"
