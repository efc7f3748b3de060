"""Trade-off: when the small model has paid for its making."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from joulebook.dashboard import compare, data, places, tradeoff, tradeoff_tables
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import tradeoff as cumulative
from joulebook.dashboard.charts import tradeoff_threshold, tradeoff_tornado
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.headline import Headline, Working, headlines
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.states import error_state, note
from joulebook.dashboard.components.table import table
from joulebook.dashboard.figures import boundary_word
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.sentences import sentence
from joulebook.dashboard.texts import t
from joulebook.dashboard.views._tradeoff_elsewhere import section
from joulebook.ledger.accounting.comparison import Candidate
from joulebook.ledger.accounting.tradeoff import Quantity
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.sites import zone_code
from joulebook.ledger.tradeoff_inputs import pair_gsd
from joulebook.reference_data.accelerators import gpu_hour_price


def number(name: str, value: float | None, *, least: float = 0.0, step: float | None = None) -> float | None:
    """A number whose text and key have one name."""
    return st.number_input(
        t(f"tradeoff.{name}"), min_value=least, value=value, step=step, key=f"tradeoff_{name}", bind="query-params",
        format="%g", placeholder=t("tradeoff.none"),
    )  # fmt: skip


def routes(books: data.Books) -> tuple[dict[str, object], tuple[Candidate | None, Candidate | None]]:
    """What a request costs on the large and on the small model: typed, or from models of one task."""
    words = {t("tradeoff.from_typed"): "typed", t("tradeoff.from_models"): "models"}
    source = st.segmented_control(
        t("tradeoff.from"), list(words), default=next(iter(words)), required=True, key="tradeoff_from",
        bind="query-params",
    )  # fmt: skip
    if words[source] == "models":
        return from_models(books)
    large = number("large_j", tradeoff.EXAMPLE_LARGE_J) or 0.0
    small = number("small_j", tradeoff.EXAMPLE_SMALL_J) or 0.0
    percent = st.number_input(
        t("tradeoff.percent"),
        min_value=0.0,
        max_value=900.0,
        value=10.0,
        key="tradeoff_percent",
        bind="query-params",
        format="%g",
    )
    tradeoff.check_range(large, t("tradeoff.large_j"))
    figures = {"large_j": tradeoff.typed(large, percent), "small_j": tradeoff.typed(small, percent)}
    return {**figures, "boundary": t("tradeoff.as_typed"), "method": "declared"}, (None, None)


def from_models(books: data.Books) -> tuple[dict[str, object], tuple[Candidate | None, Candidate | None]]:
    """Two models of one task."""
    task = st.selectbox(t("word.task"), compare.tasks(books), key="tradeoff_task", bind="query-params")
    known = tradeoff.costed(books, task)
    if len(known) < 2:
        raise LedgerError(t("tradeoff.too_few", task=task))
    names = {c.model: c for c in known}
    big_default, small_default = tradeoff.proposed(books, task, known)
    large = st.selectbox(
        t("tradeoff.large"),
        list(names),
        index=list(names).index(big_default),
        key="tradeoff_large",
        bind="query-params",
    )
    rest = [name for name in names if name != large]
    at = rest.index(small_default) if small_default in rest else len(rest) - 1
    small = st.selectbox(t("tradeoff.small"), rest, index=at, key="tradeoff_small", bind="query-params")
    big, little = names[large], names[small]
    energy_big, energy_little = big.energy_per_unit_j, little.energy_per_unit_j
    if energy_big is None or energy_little is None:
        raise LedgerError(t("tradeoff.too_few", task=task))
    if energy_big.boundary != energy_little.boundary:
        note(
            t(
                "tradeoff.boundaries",
                large=boundary_word(energy_big.boundary),
                small=boundary_word(energy_little.boundary),
            )
        )
    figures = {
        "large_j": tradeoff.ends_of(energy_big), "small_j": tradeoff.ends_of(energy_little),
        "boundary": energy_big.boundary, "method": energy_big.method, "pair_gsd": pair_gsd(big, little),
    }  # fmt: skip
    return figures, (big, little)


def one_time(books: data.Books, percent: float, small: Candidate | None) -> tuple[tuple[str, float, float, float], ...]:
    """One-time costs in kWh: typed by part, or the runs of the stages that made the small model."""
    runs = tradeoff.stage_runs(books, small and small.model_id, small and small.task)
    names = {row.run_id: f"{row.name or row.run_id[:8]} · {row.stage}" for row in runs.itertuples()}
    if names:
        chosen = st.multiselect(
            t("tradeoff.once_runs"), list(names), default=tradeoff.made_by(runs, small, small and small.task),
            format_func=names.get, placeholder=t("tradeoff.none"),
            key="tradeoff_once_runs", bind="query-params",
        )  # fmt: skip
        if chosen:
            return tradeoff.once_of_runs(books, tuple(chosen))
    defaults = {"distillation": tradeoff.EXAMPLE_ONCE_KWH}
    values = {part: number(part, defaults.get(part, 0.0)) or 0.0 for part in tradeoff.ONCE_PARTS}
    return tuple((part, *tradeoff.typed(value, percent)) for part, value in values.items())


def traffic() -> dict[str, object]:
    """How much is asked, from when, and what happens to it."""
    per_day = number("per_day", 100_000.0, step=1000.0)
    start = st.date_input(t("tradeoff.start"), datetime.now(UTC).date(), key="tradeoff_start", bind="query-params")
    switch_at = number("switch_at", 0.0, step=1000.0) or 0.0
    rebound = number("rebound", 1.0, least=0.01, step=0.1) or 1.0
    return {"requests_per_day": per_day or None, "start": start, "switch_at": switch_at, "rebound": rebound}


def cascade_inputs() -> dict[str, object]:
    """Verifier or router, and the share that goes on to the large model."""
    verifier = number("verifier_j", 0.0) or 0.0
    rate = st.number_input(
        t("tradeoff.escalation"), min_value=0.0, max_value=1.0, value=None, step=0.05, key="tradeoff_escalation",
        bind="query-params", placeholder=t("tradeoff.none"),
    )  # fmt: skip
    counted = number("counted", None, least=1.0, step=1.0)
    return {"verifier_j": verifier, "escalation": None if rate is None else (rate, int(counted or 0))}


def money() -> dict[str, object]:
    """The basis of the money, and the place."""
    names = places.choices()
    declared = data.settings().location
    place = st.selectbox(
        t("compare.where"), list(names), index=None, placeholder=declared or t("compare.world_mean"),
        key="tradeoff_where", bind="query-params",
    )  # fmt: skip
    words = {t(f"tradeoff.basis_{name}"): name for name in ("electricity", "rented", "owned")}
    basis = words[st.selectbox(t("tradeoff.basis"), list(words), key="tradeoff_basis", bind="query-params")]
    found: dict[str, object] = {"location": names[place] if place else declared, "money_basis": basis}
    if basis == "electricity":
        return found
    price = gpu_hour_price("H100")
    rate = number(
        "rate" if basis == "rented" else "price",
        (price.price_usd_per_gpu_hour if price else 2.0) if basis == "rented" else 30_000.0,
    )
    seconds = (number("large_s", 0.5) or 0.0, number("small_s", 0.05) or 0.0)
    return found | {"usd_per_hour": rate or 0.0, "seconds": seconds, "once_hours": number("once_hours", 900.0) or 0.0}


def inputs(books: data.Books) -> tuple[tradeoff.Inputs, tuple[Candidate | None, Candidate | None]]:
    """The left column."""
    figures, pair = routes(books)
    percent = float(st.session_state.get("tradeoff_percent", 10.0))
    with st.expander(t("tradeoff.once_title"), expanded=True):
        once = one_time(books, percent, pair[1])
    with st.expander(t("tradeoff.traffic_title")):
        asked = traffic()
    with st.expander(t("tradeoff.cascade_title")):
        cascading = cascade_inputs()
    with st.expander(t("tradeoff.money_title")):
        paid = money()
    return tradeoff.Inputs(**figures, **asked, **cascading, **paid, once_kwh=once), pair  # type: ignore[arg-type]


def figures(found: tradeoff.Answer, asked: tradeoff.Inputs) -> None:
    """The headline figures."""
    result, even = found.result, found.result.break_even
    saved = result.costs.large.value - result.costs.small.value
    note_even = t("tradeoff.never_note") if even.requests is None else ""
    if even.date:
        note_even = t("tradeoff.on_day", date=fmt.day(even.date))
    formula = t(
        "tradeoff.formula_numbers", once=tradeoff.figure_text(result.costs.quantity, result.once),
        large=tradeoff.figure_text(result.costs.quantity, result.costs.large),
        small=tradeoff.figure_text(result.costs.quantity, result.costs.small),
    )  # fmt: skip
    headlines([
        Headline(
            "break-even", t("tradeoff.break_even"), even.requests, "count", note=note_even,
            working=Working(t("tradeoff.formula"), formula), unit_suffix=t("tradeoff.requests_suffix"),
        ),
        Headline(
            "threshold", t("tradeoff.threshold"), result.cascade.threshold, "share", note=t("tradeoff.threshold_note"),
            working=Working(t("tradeoff.threshold_formula")),
        ),
    ])  # fmt: skip
    parts = []
    if asked.requests_per_day and saved > 0:
        each_day = tradeoff.amount(result.costs.quantity, saved * asked.requests_per_day)
        parts.append(t("tradeoff.saved", amount=each_day))
    if result.rebound_break_even is not None and result.rebound_break_even > 1:
        parts.append(t("tradeoff.rebound_text", times=fmt.number(result.rebound_break_even)))
    if parts:
        st.markdown(" ".join(parts))


def curves(found: tradeoff.Answer, asked: tradeoff.Inputs) -> None:
    """The cumulative curves with their crossing."""
    scale, word = tradeoff.axis_scale(found)
    lines, unit, times = tradeoff.readable(found)
    crossed = tradeoff.crossing(found, asked)
    at = (crossed[0], crossed[1] * times) if crossed else None
    names = {curve.route: t(f"tradeoff.route_{curve.route.replace(' ', '_')}") for curve in found.lines}
    even = tradeoff.requests_text(found)
    title = t("tradeoff.chart_never" if found.result.break_even.requests is None else "tradeoff.chart_title", n=even)
    chart(
        cumulative.figure(
            lines, current_palette(), names=names, unit=unit, x_note=word,
            crossing=at, crossing_text=even.split(" (")[0], x_scale=scale,
        ),
        title=title, subtitle=t("tradeoff.chart_subtitle"), alt=title, key="tradeoff-curves",
    )  # fmt: skip


def decides(found: tradeoff.Answer) -> None:
    """The tornado, and the cascade's threshold beside the rate."""
    scale, word = tradeoff.axis_scale(found)
    even, cascade = found.result.break_even.requests, found.result.cascade
    bars = tradeoff.swings(found)
    if even is not None and bars:
        title = t("tradeoff.tornado_title", name=bars[0].name)
        chart(
            tradeoff_tornado.figure(bars, current_palette(), centre=even.value / scale, x_note=word),
            title=title, subtitle=t("tradeoff.tornado_subtitle"), alt=title, key="tradeoff-tornado",
        )  # fmt: skip
    else:
        st.caption(t("tradeoff.nothing_decides"))
    rows = [
        (t("tradeoff.route_cascade"), tradeoff.ends_of(cascade.threshold)),
        (t("tradeoff.route_router"), tradeoff.ends_of(cascade.router_threshold)),
    ]
    rate = cascade.measured
    title = t("tradeoff.cascade_chart", p=fmt.percent(cascade.threshold.value))
    if cascade.threshold.value <= 0:
        title = t("tradeoff.cascade_chart_never")
    chart(
        tradeoff_threshold.figure(
            rows, (rate.value, rate.low, rate.high) if rate else None, current_palette(),
            rate_name=t("tradeoff.rate_name", p=fmt.number(rate.value)) if rate else "",
            x_note=t("tradeoff.cascade_axis"),
        ),
        title=title, subtitle=t("tradeoff.cascade_subtitle"), alt=title, key="tradeoff-threshold",
    )  # fmt: skip


def life(asked: tradeoff.Inputs, large: Candidate | None) -> None:
    """Training's share over the life of the model; a model of the books begins without a figure for its training."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        training = number("training_mwh", None if large else 688.1)
        billions = number("life_billions", 10.0)
    if training and billions:
        each, share = tradeoff.training_share(training, billions * 1e9, asked.large_j[0])
        st.markdown(t("tradeoff.life_text", each=each, share=share))


def show(books: data.Books, asked: tradeoff.Inputs, pair: tuple[Candidate | None, Candidate | None]) -> None:
    """The right column and what stands under both."""
    words = {t(f"tradeoff.quantity_{q}"): q for q in tradeoff.QUANTITIES}
    with right_column:
        picked = st.segmented_control(
            t("tradeoff.in"), list(words), default=next(iter(words)), required=True, key="tradeoff_in",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    quantity: Quantity = words[picked]
    answers = {q: tradeoff.worked_out(asked, q) for q in tradeoff.QUANTITIES}
    found = answers[quantity]
    if found is None:
        with right_column:
            note(t("tradeoff.no_factor", quantity=picked))
        return
    with slot:
        answer(sentence(found.result.verdict), tradeoff.twice_the_traffic(found, asked))
        figures(found, asked)
    with right_column:
        curves(found, asked)
        gate(pair)
        decides(found)
    table(
        tradeoff_tables.table_of(answers), key="tradeoff-table", alt=t("tradeoff.table_alt"),
        export=tradeoff_tables.export_of(answers), file_name="tradeoff.csv",
    )  # fmt: skip
    if in_kwh := answers["kwh"]:
        section(asked, in_kwh, pair)
    st.subheader(t("tradeoff.life_title"), anchor=False)
    life(asked, pair[0])
    st.subheader(t("tradeoff.sizes_title"), anchor=False)
    st.caption(t("tradeoff.sizes_subtitle"))
    table(tradeoff_tables.sizes_table(tradeoff_tables.sizes()), key="tradeoff-sizes", alt=t("tradeoff.sizes_title"))
    if asked.location and (said := places.stand_ins([zone_code(asked.location)])):
        st.caption(said)
    page_footer(
        books,
        boundary=boundary_word(asked.boundary),
        location=asked.location or "WLD",
        location_assumed=asked.location is None,
    )


def gate(pair: tuple[Candidate | None, Candidate | None]) -> None:
    """Whether the small model is good enough, where both qualities are known."""
    large, small = pair
    if large is None or small is None:
        return
    margin = st.number_input(
        t("tradeoff.margin"), min_value=0.0, max_value=100.0, value=1.0, step=0.5, key="tradeoff_margin",
        bind="query-params", width=220,
    )  # fmt: skip
    st.markdown(tradeoff.gate_text(tradeoff.gate(small, large, margin / 100)))


with header(t("nav.tradeoff")):
    pass
the_books = data.open_books()
slot = st.container()
left_column, right_column = st.columns([1, 2.4], gap="large")
try:
    with left_column:
        given, models = inputs(the_books)
    show(the_books, given, models)
except LedgerError as error:
    with right_column:
        error_state(str(error))
