"""What a page shows when it has nothing to show, or can't."""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard.escape import plain
from joulebook.dashboard.texts import t

_OPEN_PROBLEMS = 3


def error_state(message: str, *, title: str | None = None) -> None:
    """One clear message in place of a page or a part of one: what, where, what to do."""
    st.error(plain(message, limit=600), title=title or t("error.title"), icon=":material/error:")


def note(message: str) -> None:
    """A calm remark in Markdown where something is missing or must be known."""
    st.info(message, icon=":material/info:")


def problems(lines: tuple[str, ...]) -> None:
    """What could not be read when journals came in: which and why; a long list is folded away, but never silent."""
    if not lines:
        return
    how_many = t("problems.one") if len(lines) == 1 else t("problems.many", n=len(lines))
    with st.expander(t("problems.title", n=how_many), icon=":material/warning:", expanded=len(lines) <= _OPEN_PROBLEMS):
        for line in lines[:20]:
            st.markdown(plain(line, limit=400))
