"""CodeCarbon: `EmissionsTracker(..., output_handlers=[JoulebookOutput()])` brings an existing script into the books.

Joulebook's meter goes beside the tracker from its `start` (or first `start_task`) to its `stop`, so that the run is
kept even where the program is killed, its devices are counted once, and what has no counter is modelled by the books'
own factors. What CodeCarbon itself says stays beside it as the run's counts `codecarbon_…`, before its PUE. Handlers
are not told when a tracker starts, so the trackers' `start`, `start_task` and `stop_task` are wrapped, once.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from joulebook.meters.integrations.held_run import HeldRun, quiet, wrap_once

__all__ = ["JoulebookOutput", "TrackerMeter"]  # noqa: F822 - see __getattr__

_ENERGIES = ("cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")


class TrackerMeter:
    """What the handler does, whatever class it is mixed into.

    Args:
        words: What `track` takes: `name`, `project`, `kind`, `stage`, `model`, `task`, `location`, ... Project, PUE and
            the country of an offline tracker are the tracker's where they are not given.
    """

    def __init__(self, **words: Any) -> None:
        super().__init__()
        self.held = HeldRun(words)
        self._counted: dict[str, float] = {}

    @quiet
    def begin(self, tracker: Any) -> None:
        """Begin a run as its tracker starts."""
        if not self.held.is_open:
            self._counted = {}
            # Only an offline tracker was told its country; another may have assumed one.
            self.held.open(
                name="codecarbon",
                project=getattr(tracker, "_project_name", None),
                location=getattr(tracker, "_country_iso_code", None),
                pue=_declared_pue(tracker),
            )

    def live_out(self, total: Any, delta: Any) -> None:  # noqa: ARG002 - CodeCarbon's signature
        """Take CodeCarbon's figures so far."""
        self._take(total)

    def out(self, total: Any, delta: Any) -> None:  # noqa: ARG002 - CodeCarbon's signature
        """Take CodeCarbon's figures at a flush or at the end."""
        self._take(total)

    def exit(self) -> None:
        """End the run; with the exception that the tracker's block is being left with, if there is one."""
        self.held.close(sys.exc_info()[1])

    @quiet
    def _take(self, total: Any) -> None:
        pue = float(getattr(total, "pue", 1.0) or 1.0)
        so_far = {f"codecarbon_{name}_kwh": float(getattr(total, name)) / pue for name in _ENERGIES}
        so_far["codecarbon_emissions_kg"] = float(total.emissions)
        self.held.count(**{name: value - self._counted.get(name, 0.0) for name, value in so_far.items()})
        self._counted = so_far


def _declared_pue(tracker: Any) -> float | None:
    """CodeCarbon's PUE where one was given; its 1 stands for none."""
    pue = float(getattr(tracker, "_pue", 1.0) or 1.0)
    return pue if pue != 1.0 else None


def _meters_of(tracker: Any) -> list[TrackerMeter]:
    return [one for one in getattr(tracker, "_output_handlers", None) or () if isinstance(one, TrackerMeter)]


def _starting(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(tracker: Any, *args: Any, **kwargs: Any) -> Any:
        for meter in _meters_of(tracker):
            meter.begin(tracker)
        return original(tracker, *args, **kwargs)

    return start


def _starting_task(original: Callable[..., Any]) -> Callable[..., Any]:
    def start_task(tracker: Any, *args: Any, **kwargs: Any) -> Any:
        for meter in _meters_of(tracker):
            meter.begin(tracker)
            meter.held.begin("task")
        return original(tracker, *args, **kwargs)

    return start_task


def _stopping_task(original: Callable[..., Any]) -> Callable[..., Any]:
    def stop_task(tracker: Any, *args: Any, **kwargs: Any) -> Any:
        for meter in _meters_of(tracker):
            meter.held.end("task")
        return original(tracker, *args, **kwargs)

    return stop_task


@functools.cache
def _handler_class() -> type:
    trackers = import_module("codecarbon.emissions_tracker").BaseEmissionsTracker
    wrap_once(trackers, "start", _starting)
    wrap_once(trackers, "start_task", _starting_task)
    wrap_once(trackers, "stop_task", _stopping_task)
    base = import_module("codecarbon.output_methods.base_output").BaseOutput
    return type("JoulebookOutput", (TrackerMeter, base), {"__module__": __name__, "__doc__": __doc__})


def __getattr__(name: str) -> Any:
    """`JoulebookOutput` is made when it is first asked for, so that importing this file imports no framework."""
    if name == "JoulebookOutput":
        return _handler_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
