"""Every sentence that the decisions say, in one place and by language; figures come in already written out."""

from __future__ import annotations

import re

from joulebook.ledger.accounting.sentences_ko import KOREAN, number_ko
from joulebook.meters.wording import grouped

ENGLISH: dict[str, str] = {
    # compare
    "right": "{small} is right in {qs} where {large} is right in {ql}, for {ratio} of its energy ({low} to {high}).",
    "scores": "{small} scores {qs} where {large} scores {ql} on {metric}, for {ratio} of its energy ({low} to {high}).",
    "almost_sure": "above 0.99",
    "quality_unknown": "unknown",
    "probability": "Probability {p} that it is at least as good for no more energy.",
    "not_separable": (
        "{small} and {large} can't be told apart on {metric} ({qs} against {ql}); {small} uses {ratio} of the"
        " energy ({low} to {high})."
    ),
    "quality_range_unknown": (
        "{small} and {large} are not separable on {metric} ({qs} against {ql}), because a range is unknown; "
        "{small} uses {ratio} of the energy ({low} to {high})."
    ),
    "large_better": (
        "No cheaper model is as good as {large} ({ql} on {metric}); {small} comes nearest with {qs}, for "
        "{ratio} of its energy ({low} to {high})."
    ),
    "energy_not_separable": (
        "{small} and {large} can't be told apart on energy ({ratio}, {low} to {high}); on {metric} they have "
        "{qs} and {ql}."
    ),
    "no_quality": (
        "{small} uses {ratio} of the energy of {large} ({low} to {high}); how well they do the task is not known."
    ),
    "one_candidate": (
        "There is only one candidate, {model}: nothing to compare it with. Add a second model for this task."
    ),
    "no_candidate": "No candidate is left to compare.",
    "no_energy": "No two candidates have a known energy per unit, so they can't be compared.",
    "warn_origins": (
        "Figures of different origin stand side by side ({values}): measured by different people in different ways."
    ),
    "warn_tasks": "Not the same task: {values}.",
    "warn_boundaries": (
        "Not the same boundary: {values}. Energies of unlike boundaries differ by up to a factor of 2.4."
    ),
    "warn_hardware": "Not the same hardware: {values}.",
    "warn_batch": (
        "Not the same batch: {low} to {high} requests at once. Batch alone can change energy per token tenfold."
    ),
    "warn_metric": "Only {metric} is compared; measured in another metric: {models}.",
    "warn_language": "Quality is of one language or group alone: {values}.",
    "warn_quality_range": "Quality without n, sd or scores has an unknown range and is not separable: {models}.",
    "warn_share": "{metric} lies between 0 and 1, and {value} is no share: write {share}.",
    "warn_no_quality": "No quality known, so no place on the frontier: {models}.",
    "left_out_quality": "quality {value} is below {least}",
    "left_out_quality_unknown": "quality is unknown, and at least {least} is asked for",
    "left_out_latency": "latency {value} s is above {most} s",
    "left_out_latency_unknown": "latency is unknown, and at most {most} s is asked for",
    "served_by": (
        "{model} is right in {good} in {home} and in {poor} in {other}, which is no better than chance;"
        " {best} is right in {best_quality} in {other}."
    ),
    "unserved": (
        "{model} is right in {good} in {home} and in {poor} in {other}, which is no better than chance;"
        " no candidate here does better in {other}."
    ),
    "warn_left_out": "Left out: {model} ({why}).",
    # places
    "unknown_region": "No region {zone} is known: the mean of {land} stands in for it.",
    "direct_region": (
        "Of {zone} only what burning fuel emits is known ({direct} g/kWh): the mean of {land}, life cycle, "
        "stands in for it."
    ),
    # trade-off
    "pays_off": "The small model pays for its {once} after {requests} requests ({low} to {high}){when}.",
    "pays_off_exact": "The small model pays for its {once} after {requests} requests{when}.",
    "pays_off_open": "The small model pays for its {once} after {requests} requests ({low} to never){when}.",
    "on_date": ", on {date} at {rate} requests a day",
    "beyond_dates": ", on no day that a calendar holds at {rate} requests a day",
    "never": (
        "The small model never pays off: a request costs {small} on it and {large} on the large one, so "
        "nothing is saved."
    ),
    "never_rebound": (
        "The small model never pays off at {volume} times the volume: nothing is left of what it saves on a request "
        "({small} on it, {large} on the large one). The saving is gone at {limit} times the volume."
    ),
    "rebound": "This is at {volume} times the volume; the saving is gone at {limit} times.",
    "at_once": (
        "The small model pays off from the first request: it saves {saving} on each and costs nothing at the start."
    ),
    "cascade_pays": (
        "A cascade pays as long as fewer than {threshold} of requests go on to the large model; {p} do, so it {does}."
    ),
    "cascade_threshold": "A cascade pays as long as fewer than {threshold} of requests go on to the large model.",
    "cascade_never": (
        "A cascade never pays: what comes before the large model already costs at least as much as the large model."
    ),
    "does_pay": "pays",
    "does_not_pay": "does not pay",
    "may_pay": "may or may not pay",
    # burden
    "burden": (
        "Of the damage of {what}, {share} ({low} to {high} over {n} specifications) falls on people who don't use AI"
    ),
    "burden_what": "these emissions",
    "burden_what_figure": "{value} {unit} ({low} to {high})",
    "burden_outside": "; {share} ({low} to {high}) falls outside {where}",
    "burden_end": ".",
    "and": " and ",
    "and_others": " and {n} others",
    "and_other": " and 1 other",
    "no_beneficiaries": (
        "Nobody said who benefits, so the share that falls outside is unknown: name beneficiary countries."
    ),
    "no_use_rate": (
        "{n} countries have no figure on AI use; their people count as not using it ({share} of the damages)."
    ),
    "no_estimate": "{n} countries have no estimate of damages, among them {names}: unknown is not zero.",
    "burden_what_exact": "{value} {unit}",
    "no_income": "Without a recent purchasing-power income, and so without a relative burden or group: {names} ({n}).",
    "no_income_weighted": (
        "Without a recent purchasing-power income, and so left out once income counts: {names} ({n})."
    ),
}

# Of each unit the steps to say an amount in, how much of it one is, and from which amount on it is taken.
_STEPS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "kWh": (("kWh", 1.0, 0.01), ("J", 1 / 3.6e6, 1 / 3.6e6), ("mJ", 1 / 3.6e9, 1 / 3.6e9), ("µJ", 1 / 3.6e12, 0.0)),
    "kgCO2e": (
        ("tCO2e", 1e3, 1e3),
        ("kgCO2e", 1.0, 1.0),
        ("gCO2e", 1e-3, 1e-3),
        ("mgCO2e", 1e-6, 1e-6),
        ("µgCO2e", 1e-9, 0.0),
    ),
    "USD": (("USD", 1.0, 0.01), ("¢", 1e-2, 1e-4), ("µUSD", 1e-6, 0.0)),
    "L": (("L", 1.0, 1.0), ("mL", 1e-3, 1e-3), ("µL", 1e-6, 0.0)),
}

_WITH_ARTICLE = re.compile(
    "Islands|(Emirates|Kingdom|Republic|States|Congo)$|^(Bahamas|Comoros|Gambia|Maldives|Netherlands|Philippines|Seychelles)$"
)

SENTENCES: dict[str, dict[str, str]] = {"en": ENGLISH, "ko": KOREAN}


def say(key: str, language: str = "en", **words: str) -> str:
    """The sentence of that key with its words filled in; English where a language lacks it."""
    template = SENTENCES.get(language, ENGLISH).get(key, ENGLISH[key])
    return template.format(**words)


def percent(share: float, digits: int | None = None) -> str:
    """A share as `21 %`, with that many decimals; without a wish, two significant digits below 10 %."""
    return f"{bare_percent(share, digits)} %"


def bare_percent(share: float, digits: int | None = None) -> str:
    """The same without the sign, for the first end of a range."""
    points = 100 * share
    if digits is not None:
        return f"{points:.{digits}f}"
    return f"{points:.0f}" if abs(points) >= 9.95 or points == 0 else f"{float(f'{points:.2g}'):g}"


def fitting(unit: str, value: float, *ends: float, language: str = "en") -> tuple[str, ...]:
    """The amount in a step of its unit that reads well, the name of that step, then the ends of its range in it.

    Args:
        unit: `kWh`, `kgCO2e`, `USD` or `L`.
        value: In that unit.
        ends: Of its range.
        language: Whose words for large numbers.
    """
    steps = _STEPS[unit]
    name, size, _ = next((step for step in steps if abs(value or max(ends, default=0.0)) >= step[2]), steps[0])
    return number(value / size, language), name, *(number(end / size, language) for end in ends)


def listed(names: list[str], language: str = "en", most: int = 6) -> str:
    """Names with commas; beyond a handful, how many more."""
    if len(names) <= most:
        return ", ".join(names)
    return ", ".join(names[:most]) + others(len(names) - most, language)


def others(n: int, language: str = "en") -> str:
    """` and 3 others`, ` and 1 other`; nothing for none."""
    return say("and_other" if n == 1 else "and_others", language, n=str(n)) if n > 0 else ""


def the(name: str, language: str = "en") -> str:
    """A country's name in a sentence: `the United States`, `Kenya`."""
    return f"the {name}" if language == "en" and _WITH_ARTICLE.search(name) else name


def number(value: float, language: str = "en") -> str:
    """Three significant digits, from 1,000 on with thin spaces, from a million (Korean: 10,000) on with the word."""
    size = abs(value)
    if language == "ko" and size >= 1e4:
        return number_ko(value)
    for least, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if size >= least:
            return f"{value / least:.3g}{word}" if size < 1000 * least else f"{value:.2e}"
    if size >= 1000:
        return grouped(float(f"{value:.3g}") if size >= 10_000 else value)
    if size == 0:
        return "0"
    if size < 1e-4:
        return f"{value:.2e}"
    return f"{float(f'{value:.3g}'):.6f}".rstrip("0").rstrip(".")
