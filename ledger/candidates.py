"""Who could do a task: own runs, published measurements and estimates, side by side and never mixed silently."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from joulebook.ledger.accounting.comparison import Candidate, Origin, Quality, Unit
from joulebook.ledger.candidates_estimated import estimated_candidate
from joulebook.ledger.candidates_published import published_candidates, published_tasks, small_large_task
from joulebook.ledger.candidates_runs import run_candidates, run_tasks, tasks_of_models
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store import Ledger

ORIGINS: tuple[Origin, ...] = ("runs", "published", "estimate")
UNITS: tuple[Unit, ...] = ("request", "sample", "1k-tokens")
_OWN = " (own runs)"
# What `joulebook estimate` calls the served tasks.
ALIASES = {"chat": "lm-arena-chat", "reasoning": "gpqa", "code": "sourcegraph-fim"}
_LEAST_PART = 3  # letters and digits of a name before it is looked for inside others


@dataclass(frozen=True, slots=True)
class Chosen:
    """Candidates of one task, and what the choice of task had to assume."""

    task: str
    candidates: list[Candidate]
    notes: tuple[str, ...] = ()


def tasks(ledger: Ledger | None) -> tuple[str, ...]:
    """Every task with candidates: one's own first, then the published ones."""
    own = run_tasks(ledger) if ledger else ()
    return (*own, *(task for task in published_tasks() if task not in own))


def find_task(ledger: Ledger | None, text: str) -> str:
    """The task that a person means: its name, or words that only one task has.

    Raises:
        LedgerError: No task has these words, or several do; the message names them.
    """
    known = tasks(ledger)
    exact = [task for task in known if task.casefold() == text.casefold()]
    if exact:
        return exact[0]
    if text.casefold() in ALIASES:
        return ALIASES[text.casefold()]
    published = small_large_task(text)  # a task's name as the source has it
    if published != text and published in known:
        return published
    words = set(_words(text))
    found = [task for task in known if words <= set(_words(task))]
    plainest = [task for task in found if all(set(_words(task)) <= set(_words(other)) for other in found)]
    if plainest:
        return plainest[0]
    if found:
        raise LedgerError(f"several tasks fit {text!r}: {'; '.join(found)}. Name one of them")
    raise LedgerError(f"no candidates are known for the task {text!r}; known tasks: {'; '.join(known)}")


def candidates_of(
    ledger: Ledger | None,
    task: str,
    unit: Unit,
    *,
    origins: tuple[Origin, ...] = ORIGINS,
    gpu_only: bool = False,
) -> list[Candidate]:
    """All candidates of one task (its exact name) that the chosen origins have, with labels of their own."""
    own = run_candidates(ledger, task, unit, gpu_only=gpu_only) if ledger and "runs" in origins else []
    published = published_candidates(task, unit, gpu_only=gpu_only) if "published" in origins else []
    taken = {candidate.model for candidate in published}
    return [replace(c, model=c.model + _OWN) if c.model in taken else c for c in own] + published


def choose(
    ledger: Ledger | None,
    models: tuple[str, ...],
    *,
    task: str | None = None,
    unit: Unit = "request",
    origins: tuple[Origin, ...] = ORIGINS,
    gpu_only: bool = False,
) -> Chosen:
    """The candidates that a person named, of the task named or of the one that knows them all best.

    A full name that was typed stays the label, so that an answer speaks of what was asked. A model that has neither
    runs nor a published measurement of the task is estimated from its size, where that is known.

    Raises:
        LedgerError: An unknown task or model, or no task at all.
    """
    notes: tuple[str, ...] = ()
    if task is not None:
        name = find_task(ledger, task)
    elif models:
        name, notes = _best_task(ledger, models, unit, origins)
    else:
        raise LedgerError("name the models to compare, or the task whose candidates to compare with --task")
    found = candidates_of(ledger, name, unit, origins=origins, gpu_only=gpu_only)
    if gpu_only and ledger and "runs" in origins:
        models, note = _without_gpu(ledger, name, unit, found, models)
        notes = (*notes, *note)
    if not models:
        if not found:
            raise LedgerError(_nobody(ledger, name, unit, origins))
        return Chosen(name, found, notes)
    return Chosen(name, _named(found, models, name, unit, origins), notes)


def in_language(candidates: list[Candidate], language: str) -> list[Candidate]:
    """The candidates with the quality in one language or group as theirs; unknown where it was not measured."""
    return [replace(c, quality=_of_language(c, language)) for c in candidates]


def matches(candidates: list[Candidate], text: str) -> list[Candidate]:
    """Candidates that a typed name means: its label or full name, else all whose name holds it."""
    wanted = text.casefold()
    exact = [c for c in candidates if wanted in (c.model.casefold(), c.model_id.casefold(), _short(c))]
    part = _plain(text)
    return exact or [c for c in candidates if len(part) >= _LEAST_PART and part in _plain(c.model_id)]


def _nobody(ledger: Ledger | None, task: str, unit: Unit, origins: tuple[Origin, ...]) -> str:
    """What to say where a task has no candidate in this unit, and what to do."""
    others = [other for other in UNITS if other != unit and candidates_of(ledger, task, other, origins=origins)]
    if others:
        return f"no model is known for the task {task!r} per {unit}; some are per {' and '.join(others)}: use --unit"
    return f"no model is known for the task {task!r}; {_how_to_add(task)}"


def _without_gpu(
    ledger: Ledger, task: str, unit: Unit, found: list[Candidate], models: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The models named without those whose own runs know no GPU's energy, and a sentence on what is left out.

    Raises:
        LedgerError: Nobody is left.
    """
    kept = {c.model_id for c in found if c.origin == "runs"}
    out = [c for c in run_candidates(ledger, task, unit) if c.model_id not in kept]
    named = [c for c in out if not models or any(matches([c], text) for text in models)]
    if not named:
        return models, ()
    said = f"Left out, for no GPU's energy is known of their runs: {', '.join(c.model for c in named)}."
    left = tuple(text for text in models if matches(found, text) or not matches(named, text))
    if not (left if models else found):
        raise LedgerError(f"{said} Compare without --gpu-only")
    return left, (said,)


def _how_to_add(task: str) -> str:
    return f"meter runs of it with `joulebook run --task {task!r} --model NAME -- CMD` that count their work"


def _named(
    found: list[Candidate], models: tuple[str, ...], task: str, unit: Unit, origins: tuple[Origin, ...]
) -> list[Candidate]:
    named: list[Candidate] = []
    for text in models:
        fitting = matches(found, text)
        if not fitting and "estimate" in origins:
            estimate = estimated_candidate(text, task, unit)
            fitting = [estimate] if estimate else []
        if not fitting:
            known = f"known: {', '.join(sorted(c.model for c in found))}" if found else f"{_how_to_add(task)}"
            raise LedgerError(f"no candidate {text!r} for the task {task!r} per {unit}; {known}")
        if len(fitting) > 1 and len({c.origin for c in fitting}) < len(fitting):
            raise LedgerError(
                f"several candidates fit {text!r}: {', '.join(c.model for c in fitting)}. Name one of them"
            )
        named += [_called(c, text, alone=len(fitting) == 1) for c in fitting if c not in named]
    return named


def _called(candidate: Candidate, text: str, *, alone: bool) -> Candidate:
    return replace(candidate, model=text) if alone and text.casefold() == candidate.model_id.casefold() else candidate


def _best_task(
    ledger: Ledger | None, models: tuple[str, ...], unit: Unit, origins: tuple[Origin, ...]
) -> tuple[str, tuple[str, ...]]:
    """The task that knows most of the models: one's own before a published one, then the one with the largest test."""
    own = tasks_of_models(ledger, models) if ledger and "runs" in origins else {}
    scores = {task: (known, 1, 0) for task, known in own.items() if known}
    for task in published_tasks() if "published" in origins else ():
        there = published_candidates(task, unit)
        fitting = [matches(there, text) for text in models]
        known = sum(bool(found) for found in fitting)
        if known and task not in scores:
            scores[task] = (known, 0, sum(_test_size(found) for found in fitting))
    if not scores:
        raise LedgerError(f"no task knows {', '.join(models)} per {unit}; name one with --task to have them estimated")
    best = max(scores, key=lambda task: scores[task])  # the first of equals, and own tasks come first
    others = [task for task in scores if task != best and scores[task][0] == scores[best][0]]
    note = f"No task was named: compared on {best}." + (f" Also known on: {'; '.join(others)}." if others else "")
    return best, (note,)


def _test_size(fitting: list[Candidate]) -> int:
    """Items behind the quality of what a name means; 1 where it has a quality of unknown size."""
    return max((c.quality.n or 1 for c in fitting if c.quality), default=0)


def _of_language(candidate: Candidate, language: str) -> Quality | None:
    return next((q for q in candidate.by_language if q.language == language), None)


def _short(candidate: Candidate) -> str:
    return candidate.model_id.split("/")[-1].casefold()


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.casefold())


def _plain(text: str) -> str:
    return "".join(_words(text))
