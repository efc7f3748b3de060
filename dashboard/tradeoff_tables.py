"""The tables of the Trade-off page and their CSV: all quantities side by side, and what the next size buys."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from joulebook.dashboard import format as fmt
from joulebook.dashboard.common_unit import texts
from joulebook.dashboard.texts import t
from joulebook.dashboard.tradeoff import J_PER_KWH, SI_UNITS, Answer, requests_text
from joulebook.ledger.accounting.scaling import SizeStep, size_steps
from joulebook.ledger.accounting.tradeoff import Quantity, Tradeoff

PER = 1000.0  # requests: one alone is too small a number to hold beside the one-time cost
# Peak of an H100 (989e12 FLOP/s dense) times the share that public trainings reach (0.323), over 0.85 of its 700 W.
FLOP_PER_J = 989e12 * 0.323 / (0.85 * 700)
SIZES = (1e9, 3e9, 7e9, 13e9, 34e9, 70e9, 180e9, 405e9)


def table_of(answers: Mapping[Quantity, Answer | None]) -> pd.DataFrame:
    """All quantities side by side, for the screen: the answer first, then what it comes from, one unit in each row."""
    known = {quantity: answer for quantity, answer in answers.items() if answer}
    results = [(quantity, answer, answer.result) for quantity, answer in known.items()]
    large, small, once = zip(*(_costs(q, r) for q, _, r in results), strict=True) if results else ((), (), ())
    return pd.DataFrame(
        {
            t("tradeoff.in"): [t(f"tradeoff.quantity_{q}") for q, _, _ in results],
            t("tradeoff.break_even"): [requests_text(a) for _, a, _ in results],
            t("tradeoff.day"): [_day(r) for _, _, r in results],
            t("tradeoff.large_thousand"): large,
            t("tradeoff.small_thousand"): small,
            t("tradeoff.once"): once,
            t("tradeoff.threshold"): [_threshold(r) for _, _, r in results],
        }
    )


def _costs(quantity: Quantity, result: Tradeoff) -> list[str]:
    """1,000 requests on each model and the one-time cost in one unit, so that they can be held against each other."""
    kind, size = SI_UNITS[quantity]
    requests = [figure.scaled(PER * size) for figure in (result.costs.large, result.costs.small)]
    return texts([*requests, result.once.scaled(size)], kind)


def _day(result: Tradeoff) -> str:
    even = result.break_even
    if even.requests is None:
        return t("tradeoff.never")
    return fmt.day(even.date) if even.date else t("figure.unknown")


def _threshold(result: Tradeoff) -> str:
    figure = result.cascade.threshold
    return fmt.with_range(figure.value, figure.low, figure.high, "share")


def export_of(answers: Mapping[Quantity, Answer | None]) -> pd.DataFrame:
    """All quantities for CSV, each figure with range, method and vintage."""
    return pd.DataFrame([_export_row(q, a.result) for q, a in answers.items() if a])


def _export_row(quantity: Quantity, result: Tradeoff) -> dict[str, object]:
    figures = {
        "large_per_request": result.costs.large,
        "small_per_request": result.costs.small,
        "once": result.once,
        "break_even_requests": result.break_even.requests,
        "cascade_threshold": result.cascade.threshold,
    }
    cells: dict[str, object] = {"unit": {"kwh": "kWh", "kg": "kgCO2e", "usd": "USD", "l": "L"}[quantity]}
    for name, figure in figures.items():
        cells[name] = figure.value if figure else None
        for part in ("low", "high", "method", "boundary", "vintage"):
            cells[f"{name}_{part}"] = getattr(figure, part) if figure else None
    return cells | {
        "break_even_date": result.break_even.date,
        "probability_never": result.break_even.probability_never,
        "verdict": result.verdict,
    }


@st.cache_data(max_entries=1, show_spinner=False)
def sizes() -> list[SizeStep]:
    """What the next size buys, by Chinchilla's law."""
    return size_steps(list(SIZES), FLOP_PER_J)


def sizes_table(steps: list[SizeStep]) -> pd.DataFrame:
    """The sizes for the screen."""
    return pd.DataFrame(
        {
            t("compare.parameters"): [fmt.amount(s.parameters, "count") for s in steps],
            t("models.training_energy"): [fmt.amount(s.training_kwh * J_PER_KWH, "energy") for s in steps],
            t("tradeoff.loss"): [fmt.number(s.loss) for s in steps],
            t("tradeoff.loss_drop"): ["" if s.loss_drop is None else fmt.number(s.loss_drop) for s in steps],
            t("tradeoff.loss_per_mwh"): [
                "" if s.loss_drop_per_mwh is None else fmt.number(s.loss_drop_per_mwh) for s in steps
            ],
            t("tradeoff.token_ratio"): [f"× {fmt.number(s.inference_ratio)}" for s in steps],
            t("tradeoff.tokens"): [fmt.amount(s.tokens, "count") for s in steps],
        }
    )
