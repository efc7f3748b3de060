"""Which pages there are. A page whose view file is missing is left out, so that pages can be built one by one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from joulebook.dashboard.texts import t

_FIRST = "overview"
VIEWS = Path(__file__).parent / "views"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: the name of its view file, which is its URL and its key in the texts too; `section` None hides it."""

    name: str
    section: str | None
    icon: str


ENTRIES = (
    Entry("overview", "ledger", "monitoring"),
    Entry("runs", "ledger", "list"),
    Entry("live", "ledger", "sensors"),
    Entry("compare", "decide", "balance"),
    Entry("tradeoff", "decide", "stacked_line_chart"),
    Entry("estimate", "decide", "calculate"),
    Entry("who_pays", "decide", "public"),
    Entry("models", "reference", "category"),
    Entry("scoreboard", "reference", "scoreboard"),
    Entry("method", "reference", "function"),
    Entry("reports", "take_away", "description"),
    Entry("run", None, "timeline"),
    Entry("side_by_side", None, "compare_arrows"),
)


def pages() -> dict[str, list[st.Page]]:
    """The pages that are built, by section, for `st.navigation`; hidden ones last."""
    sections: dict[str, list[st.Page]] = {t("nav.ledger"): [_first_by_name()]}
    for entry in ENTRIES:
        if is_built(entry.name):
            title = t(f"nav.{entry.section}") if entry.section else ""
            sections.setdefault(title or t("nav.ledger"), []).append(_page(entry))
    return sections


def _first_by_name() -> st.Page:
    """`/overview` leads to the first page, which Streamlit serves at `/` alone."""
    return st.Page(_to_first, title=t(f"nav.{_FIRST}"), url_path=_FIRST, visibility="hidden")


def _to_first() -> None:
    st.switch_page(view(_FIRST), query_params={key: st.query_params.get_all(key) for key in st.query_params})


def is_built(name: str) -> bool:
    """Whether the page has its view file."""
    return (VIEWS / f"{name}.py").is_file()


def view(name: str) -> str:
    """The page's script, for `st.page_link` and `st.switch_page`."""
    return str(VIEWS / f"{name}.py")


def _page(entry: Entry) -> st.Page:
    return st.Page(
        VIEWS / f"{entry.name}.py",
        title=t(f"nav.{entry.name}"),
        icon=f":material/{entry.icon}:",
        url_path="home" if entry.name == _FIRST else entry.name,  # the first page is at `/`; its own path is not served
        default=entry.name == _FIRST,
        visibility="visible" if entry.section else "hidden",
        help=t(f"nav_help.{entry.name}"),
    )
