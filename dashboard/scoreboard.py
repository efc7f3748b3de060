"""What the Scoreboard page shows: every case, the scores of each group, and the worst cases by name."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import markup
from joulebook.dashboard.texts import t
from joulebook.ledger import scoreboard as ledger
from joulebook.ledger.scoreboard import Case, GroupScore, Score, Scoreboard

INFERENCE, TRAINING = "inference", "training"
NAMED = 3  # worst cases that get a label in the chart
NAN = float("nan")


@st.cache_resource(show_spinner=False, max_entries=1)
def scores() -> Scoreboard:
    """Everything scored; the data behind it don't change while the app runs."""
    return ledger.scoreboard(worst=40)


@st.cache_resource(show_spinner=False, max_entries=1)
def cases() -> tuple[Case, ...]:
    """Every case."""
    return (*ledger.inference_cases(), *ledger.older_inference_cases(), *ledger.training_cases())


def groups(kind: str) -> list[str]:
    """The groups of a kind, in the order of the scores."""
    return [group.group for group in scores().groups if group.group.startswith(kind)]


def of_group(group: str) -> list[Case]:
    """The cases of one group (a case may be in two)."""
    return [case for case in cases() if group in case.group.split(" | ")]


def score_of(group: str) -> GroupScore:
    """The scores of one group."""
    return next(found for found in scores().groups if found.group == group)


def frame_of(found: Sequence[Case], *, other: str = "") -> pd.DataFrame:
    """Cases for a panel; `other` is `ecologits` or `ecologits_true_batch`, in column `other`."""
    first_of_model: dict[str, Case] = {}
    for case in sorted(found, key=lambda case: -abs(math.log(case.factor))):
        first_of_model.setdefault(_short(case.name), case)
    worst = list(first_of_model.values())[:NAMED]
    rows = [
        {
            "known": case.known,
            "predicted": case.predicted.value,
            "other": getattr(case, other) if other and getattr(case, other) is not None else NAN,
            "inside": case.inside,
            "label": markup(_cut(_short(case.name))) if case in worst else "",
            "hover": _hover(case),
        }
        for case in found
    ]
    frame = pd.DataFrame(rows, columns=["known", "predicted", "other", "inside", "label", "hover"])
    return frame.astype({"known": float, "predicted": float, "other": float, "inside": bool})


def others_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The same cases with EcoLogits' prediction in place of ours; it prints no range for a configuration."""
    ratio = (frame["other"] / frame["known"]).map(lambda r: abs(math.log(r)) if r > 0 else 0.0)
    worst = ratio.nlargest(NAMED).index
    names = frame["hover"].str.split("<br>").str[0].str.replace("<b>", "").str.replace("</b>", "").str.split(",").str[0]
    labels = [_cut(name.split("/")[-1]) if i in worst else "" for i, name in names.items()]
    return frame.assign(predicted=frame["other"], inside=True, label=labels)


def _short(name: str) -> str:
    return name.split(",", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]


def _cut(name: str, letters: int = 22) -> str:
    return name if len(name) <= letters else name[: letters - 1] + "…"


def _hover(case: Case) -> str:
    predicted = case.predicted
    lines = [
        f"<b>{markup(case.name)}</b>",
        t("scoreboard.hover_known", value=fmt.number(case.known), unit=case.unit),
        t(
            "scoreboard.hover_ours",
            value=fmt.number(predicted.value),
            low=fmt.number(predicted.low),
            high=fmt.number(predicted.high),
        ),
    ]
    if case.ecologits is not None:
        lines.append(t("scoreboard.hover_ecologits", value=fmt.number(case.ecologits)))
    return "<br>".join(lines)


def score_text(score: Score | None) -> str:
    """Typical factor and 90th percentile; a word where there is none."""
    if score is None:
        return t("scoreboard.no_estimate")
    return t("scoreboard.score", typical=fmt.number(score.typical), p90=fmt.number(score.p90))


def bias_text(score: Score) -> str:
    """Which way it errs."""
    percent = fmt.percent(abs(score.bias - 1))
    if abs(score.bias - 1) < 0.005:
        return t("scoreboard.no_bias")
    return t("scoreboard.too_high" if score.bias > 1 else "scoreboard.too_low", percent=percent)


def table_of(kind: str) -> pd.DataFrame:
    """Groups of a kind with their scores, for the screen."""
    found = [group for group in scores().groups if group.group.startswith(kind)]
    columns = {
        t("scoreboard.group"): [group.group for group in found],
        t("scoreboard.cases"): [fmt.whole(group.cases) for group in found],
        t("scoreboard.ours"): [score_text(group.ours) for group in found],
        t("scoreboard.bias"): [bias_text(group.ours) for group in found],
        t("scoreboard.inside"): [fmt.percent(group.inside_range) for group in found],
    }
    if kind == INFERENCE:
        columns[t("scoreboard.ecologits")] = [score_text(group.ecologits) for group in found]
        columns[t("scoreboard.ecologits_batch")] = [score_text(group.ecologits_true_batch) for group in found]
    return pd.DataFrame(columns)


def worst_of(group: str, n: int = 15) -> list[Case]:
    """The cases of a group that lie furthest off, worst first."""
    return sorted(of_group(group), key=lambda case: -abs(math.log(case.factor)))[:n]


def worst_table(found: Sequence[Case]) -> pd.DataFrame:
    """The worst cases for the screen; names are long, so that a phone shows what stands before them."""
    return pd.DataFrame(
        {
            t("scoreboard.factor"): [f"× {fmt.number(case.factor)}" for case in found],
            t("scoreboard.case"): [case.name for case in found],
            t("scoreboard.known"): [f"{fmt.number(case.known)} {case.unit}" for case in found],
            t("scoreboard.predicted"): [_predicted(case) for case in found],
            t("scoreboard.in_range"): [t("scoreboard.yes" if case.inside else "scoreboard.no") for case in found],
        }
    )


def _predicted(case: Case) -> str:
    value, low, high = (fmt.number(end) for end in (case.predicted.value, case.predicted.low, case.predicted.high))
    return t("compare.value_with_range", value=value, low=low, high=high)


def export_of(found: Sequence[Case]) -> pd.DataFrame:
    """Cases for CSV: known, predicted with range, method and vintage."""
    return pd.DataFrame(
        [
            {
                "case": case.name,
                "group": case.group,
                "unit": case.unit,
                "known": case.known,
                "predicted": case.predicted.value,
                "predicted_low": case.predicted.low,
                "predicted_high": case.predicted.high,
                "method": "modelled, held out",
                "vintage": "2026-11",
                "factor": case.factor,
                "inside_range": case.inside,
                "ecologits": case.ecologits,
                "ecologits_true_batch": case.ecologits_true_batch,
            }
            for case in found
        ]
    )
