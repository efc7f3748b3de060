"""What the Models page shows: the catalogue as a table, what passes the filters, and what it says together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import markup, plain
from joulebook.dashboard.figures import has
from joulebook.dashboard.texts import t
from joulebook.reference_data.claims import Claim, claims
from joulebook.reference_data.countries import country
from joulebook.reference_data.models import Model, models

J_PER_MWH = 3.6e9
SERIES = (  # the models whose names the charts write out, where they pass the filters
    "GPT-2 (1.5B)",
    "GPT-3 (175B)",
    "GPT-4",
    "BERT-Large",
    "Transformer (big, 2017)",
    "Switch Transformer (1.6T)",
    "Gopher (280B)",
    "Megatron-Turing NLG (530B)",
    "LaMDA (137B)",
    "Wu Dao 2.0 (1.75T)",
    "HyperCLOVA (204B)",
    "EXAONE 1.0 (300B)",
    "Llama 2 7B",
    "Llama 2 70B",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The page's filters; what is empty lets everything through."""

    text: str = ""
    countries: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    open_only: bool = False
    article_only: bool = False


def chosen(asked: Asked) -> list[Model]:
    """The models that pass the filters, those of the source articles first."""
    return [model for model in models() if _passes(model, asked)]


def _passes(model: Model, asked: Asked) -> bool:
    words = f"{model.name} {model.developer} {model.hardware}".casefold()
    return (
        asked.text.casefold().strip() in words
        and (not asked.countries or model.country_iso3 in asked.countries)
        and (not asked.evidence or model.energy_evidence in asked.evidence)
        and (not asked.open_only or model.open_weights.startswith("yes"))
        and (not asked.article_only or model.in_article)
    )


def country_names() -> dict[str, str]:
    """Names of the countries that models come from, by ISO code."""
    codes = sorted({model.country_iso3 for model in models() if model.country_iso3})
    return {code: found.name if (found := country(code)) else code for code in codes}


def frame_of(found: Sequence[Model]) -> pd.DataFrame:
    """The models that may be drawn beside one another, as the charts take them."""
    rows = [
        {
            "label": markup(_short(model.name)),
            "parameters": model.parameters_billion,
            "energy_mwh": model.training_energy_mwh,
            "released": model.released,
            "evidence": model.energy_evidence,
            "open_weights": model.open_weights.startswith("yes"),
            "named": model.name in SERIES,
            "hover": hover(model),
        }
        for model in found
        if model.comparable
    ]
    names = ["label", "parameters", "energy_mwh", "released", "evidence", "open_weights", "named", "hover"]
    frame = pd.DataFrame(rows, columns=names)
    frame["released"] = pd.to_datetime(frame["released"], errors="coerce")
    return frame.astype({"parameters": float, "energy_mwh": float, "named": bool, "open_weights": bool})


def _short(name: str) -> str:
    return name.split(" (", maxsplit=1)[0]


def hover(model: Model) -> str:
    """What the pointer shows over a model, as HTML."""
    lines = [
        f"<b>{markup(model.name)}</b>, {markup(model.developer)}",
        t("models.hover_parameters", parameters=parameters_text(model.parameters_billion), date=markup(model.released)),
        t("models.hover_energy", energy=energy_text(model), evidence=evidence_word(model.energy_evidence)),
    ]
    return "<br>".join(lines)


def parameters_text(billions: float | None) -> str:
    """`175 billion`, `66.4 million`, or the word for unknown."""
    return fmt.amount(None if billions is None else billions * 1e9, "count")


def weights_text(model: Model) -> str:
    """Whether anybody may fetch the weights, and under which terms, in words."""
    whether, _, terms = model.open_weights.partition(" (")
    if not whether:
        return t("figure.unknown")
    said = t(f"models.weights_{whether.replace('/', '')}")
    terms = terms.removesuffix(")")
    key = "models.terms_" + terms.replace("-", "_")
    return f"{said} ({t(key) if has(key) else terms})" if terms else said


def energy_text(model: Model) -> str:
    """Training energy with its unit; unknown is a word."""
    return fmt.amount(None if model.training_energy_mwh is None else model.training_energy_mwh * J_PER_MWH, "energy")


def evidence_word(evidence: str) -> str:
    """How a training energy is known, in words."""
    return t(f"models.evidence_{evidence or 'none'}")


@dataclass(frozen=True, slots=True)
class SizeSlope:
    """How training energy grows with parameters: exponent with its 90 % range, and the line through the points."""

    slope: float
    low: float
    high: float
    intercept: float
    n: int


def size_slope(frame: pd.DataFrame) -> SizeSlope | None:
    """Least squares of log10 energy over log10 parameters, its range by the textbook; None under 8 models."""
    known = frame.dropna(subset=["parameters", "energy_mwh"])
    known = known[(known["parameters"] > 0) & (known["energy_mwh"] > 0)]
    if len(known) < 8:
        return None
    x, y = np.log10(known["parameters"].to_numpy(float)), np.log10(known["energy_mwh"].to_numpy(float))
    slope, intercept = np.polyfit(x, y, 1)
    rest = y - (intercept + slope * x)
    error = float(np.sqrt((rest**2).sum() / (len(x) - 2) / ((x - x.mean()) ** 2).sum()))
    return SizeSlope(float(slope), float(slope - 1.645 * error), float(slope + 1.645 * error), float(intercept), len(x))


def size_span(frame: pd.DataFrame) -> tuple[str, float, float] | None:
    """The largest model of known size, its parameters and the median (billions); None where no size is known."""
    known = frame.dropna(subset=["parameters"])
    if known.empty:
        return None
    largest = known.loc[known["parameters"].idxmax()]
    return str(largest["label"]), float(largest["parameters"]), float(known["parameters"].median())


def table_of(found: Sequence[Model]) -> pd.DataFrame:
    """The catalogue for the screen: text with units, what it is about first, so that a phone shows it."""
    names = country_names()
    return pd.DataFrame(
        {
            t("word.model"): [model.name for model in found],
            t("models.parameters"): [parameters_text(model.parameters_billion) for model in found],
            t("models.training_energy"): [energy_text(model) for model in found],
            t("models.known_by"): [evidence_word(model.energy_evidence) for model in found],
            t("models.training_emissions"): [
                fmt.amount(None if m.training_emissions_t is None else m.training_emissions_t * 1e6, "emissions")
                for m in found
            ],
            t("models.training_cost"): [fmt.amount(model.training_cost_usd, "money") for model in found],
            t("models.developer"): [model.developer for model in found],
            t("models.country"): [names.get(model.country_iso3, "") for model in found],
            t("models.released"): pd.to_datetime([model.released for model in found], errors="coerce"),
            t("models.weights"): [weights_text(model) for model in found],
        }
    )


def articles_of(found: Sequence[Model]) -> list[str]:
    """What articles say of these models beside what is published, a paragraph each; only those that one names."""
    return [
        t(
            "models.article",
            model=plain(model.name),
            says=plain(model.article_claim, 400),
            published=plain(model.published_value, 400),
            agrees=plain(model.agrees, 200),
        )
        for model in found
        if model.article_claim
    ]


def export_of(found: Sequence[Model]) -> pd.DataFrame:
    """The catalogue for CSV: plain numbers, how each is known, and sources; ranges are not published."""
    return pd.DataFrame(
        {
            "model": [m.name for m in found],
            "developer": [m.developer for m in found],
            "country_iso3": [m.country_iso3 for m in found],
            "released": [m.released for m in found],
            "parameters": [_times(m.parameters_billion, 1e9) for m in found],
            "active_parameters": [_times(m.active_parameters_billion, 1e9) for m in found],
            "training_energy_j": [_times(m.training_energy_mwh, J_PER_MWH) for m in found],
            "training_energy_low_j": [None for _ in found],
            "training_energy_high_j": [None for _ in found],
            "training_energy_method": [m.energy_evidence for m in found],
            "training_energy_boundary": [m.energy_basis for m in found],
            "training_emissions_g": [_times(m.training_emissions_t, 1e6) for m in found],
            "training_emissions_basis": [m.emissions_basis for m in found],
            "training_cost_usd": [m.training_cost_usd for m in found],
            "training_cost_basis": [m.cost_basis for m in found],
            "open_weights": [m.open_weights for m in found],
            "article": [m.article for m in found],
            "article_claim": [m.article_claim for m in found],
            "published_value": [m.published_value for m in found],
            "agrees": [m.agrees for m in found],
            "source": [m.source_key for m in found],
            "vintage": ["2026-11" for _ in found],
            "verified": [m.verified for m in found],
            "note": [m.note for m in found],
        }
    )


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def chosen_claims(outlets: Sequence[str], verdicts: Sequence[str], text: str) -> list[Claim]:
    """The claims that pass the filters."""
    wanted = text.casefold().strip()
    return [
        claim
        for claim in claims()
        if (not outlets or claim.outlet in outlets)
        and (not verdicts or claim.verdict in verdicts)
        and wanted in f"{claim.subject} {claim.claim} {claim.independent_value}".casefold()
    ]


def claims_table(found: Sequence[Claim]) -> pd.DataFrame:
    """Claims for the screen; the verdict is a word."""
    return pd.DataFrame(
        {
            t("models.claim_verdict"): [claim.verdict for claim in found],
            t("models.claim"): [claim.claim for claim in found],
            t("models.claim_about"): [claim.subject for claim in found],
            t("models.claim_otherwise"): [claim.independent_value for claim in found],
            t("models.claim_outlet"): [f"{claim.outlet}, {claim.published}" for claim in found],
            t("models.claim_verified"): [t(f"models.verified_{claim.verified}") for claim in found],
        }
    )


def claims_export(found: Sequence[Claim]) -> pd.DataFrame:
    """Claims for CSV."""
    names = ("claim_id", "outlet", "published", "topic", "subject", "claim", "claimed_value", "unit", "kind")
    more = ("independent_value", "verdict", "verdict_text", "source_key", "verified")
    return pd.DataFrame([{name: getattr(c, name) for name in (*names, *more)} for c in found], columns=[*names, *more])
