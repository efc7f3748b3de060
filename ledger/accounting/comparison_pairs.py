"""Two amounts against each other where they share part of their errors: one meter, one model, one grid, one PUE."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from joulebook.ledger.accounting.comparison_draws import Floats, log_sd, normals
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import Range

_STREAM_SHARED, _STREAM_OWN = 10, 11


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an amount.

    Attributes:
        figure: With its range.
        error_of: What its error is of (a meter, a model with its hardware); parts of both sides with one name share
            it. None where nothing is shared.
    """

    figure: Figure
    error_of: str | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of parts, times factors that hold for all of it (PUE, grid intensity, one over the work done)."""

    parts: tuple[Part, ...]
    factors: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Ratio:
    """The other over the first: 90 % range, and the probability that the other is more."""

    times: Range
    probability_more: float


def ratio(first: Amount, other: Amount, *, draws: int = 10_000) -> Ratio | None:
    """How many times the first the other is, over paired draws with a fixed seed; None where either is not above 0.

    Of an error that both sides have, as much is shared as the smaller of the two spreads; the rest is the larger one's
    own. What both share cancels.
    """
    central = [_central(amount) for amount in (first, other)]
    if not all(value > 0 for value in central):
        return None
    shared = _shared_sds(first, other)
    drawn = [_drawn(amount, shared, side, draws) for side, amount in enumerate((first, other))]
    found = drawn[1] / drawn[0]
    low, high = np.quantile(found, [0.05, 0.95])
    value = central[1] / central[0]
    more = float(np.mean(found > 1) + 0.5 * np.mean(found == 1))
    return Ratio(Range(value, min(float(low), value), max(float(high), value)), more)


def _central(amount: Amount) -> float:
    return math.fsum(part.figure.value for part in amount.parts) * math.prod(f.figure.value for f in amount.factors)


def _shared_sds(first: Amount, other: Amount) -> dict[str, float]:
    """By name of the error: the smaller of both sides' spreads (of the largest where a side has it more than once)."""
    sides = []
    for amount in (first, other):
        sds: dict[str, float] = {}
        for part in (*amount.parts, *amount.factors):
            if part.error_of is not None:
                sds[part.error_of] = max(sds.get(part.error_of, 0.0), log_sd(part.figure))
        sides.append(sds)
    return {name: min(sd, sides[1][name]) for name, sd in sides[0].items() if name in sides[1]}


def _drawn(amount: Amount, shared: dict[str, float], side: int, draws: int) -> Floats:
    total = np.zeros(draws)
    for i, part in enumerate(amount.parts):
        total += part.figure.value * _spread(part, shared, f"{side} part {i}", draws)
    for i, factor in enumerate(amount.factors):
        total *= factor.figure.value * _spread(factor, shared, f"{side} factor {i}", draws)
    return total


def _spread(part: Part, shared: dict[str, float], own_name: str, draws: int) -> Floats:
    sd = log_sd(part.figure)
    common = min(sd, shared.get(part.error_of, 0.0)) if part.error_of else 0.0
    own = math.sqrt(sd**2 - common**2)
    found: Floats = np.exp(own * _one(own_name, _STREAM_OWN, draws))
    if common and part.error_of:
        found *= np.exp(common * _one(part.error_of, _STREAM_SHARED, draws))
    return found


def _one(name: str, stream: int, draws: int) -> Floats:
    drawn: Floats = normals([name], draws, stream)[:, 0]
    return drawn
