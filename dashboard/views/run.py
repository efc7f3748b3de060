"""Run: where did the energy go? The same page while it runs, live."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from joulebook.dashboard import data, origin, predicted, run_facts, run_page
from joulebook.dashboard.charts import power
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.headline import headlines
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.phone_labels import hide_on_phone
from joulebook.dashboard.components.states import error_state
from joulebook.dashboard.components.table import download_csv, table
from joulebook.dashboard.escape import plain
from joulebook.dashboard.limits import LIVE_PERIOD_S, LIVE_POINTS, MAX_POINTS_PER_TRACE
from joulebook.dashboard.navigation import view
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.ledger import store
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.estimates import surroundings
from joulebook.meters.settings import load_settings


def top(document: dict[str, Any]) -> None:
    """Sentence and headline figures."""
    answer(run_page.sentence(document))
    headlines(run_page.headlines(document))


def power_over_time(books: data.Books, document: dict[str, Any], *, live: bool) -> None:
    """Stacked power with phase bands; drag over it to look closer, unless it moves."""
    run_id, whole_s = document["run_id"], float(document["duration_s"])
    zoom = None if live else st.session_state.get("run_zoom", {}).get(run_id)
    start_s, end_s = zoom or (0.0, whole_s)
    points = LIVE_POINTS if live else MAX_POINTS_PER_TRACE // 2
    trace = data.trace(books, run_id, start_s=start_s, end_s=end_s, max_points=points)
    if trace.empty or not trace["power_w_mean"].notna().any():
        st.markdown(f"**{t('run.power_title')}**")
        st.caption(t("run.no_trace"))
        return
    bands = run_page.bands(document)
    figure = power.figure(
        trace, bands, current_palette(), start_s=start_s, end_s=max(end_s, start_s + 1e-3), selectable=not live
    )
    figure_key = f"run-power-{start_s:.6g}-{end_s:.6g}".replace(".", "_")
    selection = chart(
        figure,
        title=run_page.power_title(trace, bands),
        subtitle=t("run.power_subtitle" if live else "run.power_subtitle_drag"),
        alt=run_page.power_title(trace, bands),
        key=figure_key,
        select=None if live else "box",
    )
    hide_on_phone(figure_key, [i for i, note in enumerate(figure.layout.annotations) if note.name == "narrow"])
    if not live:
        zoom_controls(run_id, selection, zoomed=zoom is not None)


def zoom_controls(run_id: str, selection: Any, *, zoomed: bool) -> None:
    """Take over what was dragged over; a button leads back to the whole run."""
    boxes = selection["selection"]["box"] if selection else []
    if boxes:
        left, right = sorted(float(x) for x in boxes[0]["x"])
        if right > left:
            st.session_state["run_zoom"] = {run_id: (max(0.0, left), right)}
            st.rerun()
    if zoomed and st.button(t("run.whole"), icon=":material/zoom_out_map:"):
        del st.session_state["run_zoom"]
        st.rerun()


def phases(document: dict[str, Any]) -> None:
    """Own energy of each phase; it adds up to the total."""
    if not document["phases"] or document["energy_j"] is None:
        return
    st.subheader(t("run.phases_title"), anchor=False)
    many = len(document["phases"]) > len({phase["name"] for phase in document["phases"]}) + 1
    each = many and st.toggle(t("run.each"), key="run_each", bind="query-params")
    rows = run_page.phase_rows(document, each=bool(each))
    table(
        run_page.shown_phases(rows, document),
        key="run-phases",
        alt=t("run.phases_title"),
        export=rows,
        file_name=f"joulebook-{document['run_id'][:12]}-phases.csv",
    )


def devices(document: dict[str, Any]) -> None:
    """The run's devices, and those that it only kept from others."""
    st.subheader(t("run.devices_title"), anchor=False)
    if document["devices"]:
        st.dataframe(run_page.device_rows(document["devices"]), hide_index=True, alt=t("run.devices_title"))
    else:
        st.markdown(t("run.no_devices"))
    if document["reserved_devices"]:
        st.markdown(t("run.reserved"))
        st.dataframe(run_page.device_rows(document["reserved_devices"]), hide_index=True, alt=t("run.reserved_alt"))


def prediction(document: dict[str, Any]) -> None:
    """What an estimate before the run would have said; nothing where it can't be made."""
    rows = predicted.rows(document, surroundings(load_settings(), None))
    if rows is None:
        return
    st.subheader(t("run.predicted_title"), anchor=False)
    st.caption(t("run.predicted_note"))
    table(
        rows,
        key="run-predicted",
        alt=t("run.predicted_title"),
        file_name=f"joulebook-{document['run_id'][:12]}-predicted.csv",
    )


def written_down(document: dict[str, Any]) -> None:
    """Notes, and what was corrected by hand."""
    written, corrected = run_facts.notes(document), run_facts.corrections(document)
    if written:
        st.subheader(t("run.notes_title"), anchor=False)
        st.markdown("\n\n".join(written))
    if corrected:
        st.subheader(t("run.corrections_title"), anchor=False)
        st.markdown("\n".join(f"- {line}" for line in corrected))


def about(document: dict[str, Any]) -> None:
    """What the run was, what was assumed, and how to do it again."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("run.about_title"), anchor=False)
        st.table(run_facts.facts(document), border="horizontal", width="content")
    with right:
        st.subheader(t("run.assumed_title"), anchor=False)
        st.markdown("\n".join(f"- {line}" for line in run_page.assumptions(document)))
        st.subheader(t("run.again_title"), anchor=False)
        st.code(origin.command(document), language="bash", wrap_lines=True)
        software = origin.software(document)
        if software:
            with st.expander(t("run.software")):
                st.table(software, border="horizontal", width="content")
        factors = origin.factor_lines(document, data.factors())
        if factors:
            with st.expander(t("run.factors", name=plain(document["details"]["factor_set"]["name"]))):
                st.markdown("\n".join(f"- {line}" for line in factors))


def downloads(books: data.Books, document: dict[str, Any]) -> None:
    """The run as JSON, its trace as CSV."""
    with st.container(horizontal=True):
        st.download_button(
            t("run.json"),
            data=lambda: json.dumps(document, indent=2, ensure_ascii=False).encode(),
            file_name=f"joulebook-{document['run_id'][:12]}.json",
            mime="application/json",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
        )
        download_csv(
            lambda: store.trace(books.ledger, document["run_id"], max_points=MAX_POINTS_PER_TRACE),
            n=MAX_POINTS_PER_TRACE,
            file_name=f"joulebook-{document['run_id'][:12]}-power.csv",
            key="run-csv",
            label=t("run.trace_csv"),
        )


@st.fragment(run_every=LIVE_PERIOD_S)
def live_part(run_id: str) -> None:
    """Figures and power of a run that goes on; the page is drawn anew when it ends."""
    try:
        books = data.open_books()
        document = data.document(books, run_id)
    except LedgerError as error:
        error_state(str(error))
        return
    if document["status"] != "running":
        st.rerun()
    top(document)
    power_over_time(books, document, live=True)


def the_run(books: data.Books, run_id: str) -> None:
    """The whole page."""
    document = data.document(books, run_id)
    running = document["status"] == "running"
    with header(plain(run_page.title(document))):
        moving = running and not st.toggle(t("live.pause"), key="run_pause")
    if moving:
        live_part(run_id)
    else:
        top(document)
        power_over_time(books, document, live=False)
    phases(document)
    devices(document)
    prediction(document)
    written_down(document)
    about(document)
    downloads(books, document)
    zone = document["zones"][0] if len(document["zones"]) == 1 else None
    page_footer(
        books,
        boundary=t("boundary.IT"),
        location=zone["zone"] if zone else None,
        location_assumed=bool(zone and zone["assumed"]),
    )


def no_run(books: data.Books, message: str) -> None:
    """What to do on this page when the link names no run of this ledger."""
    with header(t("nav.run")):
        pass
    error_state(message)
    st.page_link(view("runs"), label=t("overview.to_runs"), icon=":material/arrow_forward:")
    page_footer(books)


books = data.open_books()
try:
    run_id = data.find(books, st.query_params.get("run", "latest"))
except LedgerError as error:
    no_run(books, str(error))
else:
    the_run(books, run_id)
