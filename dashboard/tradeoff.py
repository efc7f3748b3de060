"""What the Trade-off page shows: inputs from typed figures or models, worked out in four quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from joulebook.dashboard import data
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts.tradeoff_tornado import Swing
from joulebook.dashboard.compare import BY_BOOKS, YEAR, Question, candidates, chosen_model, compared
from joulebook.dashboard.texts import DEFAULT_LANGUAGE, current_language, t
from joulebook.ledger import tradeoff_inputs
from joulebook.ledger.accounting.comparison import Candidate, Site
from joulebook.ledger.accounting.comparison_site import with_range
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff import (
    Costs,
    Curve,
    Escalation,
    Quantity,
    Tradeoff,
    break_even_date,
    curves,
    tradeoff,
)
from joulebook.ledger.accounting.tradeoff_cascade import measured_escalation
from joulebook.ledger.accounting.tradeoff_gate import Gate, gate_from_quality
from joulebook.ledger.accounting.tradeoff_money import OwnedHardware, amortised_per_request
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.sites import site_of
from joulebook.ledger.store import RunFilter
from joulebook.ledger.tradeoff_bases import SECONDS_PER_HOUR, Hours, owned, rented

J_PER_KWH = 3.6e6
QUANTITIES: tuple[Quantity, ...] = ("kwh", "kg", "usd", "l")
ONCE_PARTS = ("distillation", "labelling", "evaluation", "development")
MADE_BY_MOST = 12
POINTS = 160  # of a curve; straight lines with one corner need few
# The worked example: Llama 3.1 70B and 8B on H100 at a batch of 64, 400 tokens a request (ML.ENERGY v3).
EXAMPLE_LARGE_J, EXAMPLE_SMALL_J, EXAMPLE_ONCE_KWH = 318.8, 47.6, 600.0

SI_UNITS: Mapping[Quantity, tuple[fmt.Quantity, float]] = {  # SI per unit of the quantity
    "kwh": ("energy", J_PER_KWH),
    "kg": ("emissions", 1e3),
    "usd": ("money", 1.0),
    "l": ("volume", 1.0),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the trade-off is worked out from; figures are (value, low, high) in J, small and hashable.

    Attributes:
        once_kwh: One-time energy by part.
        money_basis: `electricity`, `rented` or `owned`.
        seconds: Accelerator seconds of a request on the large and on the small model, for the other two bases.
    """

    large_j: tuple[float, float, float]
    small_j: tuple[float, float, float]
    verifier_j: float
    once_kwh: tuple[tuple[str, float, float, float], ...]
    boundary: str
    method: str
    requests_per_day: float | None
    start: date
    escalation: tuple[float, int] | None
    switch_at: float
    rebound: float
    location: str | None
    pair_gsd: float = 1.0
    money_basis: str = "electricity"
    seconds: tuple[float, float] = (0.0, 0.0)
    once_hours: float = 0.0
    usd_per_hour: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One quantity, worked out."""

    result: Tradeoff
    lines: list[Curve]


def typed(value: float, percent: float) -> tuple[float, float, float]:
    """A typed figure with the range that was typed for all of them."""
    factor = 1 + percent / 100
    return value, value / factor, value * factor


def ends_of(figure: Figure) -> tuple[float, float, float]:
    """A figure's value and range as a key."""
    return figure.value, figure.low, figure.high


def costed(books: data.Books, task: str) -> list[Candidate]:
    """Candidates of a task whose energy per request is known, dearest first."""
    found = candidates(books, task, "request", ("runs", "published"), gpu_only=False)
    known = [with_range(c) for c in found if c.energy_per_unit_j]
    return sorted(known, key=lambda c: -c.energy_per_unit_j.value)  # type: ignore[union-attr]


def proposed(books: data.Books, task: str, known: list[Candidate]) -> tuple[str, str]:
    """The pair to begin with: the dearest of known quality, and the model that the comparison's verdict begins with."""
    large = next((c.model for c in known if c.quality), known[0].model)
    verdict = compared(books, Question(task))
    return large, chosen_model(verdict) or known[-1].model


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs=BY_BOOKS)
def stage_runs(books: data.Books, model: str | None = None, task: str | None = None) -> pd.DataFrame:
    """Runs that made something (their stage is a one-time cost): a model's own, a task's labelling, the newest."""
    stages = tuple(tradeoff_inputs.STAGES)
    asked = [RunFilter(models=(model,), stages=stages, include_children=True)] if model else []
    labelled = "label" in data.options(books)["stages"]
    asked += [RunFilter(tasks=(task,), stages=("label",), include_children=True)] if task and labelled else []
    asked += [RunFilter(stages=stages, include_children=True)]
    found = [data.runs(books, one) for one in asked]
    kept = [frame for frame in found if len(frame)] or found[:1]
    return pd.concat(kept)[["run_id", "name", "stage", "model", "task", "energy_j"]].drop_duplicates("run_id")


def made_by(runs: pd.DataFrame, small: Candidate | None, task: str | None) -> list[str]:
    """The runs that made this model: those of its own, and the labelling of its task by whichever model did it."""
    if small is None:
        return []
    of_task = runs["task"].isna() if task is None else runs["task"] == task
    made = runs[(runs["model"] == small.model_id) | (of_task & (runs["stage"] == "label"))]
    if not (made["model"] == small.model_id).any():
        return []
    return list(made["run_id"].head(MADE_BY_MOST))  # the newest first; more than a dozen were not one making


def once_of_runs(books: data.Books, run_ids: tuple[str, ...]) -> tuple[tuple[str, float, float, float], ...]:
    """One-time kWh by part from runs.

    Raises:
        LedgerError: The energy of one of them is unknown.
    """
    frame = data.runs(books, RunFilter(run_ids=run_ids, include_children=True), limit=len(run_ids))
    parts = tradeoff_inputs.once_from_runs([_energy_of_row(row) for row in frame.to_dict("records")])
    return tuple((name, *(end / J_PER_KWH for end in ends_of(figure))) for name, figure in parts.items())


def _energy_of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the list as far as a one-time cost needs it, shaped like the run's document."""
    known = row["energy_j"] == row["energy_j"]
    ends = {name: row[f"energy_{name}_j"] for name in ("low", "high")}
    how = {"method": row["energy_method"], "boundary": "IT", "measured_share": row["measured_share"]}
    return {
        "run_id": row["run_id"], "name": row["name"], "stage": row["stage"],
        "energy_j": {"value": row["energy_j"], **ends, **how} if known else None,
    }  # fmt: skip


def worked_out(inputs: Inputs, quantity: Quantity) -> Answer | None:
    """The trade-off in one quantity, in the reader's language; None where a factor (price, water) is unknown.

    Raises:
        LedgerError: An input that can't be.
    """
    return _worked_out(inputs, quantity, current_language())


@st.cache_data(max_entries=64, show_spinner=False)
def _worked_out(inputs: Inputs, quantity: Quantity, language: str) -> Answer | None:
    site = site_of(data.factors(), inputs.location, YEAR)
    costs = _money(inputs, site) if quantity == "usd" and inputs.money_basis != "electricity" else None
    costs = costs or _costs(inputs, quantity, site)
    if costs is None:
        return None
    escalation = _escalation(inputs)
    result = tradeoff(
        costs,
        requests_per_day=inputs.requests_per_day,
        start=inputs.start,
        escalation=escalation,
        rebound=inputs.rebound,
        language=language,
    )
    lines = curves(
        costs, _requests(result, inputs), escalation=escalation, switch_at=inputs.switch_at, rebound=inputs.rebound
    )
    return Answer(result, lines)


def _costs(inputs: Inputs, quantity: Quantity, site: Site) -> Costs | None:
    return tradeoff_inputs.costs_at(quantity, _per_request(inputs), _once(inputs), site, pair_gsd=inputs.pair_gsd)


def _per_request(inputs: Inputs) -> dict[str, Figure]:
    found = {
        "large": Figure(*inputs.large_j, inputs.method, inputs.boundary),  # type: ignore[arg-type]
        "small": Figure(*inputs.small_j, inputs.method, inputs.boundary),  # type: ignore[arg-type]
    }
    if inputs.verifier_j:
        found["verifier"] = Figure(inputs.verifier_j, inputs.verifier_j, inputs.verifier_j, "declared", inputs.boundary)
    return found


def _once(inputs: Inputs) -> dict[str, Figure]:
    return {
        name: Figure(value, low, high, "declared", inputs.boundary).scaled(J_PER_KWH)
        for name, value, low, high in inputs.once_kwh
        if high > 0
    }


def _money(inputs: Inputs, site: Site) -> Costs | None:
    """The same in USD by rented hours or owned hardware."""

    def declared(value: float) -> Figure:
        return Figure(value, value, value, "declared", inputs.boundary)

    seconds = zip(("large", "small"), inputs.seconds, strict=True)
    hours = Hours({role: declared(value / SECONDS_PER_HOUR) for role, value in seconds}, declared(inputs.once_hours))
    energies = {role: figure for role, figure in _per_request(inputs).items() if role in hours.per_request}
    once = _once(inputs) or {"distillation": declared(0.0)}  # a typed 0 is known to be 0
    price = declared(inputs.usd_per_hour)
    if inputs.money_basis == "rented":
        return rented(energies, once, hours, price)
    return owned(energies, once, hours, OwnedHardware(price), site)


def _escalation(inputs: Inputs) -> Escalation | None:
    if inputs.escalation is None:
        return None
    rate, n = inputs.escalation
    return measured_escalation(round(rate * n), n) if n else Escalation(rate, rate, rate)


def _requests(result: Tradeoff, inputs: Inputs) -> np.ndarray:
    """The stretch of requests to draw: to twice the break-even, or a year of traffic where there is none."""
    even = result.break_even.requests
    far = even.value * 2 if even and even.value > 0 else (inputs.requests_per_day or 10_000.0) * 365
    far = max(far, inputs.switch_at * 2)
    corner = inputs.switch_at
    points = np.linspace(0.0, far, POINTS)
    return np.sort(np.append(points, [corner, np.nextafter(corner, np.inf)])) if corner else points


def crossing(answer: Answer, inputs: Inputs) -> tuple[float, float] | None:
    """Requests and cost at which always-large and the small model meet; None where they never do, or start together."""
    even = answer.result.break_even.requests
    if even is None or even.value <= 0 or inputs.switch_at:
        return None
    return even.value, even.value * answer.result.costs.large.value


def amount(quantity: Quantity, value: float) -> str:
    """A cost in the quantity's own unit, as text that adapts."""
    kind, size = SI_UNITS[quantity]
    return fmt.amount(value * size, kind)


def figure_text(quantity: Quantity, figure: Figure | None) -> str:
    """A cost with its range."""
    if figure is None:
        return t("figure.unknown")
    kind, size = SI_UNITS[quantity]
    return fmt.with_range(figure.value * size, figure.low * size, figure.high * size, kind)


def readable(answer: Answer) -> tuple[list[Curve], str, float]:
    """The curves, their unit, and by how much they were scaled to it: a smaller unit where all of them are under 1."""
    quantity = answer.result.costs.quantity
    kind, size = SI_UNITS[quantity]
    top = max(float(curve.value.max()) for curve in answer.lines)
    if top >= 1 or top == 0:
        return answer.lines, t(f"tradeoff.unit_{quantity}"), 1.0
    unit = fmt.unit_for(kind, top * size)
    times = size / unit.size
    scaled = [replace(c, value=c.value * times, low=c.low * times, high=c.high * times) for c in answer.lines]
    return scaled, unit.name, times


def requests_text(answer: Answer) -> str:
    """Break-even in requests with its range, or the word never."""
    even = answer.result.break_even
    if even.requests is None:
        return t("tradeoff.never")
    parts = fmt.shown(even.requests.value, even.requests.low, even.requests.high, "count")
    high = t("tradeoff.never") if even.latest_is_never else parts.high
    value = f"{parts.value}{fmt.gap(parts.unit) and ' '}{parts.unit}"
    return t("tradeoff.with_range", value=value, low=parts.low, high=high) if parts.low else value


def twice_the_traffic(answer: Answer, inputs: Inputs) -> str:
    """The day of break-even with twice the traffic, as a sentence; empty without traffic or break-even."""
    even = answer.result.break_even
    if inputs.requests_per_day is None or even.requests is None or even.requests.value <= 0:
        return ""
    day = break_even_date(even.requests.value, inputs.requests_per_day * 2, inputs.start)
    return t("tradeoff.twice", date=fmt.day(day)) if day else ""


def swings(answer: Answer) -> list[Swing]:
    """The tornado's bars in requests."""
    scale = axis_scale(answer)[0]
    found = []
    for bar in answer.result.tornado:
        low, high = (None if end is None else end / scale for end in (bar.at_low, bar.at_high))
        texts = (t("tradeoff.never") if end is None else fmt.number(end) for end in (low, high))
        name = t(f"tradeoff.input_{bar.name}")
        label = t("tradeoff.assumed", name=name) if bar.assumed_range else name
        found.append(Swing(label, low, high, *texts, bar.assumed_range))
    return found


_AXIS_STEPS = {
    "en": ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")),
    "ko": ((1e8, "hundred_million"), (1e4, "ten_thousand")),
}


def axis_scale(answer: Answer) -> tuple[float, str]:
    """How many requests one step of the axis is, and its word."""
    far = float(answer.lines[0].requests[-1])
    for size, name in _AXIS_STEPS.get(current_language(), _AXIS_STEPS[DEFAULT_LANGUAGE]):
        if far >= size:
            return size, t(f"tradeoff.{name}_requests")
    return 1.0, t("tradeoff.plain_requests")


def gate(small: Candidate | None, large: Candidate | None, margin: float) -> Gate:
    """The quality gate of two candidates."""
    return gate_from_quality(small.quality if small else None, large.quality if large else None, margin=margin)


def gate_text(result: Gate) -> str:
    """The gate's outcome as a sentence."""
    if result.difference is None:
        return t("tradeoff.gate_unknown")
    points = {"margin": fmt.number(result.margin * 100, 1), "difference": fmt.number(result.difference * 100, 2)}
    if result.low is not None and result.high is not None:
        points |= {"low": fmt.number(result.low * 100, 2), "high": fmt.number(result.high * 100, 2)}
        return t(
            {True: "tradeoff.gate_yes", False: "tradeoff.gate_no", None: "tradeoff.gate_open"}[result.passes], **points
        )
    return t("tradeoff.gate_no_range", **points)


def training_share(training_mwh: float, requests: float, per_request_j: float) -> tuple[str, str]:
    """Training's energy in one request over the life of the model, and its share of the whole."""
    training_j = training_mwh * 1e3 * J_PER_KWH
    each = amortised_per_request(Figure(training_j, training_j, training_j, "declared", "as declared"), requests)
    return fmt.amount(each.value, "energy"), fmt.percent(each.value / (each.value + per_request_j))


def check_range(low: float, name: str) -> None:
    """Refuse a number that makes no sense here, in words.

    Raises:
        LedgerError: It is not above 0.
    """
    if not low > 0:
        raise LedgerError(t("tradeoff.must_be_positive", name=name))
