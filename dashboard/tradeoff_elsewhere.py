"""The trade-off's requests elsewhere or later, for the screen: rows, their chart and CSV, and the sentence of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from joulebook.dashboard import data, estimate
from joulebook.dashboard import format as fmt
from joulebook.dashboard.common_unit import texts
from joulebook.dashboard.compare import YEAR
from joulebook.dashboard.escape import plain
from joulebook.dashboard.places import name_of
from joulebook.dashboard.texts import t
from joulebook.dashboard.tradeoff import J_PER_KWH, Answer, Inputs, ends_of, requests_text, worked_out
from joulebook.ledger import elsewhere
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff import Tradeoff
from joulebook.ledger.elsewhere import Day, Region, Served
from joulebook.ledger.sites import site_of
from joulebook.reference_data.hourly import profile, profiles

KINDS = ("region", "hour", "accelerator", "batch", "precision")
ROLES = ("large", "small")
PER = 1000.0  # requests, where one alone would be too small a number to hold
NOTHING = 0.0005  # a share that the page would show as none


@dataclass(frozen=True, slots=True)
class Row:
    """A request on each model at one place or served in one way; `asked` is as it is now.

    Attributes:
        large, small: gCO2e of 1,000 requests for a place, J of a request for a way to serve.
        answer: The trade-off in kWh there, for its break-even; None for a place, where it stays.
    """

    key: str
    name: str
    asked: bool
    large: Figure
    small: Figure
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """The mean day of a zone, and what making the small model would emit at each hour that it may begin at."""

    day: Day
    once_g: tuple[Figure, ...] | None


def _joules(found: Tradeoff) -> tuple[dict[str, Figure], Figure | None]:
    """J per request by role, and once, of a trade-off in kWh; None where the making costs nothing."""
    roles = {role: getattr(found.costs, role).scaled(J_PER_KWH) for role in ROLES}
    return roles, found.once.scaled(J_PER_KWH) if found.once.value > 0 else None


# --- regions ----------------------------------------------------------------------------------------------------


def regions(found: Tradeoff, here: str | None, others: Sequence[str]) -> list[Region]:
    """The same requests here and at other places, least carbon first.

    Raises:
        LedgerError: No such place, or its grid is not known.
    """
    sites = [site_of(data.factors(), place, YEAR) for place in dict.fromkeys([here, *others])]
    return elsewhere.regions(*_joules(found), sites)


def region_rows(places: Sequence[Region], here: str, names: Mapping[str, str]) -> list[Row]:
    """What 1,000 requests emit at each place, under the names that they were chosen by."""
    return [
        Row(
            place.zone,
            names.get(place.zone) or name_of(place.zone),
            place.zone == here,
            *(place.per_request[role].emissions_g.scaled(PER) for role in ROLES),
        )
        for place in places
    ]


def region_table(places: Sequence[Region], rows: Sequence[Row]) -> pd.DataFrame:
    """The places for the screen, carbon in one unit and money in another."""
    both = [place.per_request[role] for role in ROLES for place in places]
    made = [place.once.emissions_g for place in places if place.once]
    carbon = texts([*(one.emissions_g.scaled(PER) for one in both), *made], "emissions")
    money = texts([one.cost_usd.scaled(PER) if one.cost_usd else None for one in both], "money")
    n = len(places)
    columns = {
        t("tradeoff.place"): [row.name for row in rows],
        t("tradeoff.large_emissions"): carbon[:n],
        t("tradeoff.small_emissions"): carbon[n : 2 * n],
        t("tradeoff.once_emissions"): carbon[2 * n :],
        t("tradeoff.large_money"): money[:n],
        t("tradeoff.small_money"): money[n:],
    }
    return pd.DataFrame({name: cells for name, cells in columns.items() if cells})


def region_export(places: Sequence[Region]) -> pd.DataFrame:
    """The places for CSV: a request on each model, and the making, each figure with range, method and vintage."""
    rows = []
    for place in places:
        row: dict[str, object] = {"zone": place.zone}
        for name, one in {
            **{f"{role}_per_request": place.per_request[role] for role in ROLES},
            "once": place.once,
        }.items():
            for quantity in ("emissions_g", "water_l", "cost_usd"):
                row |= _cells(f"{name}_{quantity}", getattr(one, quantity) if one else None)
        rows.append(row)
    return pd.DataFrame(rows)


def region_sentence(rows: Sequence[Row]) -> str:
    """Which place emits least, beside here."""
    here, least, most = next(row for row in rows if row.asked), rows[0], rows[-1]
    name = t("tradeoff.world") if here.key == "WLD" else here.name
    words = {"here": plain(name), "now": _bold(here.large, "emissions")}
    if len(rows) == 1:
        return t("tradeoff.region_alone", **words)
    other = most if least.asked else least
    words |= {"other": plain(other.name), "there": _bold(other.large, "emissions")}
    return t("tradeoff.region_best" if least.asked else "tradeoff.region_better", **words)


# --- hours ------------------------------------------------------------------------------------------------------


def zones() -> dict[str, str]:
    """Grid zones with an hourly profile, and their words: `DE-LU · Germany`."""
    return {
        row.zone: f"{row.zone} · {estimate.place_name(row.iso3)}" for row in profiles() if row.basis == "life cycle"
    }


def zone_near(location: str | None) -> int:
    """Which of `zones` to begin with: the first of the country that was declared, else the first."""
    country = (location or "").split("-")[0]
    of_country = [i for i, zone in enumerate(zones()) if (row := profile(zone)) and row.iso3 == country]
    return of_country[0] if of_country else 0


def hours(found: Tradeoff, zone: str, duration_h: float) -> Hours:
    """Every hour at which work of so many hours may begin, and the emissions of the making at each.

    Raises:
        LedgerError: There is no profile of the zone, or its grid is not known.
    """
    day, row = elsewhere.mean_day(zone, duration_h), profile(zone)
    roles, once_j = _joules(found)
    if row is None or once_j is None:
        return Hours(day, None)
    site = site_of(data.factors(), row.iso3, YEAR)
    making = elsewhere.regions(roles, once_j, [site])[0].once
    mean = site.intensity_g_per_kwh.value  # of the country; the zone has hours of its own, and the country's range
    once = tuple(making.emissions_g.scaled(hour.intensity_g_per_kwh / mean) for hour in day.hours) if making else None
    return Hours(day, once)


def best_and_worst(found: Hours) -> tuple[int, int]:
    """The hours with the least and the most carbon."""
    order = sorted(found.day.hours, key=lambda one: one.intensity_g_per_kwh)
    return order[0].hour, order[-1].hour


def hour_sentence(found: Hours) -> str:
    """When to begin, and what that is worth."""
    best, worst = (found.day.hours[hour] for hour in best_and_worst(found))
    words = {
        "zone": plain(found.day.zone), "year": found.day.year, "hours": f"{found.day.duration_h:g}",
        "time": found.day.time_zone,
        "best": f"{best.hour:02d}:00", "worst": f"{worst.hour:02d}:00", "least": fmt.number(best.intensity_g_per_kwh),
        "less": fmt.percent(best.saving), "more": fmt.percent(-worst.saving),
    }  # fmt: skip
    if best.saving < NOTHING:
        return t("tradeoff.hour_same", **words)
    said = t("tradeoff.hour_best", **words)
    if found.once_g is None:
        return said
    ends = {"low": _bold(found.once_g[best.hour], "emissions"), "high": _bold(found.once_g[worst.hour], "emissions")}
    return f"{said} {t('tradeoff.hour_once', **ends)}"


def hour_table(found: Hours) -> pd.DataFrame:
    """The hours for the screen, least carbon first."""
    order = sorted(found.day.hours, key=lambda one: one.intensity_g_per_kwh)
    columns = {
        t("tradeoff.begun_at"): [f"{one.hour:02d}:00" for one in order],
        t("tradeoff.intensity"): [fmt.number(one.intensity_g_per_kwh) for one in order],
        t("tradeoff.under_mean"): [fmt.percent(one.saving) for one in order],
    }
    if found.once_g:
        columns[t("tradeoff.once_emissions")] = [_text(found.once_g[one.hour], "emissions") for one in order]
    return pd.DataFrame(columns)


def hour_export(found: Hours) -> pd.DataFrame:
    """The hours for CSV."""
    rows = []
    for one in found.day.hours:
        made = found.once_g[one.hour] if found.once_g else None
        rows.append(
            {
                "zone": found.day.zone,
                "year": found.day.year,
                "duration_h": found.day.duration_h,
                "hour": one.hour,
                "intensity_g_per_kwh": one.intensity_g_per_kwh,
                "saving": one.saving,
                **_cells("once_emissions_g", made),
            }
        )
    return pd.DataFrame(rows)


# --- served otherwise -------------------------------------------------------------------------------------------


def served_rows(
    asked: Inputs, found: Tradeoff, now: Served, name_now: str, changes: Mapping[str, Sequence[str] | Sequence[float]]
) -> list[Row]:
    """A request as it is served now and in each other way, the least of the large model first.

    Args:
        asked: The page's inputs, worked out again with the energies of each way.
        found: The trade-off in kWh.
        now: How both models are served now.
        name_now: That, in words.
        changes: Of `elsewhere.variants`: `accelerators`, `batches` or `precisions`.

    Raises:
        LedgerError: An accelerator or the size of a model that is needed is not known.
    """
    roles, _ = _joules(found)
    rows = [Row("now", name_now, True, roles["large"], roles["small"], worked_out(asked, "kwh"))]
    for one in elsewhere.variants(roles, now, **changes):  # type: ignore[arg-type]
        large, small = (one.per_request_j[role] for role in ROLES)
        there = replace(asked, large_j=ends_of(large), small_j=ends_of(small))
        rows.append(Row(one.name, one.name, False, large, small, worked_out(there, "kwh")))
    return sorted(rows, key=lambda row: row.large.value)


def served_sentence(rows: Sequence[Row]) -> str:
    """Which way takes least, with its break-even, beside now."""
    now = next(row for row in rows if row.asked)
    words = {"name_now": plain(now.name), "now": _bold(now.large, "joules"), "even_now": _even(now)}
    if len(rows) == 1:
        return t("tradeoff.served_alone", **words)
    other = rows[-1] if rows[0].asked else rows[0]
    words |= {"other": plain(other.name), "there": _bold(other.large, "joules"), "even": _even(other)}
    return t("tradeoff.served_best" if rows[0].asked else "tradeoff.served_better", **words)


def served_table(rows: Sequence[Row]) -> pd.DataFrame:
    """The ways for the screen."""
    joules = texts([getattr(row, role) for role in ROLES for row in rows], "joules")
    return pd.DataFrame(
        {
            t("tradeoff.served"): [t("tradeoff.as_now", name=row.name) if row.asked else row.name for row in rows],
            t("tradeoff.large_request"): joules[: len(rows)],
            t("tradeoff.small_request"): joules[len(rows) :],
            t("tradeoff.break_even_requests"): [_even(row) for row in rows],
        }
    )


def served_export(rows: Sequence[Row], kind: str) -> pd.DataFrame:
    """The ways for CSV, each figure with range, method and vintage."""
    return pd.DataFrame(
        [
            {
                "change": kind, "served": row.name, "as_now": row.asked,
                **_cells("large_per_request_j", row.large), **_cells("small_per_request_j", row.small),
                **_cells("break_even_requests", row.answer.result.break_even.requests if row.answer else None),
            }
            for row in rows
        ]
    )  # fmt: skip


def frames(rows: Sequence[Row], quantity: fmt.Quantity) -> dict[str, tuple[pd.DataFrame, str]]:
    """The rows of each model for its chart, with the unit."""
    labels = [(row.key, row.name) for row in rows]
    asked = next(row.key for row in rows if row.asked)
    return {
        role: estimate.elsewhere(
            labels, {row.key: getattr(row, role) for row in rows}.get, asked=asked, quantity=quantity
        )
        for role in ROLES
    }


def _even(row: Row) -> str:
    return requests_text(row.answer) if row.answer else t("figure.unknown")


def _text(figure: Figure, quantity: fmt.Quantity) -> str:
    return fmt.with_range(figure.value, figure.low, figure.high, quantity)


def _bold(figure: Figure, quantity: fmt.Quantity) -> str:
    return f"**{_text(figure, quantity)}**"


def _cells(name: str, figure: Figure | None) -> dict[str, object]:
    """A figure as cells of a CSV; unknown stays empty."""
    parts = ("low", "high", "method", "boundary", "vintage")
    return {name: figure.value if figure else None} | {
        f"{name}_{part}": getattr(figure, part) if figure else None for part in parts
    }
