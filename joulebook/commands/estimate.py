"""`joulebook estimate`: figures before there is a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.numbers import SIZE, Amount
from joulebook.commands.reference_files import settings_with_files
from joulebook.ledger.accounting.estimate_inference import BITS, TASKS

if TYPE_CHECKING:
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.accounting.observations import Zone
    from joulebook.ledger.accounting.uncertainty import Range
    from joulebook.ledger.site_prior import Verdict


_TOKENS = Amount(min=0, max=1e9)


@click.group()
def estimate() -> None:
    """Estimate energy, emissions, money and water of training or inference, with 90 % ranges."""


@estimate.command()
@click.option("--parameters", type=SIZE, required=True, help="Active parameters, such as 7e9 or 7B.")
@click.option("--tokens", type=SIZE, required=True, help="Training tokens, such as 2e12 or 2T.")
@click.option("--accelerator", required=True, help="Device, such as H100.")
@click.option("--count", type=click.IntRange(min=1), help="How many devices, for the days.")
@click.option("--hours", type=SIZE, help="Device hours, where they are known.")
@click.option("--location", help="Where: KOR, US-CA.")
@click.option("--public", is_flag=True, help="Go by public runs even where the ledger has some of your own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def training(
    *,
    parameters: float,
    tokens: float,
    accelerator: str,
    count: int | None,
    hours: float | None,
    location: str | None,
    public: bool,
    as_json: bool,
) -> None:
    """Estimate the final training run of a model.

    Utilisation and power are those of your own finished runs on this device where the ledger has any.
    """
    from joulebook.ledger import estimates
    from joulebook.ledger.accounting.estimate_training import TrainingWork

    settings = settings_with_files()
    device = estimates.training_device(accelerator)
    own = (None, None) if public else _own_prior(device.name)
    work = TrainingWork(parameters, tokens, device, count, hours, *own)
    around = estimates.surroundings(settings, location)
    found = estimates.training(work, around)
    figures = {
        "accelerator_hours": found.accelerator_hours,
        "energy_j": found.energy_j,
        "facility_energy_j": found.facility_energy_j,
        "emissions_g": found.emissions_g,
        "cost_usd": found.cost_usd,
        "water_l": found.water_l,
        "duration_s": found.duration_s,
        "development_energy_j": found.development_energy_j,
    }
    _show(figures, found.assumptions, around.zone, as_json=as_json)


@estimate.command()
@click.option("--parameters", type=SIZE, required=True, help="Total parameters, such as 70e9 or 70B.")
@click.option("--active-parameters", type=SIZE, help="Per token, in a mixture of experts.")
@click.option("--accelerator", required=True, help="Device, such as H100.")
@click.option("--count", type=click.IntRange(min=1), help="Devices that serve one replica.")
@click.option("--batch", type=SIZE, help="Sequences in flight; it matters most.")
@click.option("--precision", type=click.Choice(sorted(BITS)), default="bf16", show_default=True, help="Of the weights.")
@click.option("--tokens-in", type=_TOKENS, help="Input tokens of a request.")
@click.option("--tokens-out", type=SIZE, help="Output tokens of a request.")
@click.option("--task", type=click.Choice(sorted(TASKS)), default="chat", show_default=True, help="Gives the lengths.")
@click.option("--location", help="Where: KOR, US-CA.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inference(
    *,
    parameters: float,
    active_parameters: float | None,
    accelerator: str,
    location: str | None,
    as_json: bool,
    **rest: Any,
) -> None:
    """Estimate what one output token and one request take; emissions, money and water are of a request."""
    from joulebook.ledger import estimates
    from joulebook.ledger.accounting.estimate_inference import InferenceWork
    from joulebook.ledger.errors import LedgerError

    settings = settings_with_files()
    if active_parameters is not None and active_parameters > parameters:
        raise LedgerError("--active-parameters can't be more than --parameters, the total")
    work = InferenceWork(parameters, estimates.serving_device(accelerator), active_parameters, **rest)
    around = estimates.surroundings(settings, location)
    found = estimates.inference(work, around)
    figures = {
        "energy_per_token_j": found.energy_per_token_j,
        "energy_per_request_j": found.energy_per_request_j,
        "full_stack_energy_per_request_j": found.full_stack_energy_per_request_j,
        "emissions_g": found.emissions_g,
        "cost_usd": found.cost_usd,
        "water_l": found.water_l,
    }
    _show(figures, found.assumptions, around.zone, as_json=as_json, per=" per request")


@estimate.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def against(run: str, as_json: bool) -> None:
    """Show what would have been estimated for RUN beside what it took."""
    from joulebook.books import open_books
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.estimates import surroundings
    from joulebook.ledger.site_prior import predicted_against_actual
    from joulebook.ledger.store import find_run, run_document

    settings = settings_with_files()
    books = open_books()
    document = run_document(books, find_run(books, run))
    verdicts = predicted_against_actual(document, surroundings(settings, None))
    if not verdicts:
        needed = (
            "parameters, tokens (run.count(tokens_in=...) or requests with tokens_out) and known accelerators, used at "
            "between 0.5 and 80 % of their peak in training"
        )
        raise LedgerError(f"{run}: an estimate needs its {needed}; `joulebook edit` can add the parameters")
    if as_json:
        content = [{"name": one.name, "what": one.what, **_compared(one)} for one in verdicts]
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    click.echo(f"{document['name'] or document['run_id']}: what would have been estimated before it, and what it took")
    for one in verdicts:
        _show_verdict(one)


def _compared(verdict: Verdict) -> dict[str, Any]:
    return {
        "predicted": verdict.predicted.to_json(),
        "actual": verdict.actual.to_json(),
        "factor": verdict.factor,
        "factor_figure": verdict.ratio.to_json(),
        "inside_range": verdict.inside,
    }


def _show_verdict(verdict: Verdict) -> None:
    from joulebook.ledger.accounting.sentences import number

    _, unit = _label(verdict.name)
    ratio = verdict.ratio
    factor, low, high = (number(value) for value in (ratio.value, ratio.low, ratio.high))
    where = "inside" if verdict.inside else "outside"
    click.echo(f"{verdict.what}, {verdict.predicted.boundary}")
    click.echo(f"  estimated  {_written(verdict.predicted, unit)}")
    click.echo(f"  was        {_written(verdict.actual, unit)}")
    click.echo(f"  the estimate is {factor} times what it was ({low} to {high}); what it was lies {where} the range")


def _written(figure: Figure, unit: str) -> str:
    """A figure with range, method and vintage; what was read off a clock has no range."""
    from joulebook.ledger.reports.show import figure as written
    from joulebook.ledger.reports.show import quantity

    if figure.low == figure.high:
        text = f"{quantity(figure.value, unit)} ({figure.method})"
    else:
        text = written(figure.to_json(), unit)
    return f"{text}; {figure.vintage}" if figure.vintage else text


def _own_prior(device: str) -> tuple[Range | None, Range | None]:
    """Utilisation and power of own runs; nothing where there is no ledger yet or it can't be read."""
    from joulebook.meters.settings import ledger_address, load_settings

    address = ledger_address(load_settings())
    if "://" not in address and not Path(address).expanduser().exists():
        return None, None
    from joulebook.ledger.errors import LedgerError
    from joulebook.ledger.site_prior import site_prior_of
    from joulebook.ledger.store import open_ledger

    try:
        found = site_prior_of(open_ledger(address, read_only=True), device)
    except LedgerError:
        return None, None
    return found.utilisation, found.power_share


def _show(
    figures: dict[str, Figure | None], assumptions: tuple[str, ...], zone: Zone, *, as_json: bool, per: str = ""
) -> None:
    if as_json:
        content: dict[str, Any] = {name: figure.to_json() if figure else None for name, figure in figures.items()}
        content |= {"place": {"zone": zone.zone, "how": zone.how, "assumed": zone.assumed}}
        click.echo(json.dumps({**content, "assumptions": list(assumptions)}, indent=2, ensure_ascii=False))
        return
    from joulebook.ledger.reports.show import figure as written

    for name, figure in figures.items():
        words, unit = _label(name)
        words += "" if "per" in words else per
        boundary = f", {figure.boundary}" if figure else ""
        click.echo(f"{words:<34}{written(figure.to_json() if figure else None, unit)}{boundary}")
    for line in (*assumptions, *_vintages(figures)):
        click.echo(f"  - {line}")


def _vintages(figures: dict[str, Figure | None]) -> list[str]:
    """Which figures stand on which factors, each said once."""
    told: dict[str, list[str]] = {}
    for name, figure in figures.items():
        if figure and figure.vintage:
            told.setdefault(figure.vintage, []).append(_label(name)[0])
    return [f"{', '.join(names)}: {vintage}" for vintage, names in told.items()]


def _label(name: str) -> tuple[str, str]:
    """A figure's name in words, and the unit that its last letters say."""
    words, _, end = name.rpartition("_")
    unit = {"j": "J", "g": "g", "l": "L", "usd": "USD", "s": "s", "hours": "h"}[end]
    return (name if end == "hours" else words).replace("_", " "), unit
