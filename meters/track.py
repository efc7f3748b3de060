"""`track`: meter a block or a function. Nothing that goes wrong with metering is ever raised into the job."""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import functools
import os
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from joulebook.meters.description import Description, describe, warn_line
from joulebook.meters.journal import new_id
from joulebook.meters.launchers import find_rank, shared_run_id
from joulebook.meters.metered_job import MeteredJob
from joulebook.meters.pending import Pending
from joulebook.meters.quality import quality_record

if TYPE_CHECKING:
    from joulebook.meters.summary import RatesFinder, Summary

_CO_GENERATOR, _CO_COROUTINE, _CO_ASYNC_GENERATOR = 0x20, 0x80, 0x200
_PARENT_VARIABLE = "JOULEBOOK_PARENT_RUN"
_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")
_current: contextvars.ContextVar[Run | None] = contextvars.ContextVar("joulebook_run", default=None)
_active: list[Run] = []
_ordinals: Counter[str] = Counter()
_rates: list[RatesFinder] = []


def use_rates(find_rates: RatesFinder) -> None:
    """Let summaries show gCO2e and USD by these rates; called by the face."""
    _rates[:] = [find_rates]


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


class Run:
    """A run being metered.

    Attributes:
        id: The run's id, the same on every rank of a launch.
    """

    def __init__(self, description: Description, *, parent: str | None, disabled: bool) -> None:
        self.description = description
        self.id = new_id()
        self._job: MeteredJob | None = None
        self._pending: Pending | None = None
        self._pid = os.getpid()
        self._phases: Counter[str] = Counter()
        self._phase_numbers = 0
        self._open_phases: contextvars.ContextVar[tuple[int, ...]] = contextvars.ContextVar("phases", default=())
        self._lock = threading.RLock()
        if not disabled:
            with _never_raising("this run is not metered"):
                self._start(parent)

    def _start(self, parent: str | None) -> None:
        rank = find_rank()
        self.id = _run_id(self.description.name or "", rank, nested=parent is not None and bool(_active))
        parent = None if parent == self.id else parent
        self._job = MeteredJob(self.description, run_id=self.id, parent=parent, rank=rank)
        if self._job.helper is not None:
            self._pending = Pending(self._job.helper.channel)

    def _is_ours(self) -> bool:
        """False in a forked child: the run belongs to the process that began it."""
        return self._job is not None and self._pid == os.getpid()

    def _warn(self, text: str) -> None:
        warn_line(text)

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
        with _never_raising("a request was not counted"):
            self._pending.request(latency_s, _amount(request.tokens_in), _amount(request.tokens_out), failed=failed)

    def count(self, **amounts: float) -> None:
        """Add to the run's counts: `count(samples=512)`."""
        if self._pending is not None and self._is_ours():
            with _never_raising("a count was left out"):
                self._pending.count({key: _amount(value) for key, value in amounts.items()})

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
        """
        with _never_raising(f"quality {name!r} was left out"):
            record = quality_record(
                name, value, n=n, sd=sd, scores=scores, higher_is_better=higher_is_better, language=language
            )
            self._send("quality", **record)

    def steps(self, loader: Iterable[_T], name: str = "step", *, samples: str | None = "steps") -> Iterator[_T]:
        """Go through a loader and count its steps: `for batch in run.steps(loader):`."""
        with self.phase(name):
            for item in loader:
                yield item
                if samples:
                    self.count(**{samples: 1})

    def summary(self) -> Summary:
        """What the run used so far (all of it, once it has ended)."""
        from joulebook.meters.summary import Observed, journal_summary, summary_of

        find_rates = _safe(_rates[0]) if _rates else None
        found = journal_summary(self._job.path, find_rates) if self._job is not None else None
        return found or summary_of(Observed(open={"run": self.id, "name": self.description.name, "b": 0.0}), None)

    def stop(self, status: str = "finished", exit_status: int | None = None) -> None:
        """End the run now; ending it twice does nothing."""
        if not self._is_ours() or self._job is None:
            return
        with _never_raising("the run's end was not recorded"):
            if self._pending is not None:
                self._pending.close()
                self._pending = None
            self._job.stop(status, exit_status)


class track:  # noqa: N801 - used like a function: `with track(...)`, `@track(...)`
    """Meter a block or a function as one run.

    Args:
        name: What to call the run; a decorated function's own name where none is given.
        project: What it belongs to.
        kind: `training` or `inference`.
        stage: `pretrain`, `finetune`, `distil`, `label`, `evaluate`, `search` or `serve`.
        model: Name of the model.
        parameters: How many parameters it has.
        task: What it does; runs of one task are compared.
        location: ISO 3166 code with an optional region: `KOR`, `US-CA`.
        tags: Further words, `{"key": "value"}`.
        pue: Power usage effectiveness of the place, where known.
        progress: Show joules and watts on standard error while it goes on.

    Never raises into the job: what is wrong with an argument is told in one line, and the run goes on.
    """

    def __new__(cls, name: Any = None, **words: Any) -> Any:
        """A bare `@track` has the function for its name: it becomes the metered function at once."""
        if callable(name):
            return track(**words)(name)
        return super().__new__(cls)

    def __init__(
        self,
        name: Any = None,
        *,
        project: str | None = None,
        kind: str | None = None,
        stage: str | None = None,
        model: str | None = None,
        parameters: float | None = None,
        task: str | None = None,
        location: str | None = None,
        tags: dict[str, str] | None = None,
        pue: float | None = None,
        progress: bool = False,
        **unknown: Any,
    ) -> None:
        self._words: dict[str, Any] = {
            "name": name,
            "project": project,
            "kind": kind,
            "stage": stage,
            "model": model,
            "parameters": parameters,
            "task": task,
            "location": location,
            "tags": tags,
            "pue": pue,
        }
        self._progress = progress
        self._runs: list[_Open] = []
        self._disabled = os.environ.get("JOULEBOOK_DISABLED") == "1"
        if unknown and not self._disabled:
            warn_line(f"track() knows no {', '.join(sorted(unknown))}; left out")

    def __enter__(self) -> Run:
        opened = _Open(_begin(self._words, disabled=self._disabled), self._progress and not self._disabled)
        self._runs.append(opened)
        return opened.run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runs:
            self._runs.pop().close(*_status_of(error))

    async def __aenter__(self) -> Run:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def start(self) -> Run:
        """Begin without a block; ended by `run.stop()`, or at exit where that is forgotten."""
        return self.__enter__()

    def __call__(self, function: _F) -> _F:
        """Decorate a function: each call of it is a run."""
        words = {**self._words, "name": self._words["name"] or getattr(function, "__name__", None)}
        return _decorated(function, lambda: track(**words, progress=self._progress))  # type: ignore[return-value]


def _decorated(function: Callable[..., Any], make: Callable[[], track]) -> Callable[..., Any]:
    """The function with a run around each call, in the same form: plain, generator, coroutine or async generator."""
    # The flags that the inspect module reads, without the import of it.
    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    if flags & _CO_ASYNC_GENERATOR:
        return _around_async_generator(function, make)
    if flags & _CO_COROUTINE:

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            with make():
                return await function(*args, **kwargs)

        return coroutine
    if flags & _CO_GENERATOR:

        @functools.wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with make():
                return (yield from function(*args, **kwargs))

        return generator

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with make():
            return function(*args, **kwargs)

    return plain


def _around_async_generator(function: Callable[..., Any], make: Callable[[], track]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def generator(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        with make():
            inner = function(*args, **kwargs)
            try:
                sent: Any = None
                while True:
                    item = await (inner.__anext__() if sent is None else inner.asend(sent))
                    sent = yield item
            except StopAsyncIteration:
                return
            finally:
                await inner.aclose()

    return generator


class _Open:
    """One entered run: what has to be put back when it ends."""

    def __init__(self, run: Run, progress: bool) -> None:
        self.run = run
        self._token = _current.set(run)
        self._parent_before = os.environ.get(_PARENT_VARIABLE)
        self._display: Any = None
        if run._job is not None:
            os.environ[_PARENT_VARIABLE] = run.id
            _active.append(run)
            if progress:
                with _never_raising("no progress display"):
                    self._display = _start_display(run)

    def close(self, status: str, exit_status: int | None) -> None:
        """End the run and put back what was changed."""
        with contextlib.suppress(ValueError):  # generators may end in another context
            _current.reset(self._token)
        if self.run._job is None:
            return
        if self._display is not None:
            self._display.stop()
        if self.run in _active:
            _active.remove(self.run)
        if os.environ.get(_PARENT_VARIABLE) == self.run.id:
            _restore(_PARENT_VARIABLE, self._parent_before)
        self.run.stop(status, exit_status)


def _start_display(run: Run) -> Any:
    from joulebook.meters.progress import LiveSummary, ProgressDisplay

    if run._job is None or run._job.helper is None:
        return None
    return ProgressDisplay(LiveSummary(run._job.path, _safe(_rates[0]) if _rates else None))


def _restore(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


def _begin(words: dict[str, Any], *, disabled: bool) -> Run:
    if disabled:
        return Run(Description(name=str(words["name"])), parent=None, disabled=True)
    try:
        description = describe(**words)
    except Exception as error:  # noqa: BLE001 - odd arguments must not end the job
        warn_line(f"the run's description can't be used ({error!r})")
        description = Description()
    around = _current.get() or (_active[-1] if _active else None)
    parent = around.id if around is not None and around._job is not None else os.environ.get(_PARENT_VARIABLE)
    run = Run(description, parent=parent, disabled=False)
    if around is not None:
        around._send("child", run=run.id)
    return run


def _run_id(name: str, rank: Any, *, nested: bool) -> str:
    """Joined runs have the id that was given or that all ranks work out alike; others a new one."""
    given = os.environ.get("JOULEBOOK_RUN_ID", "").strip()
    if given and not nested:
        return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in given)[:64]
    if rank is None:
        return new_id()
    ordinal = _ordinals[name]
    _ordinals[name] += 1
    return shared_run_id(rank, name, ordinal)


def _status_of(error: BaseException | None) -> tuple[str, int | None]:
    if error is None or isinstance(error, GeneratorExit):
        return "finished", None
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", None
    if isinstance(error, SystemExit):
        code = error.code
        number = 0 if code is None else code if isinstance(code, int) else 1
        return ("finished" if number == 0 else "failed"), number
    return "failed", None


def _amount(value: Any) -> float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _safe(find_rates: RatesFinder) -> RatesFinder:
    """Rates that can't be found leave a summary with energy alone."""

    def found(location: Any, declared: Any) -> Any:
        try:
            return find_rates(location, declared)
        except Exception:  # noqa: BLE001 - a summary shows energy always
            from joulebook.meters.summary import Rates

            return Rates()

    return found


@contextlib.contextmanager
def _never_raising(consequence: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - metering must not end the job
        warn_line(f"{consequence} ({type(error).__name__}: {error})")


def _close_forgotten(runs: Sequence[Run] = _active) -> None:
    for run in list(runs):
        run.stop()


atexit.register(_close_forgotten)
