"""Compare: which model is worth it for a task."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from joulebook.dashboard import compare, compare_tables, data, places
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import frontier, frontier_languages
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.phone_labels import hide_on_phone, show_on_phone
from joulebook.dashboard.components.states import error_state, note
from joulebook.dashboard.components.table import name_width_px, table
from joulebook.dashboard.escape import plain
from joulebook.dashboard.figures import boundary_word
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.comparison import Candidate, Comparison, Unit
from joulebook.ledger.accounting.comparison_verdict import is_share
from joulebook.ledger.errors import LedgerError
from joulebook.reference_data.models import models

UNITS: tuple[Unit, ...] = ("request", "1k-tokens", "sample")
HEIGHTS = ("quality", "latency", "size")
SHOWN_REMARKS = 3


def task_controls(books: data.Books) -> tuple[str, Unit]:
    """Task and unit of work."""
    known = compare.tasks(books)
    task = st.selectbox(
        t("word.task"), known, key="compare_task", bind="query-params", label_visibility="collapsed", width=240
    )
    words = {t(f"compare.unit_{unit.replace('-', '_')}"): unit for unit in UNITS}
    unit = st.selectbox(
        t("compare.unit"), list(words), key="compare_unit", bind="query-params", label_visibility="collapsed", width=165
    )
    return task, words[unit]


def origin_controls() -> tuple[compare.Origin, ...]:
    """Whose figures to take."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", width="content"):
        mine = st.checkbox(t("compare.mine"), value=True, key="compare_mine", bind="query-params")
        published = st.checkbox(t("compare.published"), value=True, key="compare_published", bind="query-params")
    return (*(("runs",) if mine else ()), *(("published",) if published else ()))


def limits(found: list[Candidate]) -> tuple[float | None, float | None]:
    """Quality at least, latency at most."""
    metric = compare.metric_of(found)
    least: float | None = None
    if metric is not None and is_share(metric):
        percent = st.slider(
            t("compare.least_share", metric=metric.name), 0.0, 100.0, 0.0, 0.5, format="%.1f %%",
            key="compare_quality", bind="query-params", width=190,
        )  # fmt: skip
        least = percent / 100 or None
    elif metric is not None:
        least = st.number_input(
            t("compare.least", metric=metric.name), value=None, placeholder=t("compare.any"), key="compare_score",
            bind="query-params", width=200,
        )  # fmt: skip
    choices = [*(fmt.amount(s, "duration") for s in compare.LATENCIES_S), t("compare.any")]
    most = st.select_slider(
        t("compare.most_latency"), choices, value=choices[-1], key="compare_latency", bind="query-params", width=190
    )
    at = choices.index(most)
    return least, compare.LATENCIES_S[at] if at < len(compare.LATENCIES_S) else None


def more_controls(found: list[Candidate], settings_place: str | None) -> dict[str, object]:
    """What most comparisons leave as it is."""
    with st.popover(t("compare.more")):
        gpu_only = st.checkbox(
            t("compare.gpu_only"), key="compare_gpu", bind="query-params", help=t("compare.gpu_help")
        )
        with_latency = st.checkbox(t("compare.with_latency"), key="compare_with_latency", bind="query-params")
        names = places.choices()
        place = st.selectbox(
            t("compare.where"), list(names), index=None, placeholder=settings_place or t("compare.world_mean"),
            key="compare_where", bind="query-params",
        )  # fmt: skip
        languages = sorted({q.language for c in found for q in c.by_language if q.language})
        language = st.selectbox(
            t("compare.language"), languages, index=None, placeholder=t("compare.whole_test"), key="compare_language",
            bind="query-params",
        ) if languages else None  # fmt: skip
        sized = sorted({m.name for m in models() if m.parameters_billion and m.comparable}, key=str.casefold)
        added = st.multiselect(
            t("compare.estimated"), sized, placeholder=t("compare.nothing_added"), key="compare_estimated",
            bind="query-params", help=t("compare.estimated_help"),
        )  # fmt: skip
    return {
        "gpu_only": gpu_only,
        "with_latency": with_latency,
        "location": names[place] if place else settings_place,
        "language": language or "",
        "added": tuple(added),
    }


def ask(books: data.Books, task: str, unit: Unit) -> tuple[compare.Question, list[Candidate]]:
    """The row of controls under the answer."""
    gpu_only = bool(st.session_state.get("compare_gpu"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        origins = origin_controls()
        found = compare.candidates(books, task, unit, origins, gpu_only=gpu_only)
        only = st.multiselect(
            t("compare.candidates"), [c.model for c in found], placeholder=t("compare.all_candidates"),
            key="compare_only", bind="query-params", width=220,
        )  # fmt: skip
        least, most = limits(found)
        more = more_controls(found, data.settings().location)
    question = compare.Question(
        task, unit, origins=origins, only=tuple(only), min_quality=least, max_latency_s=most, **more
    )  # type: ignore[arg-type]
    return question, found


def scatter(result: Comparison) -> None:
    """The frontier."""
    metric = compare.metric_of([row.candidate for row in result.rows])
    words = {t(f"compare.height_{name}"): name for name in HEIGHTS}
    best = 0 if metric else 1
    picked = st.segmented_control(
        t("compare.height"), list(words), default=list(words)[best], required=True, key="compare_height",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    y = words[picked]
    frame = compare.chart_frame(result, y)
    if not compare.has_values(frame):
        note(t("compare.nothing_to_draw", what=t(f"compare.height_{y}").lower()))
        return
    share = y == "quality" and metric is not None and is_share(metric)
    units = {"quality": t("compare.axis_share") if share else metric.name if metric else "", "latency": "s"}
    unit = t(f"compare.per_{result.unit.replace('-', '_')}")
    drawn = frontier.figure(
        frame, current_palette(), chosen=compare.chosen_model(result), y_log=y != "quality", y_share=share,
        y_unit=units.get(y, t("compare.axis_size")), x_note=t("compare.axis_energy", unit=unit),
    )  # fmt: skip
    title = compare.title_of(result, y)
    chart(drawn.figure, title=title, subtitle=t(f"compare.subtitle_{y}"), alt=title, key="compare-frontier")
    hide_on_phone("compare-frontier", drawn.crowded)
    show_on_phone("compare-frontier", drawn.phone)


def languages(result: Comparison) -> None:
    """Who gets a working model."""
    frame = compare.language_frame(result)
    if frame.empty:
        return
    share = bool((frame["value"] <= 1).all())
    title = compare.language_title(frame)
    chart(
        frontier_languages.figure(
            frame, current_palette(), share=share, x_note=t("compare.axis_share") if share else t("word.quality"),
            chance=0.5 if share and "sentiment" in result.task else None,
        ),
        title=title, subtitle=t("compare.language_subtitle"), alt=title, key="compare-languages",
    )  # fmt: skip


def remarks(warnings: Sequence[str]) -> None:
    """What to know before reading on; folded together where there is more than a few lines of it."""
    folded = len(warnings) > SHOWN_REMARKS
    place = st.expander(t("compare.remarks", n=len(warnings)), icon=":material/warning:") if folded else st.container()
    with place:
        for warning in warnings:
            st.caption(f"{'' if folded else ':material/warning: '}{plain(warning, limit=500)}")


def show(result: Comparison) -> None:
    """The whole answer."""
    with slot:
        answer(compare.summary(result))
    remarks(result.warnings)
    if not result.rows:
        note(t("compare.empty"))
        return
    scatter(result)
    names = [row.candidate.model for row in result.rows]
    table(
        compare_tables.table_of(result), key="compare-table", alt=t("compare.table_alt"),
        columns={t("compare.candidate"): st.column_config.Column(width=name_width_px(names))},
        export=compare_tables.export_of(result), file_name="comparison.csv",
    )  # fmt: skip
    with st.expander(t("compare.more_columns"), key="compare_columns", on_change="rerun") as more:
        if more.open:
            rest = compare_tables.more_of(result)
            st.dataframe(rest, key="compare-more", hide_index=True, alt=t("compare.more_columns"), lazy=False)
    if result.steps:
        st.subheader(t("compare.steps_title"), anchor=False)
        table(
            compare_tables.steps_of(result), key="compare-steps", alt=t("compare.steps_alt"),
            export=compare_tables.steps_export(result), file_name="next-step.csv",
        )  # fmt: skip
    languages(result)


books = data.open_books()
with header(t("nav.compare")):
    chosen_task, chosen_unit = task_controls(books)
slot = st.container()
question, available = ask(books, chosen_task, chosen_unit)
if not available and not question.added:
    note(t("compare.no_candidates", task=plain(chosen_task), unit=t(f"compare.unit_{chosen_unit.replace('-', '_')}")))
else:
    try:
        outcome = compare.compared(books, question)
    except (LedgerError, ValueError) as error:
        error_state(str(error))
    else:
        show(outcome)
        if said := places.stand_ins([outcome.site.zone]):
            st.caption(said)
        boundaries = {row.energy_per_unit_j.boundary for row in outcome.rows if row.energy_per_unit_j}
        page_footer(
            books, boundary=", ".join(sorted(map(boundary_word, boundaries))) or None, location=outcome.site.zone,
            location_assumed=outcome.site.assumed,
        )  # fmt: skip
