"""`track`: meter a block or a function. Nothing that goes wrong with metering is ever raised into the job."""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import functools
import os
import sys
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from types import TracebackType
from typing import Any, TypeVar

from joulebook.meters.description import Description, describe, warn_line
from joulebook.meters.place_rates import rates_finder
from joulebook.meters.run import Phase, Request, Run, never_raising

__all__ = ["Phase", "Request", "Run", "track"]

_CO_GENERATOR, _CO_COROUTINE, _CO_ASYNC_GENERATOR = 0x20, 0x80, 0x200
_PARENT_VARIABLE = "JOULEBOOK_PARENT_RUN"
_F = TypeVar("_F", bound=Callable[..., Any])
_current: contextvars.ContextVar[Run | None] = contextvars.ContextVar("joulebook_run", default=None)
_active: list[Run] = []
_outside: list[str | None] = [None]  # the run around this whole program, if any


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
        baseline_s: Measure idle power for so many seconds first; energy above it is shown beside the total.

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
        baseline_s: float | None = None,
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
        self._baseline_s = baseline_s
        self._runs: list[_Open] = []
        self._disabled = os.environ.get("JOULEBOOK_DISABLED") == "1"
        if unknown and not self._disabled:
            warn_line(f"track() knows no {', '.join(sorted(unknown))}; left out")

    def __enter__(self) -> Run:
        opened = _Open(
            _begin(self._words, self._baseline_s, disabled=self._disabled), self._progress and not self._disabled
        )
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
        return _decorated(function, lambda: track(**words, progress=self._progress, baseline_s=self._baseline_s))  # type: ignore[return-value]


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
        self._display: Any = None
        if run._job is not None:
            if not _active:
                _outside[0] = os.environ.get(_PARENT_VARIABLE)
            os.environ[_PARENT_VARIABLE] = run.id
            _active.append(run)
            run._on_end = self._put_back
            if progress:
                with never_raising("no progress display"):
                    self._display = _start_display(run)

    def close(self, status: str, exit_status: int | None) -> None:
        """End the run and put back what was changed."""
        with contextlib.suppress(ValueError):  # generators may end in another context
            _current.reset(self._token)
        self.run.stop(status, exit_status)

    def _put_back(self) -> None:
        """However the run ends, also by `run.stop()`: what begins from now on is not inside it."""
        if self._display is not None:
            self._display.stop()
        if self.run in _active:
            _active.remove(self.run)
        if os.environ.get(_PARENT_VARIABLE) == self.run.id:
            _restore(_PARENT_VARIABLE, _active[-1].id if _active else _outside[0])


def _start_display(run: Run) -> Any:
    from joulebook.meters.progress import LiveSummary, ProgressDisplay

    if run._job is None or run._job.helper is None:
        return None
    return ProgressDisplay(LiveSummary(run._job.path, rates_finder()), fraction_done=run.fraction_done)


def _restore(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


def _begin(words: dict[str, Any], baseline_s: float | None, *, disabled: bool) -> Run:
    if disabled:
        return Run(Description(name=str(words["name"])), disabled=True)
    try:
        description = describe(**words)
    except Exception as error:  # noqa: BLE001 - odd arguments must not end the job
        warn_line(f"the run's description can't be used ({error!r})")
        description = Description()
    around = _run_around()
    parent = around.id if around is not None and around._job is not None else os.environ.get(_PARENT_VARIABLE)
    run = Run(description, parent=parent, nested=around is not None, baseline_s=baseline_s)
    run._around = around
    if around is not None:
        around._send("child", run=run.id)
    return run


def _run_around() -> Run | None:
    """The innermost run of this context that goes on, else the newest of the process."""
    run = _current.get()
    while run is not None and run._ended:
        run = run._around
    return run or (_active[-1] if _active else None)


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


def _close_forgotten(runs: Sequence[Run] = _active) -> None:
    # What ended the program is the interpreter's last value; in an interactive session that is an older matter. Of an
    # exit (`sys.exit(3)`) nothing is left by now: the meter corrects the record when it sees how the program ended.
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
    for run in list(runs):
        run._end(*_status_of(error), at_exit=True)


atexit.register(_close_forgotten)
