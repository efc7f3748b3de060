"""CodeCarbon's own offline tracker, with our output handler."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.framework("codecarbon")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def _tracker(handler: Any, **options: Any) -> Any:
    from codecarbon import OfflineEmissionsTracker

    said = {"country_iso_code": "FRA", "output_methods": [], "log_level": "critical", "measure_power_secs": 1}
    return OfflineEmissionsTracker(output_handlers=[handler], **said, **options)


def test_an_existing_script_with_one_line_more(told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.codecarbon import JoulebookOutput

    tracker = _tracker(JoulebookOutput(project="old"), pue=1.5, api_call_interval=1)
    tracker.start()
    sum(number * number for number in range(3_000_000))
    tracker.flush()
    tracker.stop()

    final = tracker.final_emissions_data
    [run] = told()
    assert run.status == "finished"
    assert (run.opening["project"], run.opening["location"]["zone"]) == ("old", "FRA")
    assert run.opening["declared"] == {"pue": 1.5}
    assert run.counts["codecarbon_energy_consumed_kwh"] == pytest.approx(final.energy_consumed / 1.5)
    assert run.counts["codecarbon_cpu_energy_kwh"] == pytest.approx(final.cpu_energy / 1.5)
    assert run.counts["codecarbon_emissions_kg"] == pytest.approx(final.emissions)


@pytest.mark.parametrize(("raised", "status"), [(ValueError, "failed"), (KeyboardInterrupt, "interrupted")])
def test_what_the_block_raises_closes_the_run(
    told: Callable[[], list[Any]], raised: type[BaseException], status: str
) -> None:
    from joulebook.meters.integrations.codecarbon import JoulebookOutput

    with pytest.raises(raised), _tracker(JoulebookOutput()):
        raise raised

    [run] = told()
    assert run.status == status


def test_each_call_of_a_tracked_function_is_a_run(told: Callable[[], list[Any]]) -> None:
    from codecarbon import track_emissions

    from joulebook.meters.integrations.codecarbon import JoulebookOutput

    said = {"offline": True, "country_iso_code": "FRA", "output_methods": [], "log_level": "critical"}

    @track_emissions(output_handlers=[JoulebookOutput(location="KOR")], project_name="old", **said)
    def double(number: int) -> int:
        return 2 * number

    assert (double(4), double(5)) == (8, 10)
    runs = told()
    assert [(run.status, run.opening["project"], run.opening["location"]["zone"]) for run in runs] == [
        ("finished", "old", "KOR")
    ] * 2


def test_tasks_are_phases(told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.codecarbon import JoulebookOutput

    tracker = _tracker(JoulebookOutput())
    for name in ("load", "train"):
        tracker.start_task(name)
        tracker.stop_task()
    tracker.stop()

    [run] = told()
    assert (run.status, run.phases, run.failed) == ("finished", ["task", "task"], set())
