"""When the small model pays off: one-time costs against what each request saves, in any one quantity.

All functions are pure and hold for kWh, kgCO2e, USD or litres alike: costs per request and one-time costs must be in
the same unit. N* = X_once / (x_large - x_small).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.comparison_draws import log_sd, log_sides
from joulebook.ledger.accounting.figure import Figure, weakest
from joulebook.ledger.accounting.tradeoff_cascade import (
    cascade_cost,
    cascade_threshold,
    rebound_break_even,
    router_cost,
    router_threshold,
)
from joulebook.ledger.accounting.tradeoff_money import amortised_per_request
from joulebook.ledger.accounting.tradeoff_types import (
    NEVER,
    BreakEven,
    CascadeResult,
    Costs,
    Curve,
    Escalation,
    Quantity,
    RouteName,
    TornadoBar,
    Tradeoff,
)
from joulebook.ledger.accounting.tradeoff_verdict import tradeoff_verdict
from joulebook.ledger.accounting.uncertainty import Z90, sum_figures
from joulebook.ledger.errors import LedgerError

__all__ = [
    "BreakEven",
    "CascadeResult",
    "Costs",
    "Curve",
    "Escalation",
    "Quantity",
    "RouteName",
    "TornadoBar",
    "Tradeoff",
    "break_even",
    "break_even_date",
    "break_even_requests",
    "curves",
    "tradeoff",
]

Floats = npt.NDArray[np.float64]
Drawn = dict[str, Floats]

SEED = 20_240_615  # fixed, so that the same input gives the same answer
ONE_TIME = ("distillation", "labelling", "evaluation", "development")
PER_REQUEST = ("large", "small", "verifier")
NO_SPREAD = 1e-6  # of a figure's squared spread: as little as that is what rounding leaves
ASSUMED_SWING = 0.2  # how far the tornado moves an input that came without a range


def tradeoff(
    costs: Costs,
    *,
    requests_per_day: float | None = None,
    start: date | None = None,
    escalation: Escalation | None = None,
    rebound: float = 1.0,
    life_requests: float | None = None,
    draws: int = 10_000,
    language: str = "en",
) -> Tradeoff:
    """Break-even, cascade and verdict of one quantity.

    Args:
        costs: Per request and once, in one unit.
        requests_per_day: Traffic, for the date.
        start: Day on which the small model takes over; None gives no date.
        escalation: Share of requests that a cascade or router passes on.
        rebound: Volume multiplier r: requests on the small model for one on the large.
        life_requests: Requests that the large model serves over its life, to spread its training over.
        draws: Paired draws; the seed is fixed.
        language: Key of the sentences.

    Raises:
        LedgerError: A cost below 0, traffic or rebound not above 0, or an escalation rate outside 0..1.
    """
    _check(costs, requests_per_day, escalation, rebound)
    drawn = _draw(costs, draws)
    even = break_even(costs, drawn, requests_per_day=requests_per_day, start=start, rebound=rebound)
    trained = costs.training and life_requests and amortised_per_request(costs.training, life_requests)
    result = Tradeoff(
        costs=costs,
        once=once(costs),
        break_even=even,
        cascade=_cascade(costs, drawn, escalation),
        rebound_break_even=rebound_break_even(costs.large.value, costs.small.value),
        tornado=tuple(tornado(costs, rebound=rebound)),
        verdict="",
        rebound=rebound,
        training_per_request=trained or None,
        training_share=trained.value / (trained.value + costs.large.value) if trained else None,
    )
    return replace(result, verdict=tradeoff_verdict(result, requests_per_day, language))


def break_even_requests(once_cost: float, large: float, small: float, rebound: float = 1.0) -> float:
    """N* = X_once / (x_large - r x_small); infinite where the small model saves nothing."""
    saving = large - rebound * small
    return once_cost / saving if saving > 0 else math.inf


def break_even_date(requests: float, requests_per_day: float, start: date) -> date | None:
    """The first day by whose start that many requests were served; None where it lies beyond the calendar."""
    if not math.isfinite(requests):
        return None
    try:
        return start + timedelta(days=math.ceil(requests / requests_per_day - 1e-9))
    except OverflowError:
        return None


def once(costs: Costs) -> Figure:
    """The sum of the one-time costs; 0 declared where there are none."""
    parts = [part for name in ONE_TIME if (part := getattr(costs, name)) is not None]
    return sum_figures(parts, boundary=costs.large.boundary) or Figure(0.0, 0.0, 0.0, "declared", costs.large.boundary)


def break_even(
    costs: Costs,
    drawn: Drawn,
    *,
    requests_per_day: float | None = None,
    start: date | None = None,
    rebound: float = 1.0,
) -> BreakEven:
    """N* with its range over paired draws, and its dates."""
    central = break_even_requests(once(costs).value, costs.large.value, costs.small.value, rebound)
    saving = drawn["large"] - rebound * drawn["small"]
    with np.errstate(divide="ignore"):
        requests = np.where(saving > 0, drawn["once"] / np.where(saving > 0, saving, 1.0), math.inf)
    never = float(np.mean(saving <= 0))
    if not math.isfinite(central):
        return BreakEven(None, never, True)
    low, high = (float(np.quantile(requests, q, method="inverted_cdf")) for q in (0.05, 0.95))
    finite = requests[np.isfinite(requests)]
    top = high if math.isfinite(high) else float(finite.max())
    figure = _figure_of(costs, central, low, top)
    day = None if requests_per_day is None or start is None else (requests_per_day, start)
    return BreakEven(
        requests=figure,
        probability_never=never,
        latest_is_never=not math.isfinite(high),
        date=break_even_date(central, *day) if day else None,
        date_early=break_even_date(figure.low, *day) if day else None,
        date_late=break_even_date(high, *day) if day else None,
    )


def tornado(costs: Costs, *, rebound: float = 1.0) -> list[TornadoBar]:
    """N* with each input at the ends of its own range and the others where they are, widest first.

    What all inputs share (grid, PUE, price) cancels in N*, so it moves no bar; what the two models share (one meter)
    moves both of them at once, as the bar `both`.
    """
    bars = []
    for field in fields(costs):
        figure = getattr(costs, field.name)
        if field.name not in (*ONE_TIME, "large", "small") or figure is None:
            continue
        bars.append(_bar(costs, field.name, figure, rebound))
    if costs.pair_gsd > 1:
        factors = (costs.pair_gsd**-Z90, costs.pair_gsd**Z90)
        at = [_moved(costs, dict.fromkeys(("large", "small"), factor), rebound) for factor in factors]
        bars.append(TornadoBar("both", at[0], at[1], False))
    return sorted(bars, key=_swing, reverse=True)


def curves(
    costs: Costs,
    requests: Floats,
    *,
    escalation: Escalation | None = None,
    switch_at: float = 0.0,
    rebound: float = 1.0,
    draws: int = 2_000,
) -> list[Curve]:
    """Cumulative cost of each route over requests, with 90 % bands.

    A cascade and a router take a small model that is there already; "large first" pays for its own at the switch.

    Args:
        costs: Per request and once, in one unit.
        requests: Shape (n,), growing.
        escalation: Adds the cascade and router routes.
        switch_at: Requests that the large model serves before the small one takes over ("large first").
        rebound: Volume multiplier r on the requests that the small model serves.
        draws: Paired draws for the bands.
    """
    drawn = _draw(costs, draws)
    central = {name: np.array([value]) for name, value in _central(costs).items()}
    bands = _routes(drawn, requests, escalation, switch_at, rebound)
    lines = _routes(central, requests, escalation, switch_at, rebound, spread=False)
    found = []
    for route, total in bands.items():
        low, high = np.quantile(total, (0.05, 0.95), axis=0)
        found.append(Curve(route, requests, lines[route][0], low, high))
    return found


def _routes(
    drawn: Drawn,
    requests: Floats,
    escalation: Escalation | None,
    switch_at: float,
    rebound: float,
    *,
    spread: bool = True,
) -> dict[RouteName, Floats]:
    """Totals by route, shape (draws, n)."""
    large, small, verifier, one_time = (drawn[k][:, None] for k in ("large", "small", "verifier", "once"))
    before, after = np.minimum(requests, switch_at), np.maximum(requests - switch_at, 0.0)
    switched = (requests >= switch_at).astype(float)
    routes: dict[RouteName, Floats] = {
        "always large": large * requests,
        "always small": small * rebound * requests,
        "large first": large * before + one_time * switched + small * rebound * after,
    }
    if escalation is not None:
        p = _rates(escalation, len(large))[:, None] if spread else np.array([[escalation.value]])
        routes["cascade"] = (small + verifier + p * large) * rebound * requests
        routes["router"] = (verifier + (1 - p) * small + p * large) * rebound * requests
    return routes


def _rates(escalation: Escalation, draws: int) -> Floats:
    """Escalation rates as two half normals around the measured one, kept in 0..1; shape (draws,)."""
    z = np.random.default_rng([SEED, 2]).standard_normal(draws)
    down, up = (escalation.value - escalation.low) / Z90, (escalation.high - escalation.value) / Z90
    return np.clip(escalation.value + np.where(z < 0, z * down, z * up), 0.0, 1.0)


def _draw(costs: Costs, draws: int) -> Drawn:
    """Paired lognormal draws; what figures share moves them together."""
    random = np.random.default_rng([SEED, 1])
    everywhere = _Common(math.log(costs.shared_gsd), random.standard_normal(draws))
    pair = _Common(math.log(costs.pair_gsd), random.standard_normal(draws))
    found = {}
    for name in (*PER_REQUEST, *ONE_TIME):
        figure = getattr(costs, name)
        z = random.standard_normal(draws)
        shared = [everywhere, pair] if name in ("large", "small") else [everywhere]
        found[name] = np.zeros(draws) if figure is None else _spread(figure, z, shared)
    found["once"] = np.sum([found[name] for name in ONE_TIME], axis=0)
    return found


class _Common(NamedTuple):
    """A spread that several figures share: standard deviation of its logarithm, and its draws."""

    sd: float
    z: Floats


def _spread(figure: Figure, z: Floats, shared: list[_Common]) -> Floats:
    """Draws of a figure, each side of its range as half of a lognormal."""
    sd = log_sd(figure)
    if sd == 0:
        return np.full(len(z), figure.value)
    own = math.sqrt(max(0.0, sd * sd - sum(common.sd**2 for common in shared)))
    moved = (own * z + sum(common.sd * common.z for common in shared)) / math.hypot(own, *(c.sd for c in shared))
    down, up = log_sides(figure)
    drawn: Floats = figure.value * np.exp(moved * np.where(moved < 0, down, up) / Z90)
    return drawn


def _central(costs: Costs) -> dict[str, float]:
    per_request = {name: (f.value if (f := getattr(costs, name)) else 0.0) for name in PER_REQUEST}
    return {**per_request, "once": once(costs).value}


def _cascade(costs: Costs, drawn: Drawn, escalation: Escalation | None) -> CascadeResult:
    central = _central(costs)
    large, small, verifier = central["large"], central["small"], central["verifier"]
    threshold = max(cascade_threshold(small, verifier, large), NEVER)
    ends = _cascade_ends(drawn) if large > 0 else np.array([NEVER])
    saving = np.maximum(drawn["large"] - drawn["small"], 1e-300)
    router = router_threshold(small, verifier, large)
    rate = escalation.value if escalation else None
    cascade = cascade_cost(small, verifier, large, rate) if rate is not None else None
    return CascadeResult(
        threshold=_around(costs, threshold, ends),
        router_threshold=_around(costs, max(router, NEVER), np.maximum(1 - drawn["verifier"] / saving, NEVER)),
        measured=escalation,
        cascade_per_request=_mixed(costs, cascade, drawn, escalation, "cascade"),
        router_per_request=_mixed(
            costs, router_cost(small, verifier, large, rate) if rate is not None else None, drawn, escalation, "router"
        ),
        pays=_pays(threshold, escalation),
        rebound_break_even=rebound_break_even(large, cascade) if cascade is not None else None,
    )


def _cascade_ends(drawn: Drawn) -> Floats:
    """The threshold in each draw; a large model that costs next to nothing leaves nothing to save."""
    spent = drawn["small"] + drawn["verifier"]
    return np.maximum(1 - spent / np.maximum(drawn["large"], 1e-150), NEVER)


def _mixed(
    costs: Costs, central: float | None, drawn: Drawn, escalation: Escalation | None, route: RouteName
) -> Figure | None:
    if central is None:
        return None
    return _around(costs, central, _routes(drawn, np.array([1.0]), escalation, 0.0, 1.0)[route][:, 0])


def _pays(threshold: float, escalation: Escalation | None) -> bool | None:
    if escalation is None:
        return None
    if escalation.high < threshold:
        return True
    return False if escalation.low >= threshold else None


def _around(costs: Costs, value: float, drawn: Floats) -> Figure:
    low, high = (float(end) for end in np.quantile(drawn, (0.05, 0.95)))
    return _figure_of(costs, value, low, high)


def _figure_of(costs: Costs, value: float, low: float, high: float) -> Figure:
    """A derived figure: its method is the weakest of the inputs, its range holds the central value."""
    method = weakest([costs.large.method, costs.small.method, once(costs).method])
    return Figure(value, min(low, value), max(high, value), method, costs.large.boundary, costs.large.vintage)


def _bar(costs: Costs, name: str, figure: Figure, rebound: float) -> TornadoBar:
    factors = _own_factors(costs, name, figure)
    assumed = factors is None
    ends = factors or (1 - ASSUMED_SWING, 1 + ASSUMED_SWING)
    at = [_moved(costs, {name: factor}, rebound) for factor in ends]
    return TornadoBar(name, at[0], at[1], assumed)


def _own_factors(costs: Costs, name: str, figure: Figure) -> tuple[float, float] | None:
    """The ends of what a figure shares with no other, over its value; None where it came without a range."""
    sd, everywhere = log_sd(figure), math.log(costs.shared_gsd)
    given = sd * sd - everywhere * everywhere
    if given <= NO_SPREAD * sd * sd:
        return None
    common = math.log(costs.pair_gsd) if name in ("large", "small") else 0.0
    share = math.sqrt(max(0.0, given - common * common)) / sd
    down, up = log_sides(figure)
    return math.exp(-down * share), math.exp(up * share)


def _moved(costs: Costs, factors: Mapping[str, float], rebound: float) -> float | None:
    """N* with some inputs times a factor; None where it never comes."""
    moved: dict[str, Any] = {name: getattr(costs, name).scaled(factor) for name, factor in factors.items()}
    there = replace(costs, **moved)
    requests = break_even_requests(once(there).value, there.large.value, there.small.value, rebound)
    return requests if math.isfinite(requests) else None


def _swing(bar: TornadoBar) -> float:
    if bar.at_low is None or bar.at_high is None:
        return math.inf
    return abs(bar.at_high - bar.at_low)


def _check(costs: Costs, requests_per_day: float | None, escalation: Escalation | None, rebound: float) -> None:
    for name in (*PER_REQUEST, *ONE_TIME):
        figure = getattr(costs, name)
        if figure is not None and figure.low < 0:
            raise LedgerError(f"a cost can't be below 0: {name} is {figure.value:g} (from {figure.low:g})")
    if requests_per_day is not None and not requests_per_day > 0:
        raise LedgerError(f"traffic must be above 0 requests a day, got {requests_per_day:g}")
    if not rebound > 0:
        raise LedgerError(f"a rebound multiplier must be above 0, got {rebound:g}")
    if escalation is not None and not 0 <= escalation.low <= escalation.value <= escalation.high <= 1:
        raise LedgerError(f"an escalation rate lies between 0 and 1, got {escalation.value:g}")
