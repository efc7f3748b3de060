"""A run that a framework's callbacks open and close: what every integration here stands on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from joulebook.meters.description import warn_line

if TYPE_CHECKING:
    from joulebook.meters.summary import Summary
    from joulebook.meters.track import Phase, Run, track

_F = TypeVar("_F", bound=Callable[..., Any])


def quiet(hook: _F) -> _F:
    """A hook whose own failure is told in one line and costs figures, never the user's job."""

    @functools.wraps(hook)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return hook(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - metering must not end the job
            warn_line(f"{hook.__qualname__} was passed over ({type(error).__name__}: {error})")
            return None

    return call  # type: ignore[return-value]


class HeldRun:
    """A run held open between a framework's events, with its phases by name.

    Attributes:
        run: The run that is open, or the last one that was; None before the first.
    """

    def __init__(self, words: dict[str, Any]) -> None:
        self._words = words
        self._track: track | None = None
        self._phases: dict[str, list[Phase]] = {}
        self.run: Run | None = None

    @property
    def is_open(self) -> bool:
        """Whether a run is being metered now."""
        return self._track is not None

    @quiet
    def open(self, **found: Any) -> None:
        """Begin a run; what the user said beats what was found out."""
        if self._track is None:
            said = {key: value for key, value in self._words.items() if value is not None}
            from joulebook.meters.track import track  # not before it is needed: pytest reads this file in every session

            opened = track(**{**found, **said})
            self.run = opened.__enter__()
            self._track = opened

    @quiet
    def begin(self, name: str) -> None:
        """Begin a phase."""
        if self._track is not None and self.run is not None:
            self._phases.setdefault(name, []).append(self.run.phase(name))

    @quiet
    def end(self, name: str, *, failed: bool = False) -> None:
        """End the innermost phase of that name; one that never began is passed over."""
        if self._phases.get(name):
            self._phases[name].pop().close(failed=failed)

    @quiet
    def count(self, **amounts: float) -> None:
        """Add to the run's counts."""
        if self._track is not None and self.run is not None:
            self.run.count(**amounts)

    @quiet
    def expect(self, **amounts: float) -> None:
        """Say how much of a count is still to come."""
        if self._track is not None and self.run is not None:
            self.run.expect(**amounts)

    @quiet
    def summary(self) -> Summary | None:
        """What the run used; None before the first run, and where that can't be told."""
        return self.run.summary() if self.run is not None else None

    @quiet
    def close(self, error: BaseException | None = None) -> None:
        """End the run and what is open in it; with an error, as failed or interrupted."""
        for name in reversed(list(self._phases)):
            while self._phases[name]:
                self.end(name, failed=error is not None)
        opened, self._track = self._track, None
        if opened is not None:
            opened.__exit__(None if error is None else type(error), error, None)


def wrap_once(owner: Any, method: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put a wrapper around a class's method; a second time, or without such a method, nothing happens."""
    original = getattr(owner, method, None)
    if original is None or getattr(original, "_joulebook", False):
        return
    wrapped = functools.wraps(original)(make(original))
    wrapped._joulebook = True  # type: ignore[attr-defined]
    setattr(owner, method, wrapped)
