"""Side by side: two or more runs, whether they did the same work, and whether their difference is real."""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard import data, side_by_side
from joulebook.dashboard.charts import ranges
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.table import table
from joulebook.dashboard.limits import COMPARE_MAX
from joulebook.dashboard.navigation import view
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.ledger.store import RunFilter

_OFFERED = 200


def chosen_runs(books: data.Books) -> list[str]:
    """Ids in the link, changed by the control; the first is what the others are held against."""
    linked = list(dict.fromkeys(st.query_params.get_all("runs")))[:COMPARE_MAX]
    offered = data.runs(books, RunFilter(include_children=True), limit=_OFFERED)
    there = data.runs(books, RunFilter(run_ids=tuple(linked), include_children=True)) if linked else offered.head(0)
    names = side_by_side.labels(offered) | side_by_side.labels(there)
    known = [run_id for run_id in linked if run_id in names]
    chosen = st.multiselect(
        t("side.choose"),
        list(names),
        default=known,
        format_func=lambda run_id: names[run_id],
        max_selections=COMPARE_MAX,
        placeholder=t("side.choose"),
        label_visibility="collapsed",
    )
    if chosen != linked:  # a selection can't be bound to a link by id and shown by name, so it is written here
        st.query_params["runs"] = chosen
    return list(chosen)


def difference(rows: side_by_side.Rows) -> None:
    """The picture: each run with its range, per unit of work where all did the same kind of work."""
    title = side_by_side.title(rows)
    chart(
        ranges.figure(side_by_side.points(rows), current_palette(), quantity=rows.quantity),
        title=title,
        subtitle=side_by_side.subtitle(rows),
        alt=title,
        key="side-energy",
    )


books = data.open_books()
with header(t("nav.side_by_side")):
    pass
said = st.container()
ids = chosen_runs(books)
if len(ids) < 2:
    with said:
        answer(t("side.too_few"))
    st.page_link(view("runs"), label=t("overview.to_runs"), icon=":material/arrow_forward:")
else:
    rows = side_by_side.gather([data.document(books, run_id) for run_id in ids])
    with said:
        answer(side_by_side.sentence(rows))
        st.caption(t("side.together"))
    unlike = side_by_side.same_work(rows)
    if unlike:
        st.warning("\n".join(f"- {line}" for line in unlike), title=t("side.unlike"), icon=":material/rule:")
    difference(rows)
    only_differences = st.toggle(t("side.differences"), key="side_differences", bind="query-params")
    shown, raw = side_by_side.facts(rows, only_differences=only_differences)
    table(
        shown, key="side-facts", alt=t("side.alt"), export=raw, file_name="joulebook-side-by-side.csv", height="content"
    )
page_footer(books, boundary=t("boundary.IT"))
