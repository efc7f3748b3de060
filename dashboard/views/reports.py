"""Reports: choose one, see its first rows, take it away; each says what it is for and who asks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from joulebook.dashboard import data, periods, reports
from joulebook.dashboard import format as fmt
from joulebook.dashboard.components.empty import how_to_begin
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.table import download_csv
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


def one_report(books: data.Books, name: str, asked: RunFilter) -> None:
    """What it is for, its first rows, the whole of it as CSV."""
    st.markdown(t(f"reports.for_{name}"))
    frame = reports.REPORTS[name](books, asked)
    if frame.empty:
        st.markdown(t("runs.nothing"))
        return
    st.dataframe(
        frame.head(_FIRST_ROWS), hide_index=True, alt=t(f"reports.name_{name}"), key="reports-first", lazy=False
    )
    st.caption(t("reports.rows", shown=min(_FIRST_ROWS, len(frame)), n=fmt.whole(len(frame))))
    download_csv(frame, file_name=f"joulebook-{name}.csv", key="reports-csv", label=t("reports.download"))
    st.caption(t("reports.command"))
    st.code(reports.command(name, asked), language="bash")


books = data.open_books()
with header(t("nav.reports")):
    asked = controls(data.options(books)["projects"])
totals = data.totals(books, asked)
if data.totals(books).n == 0:
    how_to_begin()
else:
    answer(t("reports.answer", n=fmt.whole(totals.n)))
    names = {t(f"reports.name_{name}"): name for name in reports.REPORTS}
    chosen = st.segmented_control(
        t("reports.which"),
        list(names),
        default=next(iter(names)),
        required=True,
        key="reports_which",
        bind="query-params",
        label_visibility="collapsed",
    )
    one_report(books, names[chosen], asked)
page_footer(books)
