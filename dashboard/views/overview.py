"""Overview: what was spent, how sure that is, and what would save most."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from joulebook.dashboard import data, overview, periods
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import energy_bars, size_classes
from joulebook.dashboard.components.chart import chart, chart_title, plot
from joulebook.dashboard.components.empty import how_to_begin
from joulebook.dashboard.components.headline import headlines
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.phone_labels import thin_names_on_phone
from joulebook.dashboard.components.states import problems
from joulebook.dashboard.components.table import table
from joulebook.dashboard.navigation import view
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.ledger.store import RunFilter, RunTotals


def controls(projects: list[str]) -> tuple[periods.Period, RunFilter]:
    """Period and project, as the link says."""
    names = {t(f"period.{name}"): name for name in periods.NAMES}
    chosen = st.selectbox(
        t("overview.period"),
        list(names),
        key="overview_period",
        bind="query-params",
        label_visibility="collapsed",
        width=150,
    )
    project = st.selectbox(
        t("word.project"),
        projects,
        index=None,
        placeholder=t("overview.all_projects"),
        key="overview_project",
        bind="query-params",
        label_visibility="collapsed",
        width=170,
    )
    period = periods.period(names[chosen], datetime.now(UTC))
    return period, RunFilter(projects=(project,) if project else (), start=period.start, end=period.end)


def before(books: data.Books, period: periods.Period, asked: RunFilter) -> RunTotals | None:
    """Totals of the period before; None where there is none or nothing ran in it."""
    if period.before_start is None:
        return None
    totals = data.totals(books, RunFilter(projects=asked.projects, start=period.before_start, end=period.before_end))
    return totals if totals.n else None


def energy_over_time(books: data.Books, period: periods.Period, asked: RunFilter) -> None:
    """Bars per day (week, month), or per run where all of them lie within two days."""
    names = {t("overview.by_component"): "component", t("overview.by_project"): "project"}
    head = st.container()
    by = st.segmented_control(
        t("overview.by"),
        list(names),
        default=next(iter(names)),
        required=True,
        key="overview_by",
        bind="query-params",
        label_visibility="collapsed",
    )
    palette = current_palette()
    drawn = overview.bars(books, period, asked, names[by], palette)
    with head:
        chart_title(drawn.title, drawn.subtitle)
    plot(
        energy_bars.figure(drawn.labels, drawn.parts, drawn.low_j, drawn.high_j, palette),
        alt=drawn.title,
        key="overview-energy",
    )
    if energy_bars.wraps(drawn.labels):
        thin_names_on_phone("overview-energy")


def large_and_small(books: data.Books, asked: RunFilter) -> None:
    """For each size class of models, its share of the energy beside its share of the work."""
    found = overview.size_shares(books, asked)
    if found is None:
        st.markdown(f"**{t('overview.sizes_title')}**")
        st.caption(t("overview.sizes_missing"))
        return
    title = overview.size_title(found)
    chart(
        size_classes.figure(found.frame, current_palette(), names=found.names, work=found.work),
        title=title,
        subtitle=t(f"overview.{found.by}_subtitle", work=found.work),
        alt=title,
        key="overview-sizes",
    )


def largest_uses(books: data.Books, asked: RunFilter) -> None:
    """The five largest uses: model and task, energy, per unit, share."""
    raw = overview.largest_uses(books, asked)
    if raw.empty:
        return
    st.subheader(t("overview.uses_title"), anchor=False)
    shown = pd.DataFrame(
        {
            t("word.model"): raw["model"].fillna(t("figure.unknown")),
            t("word.task"): raw["task"].fillna(t("figure.unknown")),
            t("word.energy"): [
                fmt.with_range(row.facility_energy_j, row.facility_energy_low_j, row.facility_energy_high_j, "energy")
                for row in raw.itertuples()
            ],
            t("word.per_unit"): raw["per_unit"],
            t("word.share"): raw["share"] * 100,
            t("word.runs"): raw["n"],
        }
    )
    table(
        shown,
        key="overview-uses",
        alt=t("overview.uses_title"),
        columns={t("word.share"): st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)},
        export=raw.drop(columns="per_unit"),
        file_name="joulebook-largest-uses.csv",
    )
    st.page_link(view("runs"), label=t("overview.to_runs"), icon=":material/arrow_forward:")


books = data.open_books()
with header(t("nav.overview")):
    period, asked = controls(data.options(books)["projects"])
totals = data.totals(books, asked)
if totals.n == 0 and data.totals(books).n == 0:
    how_to_begin()
elif totals.n == 0:
    answer(t("overview.nothing", period=t(f"period_in.{period.name}")))
else:
    earlier = before(books, period, asked)
    answer(overview.sentence(totals, period), overview.saving_sentence(books, asked))
    headlines(overview.headlines(totals, earlier))
problems(books.problems)
if totals.n:
    st.space("small")
    wide, narrow = st.columns([2, 1], gap="large")
    with wide:
        energy_over_time(books, period, asked)
    with narrow:
        large_and_small(books, asked)
    largest_uses(books, asked)
page_footer(books, boundary=t("boundary.facility"))
