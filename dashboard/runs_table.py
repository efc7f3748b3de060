"""How runs look in tables: what is sorted by number is shown with its own unit, state is an icon and a word."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from joulebook.dashboard import format as fmt
from joulebook.dashboard.run_page import kind_of
from joulebook.dashboard.saving import WORK_UNITS
from joulebook.dashboard.texts import t
from joulebook.ledger.store import RunTotals

# name in the link's sort control -> column of the ledger, descending
SORTS: dict[str, tuple[str, bool]] = {
    "newest": ("started_at", True),
    "oldest": ("started_at", False),
    "energy": ("energy_j", True),
    "energy_least": ("energy_j", False),
    "emissions": ("emissions_g", True),
    "duration": ("duration_s", True),
    "name": ("name", False),
    "model": ("model", False),
}
STATUS_ICONS = {"running": "◌", "finished": "✓", "failed": "✕", "interrupted": "◫"}
_SHOWN = (
    "open", "name", "energy_j", "range", "state", "started", "model", "task", "per_unit_j", "emissions_g", "duration_s",
    "quality_value", "kind",
)  # fmt: skip


def sentence(totals: RunTotals, everything: int) -> str:
    """Say `128 of 4 210 runs used 87 kWh (80 to 95), 36 kg CO2e`."""
    energy = totals.energy_j
    if energy is None:
        return t("runs.answer_unknown", n=fmt.whole(totals.n), all=fmt.whole(everything))
    parts = fmt.shown(energy.value, energy.low, energy.high, "energy")
    emissions = totals.emissions_g
    return t(
        "runs.answer",
        n=fmt.whole(totals.n),
        all=fmt.whole(everything),
        energy=fmt.amount(energy.value, "energy"),
        span=f" ({fmt.span(parts)})" if parts.low else "",
        emissions=fmt.amount(emissions.value if emissions else None, "emissions"),
        boundary=t(f"boundary.{energy.boundary}"),
        measured=_measured(energy.measured_share),
    )


def _measured(share: float | None) -> str:
    return t("run.all_modelled") if share == 0 else t("runs.answer_measured", share=fmt.percent(share))


def state(status: str) -> str:
    """A state as an icon and a word."""
    return f"{STATUS_ICONS.get(status, '')} {t('status.' + status)}".strip()


def work_of(row: Any) -> tuple[str, float] | None:
    """The unit of work that a run's energy is shared out over, and how much of it was done."""
    for unit in WORK_UNITS:
        done = getattr(row, unit)
        if done is not None and done > 0:
            return unit, float(done)
    return None


def styled(frame: pd.DataFrame) -> Styler:
    """The table's rows: numbers stay numbers, so that a click on a heading sorts by value, and show as text."""
    work = [work_of(row) for row in frame.itertuples()]
    shown = pd.DataFrame(
        {
            "open": [":material/timeline:"] * len(frame),
            "state": [state(status) for status in frame["status"]],
            "started": frame["started_at"],
            "name": frame["name"].fillna(""),
            "model": frame["model"].fillna(""),
            "task": frame["task"].fillna(""),
            "kind": [_kind(row) for row in frame.itertuples()],
            "duration_s": frame["duration_s"],
            "energy_j": frame["energy_j"],
            "range": [_span(row) for row in frame.itertuples()],
            "per_unit_j": [e / w[1] if w else float("nan") for e, w in zip(frame["energy_j"], work, strict=True)],
            "emissions_g": frame["emissions_g"],
            "quality_value": frame["quality_value"],
        },
        columns=list(_SHOWN),
    ).reset_index(drop=True)
    units = {i: w[0] for i, w in enumerate(work) if w}
    style = shown.style.format(
        {
            "duration_s": _or_word(fmt.duration),
            "energy_j": _or_word(lambda v: fmt.amount(v, "energy")),
            "emissions_g": _or_word(lambda v: fmt.amount(v, "emissions")),
            "quality_value": lambda v: "" if pd.isna(v) else fmt.number(v),
        }
    )
    for unit in set(units.values()):
        rows = [i for i, name in units.items() if name == unit]
        style = style.format({"per_unit_j": _per(unit)}, subset=pd.IndexSlice[rows, ["per_unit_j"]])
    without = [i for i in range(len(shown)) if i not in units]
    return style.format({"per_unit_j": lambda _: ""}, subset=pd.IndexSlice[without, ["per_unit_j"]])


def _per(unit: str) -> Any:
    return lambda v: "" if pd.isna(v) else t("word.per", amount=fmt.amount(v, "joules"), unit=t(f"work_one.{unit}"))


def _or_word(show: Any) -> Any:
    return lambda v: t("figure.unknown") if pd.isna(v) else show(v)


def _kind(row: Any) -> str:
    return kind_of(row.stage if pd.notna(row.stage) else None, row.kind)


def _span(row: Any) -> str:
    if pd.isna(row.energy_j):
        return ""
    return fmt.span(fmt.shown(row.energy_j, row.energy_low_j, row.energy_high_j, "energy"))


def columns() -> dict[str, Any]:
    """Headings and widths."""
    config = st.column_config
    when = f"{t('date.cell')} HH:mm"
    return {
        "open": config.ButtonColumn("", key="runs_open", type="tertiary", width=48, pinned=True, help=t("runs.open")),
        "state": config.TextColumn(t("word.state"), width=94),
        "started": config.DatetimeColumn(t("runs.started"), format=when, timezone="UTC", width=136),
        "name": config.TextColumn(t("word.name"), width=190),
        "model": config.TextColumn(t("word.model"), width=112),
        "task": config.TextColumn(t("word.task"), width=84),
        "kind": config.TextColumn(t("word.kind"), width=84),
        "duration_s": config.NumberColumn(t("word.duration"), width=100),
        "energy_j": config.NumberColumn(t("word.energy"), width=76, help=t("runs.energy_help")),
        "range": config.TextColumn(t("figure.range"), width=90),
        "per_unit_j": config.NumberColumn(t("word.per_unit"), width=130),
        "emissions_g": config.NumberColumn(t("word.emissions"), width=88),
        "quality_value": config.NumberColumn(t("word.quality"), width=80),
    }
