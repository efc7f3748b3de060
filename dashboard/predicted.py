"""What would have been estimated for a run before it, beside what it took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from joulebook.dashboard import format as fmt
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.estimates import Surroundings
from joulebook.ledger.site_prior import Verdict, predicted_against_actual


def rows(document: Mapping[str, Any], around: Surroundings) -> pd.DataFrame | None:
    """A row a quantity; None where the run's size, work or accelerators are unknown, so that nothing can be said."""
    if document["status"] == "running":
        return None
    verdicts = predicted_against_actual(document, around)
    return pd.DataFrame([_row(verdict) for verdict in verdicts]) if verdicts else None


def _row(verdict: Verdict) -> dict[str, str]:
    return {
        t("run.predicted_what"): t(f"run.predicted_{verdict.name}"),
        t("run.predicted"): _shown(verdict.name, verdict.predicted),
        t("run.actual"): _shown(verdict.name, verdict.actual),
        t("run.predicted_factor"): f"× {fmt.number(verdict.factor)}",
        t("run.predicted_inside"): t("run.predicted_yes" if verdict.inside else "run.predicted_no"),
    }


def _shown(name: str, figure: Figure) -> str:
    if name == "accelerator_hours":
        figure = figure.scaled(3600.0)
    quantity: fmt.Quantity = "duration" if name == "accelerator_hours" else "energy"
    if figure.low == figure.high:  # hours are read off a clock
        return fmt.amount(figure.value, quantity)
    return fmt.with_range(figure.value, figure.low, figure.high, quantity)
