"""Live: a card for each job that runs now, never a number that looks live and is not."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from joulebook.dashboard import data, live
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import power
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.empty import how_to_begin
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.states import error_state
from joulebook.dashboard.escape import plain
from joulebook.dashboard.limits import LIVE_PERIOD_S, LIVE_POINTS
from joulebook.dashboard.navigation import view
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store import RunFilter

WINDOWS_S = {"1": 60.0, "5": 300.0, "15": 900.0, "60": 3600.0}


def card(books: data.Books, job: live.Job, window_s: float) -> None:
    """One job: what it is, energy so far, power now, how old the last reading is, its last minutes."""
    with st.container(border=True):
        left, right = st.columns([1, 2], gap="medium")
        with left:
            st.markdown(f"**{plain(job.name)}**")
            st.caption(plain(job.what))
            st.html(live.figures_html(job))
            st.page_link(
                view("run"), label=t("runs.open"), icon=":material/timeline:", query_params={"run": job.run_id}
            )
        with right:
            last_minutes(books, job, window_s)


def last_minutes(books: data.Books, job: live.Job, window_s: float) -> None:
    """The power of the window, stacked by component."""
    end_s = max(job.duration_s, 1.0)
    start_s = max(0.0, end_s - window_s)
    trace = data.trace(books, job.run_id, start_s=start_s, end_s=end_s, max_points=LIVE_POINTS)
    if trace.empty or not trace["power_w_mean"].notna().any():
        st.caption(t("run.no_trace"))
        return
    now = live.power_now(trace)
    chart(
        power.figure(trace, [], current_palette(), start_s=start_s, end_s=end_s, height=230),
        title=t("live.power_now", power=fmt.amount(now, "power")),
        subtitle=t("live.power_subtitle"),
        alt=t("live.power_now", power=fmt.amount(now, "power")),
        key=f"live-{job.run_id}",
    )


def cards(window_s: float) -> None:
    """What runs now; drawn anew every tick."""
    try:
        books = data.open_books()
        running = data.runs(books, RunFilter(statuses=("running",), include_children=True), limit=20)
    except LedgerError as error:
        error_state(str(error))
        return
    jobs = [live.job_of(row, datetime.now(UTC)) for row in running.itertuples()]
    answer(live.sentence(jobs))
    for job in jobs:
        card(books, job, window_s)


books = data.open_books()
with header(t("nav.live")):
    names = {t("live.window", n=n): seconds for n, seconds in WINDOWS_S.items()}
    chosen = st.selectbox(
        t("live.shown"),
        list(names),
        index=1,
        key="live_window",
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    paused = st.toggle(t("live.pause"), key="live_pause")
if data.totals(books).n == 0:
    how_to_begin()
else:
    st.fragment(cards, run_every=None if paused else LIVE_PERIOD_S)(names[chosen])
page_footer(books, boundary=t("boundary.IT"))
