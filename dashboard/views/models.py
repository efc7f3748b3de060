"""Models: published models and claims about them, each with how it is known."""

from __future__ import annotations

import html
from collections import Counter

import streamlit as st

from joulebook.dashboard import catalogue, claim_tests
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import models_claim, models_size
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.phone_labels import hide_on_phone
from joulebook.dashboard.components.states import note
from joulebook.dashboard.components.table import table
from joulebook.dashboard.escape import plain
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t
from joulebook.reference_data.claims import claims
from joulebook.reference_data.models import models


def show_models() -> None:
    """The catalogue: filters, two charts, the table."""
    found = catalogue.chosen(filters())
    known = [model for model in found if model.training_energy_mwh is not None]
    measured = sum(model.energy_evidence == "measured" for model in known)
    rated = sum(model.energy_evidence == "tdp" for model in known)
    with slot:
        answer(
            t(
                "models.answer",
                n=fmt.whole(len(found)),
                all=fmt.whole(len(models())),
                known=fmt.whole(len(known)),
                measured=fmt.whole(measured),
                rated=fmt.whole(rated),
            )
        )
    if not found:
        note(t("models.none"))
        return
    draw(found)
    table(
        catalogue.table_of(found), key="models-table", alt=t("models.table_alt"), export=catalogue.export_of(found),
        file_name="models.csv", height=460,
        columns={
            t("word.model"): st.column_config.Column(width=165),
            t("models.released"): st.column_config.DateColumn(format=t("date.cell")),
        },
    )  # fmt: skip
    said = catalogue.articles_of(found)
    if said:
        with st.expander(t("models.articles_title", n=fmt.whole(len(said)))):
            st.markdown("\n\n".join(said))


def filters() -> catalogue.Asked:
    """The row of filters, as the link says."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(t("models.search"), key="models_text", bind="query-params", width=200)
        names = catalogue.country_names()
        countries = st.multiselect(
            t("models.country"), list(names), format_func=names.get, key="models_country", bind="query-params",
            placeholder=t("models.any"), width=220,
        )  # fmt: skip
        evidence = st.multiselect(
            t("models.known_by"), ["measured", "tdp", "epoch", "stated", "rumour"],
            format_func=catalogue.evidence_word, key="models_evidence", bind="query-params",
            placeholder=t("models.any"), width=260,
        )  # fmt: skip
        open_only = st.checkbox(t("models.open_only"), key="models_open", bind="query-params")
        article_only = st.checkbox(t("models.article_only"), key="models_article", bind="query-params")
    return catalogue.Asked(text, tuple(countries), tuple(evidence), open_only, article_only)


def draw(found: list[catalogue.Model]) -> None:
    """Parameters against training energy, and parameters over time."""
    frame = catalogue.frame_of(found)
    slope = catalogue.size_slope(frame)
    left, right = st.columns(2, gap="large")
    with left:
        fit = (slope.slope, slope.intercept) if slope else None
        drawn = models_size.energy_figure(
            frame, current_palette(), y_unit=t("models.energy_axis"), x_note=t("models.size_axis"), fit=fit
        )
        title = t("models.size_title_unfitted")
        if slope:
            ends = {"low": fmt.number(10**slope.low), "high": fmt.number(10**slope.high)}
            title = t("models.size_title", times=fmt.number(10**slope.slope), **ends)
        chart(drawn.figure, title=title, subtitle=t("models.size_subtitle"), alt=title, key="models-size")
        hide_on_phone("models-size", drawn.crowded)
    with right:
        drawn = models_size.timeline_figure(
            frame, current_palette(), y_unit=t("models.parameters_axis"), x_note=t("models.time_axis")
        )
        span = catalogue.size_span(frame)
        title = t("models.time_title_few")
        if span:
            name, largest, median = span
            sizes = {"largest": catalogue.parameters_text(largest), "median": catalogue.parameters_text(median)}
            title = t("models.time_title", name=html.unescape(name), **sizes)
        chart(drawn.figure, title=title, subtitle=t("models.time_subtitle"), alt=title, key="models-time")
        hide_on_phone("models-time", drawn.crowded)


def show_claims() -> None:
    """The claims with their verdicts, and the figure that tests one of them."""
    every = claims()
    count = Counter(claim.verdict for claim in every)
    with slot:
        answer(
            t(
                "models.claims_answer",
                n=fmt.whole(len(every)),
                outlets=fmt.whole(len({claim.outlet for claim in every})),
                confirmed=fmt.whole(count["confirmed"]),
                wrong=fmt.whole(count["wrong"]),
                untested=fmt.whole(count["untested"]),
            )
        )
    test_one()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(t("models.search"), key="models_claim_text", bind="query-params", width=200)
        verdicts = st.multiselect(
            t("models.claim_verdict"), sorted(count), key="models_verdict", bind="query-params",
            placeholder=t("models.any"), width=260,
        )  # fmt: skip
        outlets = st.multiselect(
            t("models.claim_outlet"), sorted({claim.outlet for claim in every}), key="models_outlet",
            bind="query-params", placeholder=t("models.any"), width=260,
        )  # fmt: skip
    found = catalogue.chosen_claims(outlets, verdicts, text)
    st.caption(t("models.claims_found", n=fmt.whole(len(found)), all=fmt.whole(len(every))))
    table(
        catalogue.claims_table(found), key="models-claims", alt=t("models.claims_alt"),
        export=catalogue.claims_export(found), file_name="claims.csv", height=460,
    )  # fmt: skip


def test_one() -> None:
    """One claim held against our data."""
    by_id = {claim.claim_id: claim for claim in claims()}
    names = {claim_id: by_id[claim_id].claim for claim_id in claim_tests.available() if claim_id in by_id}
    chosen = st.selectbox(
        t("models.test_which"), list(names), format_func=names.get, key="models_test", bind="query-params", width=640
    )
    claim = by_id[chosen]
    st.markdown(t("models.test_verdict", verdict=claim.verdict, text=plain(claim.verdict_text, limit=200)))
    try:
        tested = claim_tests.run(chosen)
    except LookupError:
        note(t("models.test_missing"))
        return
    chart(
        models_claim.figure(tested.rows, current_palette(), x_note=tested.x_note, log=chosen not in claim_tests.LINEAR),
        title=tested.sentence, subtitle=t("models.test_subtitle", outlet=claim.outlet, date=claim.published),
        alt=tested.sentence, key="models-claim-test",
    )  # fmt: skip


VIEWS = {"models": show_models, "claims": show_claims}
with header(t("nav.models")):
    which = st.segmented_control(
        t("models.which"), list(VIEWS), default="models", required=True,
        format_func=lambda name: t(f"models.view_{name}"), key="models_view",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
slot = st.container()
VIEWS[which]()
page_footer(None, boundary=t("models.boundary"))
