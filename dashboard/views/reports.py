"""Reports: choose one, see its beginning, take it away; each says what it is for and who asks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from joulebook.dashboard import data, periods, reports
from joulebook.dashboard import format as fmt
from joulebook.dashboard.components.empty import how_to_begin
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.texts import t
from joulebook.ledger.store import RunFilter

_FIRST_ROWS = 20


def controls(projects: list[str]) -> RunFilter:
    """Period and project."""
    names = {t(f"period.{name}"): name for name in periods.NAMES}
    chosen = st.selectbox(
        t("overview.period"),
        list(names),
        index=list(names.values()).index("all"),
        key="reports_period",
        bind="query-params",
        label_visibility="collapsed",
        width=150,
    )
    project = st.selectbox(
        t("word.project"),
        projects,
        index=None,
        placeholder=t("overview.all_projects"),
        key="reports_project",
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    period = periods.period(names[chosen], datetime.now(UTC))
    return RunFilter(projects=(project,) if project else (), start=period.start, end=period.end)


def one_report(books: data.Books, name: str, asked: RunFilter, n: int) -> None:
    """What it is for, its beginning, the whole of it as a file."""
    st.markdown(t("reports.for_" + name.replace("-", "_")))
    if not reports.can_be_shown(name, n):
        st.caption(t("reports.too_many", n=fmt.whole(n)))
    elif reports.is_table(name):
        frame = reports.first_rows(books, name, asked, _FIRST_ROWS)
        if frame.empty:
            st.markdown(t("runs.nothing"))
            return
        st.dataframe(frame, hide_index=True, alt=title(name), key=f"reports-first-{name}", lazy=False, placeholder="")
        st.caption(t("reports.rows", n=len(frame)) if len(frame) == _FIRST_ROWS else t("reports.all_rows"))
    else:
        st.code(reports.document(books, name, asked), language=None, wrap_lines=True, height=420)
    st.download_button(
        t("reports.download"),
        data=lambda: reports.content(books, name, asked),
        file_name=f"joulebook-{name}{reports.suffix(name)}",
        mime=reports.mime(name),
        key=f"reports-file-{name}",
        on_click="ignore",
        icon=":material/download:",
        type="primary",
    )
    st.caption(t("reports.command"))
    st.code(reports.command(name, asked), language="bash")


def title(name: str) -> str:
    """The report's name for people."""
    return t("reports.name_" + name.replace("-", "_"))


books = data.open_books()
with header(t("nav.reports")):
    asked = controls(data.options(books)["projects"])
totals = data.totals(books, asked)
if data.totals(books).n == 0:
    how_to_begin()
else:
    answer(t("reports.answer", n=fmt.whole(totals.n)))
    names = {title(name): name for name in reports.names()}
    chosen = st.segmented_control(
        t("reports.which"),
        list(names),
        default=next(iter(names)),
        required=True,
        key="reports_which",
        bind="query-params",
        label_visibility="collapsed",
    )
    one_report(books, names[chosen], asked, totals.n)
page_footer(books)
