"""A demonstration is a list of steps; each is one metered run of real work that goes on for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

WINDOW_S = 10.0  # an energy counter ticks every 0.1 s, and the CPU model wants a settled load: see docs/metering.md


@dataclass(frozen=True, slots=True)
class Step:
    """One metered run.

    Attributes:
        title: What a person reads while it goes on.
        stage: `pretrain`, `label`, `distil`, `serve`, as in the ledger.
        work: Does the work until the window is over: takes the metered run and an iterator of rounds.
        at_least: Rounds that the work needs, however slow the machine is.
        windows: How many windows long it goes on.
    """

    title: str
    kind: str
    stage: str
    model: str
    parameters: float
    work: Callable[[Any, Iterator[int]], None]
    at_least: int = 1
    windows: int = 1


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A task with its steps in order, and which of its models is the large one and which the small one."""

    project: str
    task: str
    large: str
    small: str
    about: str
    steps: tuple[Step, ...]
    models: tuple[str, ...]


def rounds(seconds: float, on_round: Callable[[float], None], at_least: int = 1) -> Iterator[int]:
    """Count rounds until the window is over and enough are done. `on_round` hears the share done (0 to 1)."""
    start, number = time.monotonic(), 0
    while number < at_least or time.monotonic() - start < seconds:
        yield number
        number += 1
        on_round(min(number / at_least, (time.monotonic() - start) / seconds, 1.0))
    on_round(1.0)


def play(demonstration: Demonstration, *, window_s: float = WINDOW_S) -> None:
    """Do all steps, one after the other, each in a window of `window_s`, with a progress display."""
    from joulebook import track

    with _progress(len(demonstration.steps)) as begin:
        for step in demonstration.steps:
            on_round = begin(step.title)
            with track(
                f"{demonstration.task}: {step.stage} {step.model}",
                project=demonstration.project,
                kind=step.kind,
                stage=step.stage,
                model=step.model,
                parameters=step.parameters,
                task=demonstration.task,
            ) as run:
                step.work(run, rounds(window_s * step.windows, on_round, step.at_least))


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], Callable[[float], None]]]:
    """A bar on a terminal; a line a step elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    number = 0
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def begin(title: str) -> Callable[[float], None]:
            nonlocal number
            number += 1
            label = f"[{number}/{steps}] {title}"
            if progress.disable:
                console.print(label, markup=False, highlight=False)
                return lambda _: None
            bar = progress.add_task(label.replace("[", "\\["), total=1.0)
            return lambda share: progress.update(bar, completed=share)

        yield begin
