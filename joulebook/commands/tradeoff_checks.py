"""`joulebook tradeoff`: options that contradict each other or would change nothing are refused; what holds is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

_APART = 0.005  # a rate that is further from any count of its requests was not counted on them
# Two ways to say one thing.
_EITHER_OR = (("large", "large_j"), ("small", "small_j"))
_JOULES = ("large_j", "large", "small_j", "small")
_SERVED = ("batches", "precisions")
# What an option changes nothing without: any one of these.
_ONE_OF: Mapping[str, Sequence[str]] = {
    "task": ("large", "small"),
    "verifier_j": _JOULES,
    "once_kwh": _JOULES,
    "once_runs": _JOULES,
    "training_kwh": _JOULES,
    "location": _JOULES,
    "verifier_g": ("large_g", "small_g"),
    "once_kg": ("large_g", "small_g"),
    "verifier_usd": ("large_usd", "small_usd"),
    "once_usd": ("large_usd", "small_usd"),
    "verifier_gpu_s": ("verifier_j",),
    "gpu_life_years": ("gpu_price_usd",),
    "gpu_utilisation": ("gpu_price_usd",),
    "accelerator": ("others", *_SERVED, "large_gpu_s", "small_gpu_s"),
    "batch": _SERVED,
    "precision": _SERVED,
    "large_parameters": _SERVED,
    "small_parameters": _SERVED,
    "start": ("requests_per_day",),
    "escalation_n": ("escalation_rate",),
}
# What an option changes nothing without: all of these.
_ALL_OF: Mapping[str, Sequence[str]] = {
    "training_kwh": ("life_requests",),
    "life_requests": ("training_kwh",),
    "quality_kept": ("quality_passed_on", "escalation_rate"),
    "quality_passed_on": ("quality_kept", "escalation_rate"),
    "margin": ("large", "small"),
    "scores": ("margin",),
}


def check(context: click.Context) -> None:
    """Refuse what can't be meant, naming both options.

    Raises:
        UsageError: Two options say the same, or one changes nothing without another.
    """
    typed, flags = _typed(context), _flags(context)
    for first, second in _EITHER_OR:
        if {first, second} <= typed:
            raise click.UsageError(
                f"{flags[first]} and {flags[second]} both say what a request costs: give one of them"
            )
    for name in sorted(typed, key=list(flags).index):
        _check_needs(name, typed, flags)
    if {"accelerator", "rent_usd"} <= typed and not typed.intersection(("others", *_SERVED)):
        raise click.UsageError("--accelerator changes nothing beside --rent-usd, which says what an hour of it costs")
    _check_rate(context.params["escalation_rate"], context.params["escalation_n"])


def _check_needs(name: str, typed: set[str], flags: Mapping[str, str]) -> None:
    one_of, all_of = _ONE_OF.get(name, ()), _ALL_OF.get(name, ())
    if name == "margin" and "scores" in typed:
        return  # they need no models
    if one_of and not typed.intersection(one_of):
        raise click.UsageError(f"{flags[name]} changes nothing without {_listed(one_of, flags, 'or')}")
    missing = [other for other in all_of if other not in typed]
    if missing:
        raise click.UsageError(f"{flags[name]} changes nothing without {_listed(missing, flags, 'and')}")


def _check_rate(rate: float | None, n: int | None) -> None:
    """A share that was counted is a whole number of requests over all."""
    if rate is None or n is None or abs(round(rate * n) / n - rate) <= _APART:
        return
    raise click.UsageError(f"--escalation-rate {rate:g} can't have been counted on --escalation-n {n} requests")


def notes(context: click.Context) -> list[str]:
    """What holds where two options meet, and which figures are taken as exact."""
    typed, flags = _typed(context), _flags(context)
    found = []
    if {"once_kwh", "once_runs"} <= typed:
        found.append("--once-kwh comes on top of the runs of --once-run.")
    if {"scores", "large", "small"} <= typed:
        found.append("The quality gate goes by --scores, not by the qualities on record.")
    for word, large, rest in (("CO2e", "large_g", "--small-g"), ("Money", "large_usd", "--small-usd")):
        if large in typed and typed.intersection(_JOULES):
            found.append(f"{word} is as typed ({flags[large]}, {rest}), not worked out from the joules and a place.")
    return found + _exact(context, typed, flags)


def _exact(context: click.Context, typed: set[str], flags: Mapping[str, str]) -> list[str]:
    """One line on figures that came without a range, and how to give one."""
    bare = {}
    for name in sorted(typed, key=list(flags).index):
        ends = context.params[name]
        if isinstance(ends, tuple) and len(ends) == 3 and ends[0] == ends[1] == ends[2] != 0:
            bare[name] = ends[0]
    if not bare:
        return []
    first, value = next(iter(bare.items()))
    example = f"{flags[first]} {value:g}:{value * 0.9:.3g}:{value * 1.1:.3g}"
    named = _listed(list(bare), flags, "and")
    return [f"Taken as exact, as typed without a range: {named}. A range is VALUE:LOW:HIGH, such as {example}."]


def _typed(context: click.Context) -> set[str]:
    """The options that a person gave, not those that stand at their default."""
    return {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def _flags(context: click.Context) -> dict[str, str]:
    return {parameter.name: parameter.opts[0] for parameter in context.command.params if parameter.name}


def _listed(names: Sequence[str], flags: Mapping[str, Any], word: str) -> str:
    """`--a, --b or --c`."""
    named = [flags[name] for name in names]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} {word} {named[-1]}"
