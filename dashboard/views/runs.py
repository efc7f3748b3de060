"""Runs: which run was that? Filters, totals of what they leave, a table sorted and paged in the ledger."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from joulebook.dashboard import data, runs_table
from joulebook.dashboard import format as fmt
from joulebook.dashboard.components.empty import how_to_begin
from joulebook.dashboard.components.filters import run_filters
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.states import problems
from joulebook.dashboard.components.table import download_csv
from joulebook.dashboard.limits import COMPARE_MAX, RUNS_PAGE_ROWS
from joulebook.dashboard.navigation import view
from joulebook.dashboard.texts import t
from joulebook.ledger import store
from joulebook.ledger.store import RunFilter


def order() -> tuple[str, bool]:
    """Column and direction to sort by, as the link says; the ledger sorts, not the browser."""
    names = {t(f"runs.sort_{name}"): name for name in runs_table.SORTS}
    chosen = st.selectbox(
        t("runs.sort"),
        list(names),
        key="runs_sort",
        bind="query-params",
        label_visibility="collapsed",
        width=190,
    )
    column, descending = runs_table.SORTS[names[chosen]]
    return column, descending


def which_page(n: int) -> int:
    """Rows to leave out before this page; without a control while one page holds all."""
    pages = -(-n // RUNS_PAGE_ROWS)
    if pages <= 1:
        return 0
    return (st.pagination(pages, key="runs_page", bind="query-params") - 1) * RUNS_PAGE_ROWS


def open_run(frame: pd.DataFrame) -> None:
    """Go to the run whose button was pressed."""
    click = st.session_state.get("runs_open")
    if click:
        st.switch_page(view("run"), query_params={"run": frame["run_id"].iloc[click["row"]]})


def chosen_actions(frame: pd.DataFrame, rows: list[int]) -> None:
    """What can be done with the rows that are ticked."""
    ids = [str(frame["run_id"].iloc[row]) for row in rows if row < len(frame)]
    if len(ids) >= 2:
        st.page_link(
            view("side_by_side"),
            label=t("runs.side_by_side", n=len(ids[:COMPARE_MAX])),
            icon=":material/compare_arrows:",
            query_params={"runs": ids[:COMPARE_MAX]},
        )
    elif ids:
        st.page_link(view("run"), label=t("runs.open"), icon=":material/timeline:", query_params={"run": ids[0]})
    else:
        st.caption(t("runs.hint"))


def the_table(books: data.Books, asked: RunFilter, n: int) -> None:
    """Sort, rows, pages, and what the ticked rows offer."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        actions = st.container(width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            column, descending = order()
            export_slot = st.container(width="content")
    slot = st.container()
    offset = which_page(n)
    frame = data.runs(books, asked, sort=column, descending=descending, offset=offset)
    with slot:
        selection = st.dataframe(
            runs_table.styled(frame),
            key="runs_table",
            hide_index=True,
            on_select="rerun",
            selection_mode="multi-row",
            column_config=runs_table.columns(),
            height=min(38 * (len(frame) + 1) + 2, 760),
            row_height=38,
            placeholder="",
            alt=t("runs.alt", n=fmt.whole(n)),
        )
    with actions:
        chosen_actions(frame, list(selection.selection.rows))
    with export_slot:
        download_csv(
            lambda: store.list_runs(books.ledger, asked, sort=column, descending=descending, limit=None),
            n=n,
            file_name="joulebook-runs.csv",
            key="runs-csv",
        )
    open_run(frame)


books = data.open_books()
with header(t("nav.runs")):
    pass
problems(books.problems)
everything_n = data.totals(books).n
if everything_n == 0:
    how_to_begin()
else:
    said = st.container()
    asked = run_filters(data.options(books))
    totals = data.totals(books, asked)
    with said:
        answer(runs_table.sentence(totals, everything_n))
    if totals.n:
        the_table(books, asked, totals.n)
    else:
        st.markdown(t("runs.nothing"))
page_footer(books, boundary=t("boundary.IT"))
