"""The frame of every page: title with few controls, one sentence with the answer in it, the last line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from joulebook.dashboard import data
from joulebook.dashboard.components.share import copy_link
from joulebook.dashboard.escape import markup
from joulebook.dashboard.texts import t


@contextmanager
def header(title: str) -> Iterator[None]:
    """The title, with the controls of the page (placed inside the `with`) and the copy-link button at its right.

    Controls get `width=` in pixels and `label_visibility="collapsed"`, so that they stay in one row.
    """
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="page-header"
    ):
        st.title(title, anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            yield
            copy_link()


def answer(*sentences: str) -> None:
    """The page's answer in Markdown, written from the data; text from data must be escaped with `escape.plain`."""
    with st.container(key="answer"):
        st.markdown(" ".join(sentence for sentence in sentences if sentence))


def page_footer(
    books: data.Books | None,
    *,
    boundary: str | None = None,
    location: str | None = None,
    location_assumed: bool = False,
) -> None:
    """The last line: factor set, location and whether it was assumed, boundary, ledger and its revision, version.

    Args:
        books: None on pages that don't need the ledger.
        boundary: What the page's figures hold.
        location: Where; None where the page spans several places (each run carries its own).
        location_assumed: Whether nobody declared it.
    """
    place = "footer.location_assumed" if location_assumed else "footer.location"
    factors = data.factor_set_name()
    parts = (
        t("footer.factors", name=factors) if factors else None,
        t(place, location=location) if location else None,
        t("footer.boundary", boundary=boundary) if boundary else None,
        t("footer.ledger", ledger=_short(books.address), revision=books.revision) if books else None,
        t("footer.version", version=data.program_version()),
    )
    chips = " · ".join(f'<span class="jb-chip">{markup(part)}</span>' for part in parts if part)
    st.html(f'<div class="jb-footer" role="contentinfo">{chips}</div>')


def _short(address: str) -> str:
    return address if len(address) <= 48 else "…" + address[-47:]
