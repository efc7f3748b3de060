"""What a trade-off takes and gives; one quantity (kWh, kgCO2e, USD or litres) at a time, all figures in its unit."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.figure import Figure

Floats = npt.NDArray[np.float64]
Quantity = Literal["kwh", "kg", "usd", "l"]
NEVER = -1e9  # stands for an escalation rate that no cascade can have: it pays at none
RouteName = Literal["always large", "always small", "large first", "cascade", "router"]


@dataclass(frozen=True, slots=True)
class Costs:
    """One quantity of a trade-off; all figures in that quantity's unit.

    Attributes:
        large: Per request on the large model.
        small: Per request on the small model.
        verifier: Per request for the verifier of a cascade or the router; None means 0 declared.
        distillation, labelling, evaluation, development: One-time costs of the small model.
        training: Training of the large model, for its amortised share; None where unknown.
        shared_gsd: Part of every figure's spread that is common to all of them (grid, PUE, price) and so cancels in N*.
        pair_gsd: What the two models' costs per request share beyond that (one meter for both).
    """

    quantity: Quantity
    large: Figure
    small: Figure
    verifier: Figure | None = None
    distillation: Figure | None = None
    labelling: Figure | None = None
    evaluation: Figure | None = None
    development: Figure | None = None
    training: Figure | None = None
    shared_gsd: float = 1.0
    pair_gsd: float = 1.0


@dataclass(frozen=True, slots=True)
class BreakEven:
    """After how many requests the one-time cost has come back.

    Attributes:
        requests: With its 90 % range; None where it never comes (central values save nothing).
        probability_never: Share of draws in which the small one saves nothing.
        latest_is_never: True where the high end of the range is "never"; `requests.high` is then the largest finite
            draw, so show the word.
        date: Day of break-even at the given traffic; None where never or where no traffic is given.
        date_early, date_late: The same for the ends of the range.
    """

    requests: Figure | None
    probability_never: float
    latest_is_never: bool
    date: datetime.date | None = None
    date_early: datetime.date | None = None
    date_late: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative cost of one route over requests; arrays of one length."""

    route: RouteName
    requests: Floats
    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Escalation:
    """Share of requests that the small model passes on, with its Wilson interval where it was counted."""

    value: float
    low: float
    high: float
    n: int | None = None


@dataclass(frozen=True, slots=True)
class CascadeResult:
    """A cascade (small, verifier, then large where needed) against large alone.

    Attributes:
        threshold: p*, the escalation rate under which the cascade costs less than large alone (may be negative).
        router_threshold: The same for a router, where only one model runs.
        measured: The measured or typed escalation rate; None where nobody gave one.
        cascade_per_request, router_per_request: Cost at that rate; None without one.
        pays: Whether the whole range of the rate lies under p* (True), over it (False), or neither (None).
        rebound_break_even: Volume multiplier at which the saving is gone.
    """

    threshold: Figure
    router_threshold: Figure
    measured: Escalation | None
    cascade_per_request: Figure | None
    router_per_request: Figure | None
    pays: bool | None
    rebound_break_even: float | None


@dataclass(frozen=True, slots=True)
class TornadoBar:
    """How far one input moves the answer: N* with the input at its low and at its high end.

    `both` is what the costs of a request on both models share. None is "never". An input without a range is moved by
    20 % either way, and says so in `assumed_range`.
    """

    name: str
    at_low: float | None
    at_high: float | None
    assumed_range: bool = False


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """One quantity of a trade-off, worked out.

    Attributes:
        once: Sum of the one-time costs.
        rebound_break_even: Volume multiplier at which the small model's saving is gone.
        training_per_request: The large model's training spread over the requests of its life; None where either is
            unknown.
        training_share: Part (0..1) of what a request on it then costs in all.
        rebound: Volume multiplier that this was worked out with.
    """

    costs: Costs
    once: Figure
    break_even: BreakEven
    cascade: CascadeResult
    rebound_break_even: float | None
    tornado: tuple[TornadoBar, ...]
    verdict: str
    training_per_request: Figure | None = None
    training_share: float | None = None
    rebound: float = 1.0
