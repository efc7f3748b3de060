"""One headline figure looks the same everywhere: label, value, range, mark of its method, change; a click says how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import markup, plain
from joulebook.dashboard.figures import boundary_word, mark
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.figure import Figure

_LONG = 6  # characters of a value, beyond which it is set smaller


@dataclass(frozen=True, slots=True)
class Working:
    """How a figure was worked out, in Markdown: what the popover shows.

    Attributes:
        formula: The formula in words or symbols.
        with_numbers: The same with this figure's own numbers in it.
        factors: One line a factor: name, value, range, source and vintage.
    """

    formula: str
    with_numbers: str | None = None
    factors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Headline:
    """One headline figure.

    Attributes:
        key: Short name, unique on the page, letters and dashes only.
        figure: None where it is unknown; then `note` should say why.
        note: Stands behind the range in small type, e.g. the boundary or the basis.
        change: Against the period before, as a phrase (`format.change`).
        unit_suffix: Follows the unit, e.g. ` per request`.
    """

    key: str
    label: str
    figure: Figure | None
    quantity: fmt.Quantity
    note: str = ""
    change: str | None = None
    working: Working | None = None
    unit_suffix: str = ""


def headlines(items: Sequence[Headline]) -> None:
    """A row of headline figures: side by side on a wide screen, two a row on a phone."""
    changes = any(item.change for item in items)
    with st.grid(len(items), min_column_width=150, gap="small"):
        for item in items:
            _card(item, keep_line=changes)


def _card(item: Headline, *, keep_line: bool) -> None:
    figure = item.figure
    with st.container(key=f"card-{item.key}", height="stretch"):
        with st.popover(f"{item.label} {mark(figure.method if figure else None)}".strip(), type="tertiary"):
            _how(item)
        st.html(_value_html(item, keep_line=keep_line))


def _value_html(item: Headline, *, keep_line: bool) -> str:
    """The card's inside; with `keep_line` a card without a change is as high as its neighbours."""
    figure = item.figure
    changed = f'<div class="jb-change">{markup(item.change or "")}</div>' if item.change or keep_line else ""
    if figure is None:
        return (
            f'<div class="jb-value jb-unknown">{markup(t("figure.unknown"))}</div>'
            f'<div class="jb-range">{markup(item.note)}</div>{changed}'
        )
    parts = fmt.shown(figure.value, figure.low, figure.high, item.quantity)
    if item.quantity == "share":
        parts = replace(parts, value=fmt.percent(figure.value).removesuffix("\u00a0%"))
    unit = parts.unit + item.unit_suffix
    small = ", ".join(part for part in (fmt.span(parts), item.note) if part)
    kind = "jb-value jb-long" if len(parts.value) > _LONG else "jb-value"
    return (
        f'<div class="{kind}" title="{markup(fmt.si(figure.value, item.quantity))}">{markup(parts.value)}'
        f"{' ' if fmt.gap(unit) else ''}<span>{markup(unit)}</span></div>"
        f'<div class="jb-range">{markup(small)}</div>{changed}'
    )


def _how(item: Headline) -> None:
    st.markdown(f"**{t('figure.how')}**")
    working, figure = item.working, item.figure
    if working:
        st.markdown(working.formula)
        if working.with_numbers:
            st.markdown(working.with_numbers)
        for line in working.factors:
            st.markdown(f"- {line}")
    if figure:
        st.table(_facts(figure, item.quantity), border="horizontal", width="content")
    elif item.note:
        st.markdown(item.note)
    st.caption(t("method_mark.legend"))


def _facts(figure: Figure, quantity: fmt.Quantity) -> dict[str, str]:
    facts = {
        t("figure.method"): f"{mark(figure.method)} {t('method_mark.' + figure.method)}",
        t("figure.range"): fmt.span(fmt.shown(figure.value, figure.low, figure.high, quantity)) or t("figure.unknown"),
        t("figure.si_value"): fmt.si(figure.value, quantity),
        t("figure.boundary"): boundary_word(figure.boundary),
    }
    if figure.measured_share is not None:
        facts[t("figure.measured_share")] = fmt.percent(figure.measured_share)
    return facts | ({t("figure.vintage"): plain(figure.vintage, 300)} if figure.vintage else {})
