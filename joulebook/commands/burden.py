"""`joulebook burden`: who benefits from emissions, and who carries their damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.numbers import AT_LEAST_0, FiniteRange
from joulebook.commands.reference_files import settings_with_files
from joulebook.commands.tables import show_table

if TYPE_CHECKING:
    from rich.console import Console

    from joulebook.ledger.accounting.burden import Burden, CountryRow
    from joulebook.ledger.accounting.figure import Figure

_ROWS = 20
_RANGES = "Ranges are the lowest and the highest of all published specifications."
_PUBLISHED = "People, use and vulnerability (0 to 1) are as published, which is without a range."
_TYPED = "Use is as you gave it; people and vulnerability (0 to 1) are as published, which is without a range."
_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("run", required=False)
@click.option("--emissions-g", type=AT_LEAST_0, metavar="G", help="Emissions in grams, in place of a RUN.")
@click.option(
    "--project", "projects", multiple=True, help="All runs of this project, in place of a RUN; again for more."
)
@click.option("--model", "models", multiple=True, help="All runs of this model.")
@click.option("--from", "start", type=_DATE, help="Of these, runs started on or after this day (UTC).")
@click.option("--to", "end", type=_DATE, help="And before this day (UTC).")
@click.option(
    "--users",
    default="diffusion",
    show_default=True,
    help="Where the users are: USA=0.6,KOR=0.4, a CSV file, diffusion (who uses AI) or intensity (how much).",
)
@click.option("--beneficiaries", metavar="ISO3,…", help="Countries that benefit, such as USA,KOR.")
@click.option("--specification", default="s2111", show_default=True, help="One of the 160, sABCD.")
@click.option("--eta", type=FiniteRange(0, 1.5), default=0.0, show_default=True, help="Weight of income, 0 to 1.5.")
@click.option("--all", "show_all", is_flag=True, help="All countries in the table.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def burden(run: str | None, emissions_g: float | None, as_json: bool, show_all: bool, **wishes: Any) -> None:
    """Say where the damage of emissions falls, against where their users are.

    RUN is a run of the ledger, or take all runs of a project, a model or a time; without any of these, and without
    --emissions-g, only shares are given.
    """
    settings_with_files()
    chosen = {name: wishes.pop(name) for name in ("projects", "models", "start", "end")}
    result = _worked_out(_emissions(run, emissions_g, chosen), **wishes)
    damage = _damage_usd(result.emissions_g)
    if as_json:
        from joulebook.commands.decisions import print_json
        from joulebook.ledger.accounting.burden import to_json

        print_json({**to_json(result), "social_cost_usd": {name: cost.to_json() for name, cost in damage.items()}})
        return
    _show(result, damage, show_all=show_all)


def _worked_out(
    emissions: Figure | None, *, users: str, beneficiaries: str | None, specification: str, eta: float
) -> Burden:
    from joulebook.ledger import burden_inputs
    from joulebook.ledger.accounting import burden as accounting
    from joulebook.ledger.errors import LedgerError

    typed = None
    if users not in ("diffusion", "intensity"):
        is_path = "=" not in users and Path(users).is_file()
        typed = burden_inputs.imported_users(Path(users)) if is_path else burden_inputs.typed_users(users)
    named = [part for part in (beneficiaries or "").split(",") if part.strip()]
    countries = tuple(burden_inputs.country_code(part) for part in named)
    try:
        return accounting.burden(
            burden_inputs.burden_data(),
            emissions_g=emissions,
            users=typed,
            use_kind="intensity" if users == "intensity" else "count",
            beneficiaries=countries,
            specification=specification,
            eta=eta,
        )
    except LedgerError as error:  # what can be wrong here was typed: users, specification
        raise click.UsageError(str(error)) from None


def _emissions(run: str | None, emissions_g: float | None, chosen: Mapping[str, Any]) -> Figure | None:
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.errors import LedgerError

    if sum((run is not None, emissions_g is not None, any(chosen.values()))) > 1:
        raise click.UsageError("give one of a RUN, --emissions-g, and a choice of runs, not several")
    if emissions_g is not None:
        return Figure(emissions_g, emissions_g, emissions_g, "declared", "as declared")
    if any(chosen.values()):
        return _emissions_of_all(chosen)
    if run is None:
        return None
    from joulebook.books import open_books
    from joulebook.ledger.store import find_run, run_document

    books = open_books()
    document = run_document(books, find_run(books, run))
    located = (document.get("emissions_g") or {}).get("location")
    if not located:
        raise LedgerError(f"run {run}: its emissions are unknown, so give --emissions-g or leave the run out")
    return Figure(**located)


def _emissions_of_all(chosen: Mapping[str, Any]) -> Figure:
    """Location-based emissions of the runs that were chosen, each joule once."""
    from joulebook.books import open_books
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.store import RunFilter, totals
    from joulebook.meters.wording import counted

    found = totals(open_books(), RunFilter(**chosen))
    if found.emissions_g is None:
        said = "their emissions are unknown" if found.n else "no run is like that; `joulebook runs` lists them"
        raise LedgerError(f"{counted(found.n, 'run')} chosen: {said}")
    return found.emissions_g


def _damage_usd(emissions: Figure | None) -> dict[str, Figure]:
    """The damage in money by each dated value of the factor set; none of them is the truth."""
    if emissions is None:
        return {}
    from joulebook.ledger.accounting.social_cost import social_costs
    from joulebook.ledger.factor_sets import current_factors
    from joulebook.meters.settings import load_settings

    table = current_factors(load_settings()).table
    return social_costs(emissions, [factor for key, factor in sorted(table.items()) if key.startswith("scc/")])


def _show(result: Burden, damage: dict[str, Figure], *, show_all: bool) -> None:
    from rich.console import Console

    from joulebook.ledger.accounting.sentences import fitting

    console = Console()
    console.print(result.verdict, highlight=False, soft_wrap=True)
    _show_groups(console, result)
    _show_countries(console, result, result.countries if show_all else _shown(result))
    console.print()
    rest = _TYPED if result.use_kind == "typed" else _PUBLISHED
    console.print(f"{_RANGES} {rest}", highlight=False, soft_wrap=True)
    for name, cost in damage.items():
        value, unit, low, high = fitting("USD", cost.value, cost.low, cost.high)
        ends = "" if low == high else f" ({low} to {high})"
        console.print(f"Damage of the emissions by {name}: {value} {unit}{ends}", highlight=False, soft_wrap=True)
    for line in (*result.warnings, *(f"{i}. {text}" for i, text in enumerate(result.caveats, start=1))):
        console.print(line, style="dim", highlight=False, soft_wrap=True)


def _show_groups(console: Console, result: Burden) -> None:
    rows = [
        [group.group, *map(_share, (group.people, group.users, group.damages)), _ratio(group.relative_loss)]
        for group in result.income_groups
    ]
    title = f"By income (USD a head, purchasing power), income weight eta {result.eta:g}"
    show_table(console, title, ["group", "people", "users", "damages", "loss over income, world = 1"], rows)


def _show_countries(console: Console, result: Burden, shown: Sequence[CountryRow]) -> None:
    rows = [
        [
            f"{row.name} ({row.iso3})",
            _share(row.damage_share).replace(" %", "") if row.damage_share else "no estimate",
            _share(row.use_share).replace(" %", ""),
            _ratio(row.relative_burden),
            "unknown" if row.vulnerability is None else f"{row.vulnerability:.2f}",
        ]
        for row in shown
    ]
    columns = ["country", "% of damages", "% of use", "burden over income, world = 1", "vulnerability"]
    show_table(console, f"{len(rows)} of {len(result.countries)} countries", columns, rows)


def _share(figure: Figure | None) -> str:
    """`41 % (10 to 75 %)`; without the range where none is published."""
    from joulebook.ledger.accounting.sentences import bare_percent, percent

    if figure is None:
        return "unknown"
    if figure.low == figure.high:
        return percent(figure.value, 1)
    return f"{percent(figure.value)} ({bare_percent(figure.low)} to {percent(figure.high)})"


def _ratio(figure: Figure | None) -> str:
    """`2.5 (0.52 to 20)`: two digits say all that such a range holds."""
    if figure is None:
        return "unknown"
    value, low, high = (f"{float(f'{x:.2g}'):g}" for x in (figure.value, figure.low, figure.high))
    return f"{value} ({low} to {high})"


def _shown(result: Burden) -> list[CountryRow]:
    """The largest shares, and the most vulnerable of those without an estimate."""
    without = [row for row in result.countries if row.damage_share is None and row.vulnerability is not None]
    most_vulnerable = sorted(without, key=lambda row: -(row.vulnerability or 0.0))
    islands = [row for row in most_vulnerable if row.iso3 == "MDV"]  # Bender's example is always shown
    return [
        *result.countries[:_ROWS],
        *most_vulnerable[:3],
        *(row for row in islands if row not in most_vulnerable[:3]),
    ]
