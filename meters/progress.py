"""A line that shows what a run uses while it goes on, and a budget's warnings."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from joulebook.meters.budget import Budget
from joulebook.meters.errors import MeterError
from joulebook.meters.journal import read_records
from joulebook.meters.summary import Observed, RatesFinder, Summary, summary_of
from joulebook.meters.wording import emissions, energy_range, figure

EVERY_S = 1.0
_WARN_AT = (0.8, 1.0)
_UNWATCHED_AFTER_S = 5.0  # devices that take long to open have answered by then
_REST_DIFFERS = 0.2
_END_WAIT_S = 0.2


class LiveSummary:
    """A run's summary from its growing journal; reads only what is new."""

    def __init__(self, path: Path, find_rates: RatesFinder | None) -> None:
        self._path = path
        self._find_rates = find_rates
        self._offset = 0
        self._observed = Observed()

    def __call__(self) -> Summary:
        """The summary now."""
        try:
            records, self._offset = read_records(self._path, self._offset)
            self._observed.add(records)
        except MeterError:
            pass  # an unreadable journal shows nothing new
        return summary_of(self._observed, self._find_rates)


class ProgressDisplay:
    """Writes a line now and then: over the last one at a terminal, else one a minute."""

    def __init__(
        self,
        summary: Callable[[], Summary],
        *,
        show: bool = True,
        budget: Budget | None = None,
        on_used_up: Callable[[], None] | None = None,
        stream: IO[str] | None = None,
        fraction_done: Callable[[], float | None] | None = None,
    ) -> None:
        self._summary = summary
        self._show = show
        self._budget = budget
        self._on_used_up = on_used_up
        self._fraction_done = fraction_done
        self._stream = stream if stream is not None else sys.stderr
        self._warned: set[float] = set()
        self._unwatched = False
        self._last: tuple[float, float] | None = None
        self._power_w: float | None = None  # stays until the journal has something newer
        self._shown = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="joulebook-progress", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        rounds = 0
        terminal = bool(getattr(self._stream, "isatty", bool)())
        while not self._stopped.wait(EVERY_S):
            try:
                summary = self._summary()
                if self._show and (terminal or rounds % 60 == 0):
                    self._write(f"\r\033[K{self.line(summary)}" if terminal else f"{self.line(summary)}\n")
                    self._shown = terminal
                self._watch_budget(summary)
            except Exception:  # noqa: BLE001 - a display must not disturb the run
                return
            rounds += 1

    def line(self, summary: Summary) -> str:
        """Joules, watts and gCO2e so far."""
        if summary.energy_j is None or summary.energy_range_j is None:
            return "joulebook: nothing measured so far (see `joulebook doctor`)"
        text = f"joulebook: {energy_range(summary.energy_j, *summary.energy_range_j)}"
        before, self._last = self._last, (summary.duration_s, summary.energy_j)
        if before is not None and summary.duration_s > before[0]:
            self._power_w = (summary.energy_j - before[1]) / (summary.duration_s - before[0])
        text += f", {figure(self._power_w)} W" if self._power_w is not None else ""
        text += emissions(summary)
        done = self._fraction_done() if self._fraction_done is not None else None
        return text + (f"; all of it: {_forecast(summary.energy_j, summary.energy_range_j, done)}" if done else "")

    def _watch_budget(self, summary: Summary) -> None:
        if self._budget is None:
            return
        used = self._budget.used(summary)
        if used is None:
            self._tell_unwatched(summary)
            return
        for level in _WARN_AT:
            if used >= level and level not in self._warned:
                self._warned.add(level)
                self._write(f"\njoulebook: {100 * level:.0f} % of the budget of {self._budget.text} is used\n")
        if used >= 1.0 and self._on_used_up is not None:
            stop = self._on_used_up
            self._on_used_up = None
            stop()

    def _tell_unwatched(self, summary: Summary) -> None:
        """Once, when a device would have answered by now: an unwatched budget must not pass for one that holds."""
        if summary.duration_s > _UNWATCHED_AFTER_S and not self._unwatched:
            self._unwatched = True
            self._write("\njoulebook: nothing measured so far, so the budget is not watched (see `joulebook doctor`)\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def stop(self) -> None:
        """End the display; a level of the budget that was passed since the last look is told now."""
        self._stopped.set()
        self._thread.join(_END_WAIT_S)
        self._on_used_up = None  # what could be stopped has ended
        with contextlib.suppress(Exception):  # its terminal may have been closed meanwhile
            self._watch_budget(self._summary())
        with contextlib.suppress(Exception):
            if self._shown:
                self._write("\r\033[K")


def _forecast(energy_j: float, ends_j: tuple[float, float], done: float) -> str:
    """The whole run's energy, if the rest goes on like what is done; the rest may differ by a fifth."""
    rest = (1 - done) / done
    low = ends_j[0] * (1 + rest * (1 - _REST_DIFFERS))
    high = ends_j[1] * (1 + rest * (1 + _REST_DIFFERS))
    return energy_range(energy_j * (1 + rest), low, high)


def watch_journal(
    path: Path,
    find_rates: RatesFinder,
    *,
    show: bool,
    budget: Budget | None,
    on_used_up: Callable[[], None] | None,
) -> Callable[[], None]:
    """Watch a metered command; the result ends the watching.

    Args:
        path: The command's journal.
        find_rates: Rates of the place.
        show: Whether to show the line.
        budget: Warn at 80 and 100 % of it.
        on_used_up: Called once when it is used up.
    """
    return ProgressDisplay(LiveSummary(path, find_rates), show=show, budget=budget, on_used_up=on_used_up).stop
