"""What the page on who benefits and who pays shows: the selection, maps, income groups and the country table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from joulebook.dashboard import data
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts.world import SHARE_EDGES
from joulebook.dashboard.escape import markup
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.burden import Burden, CountryRow, IncomeGroup, UseKind, burden
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.sentences import bare_percent
from joulebook.ledger.burden_inputs import burden_data, typed_users, users_of_csv
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store import RunFilter
from joulebook.reference_data.countries import country
from joulebook.reference_data.models import models

G_PER_KG, G_PER_T = 1e3, 1e6
POOR_GROUPS = 3  # the income groups under 20,000 USD a head


@dataclass(frozen=True, slots=True)
class Subject:
    """What the emissions are of; `kind` is `all`, `project`, `model` (own runs), `published` or `typed`."""

    kind: str
    name: str = ""


def subjects(books: data.Books | None) -> dict[str, Subject]:
    """What can be chosen, by the words shown: own runs first where there are any."""
    found: dict[str, Subject] = {}
    if books and data.totals(books).emissions_g is not None:
        known = data.options(books)
        found[t("who_pays.all_runs")] = Subject("all")
        found |= {t("who_pays.project", name=name): Subject("project", name) for name in known.get("projects", [])}
        found |= {t("who_pays.model", name=name): Subject("model", name) for name in known.get("models", [])}
    found[t("who_pays.typed")] = Subject("typed")
    training = sorted((m.name for m in models() if m.training_emissions_t), key=str.casefold)
    return found | {t("who_pays.published", name=name): Subject("published", name) for name in training}


def emissions_of(books: data.Books | None, subject: Subject, typed_kg: float) -> Figure | None:
    """The emissions of the selection; None where they are unknown."""
    if subject.kind == "typed":
        grams = typed_kg * G_PER_KG
        return Figure(grams, grams, grams, "declared", t("who_pays.as_typed"))
    if subject.kind == "published":
        tonnes = next(m.training_emissions_t for m in models() if m.name == subject.name)
        grams = (tonnes or 0.0) * G_PER_T
        return Figure(grams, grams, grams, "published", t("who_pays.as_published")) if grams else None
    if books is None:
        return None
    names = (subject.name,) if subject.name else ()
    asked = RunFilter(
        projects=names if subject.kind == "project" else (), models=names if subject.kind == "model" else ()
    )
    return data.totals(books, asked).emissions_g


@st.cache_data(max_entries=64, show_spinner=False)
def worked_out(
    emissions_g: tuple[float, float, float, str, str] | None,
    *,
    users: tuple[tuple[str, float], ...],
    use_kind: UseKind,
    beneficiaries: tuple[str, ...],
    specification: str,
    eta: float,
    language: str,
) -> Burden:
    """All indicators, cached by the small things that they depend on; `users` are as from `users_of`.

    Raises:
        LedgerError: Shares that don't add up to 1.
    """
    return burden(
        burden_data(),
        emissions_g=Figure(*emissions_g) if emissions_g else None,  # type: ignore[arg-type]
        users=dict(users) if use_kind == "typed" else None,
        use_kind=use_kind,
        beneficiaries=beneficiaries,
        specification=specification,
        eta=eta,
        language=language,
    )


def users_of(text: str, file: tuple[str, bytes] | None) -> tuple[tuple[str, float], ...]:
    """Shares of users by country, small and hashable: of an imported file (its name and content), else as typed.

    Raises:
        LedgerError: A share, a country or a file that can't be; a row of a file is named.
    """
    if file is None:
        return tuple(typed_users(text).items())
    name, content = file
    try:
        rows = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LedgerError(t("who_pays.not_text", name=name)) from None
    return tuple(users_of_csv(rows, name).items())


def key_of(figure: Figure | None) -> tuple[float, float, float, str, str] | None:
    """A figure as a small key of a cache."""
    return None if figure is None else (figure.value, figure.low, figure.high, figure.method, figure.boundary)


@st.cache_data(max_entries=1, show_spinner=False)
def country_names() -> dict[str, str]:
    """Countries of the data by ISO code, by name."""
    return {c.iso3: c.name for c in sorted(burden_data().countries, key=lambda c: c.name)}


def home_country(location: str | None) -> str | None:
    """The country of a declared location, as the first beneficiary; None where none is declared."""
    found = country(location.split("-")[0]) if location else None
    return found.alpha3 if found and found.alpha3 in country_names() else None


def use_map(result: Burden) -> pd.DataFrame:
    """Where the users are, for the map."""
    return pd.DataFrame(
        {
            "iso3": [row.iso3 for row in result.countries],
            "value": [row.use_share.value if row.use_share else float("nan") for row in result.countries],
            "text": [_hover(row) for row in result.countries],
        }
    )


def damage_map(result: Burden) -> pd.DataFrame:
    """Where the damage falls, for the map; countries that gain in the model are drawn apart."""
    rows = result.countries
    return pd.DataFrame(
        {
            "iso3": [row.iso3 for row in rows],
            "value": [row.damage_share.value if row.damage_share else float("nan") for row in rows],
            "text": [_hover(row) for row in rows],
            "gain": [bool(row.gains_in_model) for row in rows],
        }
    )


def _hover(row: CountryRow) -> str:
    lines = [
        f"<b>{markup(row.name)}</b>",
        t("who_pays.hover_use", share=figure_text(row.use_share)),
        t("who_pays.hover_damage", share=damage_text(row)),
        t("who_pays.hover_vulnerability", value=fmt.number(row.vulnerability, 2)),
    ]
    return "<br>".join(lines)


def figure_text(share: Figure | None) -> str:
    """A share with its range, where it has one."""
    if share is None or share.low == share.high:
        return fmt.percent(share.value if share else None)
    return t(
        "who_pays.ratio", value=fmt.percent(share.value), low=bare_percent(share.low), high=fmt.percent(share.high)
    )


def ratio_text(ratio: Figure | None) -> str:
    """A loss against the world's mean with its range, in two digits, which are all that such a range holds."""
    if ratio is None:
        return fmt.number(None)
    value, low, high = (_two_digits(x) for x in (ratio.value, ratio.low, ratio.high))
    return t("who_pays.ratio", value=value, low=low, high=high)


def _two_digits(value: float) -> str:
    rounded = float(f"{value:.2g}")
    return fmt.number(rounded, max(0, 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0)


def damage_text(row: CountryRow) -> str:
    """A country's share of damages with its range, or why there is none."""
    if row.damage_share is None:
        return t("who_pays.no_estimate")
    text = figure_text(row.damage_share)
    return t("who_pays.gain", share=text) if row.gains_in_model else text


def bin_words() -> list[str]:
    """What each shade of the maps means."""
    ends = [fmt.percent(edge) for edge in SHARE_EDGES]
    middle = [t("who_pays.bin_between", low=low, high=high) for low, high in itertools.pairwise(ends)]
    return [t("who_pays.bin_under", high=ends[0]), *middle, t("who_pays.bin_over", low=ends[-1])]


def group_title(result: Burden) -> str:
    """What the panels of income groups say, as a sentence; the loss is of the specification, the rest of it below."""
    poor = result.income_groups[:POOR_GROUPS]
    losses = [group.relative_loss for group in poor]
    return t(
        "who_pays.groups_title",
        people=fmt.percent(sum(group.people.value for group in poor)),
        users=fmt.percent(sum(group.users.value for group in poor)),
        damages=figure_text(result.poor_share),
        low=_two_digits(min(loss.value for loss in losses)),
        high=_two_digits(max(loss.value for loss in losses)),
        least=_two_digits(min(loss.low for loss in losses)),
        most=_two_digits(max(loss.high for loss in losses)),
    )


def group_panels(groups: Sequence[IncomeGroup]) -> dict[str, tuple[list[Figure], list[str]]]:
    """The figures of each panel of income groups and what stands beside the bars."""
    shares = {name: [getattr(group, name) for group in groups] for name in ("people", "users", "damages")}
    losses = [group.relative_loss for group in groups]
    panels = {name: (found, [figure_text(share) for share in found]) for name, found in shares.items()}
    return panels | {"loss": (losses, [ratio_text(loss) for loss in losses])}


def table_of(result: Burden) -> pd.DataFrame:
    """The countries for the screen, those without an estimate last."""
    rows = result.countries
    return pd.DataFrame(
        {
            t("who_pays.country"): [row.name for row in rows],
            t("who_pays.damage_share"): [damage_text(row) for row in rows],
            t("who_pays.use_share"): [figure_text(row.use_share) for row in rows],
            t("who_pays.use_rate"): [
                fmt.percent(None if row.non_user_rate is None else 1 - row.non_user_rate) for row in rows
            ],
            t("who_pays.relative_burden"): [
                ratio_text(row.relative_burden) if row.damage_share else t("who_pays.no_estimate") for row in rows
            ],
            t("who_pays.income"): [fmt.amount(row.income_ppp_usd, "money") for row in rows],
            t("who_pays.vulnerability"): [fmt.number(row.vulnerability, 2) for row in rows],
        }
    )


def export_of(result: Burden) -> pd.DataFrame:
    """The countries for CSV with range, method and vintage; the caveats stand in the last column, a row each."""
    rows = result.countries
    caveats = [*result.caveats, *[""] * len(rows)][: len(rows)]
    return pd.DataFrame(
        {
            "iso3": [row.iso3 for row in rows],
            "country": [row.name for row in rows],
            **_columns("damage_share", [row.damage_share for row in rows]),
            "gains_in_model": [row.gains_in_model for row in rows],
            **_columns("use_share", [row.use_share for row in rows]),
            "use_rate": [None if row.non_user_rate is None else 1 - row.non_user_rate for row in rows],
            **_columns("relative_burden", [row.relative_burden for row in rows]),
            "income_ppp_usd_per_head": [row.income_ppp_usd for row in rows],
            "vulnerability": [row.vulnerability for row in rows],
            "specification": [result.specification for _ in rows],
            "income_weight_eta": [result.eta for _ in rows],
            "caveats": caveats,
        }
    )


def _columns(name: str, figures: Sequence[Figure | None]) -> dict[str, list[object]]:
    """A column of figures with range, method and vintage beside it; a range that is the value is one not published."""
    return {
        name: [figure.value if figure else None for figure in figures],
        f"{name}_low": [figure.low if figure else None for figure in figures],
        f"{name}_high": [figure.high if figure else None for figure in figures],
        f"{name}_method": [figure.method if figure else "" for figure in figures],
        f"{name}_vintage": [(figure.vintage or "") if figure else "" for figure in figures],
    }
