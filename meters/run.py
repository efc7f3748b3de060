"""A run being metered: its phases, requests, counts, qualities and summary. Nothing here ever raises into the job."""

from __future__ import annotations

import contextlib
import contextvars
import math
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from joulebook.meters.description import Description, warn_line
from joulebook.meters.journal import new_id
from joulebook.meters.launchers import Rank, find_rank
from joulebook.meters.metered_job import MeteredJob
from joulebook.meters.pending import Pending
from joulebook.meters.place_rates import rates_finder
from joulebook.meters.quality import quality_record
from joulebook.meters.run_ids import given_run_id, joined_run_id

if TYPE_CHECKING:
    from joulebook.meters.summary import Summary

_T = TypeVar("_T")
_ordinals: Counter[str] = Counter()


@contextlib.contextmanager
def never_raising(consequence: str) -> Iterator[None]:
    """What goes wrong inside is told in one line and costs no more than the named consequence."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - metering must not end the job
        warn_line(f"{consequence} ({type(error).__name__}: {error})")


class Phase:
    """A named window inside a run: `with run.phase("epoch"):`, or `close()` by hand."""

    def __init__(self, run: Run, number: int, name: str) -> None:
        self._run = run
        self._number = number
        self.name = name
        self._closed = False

    def close(self, *, failed: bool = False) -> None:
        """End the phase now; a second time is told and does nothing."""
        if self._closed:
            self._run._warn(f"phase {self.name!r} was closed twice; the first time counts")
            return
        self._closed = True
        self._run._end_phase(self._number, failed=failed)

    def __enter__(self) -> Phase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._closed or kind is None:
            self.close(failed=kind is not None and not issubclass(kind, GeneratorExit))

    async def __aenter__(self) -> Phase:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


class Request:
    """One request: its latency is the time of the block; set `tokens_in` and `tokens_out` as they become known."""

    def __init__(self, run: Run, tokens_in: float, tokens_out: float) -> None:
        self._run = run
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out
        self._began = time.perf_counter()

    def __enter__(self) -> Request:
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run._add_request(self, time.perf_counter() - self._began, failed=kind is not None)

    async def __aenter__(self) -> Request:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


class Run:
    """A run being metered.

    Attributes:
        id: The run's id, the same on every rank of a launch.
    """

    def __init__(
        self,
        description: Description,
        *,
        parent: str | None = None,
        nested: bool = False,
        disabled: bool = False,
        baseline_s: float | None = None,
    ) -> None:
        self.description = description
        self.id = new_id()
        self._job: MeteredJob | None = None
        self._pending: Pending | None = None
        self._pid = os.getpid()
        self._ended = False
        self._around: Run | None = None
        self._on_end: Callable[[], None] | None = None
        self._phases: Counter[str] = Counter()
        self._phase_numbers = 0
        self._done_of: dict[str, tuple[float, float]] = {}  # of what is expected: how much is done, and of how much
        self._open_phases: contextvars.ContextVar[tuple[int, ...]] = contextvars.ContextVar("phases", default=())
        self._lock = threading.RLock()
        if not disabled:
            with never_raising("this run is not metered"):
                self._start(parent, nested=nested, baseline_s=baseline_s)

    def _start(self, parent: str | None, *, nested: bool, baseline_s: float | None) -> None:
        rank = find_rank()
        self.id = (None if nested else given_run_id()) or self._joined_id(rank)
        parent = None if parent == self.id else parent
        self._job = MeteredJob(self.description, run_id=self.id, parent=parent, rank=rank, baseline_s=baseline_s)
        if self._job.helper is not None:
            self._pending = Pending(self._job.helper.channel)

    def _joined_id(self, rank: Rank | None) -> str:
        name = self.description.name or ""
        _ordinals[name] += 1
        return joined_run_id(rank, name, _ordinals[name] - 1)

    def _is_ours(self) -> bool:
        """False in a forked child: the run belongs to the process that began it."""
        return self._job is not None and self._pid == os.getpid()

    def _warn(self, text: str) -> None:
        warn_line(text)

    def _tell_if_over(self, what: str) -> None:
        if self._ended and self._is_ours():
            warn_line(f"{what} came after the end of the run {self.description.name or self.id!r} and was left out")

    def _send(self, kind: str, /, **values: Any) -> None:
        if self._job is not None and self._is_ours():
            self._job.send(kind, **values)

    def phase(self, name: str) -> Phase:
        """Begin a phase; phases may nest and overlap, also across threads and tasks."""
        with self._lock:
            self._phase_numbers += 1
            number, label = self._phase_numbers, str(name)[:200]
            index = self._phases[label]
            self._phases[label] += 1
        around = self._open_phases.get()
        self._send("pb", id=number, name=label, parent=around[-1] if around else None, index=index)
        self._open_phases.set((*around, number))
        return Phase(self, number, label)

    def _end_phase(self, number: int, *, failed: bool) -> None:
        self._send("pe", id=number, failed=failed)
        self._open_phases.set(tuple(one for one in self._open_phases.get() if one != number))

    def request(self, *, tokens_in: float = 0, tokens_out: float = 0) -> Request:
        """One request, as a context manager."""
        return Request(self, tokens_in, tokens_out)

    def _add_request(self, request: Request, latency_s: float, *, failed: bool) -> None:
        if self._pending is None or not self._is_ours():
            return
        with never_raising("a request was not counted"):
            self._pending.request(latency_s, _amount(request.tokens_in), _amount(request.tokens_out), failed=failed)

    def count(self, **amounts: float) -> None:
        """Add to the run's counts: `count(samples=512)`."""
        self._tell_if_over("a count")
        if self._pending is not None and self._is_ours():
            with never_raising("a count was left out"):
                self._pending.count({key: _amount(value) for key, value in amounts.items()})
                for name in self._done_of.keys() & amounts.keys():
                    done, total = self._done_of[name]
                    self._done_of[name] = (done + amounts[name], total)

    def expect(self, **amounts: float) -> None:
        """Say how much of a count is still to come, `expect(steps=1000)`: then the whole run can be forecast."""
        self._tell_if_over("what is to come")
        with never_raising("what is to come was left out"):
            for name, value in amounts.items():
                done, total = self._done_of.get(name, (0.0, 0.0))
                self._done_of[name] = (done, total + _amount(value))
            self.count(**{f"total_{name}": value for name, value in amounts.items()})

    def quality(
        self,
        name: str,
        value: float | None = None,
        *,
        n: int | None = None,
        sd: float | None = None,
        scores: Iterable[float] | None = None,
        higher_is_better: bool = True,
        language: str | None = None,
        **unknown: Any,
    ) -> None:
        """Record how good the result is.

        Args:
            name: The measure: `accuracy`, `perplexity`, ...
            value: The score; may be left out where `scores` are given.
            n: Of how many items it is the mean.
            sd: Standard deviation of the items (or of repeated scores).
            scores: The items' own scores, from which value, n and sd follow.
            higher_is_better: Whether more is better.
            language: BCP 47 code of the language it was measured in.
            unknown: Anything else is told and left out: a slip here must not end a training.
        """
        self._tell_if_over("quality")
        if unknown:
            warn_line(f"quality {name!r}: {', '.join(sorted(unknown))} is not known and was left out")
        with never_raising(f"quality {name!r} was left out"):
            record = quality_record(
                name, value, n=n, sd=sd, scores=scores, higher_is_better=higher_is_better, language=language
            )
            self._send("quality", **record)

    def steps(self, loader: Iterable[_T], name: str = "step", *, samples: str | None = "steps") -> Iterator[_T]:
        """Go through a loader and count its steps: `for batch in run.steps(loader):`."""
        length = _length(loader)
        if samples and length:
            self.expect(**{samples: length})
        with self.phase(name):
            for item in loader:
                yield item
                if samples:
                    self.count(**{samples: 1})

    def fraction_done(self) -> float | None:
        """How much is done of what was said to come; None where nobody said, or where more came than was said."""
        shares = [done / total for done, total in self._done_of.values() if 0 < done <= total]
        return min(shares, default=None)

    def summary(self) -> Summary:
        """What the run used so far (all of it, once it has ended)."""
        from joulebook.meters.summary import Observed, journal_summary, summary_of

        found = journal_summary(self._job.path, rates_finder()) if self._job is not None else None
        if found is not None:
            return found
        empty = Observed(open={"run": self.id, "name": self.description.name, "b": 0.0})
        return replace(summary_of(empty, None), metered=self._job is not None)

    def stop(self, status: str = "finished", exit_status: int | None = None) -> None:
        """End the run now; ending it twice does nothing."""
        self._end(status, exit_status)

    def _end(self, status: str, exit_status: int | None, *, at_exit: bool = False) -> None:
        if not self._is_ours() or self._job is None:
            return
        self._ended = True
        with never_raising("what this run had changed was not put back"):
            if self._on_end is not None:
                after, self._on_end = self._on_end, None
                after()
        with never_raising("the last counts were not recorded"):
            if self._pending is not None:
                pending, self._pending = self._pending, None
                pending.close()
        with never_raising("the run's end was not recorded"):
            self._job.stop(status, exit_status, at_exit=at_exit)


def _length(loader: Iterable[Any]) -> int | None:
    """How many items there will be; None where nobody knows: a DataLoader over a stream has a length that raises."""
    try:
        return len(loader) if isinstance(loader, Sized) else None
    except Exception:  # noqa: BLE001 - whatever a loader's length does, the loop goes on
        return None


def _amount(value: Any) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{value!r} is no amount")
    return int(number) if number.is_integer() else number
