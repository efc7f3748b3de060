"""`joulebook estimate`: figures before there is a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from joulebook.ledger.accounting.estimate_inference import BITS, TASKS

if TYPE_CHECKING:
    from joulebook.ledger.accounting.figure import Figure

_POSITIVE = click.FloatRange(min=0, min_open=True)


@click.group()
def estimate() -> None:
    """Estimate energy, emissions, money and water of training or inference, with 90 % ranges."""


@estimate.command()
@click.option("--parameters", type=_POSITIVE, required=True, help="Active parameters, such as 7e9.")
@click.option("--tokens", type=_POSITIVE, required=True, help="Training tokens, such as 2e12.")
@click.option("--accelerator", required=True, help="Device, such as H100.")
@click.option("--count", type=click.IntRange(min=1), help="How many devices, for the days.")
@click.option("--hours", type=_POSITIVE, help="Device hours, where they are known.")
@click.option("--location", help="Where: KOR, US-CA.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def training(
    *,
    parameters: float,
    tokens: float,
    accelerator: str,
    count: int | None,
    hours: float | None,
    location: str | None,
    as_json: bool,
) -> None:
    """Estimate the final training run of a model."""
    from joulebook.ledger import estimates
    from joulebook.ledger.accounting.estimate_training import TrainingWork
    from joulebook.meters.settings import load_settings

    work = TrainingWork(parameters, tokens, estimates.training_device(accelerator), count, hours)
    found = estimates.training(work, estimates.surroundings(load_settings(), location))
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
    _show(figures, found.assumptions, as_json)


@estimate.command()
@click.option("--parameters", type=_POSITIVE, required=True, help="Total parameters, such as 70e9.")
@click.option("--active-parameters", type=_POSITIVE, help="Per token, in a mixture of experts.")
@click.option("--accelerator", required=True, help="Device, such as H100.")
@click.option("--count", type=click.IntRange(min=1), help="Devices that serve one replica.")
@click.option("--batch", type=_POSITIVE, help="Sequences in flight; it matters most.")
@click.option("--precision", type=click.Choice(sorted(BITS)), default="bf16", show_default=True, help="Of the weights.")
@click.option("--tokens-in", type=click.FloatRange(min=0), help="Input tokens of a request.")
@click.option("--tokens-out", type=_POSITIVE, help="Output tokens of a request.")
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
    """Estimate what one output token and one request take."""
    from joulebook.ledger import estimates
    from joulebook.ledger.accounting.estimate_inference import InferenceWork
    from joulebook.ledger.errors import LedgerError
    from joulebook.meters.settings import load_settings

    if active_parameters is not None and active_parameters > parameters:
        raise LedgerError("--active-parameters can't be more than --parameters, the total")
    work = InferenceWork(parameters, estimates.serving_device(accelerator), active_parameters, **rest)
    found = estimates.inference(work, estimates.surroundings(load_settings(), location))
    figures = {
        "energy_per_token_j": found.energy_per_token_j,
        "energy_per_request_j": found.energy_per_request_j,
        "full_stack_energy_per_request_j": found.full_stack_energy_per_request_j,
        "emissions_g": found.emissions_g,
    }
    _show(figures, found.assumptions, as_json)


def _show(figures: dict[str, Figure | None], assumptions: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        content: dict[str, Any] = {name: figure.to_json() if figure else None for name, figure in figures.items()}
        click.echo(json.dumps({**content, "assumptions": list(assumptions)}, indent=2, ensure_ascii=False))
        return
    for name, figure in figures.items():
        if figure is None:
            click.echo(f"{name:<34}unknown")
        else:
            spread = f"({figure.low:.3g} to {figure.high:.3g})"
            click.echo(f"{name:<34}{figure.value:>10.4g}  {spread:<24}{figure.method}, {figure.boundary}")
    for one in assumptions:
        click.echo(f"  - {one}")
