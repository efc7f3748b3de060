"""CodeCarbon: `EmissionsTracker(..., output_handlers=[JoulebookOutput()])` brings an existing script into the books.

Joulebook's meter goes beside the tracker from where the handler is made until `tracker.stop()`, so that the run is kept
even where the program is killed, its devices are counted once, and what has no counter is modelled by the books' own
factors. What CodeCarbon itself says stays beside it as the run's counts `codecarbon_…`, before its PUE.
"""

from __future__ import annotations

import functools
import sys
from importlib import import_module
from typing import Any

from joulebook.meters.integrations.held_run import HeldRun, quiet

__all__ = ["JoulebookOutput", "TrackerMeter"]  # noqa: F822 - see __getattr__

_ENERGIES = ("cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")


class TrackerMeter:
    """What the handler does, whatever class it is mixed into.

    Args:
        words: What `track` takes: `name`, `project`, `kind`, `stage`, `model`, `task`, `location`, ...
    """

    def __init__(self, **words: Any) -> None:
        super().__init__()
        self.held = HeldRun(words)
        self.held.open(name="codecarbon")
        self._counted: dict[str, float] = {}

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


@functools.cache
def _handler_class() -> type:
    base = import_module("codecarbon.output_methods.base_output").BaseOutput
    return type("JoulebookOutput", (TrackerMeter, base), {"__module__": __name__, "__doc__": __doc__})


def __getattr__(name: str) -> Any:
    """`JoulebookOutput` is made when it is first asked for, so that importing this file imports no framework."""
    if name == "JoulebookOutput":
        return _handler_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
