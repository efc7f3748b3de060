"""`joulebook tradeoff`: when the small model pays off, in energy, carbon and money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulebook.commands import tradeoff_checks as checks
from joulebook.commands import tradeoff_more
from joulebook.commands.numbers import ABOVE_0, AT_LEAST_0, NUMBER, FiniteRange
from joulebook.commands.tradeoff_more import more_options
from joulebook.commands.tradeoff_scores import read_scores

if TYPE_CHECKING:
    from joulebook.ledger.accounting.comparison import Candidate, Site
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.accounting.tradeoff import Costs, Escalation, Quantity, Tradeoff

_TYPED = (
    ("kg", "large_g", "small_g", "verifier_g", "once_kg"),
    ("usd", "large_usd", "small_usd", "verifier_usd", "once_usd"),
)
_UNKNOWN = {"kg": "The grid is unknown", "usd": "The price of electricity is unknown", "l": "Water use is unknown"}
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_AT_A_PLACE: tuple[Quantity, ...] = ("kg", "usd", "l")


class Ranged(click.ParamType):
    """A number of at least 0, or one with its 90 % range, VALUE:LOW:HIGH."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float]:
        """Value, low and high; a bare number is taken as exact."""
        if isinstance(value, tuple):
            return value
        try:
            parts = [float(part) for part in str(value).split(":")]
        except ValueError:
            parts = []
        if len(parts) == 1:
            parts = parts * 3
        if len(parts) != 3 or not 0 <= parts[1] <= parts[0] <= parts[2] < float("inf"):
            self.fail(f"{value!r} is neither a number of at least 0 nor VALUE:LOW:HIGH", param, ctx)
        return parts[0], parts[1], parts[2]


RANGED = Ranged()


@click.command()
@click.option("--large", help="The large model, in place of --large-j.")
@click.option("--small", help="The small model, in place of --small-j.")
@click.option("--task", help="The task that both do, such as imdb.")
@click.option("--large-j", type=RANGED, help="Joules of a request on the large model; also VALUE:LOW:HIGH.")
@click.option("--small-j", type=RANGED, help="Joules of a request on the small model.")
@click.option("--verifier-j", type=RANGED, help="Joules of a cascade's verifier, or of a router, per request.")
@click.option("--once-kwh", type=RANGED, help="One-time energy of the small model: distilling, labelling, evaluating.")
@click.option("--once-run", "once_runs", multiple=True, metavar="RUN", help="A run whose energy is a one-time cost.")
@click.option("--training-kwh", type=RANGED, help="Energy that the large model's training took.")
@click.option("--life-requests", type=ABOVE_0, metavar="N", help="Requests of its life.")
@click.option("--large-g", type=RANGED, help="gCO2e of a request on the large model.")
@click.option("--small-g", type=RANGED, help="gCO2e of a request on the small model.")
@click.option("--verifier-g", type=RANGED, help="gCO2e of the verifier.")
@click.option("--once-kg", type=RANGED, help="One-time kgCO2e.")
@click.option("--large-usd", type=RANGED, help="USD of a request on the large model.")
@click.option("--small-usd", type=RANGED, help="USD of a request on the small model.")
@click.option("--verifier-usd", type=RANGED, help="USD of the verifier.")
@click.option("--once-usd", type=RANGED, help="One-time USD.")
@click.option("--requests-per-day", type=ABOVE_0, metavar="N", help="Traffic.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day of the small model; default: today.")
@click.option("--escalation-rate", type=FiniteRange(0, 1), metavar="P", help="Share passed on to the large model.")
@click.option("--escalation-n", type=click.IntRange(min=1), metavar="N", help="Requests that P was counted on.")
@click.option("--rebound", type=ABOVE_0, default=1.0, metavar="R", help="Volume multiplier.")
@click.option("--margin", type=AT_LEAST_0, metavar="D", help="How much worse the small model may be.")
@click.option("--scores", type=EXISTING, metavar="FILE", help="For --margin: CSV of scores by item, large,small.")
@click.option("--location", help="Where it runs: adds gCO2e, USD and water from the joules.")
@click.option("--quality-kept", type=NUMBER, metavar="Q", help="Quality of the small model on what it keeps.")
@click.option("--quality-passed-on", type=NUMBER, metavar="Q", help="Quality of the large model on what it is passed.")
@more_options(RANGED)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def tradeoff(context: click.Context, as_json: bool, **given: Any) -> None:
    """Say after how many requests the small model has paid for itself, and on which day.

    Give joules a request, or two models of one task. Each figure may carry its range as VALUE:LOW:HIGH.
    """
    checks.check(context)
    joules = _inputs(given)
    all_costs, extra = _all_costs(given, joules)
    results = [_solved(costs, given) for costs in all_costs]
    more = _More.asked(given, joules)
    extra["warnings"] += [*more.warnings, *checks.notes(context), *_regions(given)]
    place = _place(given, joules)
    if as_json:
        from joulebook.commands.decisions import print_json, site_json
        from joulebook.ledger.accounting.tradeoff_json import to_json

        print_json({**to_json(results), **more.as_json(), **extra, "site": site_json(place) if place else None})
        return
    _show(results, more, extra, place)


@dataclass(frozen=True)
class _Joules:
    """What was given or found: the models, their joules per request, the one-time joules by part."""

    pair: dict[str, Candidate]
    per_request: dict[str, Figure]
    once: dict[str, Figure]
    notes: tuple[str, ...] = ()

    def sharing(self) -> dict[str, Any]:
        """What the figures have in common, and so cancels between them."""
        from joulebook.ledger import tradeoff_inputs

        one_meter = tradeoff_inputs.is_one_meter(list(self.pair.values()), self.once)
        gsd = tradeoff_inputs.pair_gsd(self.pair.get("large"), self.pair.get("small"))
        return {"pair_gsd": gsd, "one_meter": one_meter}


def _inputs(given: dict[str, Any]) -> _Joules:
    pair, notes = _models(given)
    return _Joules(pair, *_joules(given, pair), notes)


def _solved(costs: Costs, given: dict[str, Any]) -> Tradeoff:
    from joulebook.ledger.accounting import tradeoff as accounting

    return accounting.tradeoff(
        costs,
        requests_per_day=given["requests_per_day"],
        start=(given["start"] or datetime.now().astimezone()).date(),
        escalation=_escalation(given["escalation_rate"], given["escalation_n"]),
        rebound=given["rebound"],
        life_requests=given["life_requests"],
    )


@dataclass(frozen=True)
class _More:
    """Money on three bases and the same elsewhere, where they were asked for."""

    money: dict[str, Tradeoff | None]
    elsewhere: dict[str, Any]
    even: Callable[[Mapping[str, Figure]], Figure | None]
    warnings: list[str]

    @classmethod
    def asked(cls, given: dict[str, Any], joules: _Joules) -> _More:
        """Work out what the options ask."""
        from joulebook.commands.decisions import site
        from joulebook.ledger.tradeoff_inputs import energy_costs

        def even(per_request_j: Mapping[str, Figure]) -> Figure | None:
            costs = energy_costs(per_request_j, joules.once, **joules.sharing())
            return _solved(costs, given).break_even.requests

        known = "large" in joules.per_request and "small" in joules.per_request
        if not known:
            if tradeoff_more.is_asked(given):
                raise click.UsageError(
                    "money on three bases and the same elsewhere need --large-j and --small-j, or models"
                )
            return cls({}, {}, even, [])
        costs: dict[str, Costs | None] = {}
        warnings: list[str] = []
        if tradeoff_more.money_is_asked(given):
            costs, warnings = tradeoff_more.money(
                given, joules.per_request, joules.once, site(given["location"]), **joules.sharing()
            )
        sizes = {role: candidate.parameters for role, candidate in joules.pair.items()}
        warnings += [
            f"--{role}-parameters holds for the size of the {role} model, not the {size:g} that are known of it."
            for role, size in sizes.items()
            if size and given[f"{role}_parameters"]
        ]
        there = tradeoff_more.elsewhere(given, joules.per_request, joules.once, site, sizes)
        money = {basis: _solved(found, given) if found else None for basis, found in costs.items()}
        return cls(money, there, even, warnings)

    def as_json(self) -> dict[str, Any]:
        """The keys `money` and `elsewhere`, each only where it was asked for."""
        from joulebook.commands.tradeoff_more import elsewhere_json
        from joulebook.ledger.accounting.tradeoff_json import quantity_json

        money = {basis: quantity_json(result) if result else None for basis, result in self.money.items()}
        there = elsewhere_json(self.elsewhere, self.even)
        return {**({"money": money} if money else {}), **({"elsewhere": there} if there else {})}


def _all_costs(given: dict[str, Any], joules: _Joules) -> tuple[list[Costs], dict[str, Any]]:
    """Every quantity that is given or can be worked out, energy first, and what else is said of the inputs."""
    from joulebook.ledger import tradeoff_inputs

    found: list[Costs] = []
    warnings = list(joules.notes)
    if joules.per_request:
        found.append(tradeoff_inputs.energy_costs(joules.per_request, joules.once, **joules.sharing()))
        mixed = tradeoff_inputs.boundaries(joules.per_request, joules.once)
        if len(mixed) > 1:
            warnings.append(f"Not the same boundary: {'; '.join(mixed)}.")
    typed = [costs for names in _TYPED if (costs := _typed(given, names)) is not None]
    found += typed
    extra: dict[str, Any] = {"warnings": warnings}
    if joules.per_request and (given["location"] or joules.pair):
        found += _placed(given, joules, {costs.quantity for costs in typed}, extra)
    if not found:
        raise click.UsageError(
            "a trade-off needs --large-j and --small-j, or --large and --small with two models of one --task"
        )
    return found, extra | _qualities(given, joules.pair)


def _placed(given: dict[str, Any], joules: _Joules, typed: set[Quantity], extra: dict[str, Any]) -> list[Costs]:
    """What the joules emit, cost and use at the place, but for what was typed; what is unknown there is said."""
    from joulebook.commands.decisions import site
    from joulebook.ledger.tradeoff_inputs import costs_at

    place = site(given["location"])
    found = []
    for quantity in _AT_A_PLACE:
        if quantity in typed:
            continue
        costs = costs_at(quantity, joules.per_request, joules.once, place, **joules.sharing())
        if costs is None:
            extra["warnings"].append(f"{_UNKNOWN[quantity]} at {place.zone}, so nothing is said of it.")
        else:
            found.append(costs)
    return found


def _qualities(given: dict[str, Any], pair: dict[str, Candidate]) -> dict[str, Any]:
    """The quality gate and the quality of a mix, where they were asked for."""
    from joulebook.ledger.accounting.tradeoff_cascade import mixture_quality

    found: dict[str, Any] = {}
    if given["margin"] is not None:
        found["quality_gate"] = _gate(pair, given["margin"], given["scores"])
    mix = [given[name] for name in ("escalation_rate", "quality_kept", "quality_passed_on")]
    if None not in mix:
        found["mixture_quality"] = mixture_quality(*mix)
    return found


def _models(given: dict[str, Any]) -> tuple[dict[str, Candidate], tuple[str, ...]]:
    """The candidates of the models that were named, and what their choice had to assume."""
    names = {role: given[role] for role in ("large", "small") if given[role]}
    if not names:
        return {}, ()
    from joulebook.commands.decisions import books_if_any
    from joulebook.ledger import candidates

    chosen = candidates.choose(books_if_any(), tuple(names.values()), task=given["task"])
    pair = {role: _model(role, name, candidates.matches(chosen.candidates, name)) for role, name in names.items()}
    if len(pair) > 1 and pair["large"] is pair["small"]:
        raise click.UsageError(f"--large and --small are one and the same model, {pair['large'].model}")
    return pair, (*chosen.notes, *(f"{role.capitalize()}: {_told(one)}." for role, one in pair.items()))


def _model(role: str, name: str, found: list[Candidate]) -> Candidate:
    """The one candidate that a name means, a person's own runs before what is published."""
    from joulebook.ledger.errors import LedgerError

    if found[0].energy_per_unit_j is None:
        raise LedgerError(f"{name}: its energy per request is unknown; give --{role}-j in place of --{role}")
    return found[0]


def _told(candidate: Candidate) -> str:
    """A model and where its figures come from."""
    origin = {"runs": "own runs", "published": "published", "estimate": "estimated"}[candidate.origin]
    source = candidate.source
    if not source or origin in source:
        return f"{candidate.model}, {source or origin}"
    return f"{candidate.model}, {origin}, {source}"


def _joules(given: dict[str, Any], pair: dict[str, Candidate]) -> tuple[dict[str, Figure], dict[str, Figure]]:
    from joulebook.ledger.accounting.comparison_site import with_range

    per_request = {role: found for role, c in pair.items() if (found := with_range(c).energy_per_unit_j)}
    boundary = next(iter(per_request.values())).boundary if per_request else "as declared"
    for role in ("large", "small", "verifier"):
        if given[f"{role}_j"]:
            per_request[role] = _declared(given[f"{role}_j"], boundary)
    once = _runs_once(given["once_runs"])
    if given["once_kwh"]:
        # what is typed is the whole of it; it stands as distillation unless runs gave that part already
        part = "development" if "distillation" in once else "distillation"
        once[part] = _declared(given["once_kwh"], boundary).scaled(3.6e6)
    if given["training_kwh"]:
        once["training"] = _declared(given["training_kwh"], boundary).scaled(3.6e6)
    return per_request, once


def _runs_once(names: tuple[str, ...]) -> dict[str, Figure]:
    if not names:
        return {}
    from joulebook.books import open_books
    from joulebook.ledger.store import find_run, run_document
    from joulebook.ledger.tradeoff_inputs import once_from_runs

    books = open_books()
    return once_from_runs([run_document(books, find_run(books, name)) for name in names])


def _typed(given: dict[str, Any], names: tuple[Any, ...]) -> Costs | None:
    """A quantity typed by itself; None where it wasn't."""
    from joulebook.ledger.accounting.tradeoff import Costs

    quantity, large, small, verifier, once = names
    if given[large] is None and given[small] is None:
        return None
    if given[large] is None or given[small] is None:
        missing = large if given[large] is None else small
        raise click.UsageError(f"one side is missing: give --{missing.replace('_', '-')} too")
    per_unit = 1e-3 if quantity == "kg" else 1.0  # grams a request against kilograms once
    return Costs(
        quantity,
        large=_declared(given[large]).scaled(per_unit),
        small=_declared(given[small]).scaled(per_unit),
        verifier=_declared(given[verifier]).scaled(per_unit) if given[verifier] else None,
        distillation=_declared(given[once]) if given[once] else None,
    )


def _gate(pair: dict[str, Candidate], margin: float, scores: Path | None) -> dict[str, Any]:
    from dataclasses import asdict

    from joulebook.ledger.accounting.tradeoff_gate import gate_from_quality, gate_from_scores

    if scores is not None:
        by_item = read_scores(scores)
        return asdict(gate_from_scores(by_item[1], by_item[0], margin=margin, paired=True))
    small, large = (pair[role].quality if role in pair else None for role in ("small", "large"))
    return asdict(gate_from_quality(small, large, margin=margin))


def _declared(ends: tuple[float, float, float], boundary: str = "as declared") -> Figure:
    from joulebook.ledger.accounting.figure import Figure

    return Figure(*ends, "declared", boundary)


def _escalation(rate: float | None, n: int | None) -> Escalation | None:
    from joulebook.ledger.accounting.tradeoff import Escalation
    from joulebook.ledger.accounting.tradeoff_cascade import measured_escalation

    if rate is None:
        return None
    return measured_escalation(round(rate * n), n) if n else Escalation(rate, rate, rate)


def _place(given: dict[str, Any], joules: _Joules) -> Site | None:
    """The place that anything was worked out at; None where only what was typed counts."""
    from joulebook.commands.decisions import site

    asked = given["location"] or joules.pair or tradeoff_more.needs_place(given)
    return site(given["location"]) if asked else None


def _regions(given: dict[str, Any]) -> list[str]:
    """What stands in for regions whose own grid is unknown."""
    from joulebook.commands.decisions import stand_ins
    from joulebook.ledger.sites import zone_code

    return stand_ins(zone_code(place) for place in (given["location"], *given["elsewhere"]) if place)


def _show(results: list[Tradeoff], more: _More, extra: dict[str, Any], place: Site | None) -> None:
    from rich.console import Console

    from joulebook.commands import tradeoff_text
    from joulebook.commands.decisions import place_line
    from joulebook.commands.tradeoff_more import show_elsewhere, show_money

    console = Console()
    tradeoff_text.show_result(console, results)
    if more.money:
        show_money(console, more.money)
    show_elsewhere(console, more.elsewhere, more.even)
    console.print()
    for line in tradeoff_text.more_lines(results[0], extra):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line in (*extra["warnings"], *([place_line(place)] if place else [])):
        console.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)
