"""`joulebook tradeoff`, further questions: money on three bases, and the same requests elsewhere or later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.decisions import in_unit
from joulebook.commands.numbers import ABOVE_0, SIZE, FiniteRange
from joulebook.commands.tables import common_unit, show_table
from joulebook.commands.tradeoff_text import PER, count_text, requests, show_quantities
from joulebook.ledger.accounting.estimate_inference import BITS

if TYPE_CHECKING:
    from rich.console import Console

    from joulebook.ledger.accounting.comparison import Site
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.accounting.tradeoff import Costs, Tradeoff
    from joulebook.ledger.accounting.tradeoff_elsewhere import Elsewhere
    from joulebook.ledger.elsewhere import Day, Region, Variant

_ELSEWHERE = ("elsewhere", "start_hours", "others", "batches", "precisions")
_MONEY = ("large_gpu_s", "small_gpu_s", "verifier_gpu_s", "once_gpu_hours", "rent_usd", "gpu_price_usd")
_LACKS = {
    "electricity": "By electricity: unknown, as no price of it is known there",
    "rented": "Rented: unknown without --rent-usd",
    "owned": "On hardware of your own: unknown without --gpu-price-usd",
}
Command = Callable[..., Any]


def more_options(ranged: click.ParamType) -> Callable[[Command], Command]:
    """The options of this file, in the order of the help."""
    options = (
        click.option("--large-gpu-s", type=ranged, help="Accelerator seconds of a request on the large model."),
        click.option("--small-gpu-s", type=ranged, help="Accelerator seconds of a request on the small model."),
        click.option("--verifier-gpu-s", type=ranged, help="Accelerator seconds of the verifier or router."),
        click.option("--once-gpu-hours", type=ranged, help="Accelerator hours of the one-time work."),
        click.option("--rent-usd", type=ranged, help="Rent of an accelerator hour; default: the newest price known."),
        click.option("--gpu-price-usd", type=ranged, help="Price of an accelerator of your own, its server included."),
        click.option("--gpu-life-years", type=ABOVE_0, default=4.0, show_default=True, help="Written off over."),
        click.option(
            "--gpu-utilisation", type=FiniteRange(0, 1, min_open=True), default=0.5, show_default=True,
            help="Share of that time in which it works.",
        ),
        click.option("--elsewhere", multiple=True, metavar="ZONE", help="The same in another region; again for more."),
        click.option(
            "--start-hours", type=ABOVE_0, metavar="H",
            help="When to begin work of H hours: a mean day, in the local standard time of --location.",
        ),
        click.option("--accelerator", default="H100", show_default=True, help="What it runs on now."),
        click.option("--on", "others", multiple=True, metavar="ACCELERATOR", help="The same on another one."),
        click.option("--batch", type=ABOVE_0, metavar="N", help="Requests at once now."),
        click.option("--at-batch", "batches", multiple=True, type=ABOVE_0, metavar="N", help="The same at another."),
        click.option("--precision", type=click.Choice(sorted(BITS)), default="bf16", show_default=True, help="Now."),
        click.option(
            "--at-precision", "precisions", multiple=True, type=click.Choice(sorted(BITS)), metavar="P",
            help="The same in another.",
        ),
        click.option("--large-parameters", type=SIZE, help="Size of the large model, such as 70e9."),
        click.option("--small-parameters", type=SIZE, help="Size of the small model."),
    )  # fmt: skip

    def with_them(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return with_them


def is_asked(given: Mapping[str, Any]) -> bool:
    """Whether any question of this file was asked."""
    return money_is_asked(given) or any(given[name] for name in _ELSEWHERE)


def needs_place(given: Mapping[str, Any]) -> bool:
    """Whether what was asked is worked out at a place."""
    return money_is_asked(given) or bool(given["elsewhere"])


# --- money ------------------------------------------------------------------------------------------------------


def money_is_asked(given: Mapping[str, Any]) -> bool:
    """Whether anything was said of hours, rents or prices of accelerators."""
    return any(given[name] is not None for name in _MONEY)


def money(
    given: Mapping[str, Any],
    per_request_j: Mapping[str, Figure],
    once_j: Mapping[str, Figure],
    site: Site,
    **sharing: Any,
) -> tuple[dict[str, Costs | None], list[str]]:
    """The trade-off in USD on each basis, None where it can't be told, and what was assumed.

    Raises:
        LedgerError: The accelerator seconds of a request are missing, or half of the one-time cost is.
    """
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.accounting.tradeoff_money import OwnedHardware
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.tradeoff_bases import SECONDS_PER_HOUR, Hours, owned, rented
    from joulebook.ledger.tradeoff_inputs import costs_at

    missing = [f"--{role}-gpu-s" for role in per_request_j if given[f"{role}_gpu_s"] is None]
    if missing:
        raise LedgerError(f"money for accelerators needs their seconds a request: give {' and '.join(missing)}")

    def declared(ends: tuple[float, float, float] | None) -> Figure | None:
        return Figure(*ends, "declared", "as declared") if ends else None

    seconds = {role: declared(given[f"{role}_gpu_s"]) for role in per_request_j}
    each = {role: figure.scaled(1 / SECONDS_PER_HOUR) for role, figure in seconds.items() if figure}
    hours = Hours(each, declared(given["once_gpu_hours"]))
    rent, assumed = _rent(given, declared)
    price = declared(given["gpu_price_usd"])
    hardware = OwnedHardware(price, given["gpu_life_years"], given["gpu_utilisation"]) if price else None
    return {
        "electricity": costs_at("usd", per_request_j, once_j, site, **sharing),
        "rented": rented(per_request_j, once_j, hours, rent) if rent else None,
        "owned": owned(per_request_j, once_j, hours, hardware, site) if hardware else None,
    }, assumed


def _rent(given: Mapping[str, Any], declared: Callable[..., Figure | None]) -> tuple[Figure | None, list[str]]:
    """The rent of an hour that was given, else the newest quoted one, which is said."""
    if given["rent_usd"]:
        return declared(given["rent_usd"]), []
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.reference_data.accelerators import gpu_hour_price

    quoted = gpu_hour_price(given["accelerator"])
    if quoted is None:
        return None, [f"No rent of {given['accelerator']} is known: give --rent-usd."]
    usd = quoted.price_usd_per_gpu_hour
    said = (
        f"Rent assumed: {usd:g} USD an hour of {quoted.accelerator}, as {quoted.provider} asked {_when(quoted.date)}."
    )
    return Figure(usd, usd, usd, "published", "rent, power included", quoted.date), [said]


def _when(day: str) -> str:
    """`on 2026-10-01`, or `in 2026` where no day is known."""
    return f"on {day}" if day.count("-") > 1 else f"in {day}"


# --- elsewhere or later -----------------------------------------------------------------------------------------


def elsewhere(
    given: Mapping[str, Any],
    per_request_j: Mapping[str, Figure],
    once_j: Mapping[str, Figure],
    sites: Callable[[str | None], Site],
    parameters: Mapping[str, float | None],
) -> dict[str, Any]:
    """What was asked of other regions, hours, accelerators, batches and precisions; empty where nothing was.

    Raises:
        LedgerError: A place, an accelerator or the size of a model that is needed is not known.
    """
    from joulebook.ledger import elsewhere as other
    from joulebook.ledger.accounting.uncertainty import sum_figures

    roles = {role: per_request_j[role] for role in ("large", "small")}
    parts = [figure for name, figure in once_j.items() if name != "training"]
    once = sum_figures(parts, boundary=roles["large"].boundary, shared=True)
    found: dict[str, Any] = {}
    if given["elsewhere"]:
        places = [sites(given["location"]), *(sites(zone) for zone in given["elsewhere"])]
        found["regions"] = other.regions(roles, once, places)
    if given["start_hours"]:
        found["day"] = other.mean_day(given["location"] or sites(None).zone, given["start_hours"])
    sizes = {role: given[f"{role}_parameters"] or parameters.get(role) for role in roles}
    now = other.Served(given["accelerator"], given["batch"], given["precision"], sizes)
    changed = other.variants(
        roles, now, accelerators=given["others"], batches=given["batches"], precisions=given["precisions"]
    )
    return found | ({"variants": changed} if changed else {})


def elsewhere_json(found: Mapping[str, Any], even: Callable[[Mapping[str, Figure]], Figure | None]) -> dict[str, Any]:
    """As `--json` prints it; `even` gives the break-even of other energies per request."""
    from joulebook.ledger.accounting.comparison_json import figure_json

    document: dict[str, Any] = {}
    if "regions" in found:
        document["regions"] = [_region_json(region) for region in found["regions"]]
    if "day" in found:
        day: Day = found["day"]
        document["start_hour"] = {
            "zone": day.zone,
            "year": day.year,
            "time_zone": day.time_zone,
            "duration_h": day.duration_h,
            "best_hour": _best(day).hour,
            "hours": [
                {"hour": one.hour, "intensity_g_per_kwh": one.intensity_g_per_kwh, "saving": one.saving}
                for one in day.hours
            ],
        }
    if "variants" in found:
        document["variants"] = [
            {
                "kind": one.kind,
                "name": one.name,
                **{f"{role}_per_request_j": figure_json(figure) for role, figure in one.per_request_j.items()},
                "break_even_requests": figure_json(even(one.per_request_j)),
            }
            for one in found["variants"]
        ]
    return document


def _region_json(region: Region) -> dict[str, Any]:
    from joulebook.ledger.accounting.comparison_json import figure_json

    def place(found: Elsewhere | None) -> dict[str, Any] | None:
        if found is None:
            return None
        figures = {"emissions_g": found.emissions_g, "water_l": found.water_l, "cost_usd": found.cost_usd}
        return {name: figure_json(figure) for name, figure in figures.items()}

    requests = {f"{role}_per_request": place(found) for role, found in region.per_request.items()}
    return {"zone": region.zone, **requests, "once": place(region.once)}


def _best(day: Day) -> Any:
    return min(day.hours, key=lambda one: one.intensity_g_per_kwh)


# --- on the terminal --------------------------------------------------------------------------------------------


def show_money(console: Console, found: Mapping[str, Tradeoff | None]) -> None:
    """A row a basis; of a basis that lacks a price it is said which."""
    known = {result.costs: basis for basis, result in found.items() if result}
    title = f"Money for {requests()} on each basis; never to be added up, as a rent holds hardware and power"
    show_quantities(console, title, lambda result: known[result.costs], [r for r in found.values() if r])
    for basis, result in found.items():
        if result is None:
            console.print(f"{_LACKS[basis]}.", highlight=False, soft_wrap=True)


def show_elsewhere(
    console: Console, found: Mapping[str, Any], even: Callable[[Mapping[str, Figure]], Figure | None]
) -> None:
    """Regions, the mean day, and other ways to serve."""
    if "regions" in found:
        _show_regions(console, found["regions"])
    if "day" in found:
        console.print(f"\n{day_line(found['day'])}", highlight=False, soft_wrap=True)
    if "variants" in found:
        _show_variants(console, found["variants"], even)


def day_line(day: Day) -> str:
    """When to begin, in the time of the place."""
    best, worst = _best(day), max(day.hours, key=lambda one: one.intensity_g_per_kwh)
    return (
        f"On the mean day of {day.zone} in {day.year}, work of {day.duration_h:g} h meets least carbon begun at "
        f"{best.hour:02d}:00 ({best.intensity_g_per_kwh:.3g} g/kWh, {100 * best.saving:.0f} % under the mean) and most "
        f"at {worst.hour:02d}:00 ({worst.intensity_g_per_kwh:.3g} g/kWh). Hours are local standard time there, "
        f"{day.time_zone}, without summer time. A forecast does better than a mean day."
    )


def _show_regions(console: Console, regions: list[Region]) -> None:
    per = [place for region in regions for place in region.per_request.values()]
    once = [region.once.emissions_g for region in regions if region.once]
    carbon, grams = common_unit([*(place.emissions_g.scaled(PER) for place in per), *once], "g")
    money, dollars = common_unit([place.cost_usd for place in per], "USD", PER)
    rows = []
    for region in regions:
        both = [region.per_request[role] for role in ("large", "small")]
        emitted = [in_unit(place.emissions_g, grams / PER) for place in both]
        made = [in_unit(region.once.emissions_g, grams)] if region.once else []
        name = "world's mean" if region.zone == "WLD" else region.zone
        rows.append([name, *emitted, *made, *(in_unit(place.cost_usd, dollars / PER) for place in both)])
    columns = [f"{name}, {carbon} CO2e" for name in ("large", "small", *(["once"] if once else []))]
    columns += [f"{name}, {money}" for name in ("large", "small")]
    show_table(console, f"{requests()} at each place, least carbon first", ["place", *columns], rows)


def _show_variants(
    console: Console, variants: list[Variant], even: Callable[[Mapping[str, Figure]], Figure | None]
) -> None:
    known, size = common_unit([figure for one in variants for figure in one.per_request_j.values()], "J")
    rows = []
    for one in variants:
        energies = [in_unit(one.per_request_j[role], size) for role in ("large", "small")]
        rows.append([f"{one.kind}: {one.name}", *energies, count_text(even(one.per_request_j))])
    columns = ("change", f"large, {known}", f"small, {known}", "break-even requests")
    show_table(console, "A request served otherwise, one change at a time (modelled)", columns, rows)
