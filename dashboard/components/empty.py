"""An empty ledger shows how to begin, in three lines."""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard.texts import t

SNIPPET = """from joulebook import track

with track("my-first-run", model="my-model"):
    train()"""


def how_to_begin() -> None:
    """What to do while there is no run: the snippet, a program as it is, the demo, and what can be measured here."""
    st.markdown(t("empty.lead"))
    first, second = st.columns(2, gap="large")
    with first:
        st.markdown(t("empty.code"))
        st.code(SNIPPET, language="python")
    with second:
        st.markdown(t("empty.program"))
        st.code("joulebook run -- python train.py", language="bash")
        st.markdown(t("empty.demo"))
        st.code("joulebook demo", language="bash")
        st.markdown(t("empty.doctor"))
        st.code("joulebook doctor", language="bash")
