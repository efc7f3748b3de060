"""What a comparison takes and gives: candidates, the one place they are compared at, and the rows that come of it.

Pure: candidates come from `joulebook.ledger.candidates`, the place's factors from the caller. Ranges are 90 % of the
mean. What two candidates share (grid, PUE, meter class) is drawn once for both, so it cancels in their comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from joulebook.ledger.accounting.figure import Figure

Origin = Literal["runs", "published", "estimate"]
Unit = Literal["request", "1k-tokens", "sample"]
State = Literal["frontier", "dominated", "not separable", "unknown"]
Place = Literal["cloud", "own server", "laptop", "phone"]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a candidate does the task.

    Attributes:
        name: Metric (`accuracy`, `F1`, ...).
        value: Mean; a share lies in 0..1.
        low: 5 % end of the range of the mean; None where neither n, sd nor scores were given: the range is unknown.
        high: 95 % end.
        n: Items of the test set.
        higher_is_better: False for perplexity, error, loss.
        language: Language or group that the score is of; None for the whole test.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    higher_is_better: bool = True
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model, or one route, as it did the task; any figure may be unknown.

    Attributes:
        model: Short label, unique in a comparison.
        model_id: Full name, for example the repository that it comes from.
        origin: Own runs, a published measurement, or an estimate; never mixed silently.
        energy_per_unit_j: Range of the mean, shared factors included.
        own_gsd: Geometric standard deviation of the mean that this candidate shares with nobody.
        shared_gsd: What it shares with others: (name of the factor, geometric standard deviation).
        run_to_run_sd_j: Spread between runs (not of the mean), per unit.
        runs: Runs or repetitions behind it.
        latency_s: Time of one request.
        hardware: What it ran on.
        batch: Mean requests at once; None where unknown.
        place: Where it runs; None where unknown.
        prompts_leave: Whether prompts leave the house; None where unknown.
        by_language: Quality by language or group, where it was taken apart.
        components_j: Energy by component (`gpu`, `cpu`, `ram`), per unit, where it was taken apart.
        source: Where the figures come from, in words.
    """

    model: str
    model_id: str
    origin: Origin
    task: str
    unit: Unit
    energy_per_unit_j: Figure | None = None
    own_gsd: float = 1.0
    shared_gsd: tuple[tuple[str, float], ...] = ()
    run_to_run_sd_j: float | None = None
    runs: int | None = None
    quality: Quality | None = None
    latency_s: Figure | None = None
    parameters: float | None = None
    hardware: str | None = None
    batch: float | None = None
    place: Place | None = None
    prompts_leave: bool | None = None
    by_language: tuple[Quality, ...] = ()
    components_j: tuple[tuple[str, float], ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """The one place at which all candidates are compared: what turns joules into carbon, water and money.

    Attributes:
        zone: ISO alpha-3, with region where given; `WLD` where nobody said.
        intensity_g_per_kwh: Grid intensity.
        pue: Facility energy per IT energy, at least 1.
        water_l_per_it_kwh: On site and at the power plants; None where unknown.
        price_usd_per_kwh: Electricity; None where unknown.
        vintage: Factor set behind it.
    """

    zone: str
    intensity_g_per_kwh: Figure
    pue: Figure
    water_l_per_it_kwh: Figure | None = None
    price_usd_per_kwh: Figure | None = None
    vintage: str | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Dominator:
    """Another candidate that is at least as good for no more, with its probability."""

    model: str
    probability: float


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate in a comparison, with everything worked out per unit of work."""

    candidate: Candidate
    quality: Quality | None
    energy_per_unit_j: Figure | None
    emissions_per_unit_g: Figure | None
    water_per_unit_l: Figure | None
    cost_per_unit_usd: Figure | None
    latency_s: Figure | None
    on_frontier: bool
    state: State
    dominated_by: tuple[Dominator, ...] = ()
    not_separable_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontierStep:
    """What the next step along the frontier buys.

    Attributes:
        quality_gain: In the metric's own unit (a share: 0.01 is one point).
        points: Gain in points (hundredths of a share); the metric's unit where it is no share.
        energy_ratio: Energy of the dearer over that of the cheaper.
        extra_g_per_1000_units: Extra emissions for 1,000 units of work.
        points_per_kg_per_1000_units: Points per extra kgCO2e spent on 1,000 units; range from the paired draws.
    """

    cheaper: str
    dearer: str
    quality_gain: float
    points: float
    energy_ratio: float
    extra_g_per_1000_units: float
    points_per_kg_per_1000_units: Figure


@dataclass(frozen=True, slots=True)
class Comparison:
    """A whole comparison: rows (cheapest first), frontier steps, warnings and one sentence."""

    task: str
    unit: Unit
    rows: tuple[Row, ...]
    steps: tuple[FrontierStep, ...]
    warnings: tuple[str, ...]
    verdict: str
    site: Site
    left_out: tuple[tuple[str, str], ...] = field(default=())
