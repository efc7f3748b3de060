"""The languages by hand, at the foot of the sidebar: each named in itself, and the page is kept as it is."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from joulebook.dashboard.escape import markup
from joulebook.dashboard.texts import current_language, languages, load


def language_links() -> None:
    """Plain links that set `?lang=`: the page is loaded afresh, so no widget keeps words of the other language."""
    st.sidebar.html(f'<div class="jb-note">{" · ".join(_link(code) for code in languages())}</div>')


def _link(code: str) -> str:
    name = markup(load(code)["app.language"])
    if code == current_language():
        return f"<strong>{name}</strong>"
    query = {key: st.query_params.get_all(key) for key in st.query_params} | {"lang": [code]}
    return f'<a href="?{markup(urlencode(query, doseq=True))}" lang="{code}" style="color: inherit">{name}</a>'
