"""Figures as the JSON contract has them, back into `Figure`; and the mark that says how a figure is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulebook.ledger.accounting.figure import Figure

MARKS: dict[str, str] = {"measured": "●", "sampled": "◐", "modelled": "○", "declared": "■", "published": "▤"}


def figure_of(json: Mapping[str, Any] | None) -> Figure | None:
    """A figure of `run_document` (or any JSON of the contract); unknown stays None."""
    return None if json is None else Figure(**json)


def mark(method: str | None) -> str:
    """The sign for a method, as the legend explains it; empty where nothing is known."""
    return MARKS.get(method or "", "")
