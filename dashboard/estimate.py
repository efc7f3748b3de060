"""What the Estimate page shows: an estimate, what makes it wide, the same elsewhere, and the record so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts.tradeoff_tornado import Swing
from joulebook.dashboard.escape import plain
from joulebook.dashboard.figures import boundary_word, method_word
from joulebook.dashboard.texts import t
from joulebook.ledger import estimates
from joulebook.ledger.accounting.estimate_inference import InferenceEstimate, InferenceWork, serving_of
from joulebook.ledger.accounting.estimate_training import HOST_SHARE, POWER_SHARE, TrainingEstimate, TrainingWork
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import Zone
from joulebook.ledger.accounting.uncertainty import Range
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.site_prior import SitePrior
from joulebook.ledger.sites import zone_code
from joulebook.meters.settings import load_settings
from joulebook.reference_data.accelerators import accelerators
from joulebook.reference_data.countries import country
from joulebook.reference_data.hourly import profiles
from joulebook.reference_data.inference import inference_coefficients
from joulebook.reference_data.places import grid_regions

DEVICES = ("V100", "A100", "L40S", "H100", "H200", "MI300X", "TPU v5p", "B200")
PLACES = ("SWE", "FRA", "USA", "DEU", "KOR", "CHN", "IND", "ZAF")
BATCHES = (1, 4, 16, 64, 256, 1024)
PRECISIONS = ("bf16", "fp8", "int8", "mxfp4", "q4", "fp32")


@dataclass(frozen=True, slots=True)
class TrainingAsked:
    """A training to estimate; `location` None is the world's mean, assumed.

    Attributes:
        utilisation, power_share: Of the site's own runs on this device; None goes by public runs.
    """

    parameters: float
    tokens: float
    device: str
    count: int | None
    hours: float | None
    location: str | None
    utilisation: Range | None = None
    power_share: Range | None = None


@dataclass(frozen=True, slots=True)
class InferenceAsked:
    """An inference to estimate; what is None is assumed and said."""

    parameters: float
    active: float | None
    device: str
    count: int | None
    batch: float | None
    precision: str
    task: str
    tokens_in: float | None
    tokens_out: float | None
    location: str | None


def device_names() -> list[str]:
    """Accelerators that can be estimated with, the usual ones first."""
    known = sorted({row.name for row in accelerators() if row.tdp_w and row.peak_bf16_tflops}, key=str.casefold)
    return [*DEVICES, *known]


def on_device(asked: TrainingAsked, name: str, prior: SitePrior | None) -> TrainingAsked:
    """The same training on a device, by the site's own runs there where it has any."""
    own = {"utilisation": prior.utilisation if prior else None, "power_share": prior.power_share if prior else None}
    return replace(asked, device=name, **own)


def prior_line(prior: SitePrior, device: str, *, used: bool) -> str:
    """What the site's own runs say, and whether the figures go by it."""
    said = {"n": fmt.whole(prior.runs), "device": plain(device)}
    ranged = prior.utilisation
    if ranged:
        ends = {"low": fmt.percent(ranged.low), "high": fmt.percent(ranged.high)}
        said |= {"utilisation": fmt.percent(ranged.value), **ends}
    return t("estimate.own_used" if used else "estimate.own_unused", **said)


@st.cache_data(max_entries=256, show_spinner=False)
def training(asked: TrainingAsked) -> TrainingEstimate:
    """The estimate of a training.

    Raises:
        LedgerError: An unknown place.
    """
    place = around(asked.location)  # first: it puts the settings' newer files in place of the reference sets
    device = estimates.training_device(asked.device)
    own = (asked.utilisation, asked.power_share)
    work = TrainingWork(asked.parameters, asked.tokens, device, asked.count, asked.hours, *own)
    return estimates.training(work, place)


@st.cache_data(max_entries=256, show_spinner=False)
def inference(asked: InferenceAsked) -> InferenceEstimate:
    """The estimate of an inference.

    Raises:
        LedgerError: An unknown place, or more active parameters than there are.
    """
    if asked.active is not None and asked.active > asked.parameters:
        raise LedgerError(t("estimate.active_too_many"))
    place = around(asked.location)
    return estimates.inference(_work(asked), place)


def _work(asked: InferenceAsked) -> InferenceWork:
    return InferenceWork(
        asked.parameters,
        estimates.serving_device(asked.device),
        asked.active,
        asked.precision,
        asked.task,
        asked.batch,
        asked.count,
        asked.tokens_in,
        asked.tokens_out,
    )


def around(location: str | None) -> estimates.Surroundings:
    """Factors and place of an estimate; the factor set is made once for all places."""
    here = _here()
    return here if location is None else replace(here, zone=Zone(zone_code(location), "flag", assumed=False))


@st.cache_resource(ttl=60, max_entries=1, show_spinner=False)
def _here() -> estimates.Surroundings:
    return estimates.surroundings(load_settings(), None)


Part = tuple[str, float, float]  # name, low over value, high over value


def training_parts(asked: TrainingAsked) -> list[Part]:
    """How far each input alone moves the emissions of a training."""
    place = around(asked.location)
    device = estimates.training_device(asked.device)
    public = estimates.utilisation_prior().utilisation(asked.parameters / 1e9, device.peak_tflops)
    used, power = asked.utilisation or public, asked.power_share or POWER_SHARE
    watts = power.value + HOST_SHARE.value
    parts = [
        *([] if asked.hours else [(t("estimate.part_utilisation"), used.value / used.high, used.value / used.low)]),
        (t("estimate.part_power"), *_shifted(power, watts)),
        (t("estimate.part_host"), *_shifted(HOST_SHARE, watts)),
        *_factor_part("pue", place.factors.get("pue")),
        *_factor_part("grid", place.factors.intensity(place.zone.zone, place.year)),
    ]
    return sorted(parts, key=_width, reverse=True)


def _shifted(part: Range, whole: float) -> tuple[float, float]:
    return 1 + (part.low - part.value) / whole, 1 + (part.high - part.value) / whole


def _factor_part(name: str, factor: Range | object | None) -> list[Part]:
    if factor is None:
        return []
    return [(t(f"estimate.part_{name}"), factor.low / factor.value, factor.high / factor.value)]  # type: ignore[attr-defined,union-attr]


def _width(part: Part) -> float:
    return math.log(part[2] / max(part[1], 1e-9))


def inference_parts(asked: InferenceAsked) -> list[Part]:
    """How far each input alone moves the emissions of a request; what was assumed is taken away one by one."""
    place = around(asked.location)
    model = estimates.token_model()
    serving = serving_of(_work(asked), model)
    full = _spread(inference(asked).energy_per_request_j)
    sure = replace(asked, batch=asked.batch or serving.batch, tokens_out=asked.tokens_out or serving.output_tokens)
    parts = [(t("estimate.part_estimator"), *_ratios(_spread(inference(sure).energy_per_request_j)))]
    if asked.batch is None:
        rest = _spread(inference(replace(asked, batch=serving.batch)).energy_per_request_j)
        parts.append((t("estimate.part_batch"), *_ratios(_without(full, rest))))
    if asked.tokens_out is None:
        rest = _spread(inference(replace(asked, tokens_out=serving.output_tokens)).energy_per_request_j)
        parts.append((t("estimate.part_length"), *_ratios(_without(full, rest))))
    parts += _factor_part("full_stack", place.factors.get("full_stack"))
    parts += _factor_part("grid", place.factors.intensity(place.zone.zone, place.year))
    return sorted(parts, key=_width, reverse=True)


def _spread(figure: Figure) -> float:
    """Half the width of a range in logarithms."""
    return math.log(figure.high / figure.low) / 2


def _without(full: float, rest: float) -> float:
    return math.sqrt(max(0.0, full * full - rest * rest))


def _ratios(spread: float) -> tuple[float, float]:
    return math.exp(-spread), math.exp(spread)


def swings(parts: Sequence[Part], figure: Figure, quantity: fmt.Quantity) -> tuple[list[Swing], float, str]:
    """The tornado's bars in the unit of the figure, its middle, and that unit."""
    unit = fmt.unit_for(quantity, figure.value)
    centre = figure.value / unit.size
    bars = []
    for name, low, high in parts:
        ends = (centre * low, centre * high)
        bars.append(Swing(name, *ends, *(fmt.number(end) for end in ends)))
    return bars, centre, unit.name


def elsewhere(
    labels: Sequence[tuple[str, str]],
    estimate_at: Callable[[str], Figure | None],
    *,
    asked: str,
    quantity: fmt.Quantity,
) -> tuple[pd.DataFrame, str]:
    """The same estimate with one input changed, a row each, in one unit; the asked one is added where it is missing.

    Args:
        labels: Key and words of each alternative.
        estimate_at: The figure with that input; None where it is unknown.
        asked: The key that was asked for.
        quantity: Of the figure.
    """
    names = dict(labels)
    if asked not in names:
        names = {asked: asked, **names}
    found = {key: figure for key in names if (figure := estimate_at(key)) is not None}
    unit = fmt.unit_for(quantity, max((figure.value for figure in found.values()), default=None))
    rows = [
        {
            "label": names[key],
            "value": figure.value / unit.size,
            "low": max(figure.low, figure.value / 50) / unit.size,
            "high": figure.high / unit.size,
            "asked": key == asked,
            "text": f"{names[key]}: {fmt.with_range(figure.value, figure.low, figure.high, quantity, unit)}",
        }
        for key, figure in found.items()
    ]
    frame = pd.DataFrame(rows, columns=["label", "value", "low", "high", "asked", "text"])
    return frame.sort_values("value", kind="stable").reset_index(drop=True), unit.name


def place_labels(asked: str | None) -> list[tuple[str, str]]:
    """Places to hold the asked one against, by name."""
    codes = [*PLACES, *([asked] if asked and asked not in PLACES else [])]
    return [(code, place_name(code)) for code in codes]


def place_name(code: str) -> str:
    """The name of a country, or of a region without its country."""
    found = country(code) if "-" not in code else None
    return t("compare.world_mean") if code == "WLD" else found.name if found else grid_regions().get(code, code)


def day_of(location: str | None) -> tuple[float, ...] | None:
    """Intensity by hour of the mean day at a place, over its mean; None where there is no profile."""
    for profile in profiles():
        if location and profile.iso3 == location[:3] and profile.basis == "life cycle":
            mean = sum(profile.intensity_g_per_kwh) / 24
            return tuple(value / mean for value in profile.intensity_g_per_kwh)
    return None


def record_line(kind: str) -> str:
    """How such estimates have fared against what was measured, in one line."""
    if kind == "inference":
        n, _, _, inside, typical, p90 = inference_coefficients()["held_out"]["all text"]
        return t(
            "estimate.record_inference",
            n=fmt.whole(n),
            typical=fmt.number(typical),
            p90=fmt.number(p90),
            inside=fmt.percent(inside),
        )
    from joulebook.ledger.scoreboard import training_cases

    cases = [case for case in training_cases() if "(H)" in case.group]
    logs = sorted(abs(math.log(case.factor)) for case in cases)
    inside_share = sum(case.inside for case in cases) / len(cases)
    return t(
        "estimate.record_training",
        n=fmt.whole(len(cases)),
        typical=fmt.number(math.exp(logs[len(logs) // 2])),
        inside=fmt.percent(inside_share),
    )


def table_of(figures: Sequence[tuple[str, Figure | None, fmt.Quantity]]) -> pd.DataFrame:
    """Every figure for the screen."""
    return pd.DataFrame(
        {
            t("estimate.figure"): [name for name, _, _ in figures],
            t("estimate.value"): [
                fmt.with_range(f.value, f.low, f.high, q) if f else t("figure.unknown") for _, f, q in figures
            ],
            t("figure.boundary"): [boundary_word(f.boundary) if f else "" for _, f, _ in figures],
            t("figure.method"): [method_word(f.method) if f else "" for _, f, _ in figures],
            t("figure.vintage"): [(f.vintage or "") if f else "" for _, f, _ in figures],
        }
    )


def export_of(figures: Sequence[tuple[str, Figure | None, fmt.Quantity]]) -> pd.DataFrame:
    """Every figure for CSV, in SI units."""
    return pd.DataFrame(
        [
            {
                "figure": name,
                "unit": fmt.SI_NAMES[quantity],
                "value": figure.value if figure else None,
                "low": figure.low if figure else None,
                "high": figure.high if figure else None,
                "method": figure.method if figure else "",
                "boundary": figure.boundary if figure else "",
                "vintage": figure.vintage if figure else "",
            }
            for name, figure, quantity in figures
        ]
    )
