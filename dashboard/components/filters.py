"""The filter row of tables of runs; all of it lives in the link."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from joulebook.dashboard.texts import t
from joulebook.ledger.store import RunFilter

_JOULES_PER_KWH = 3.6e6


def run_filters(options: dict[str, list[str]]) -> RunFilter:
    """Text and project in sight, the rest behind `More`; what is asked stays shown on the button."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs-filters"):
        text = st.text_input(
            t("filter.text"),
            key="runs_text",
            bind="query-params",
            placeholder=t("filter.text"),
            label_visibility="collapsed",
            type="search",
            width=240,
        )
        projects = _several("projects", t("word.project"), options["projects"])
        models = _several("models", t("word.model"), options["models"])
        tasks = _several("tasks", t("word.task"), options["tasks"])
        more = st.popover(t("filter.more"), icon=":material/tune:")
    with more:
        kinds = _several("kinds", t("word.kind"), options["kinds"])
        stages = _several("stages", t("word.stage"), options["stages"])
        statuses = _several("statuses", t("word.state"), options["statuses"])
        start, end = _days()
        low_j, high_j = _energies()
        children = st.toggle(t("filter.children"), key="runs_children", bind="query-params")
    return RunFilter(
        text=text or None,
        projects=projects,
        models=models,
        tasks=tasks,
        kinds=kinds,
        stages=stages,
        statuses=statuses,
        start=start,
        end=end,
        energy_min_j=low_j,
        energy_max_j=high_j,
        include_children=children,
    )


def _several(name: str, label: str, options: list[str]) -> tuple[str, ...]:
    return tuple(
        st.multiselect(
            label,
            options,
            key=f"runs_{name}",
            bind="query-params",
            placeholder=label,
            label_visibility="collapsed",
            width=170,
            disabled=not options,
        )
    )


def _days() -> tuple[datetime | None, datetime | None]:
    """Midnights (UTC) of the first day and of the day after the last."""
    first: date | None = st.date_input(t("filter.from"), value=None, key="runs_from", bind="query-params")
    last: date | None = st.date_input(t("filter.to"), value=None, key="runs_to", bind="query-params")
    start = datetime.combine(first, time(), UTC) if first else None
    return start, datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None


def _energies() -> tuple[float | None, float | None]:
    low, high = (
        st.number_input(t(f"filter.{name}"), min_value=0.0, value=None, key=f"runs_{name}_kwh", bind="query-params")
        for name in ("energy_from", "energy_to")
    )
    return (None if low is None else low * _JOULES_PER_KWH, None if high is None else high * _JOULES_PER_KWH)
