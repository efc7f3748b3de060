"""A link to the page as it is seen: filters and run ids, no figures and no secrets."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from joulebook.dashboard.texts import current_language, t


def copy_link() -> None:
    """A small button that shows the page's full address, ready to copy."""
    with st.popover(t("share.label"), icon=":material/link:", key="copy-link"):
        st.caption(t("share.text"))
        st.code(page_address(), language=None, wrap_lines=True)


def page_address() -> str:
    """The address of this page with everything that its filters say, and the language whose words they are in."""
    pairs = [(key, value) for key in st.query_params for value in st.query_params.get_all(key)]
    if pairs and "lang" not in st.query_params:
        pairs.append(("lang", current_language()))
    address = (st.context.url or "").split("?")[0]
    return f"{address}?{urlencode(pairs)}" if pairs else address
