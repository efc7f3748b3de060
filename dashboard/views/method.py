"""Method: every formula once, with its source and an example that the code itself works out."""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard import data
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.escape import plain
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.formulas import SECTIONS, Formula
from joulebook.ledger.errors import LedgerError


def show(formula: Formula) -> None:
    """Title, formula, what its signs mean, source, example."""
    st.subheader(plain(formula.title), anchor=formula.key, width="content")
    st.code(formula.expression, language=None, wrap_lines=True)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.table(signs(formula), border="horizontal", width="stretch")
    with right:
        example = formula.example
        published = f" ({t('method.published', value=plain(example.published))})" if example.published else ""
        st.markdown(f"{plain(example.text, 400)} → **{plain(example.shown)}**{published}")
        if formula.note:
            st.markdown(plain(formula.note, 600))
        st.caption(t("method.source", source=plain(formula.source, 400)))
    st.space("small")


def signs(formula: Formula) -> dict[str, str]:
    """Each sign with its meaning and unit."""
    return {
        f"`{name}`": plain(meaning, 300) + (f" ({plain(unit)})" if unit not in ("", "1") else "")
        for name, meaning, unit in formula.symbols
    }


def ledger() -> data.Books | None:
    """The books, for the last line; this page shows its formulas without them too."""
    try:
        return data.open_books()
    except LedgerError:
        return None


with header(t("nav.method")):
    pass
answer(t("method.answer", n=sum(len(formulas) for formulas in SECTIONS.values())))
section = st.segmented_control(
    t("method.section"),
    list(SECTIONS),
    default=next(iter(SECTIONS)),
    required=True,
    key="method_section",
    bind="query-params",
    label_visibility="collapsed",
)
st.caption(t("method_mark.legend"))
for formula in SECTIONS[section]:
    show(formula)
page_footer(ledger())
