"""Figures as the JSON contract has them, back into `Figure`; and the mark that says how a figure is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulebook.dashboard.texts import DEFAULT_LANGUAGE, load, t
from joulebook.ledger.accounting.figure import Figure

MARKS: dict[str, str] = {"measured": "●", "sampled": "◐", "modelled": "○", "declared": "■", "published": "▤"}

_ABOVE_IDLE = "above idle: "


def figure_of(json: Mapping[str, Any] | None) -> Figure | None:
    """A figure of `run_document` (or any JSON of the contract); unknown stays None."""
    return None if json is None else Figure(**json)


def boundary_word(text: str) -> str:
    """A boundary as the books have it, by its parts, in the reader's language: `facility, with PUE`."""
    return ", ".join(_boundary(part) for part in text.split(", "))


def _boundary(part: str) -> str:
    if part.startswith(_ABOVE_IDLE):
        return t("boundary.above_idle", part=_boundary(part.removeprefix(_ABOVE_IDLE)))
    whole, _, missing = part.partition(" without ")
    if missing:
        return t("boundary.without", whole=_boundary(whole), part=_boundary(missing))
    key = part.replace(" ", "_")
    table = next((table for table in ("boundary.", "component.") if has(table + key)), None)
    return t(table + key) if table else part


def method_word(method: str) -> str:
    """How a figure is known, in a word of the reader's."""
    return t("method_word." + method)


def kind_word(kind: str) -> str:
    """A kind or stage of runs in the reader's language; one of somebody's own stays as it is."""
    return t("run_kind." + kind) if has("run_kind." + kind) else kind


def has(key: str) -> bool:
    """Whether there is a text of that key."""
    return key in load(DEFAULT_LANGUAGE)


def mark(method: str | None) -> str:
    """The sign for a method, as the legend explains it; empty where nothing is known."""
    return MARKS.get(method or "", "")
