"""`joulebook run`: meter any program, as a parent beside it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.numbers import Amount, FiniteRange

if TYPE_CHECKING:
    from pathlib import Path

    from joulebook.meters.budget import Budget
    from joulebook.meters.metered_job import MeteredJob
    from joulebook.meters.run_command import CommandOutcome

_KINDS = click.Choice(["training", "inference"])
_STAGES = click.Choice(["pretrain", "finetune", "distil", "label", "evaluate", "search", "serve"])
_SIZE = Amount(min=0, min_open=True, max=1e16, max_open=True)


def _tags(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:  # noqa: ARG001
    tags = dict(value.partition("=")[::2] for value in values)
    if not all(tags) or any("=" not in value for value in values):
        raise click.BadParameter("write tags as KEY=VALUE")
    return tags


def _location(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001
    if value is None:
        return None
    from joulebook.commands.decisions import stand_ins
    from joulebook.reference_data.errors import ReferenceDataError
    from joulebook.reference_data.places import zone_of_code

    with contextlib.suppress(ReferenceDataError):
        zone = zone_of_code(value)
        if zone is not None:
            for said in stand_ins([zone]):
                click.echo(f"joulebook: {said}", err=True)
            return value
    raise click.BadParameter(f"{value!r} is no country or region: give an ISO 3166 code such as KOR, DE or US-CA")


def _budget(context: click.Context, parameter: click.Parameter, value: str | None) -> Budget | None:  # noqa: ARG001
    if value is None:
        return None
    from joulebook.meters.budget import BudgetError, parse_budget

    try:
        return parse_budget(value)
    except BudgetError as error:
        raise click.BadParameter(str(error)) from None


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@click.option("--name", help="What to call the run; the program's name otherwise.")
@click.option("--project", help="What it belongs to.")
@click.option("--kind", type=_KINDS, help="What it does.")
@click.option("--stage", type=_STAGES, help="What it is for.")
@click.option("--model", help="Name of the model.")
@click.option("--parameters", type=_SIZE, help="How many parameters the model has, such as 7e9 or 7B.")
@click.option("--task", help="What the model does; runs of one task are compared.")
@click.option("--location", callback=_location, help="Where it runs: an ISO 3166 code such as KOR, DE or US-CA.")
@click.option("--pue", type=FiniteRange(1, 10), help="Power usage effectiveness of the place, where known.")
@click.option("--tag", "tags", multiple=True, callback=_tags, metavar="KEY=VALUE", help="A further word; repeatable.")
@click.option("--baseline", type=FiniteRange(0.5, 600), metavar="SECONDS", help="Measure idle power first.")
@click.option("--progress", is_flag=True, help="Show joules, watts and gCO2e while it goes on, on standard error.")
@click.option(
    "--budget", callback=_budget, metavar="AMOUNT", help="Warn at 80 and 100 % of it: 2kWh, 500J, 1.5kg (CO2e), 3USD."
)
@click.option("--budget-stop", is_flag=True, help="End the command (SIGTERM) when the budget is used up.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- CMD...")
def run(
    command: tuple[str, ...],
    baseline: float | None,
    progress: bool,
    budget: Budget | None,
    budget_stop: bool,
    **words: Any,
) -> None:
    """Meter CMD and exit with its status; 128+n where signal n ended it."""
    if not command:
        raise click.UsageError("give the command to meter after --, for example: joulebook run -- python train.py")
    if budget_stop and budget is None:
        raise click.UsageError("--budget-stop ends the command at a budget: give one, for example --budget 2kWh")
    from joulebook.meters.description import describe
    from joulebook.meters.run_command import run_command

    words["name"] = words["name"] or command[0].rpartition("/")[2]
    watch = _watch(progress, budget, budget_stop)
    outcome = run_command(command, describe(**words), on_start=watch, baseline_s=baseline)
    _report(outcome)
    sys.exit(outcome.exit_status)


def _watch(
    progress: bool, budget: Budget | None, budget_stop: bool
) -> Callable[[MeteredJob, Callable[[], None]], Any] | None:
    if not progress and budget is None:
        return None
    from joulebook.meters.progress import watch_journal
    from joulebook.rates import find_rates

    def on_start(job: MeteredJob, end_command: Callable[[], None]) -> Callable[[], None]:
        on_used_up = end_command if budget_stop else None
        return watch_journal(job.path, find_rates, show=progress, budget=budget, on_used_up=on_used_up)

    return on_start


def _report(outcome: CommandOutcome) -> None:
    """One line on standard error, then the books; nothing here changes the exit status."""
    if outcome.journal is None or not _has_usable_settings():
        return
    if outcome.started:
        _tell(outcome.journal)
    _sync(outcome.journal)


def _has_usable_settings() -> bool:
    """What is wrong with the settings was told when the meter began; the journal waits for `joulebook sync`."""
    from joulebook.meters.settings import SettingsError, load_settings

    try:
        load_settings()
    except SettingsError:
        return False
    return True


def _tell(journal: Path) -> None:
    try:
        from joulebook.meters.summary import summarise
        from joulebook.meters.wording import one_line
        from joulebook.rates import find_rates

        click.echo(f"joulebook: {one_line(summarise(journal, find_rates))}", err=True)
    except Exception as error:  # noqa: BLE001 - the command's status is what counts
        click.echo(f"joulebook: no summary ({type(error).__name__}: {error})", err=True)


def _sync(journal: Path) -> None:
    """Bring the journal into the ledger, where a ledger is installed."""
    try:
        from joulebook.books import open_books
    except ImportError:
        return
    try:
        close = getattr(open_books(), "close", None)
        if close is not None:
            close()
    except ModuleNotFoundError:
        click.echo(
            f"joulebook: recorded in {journal}; `joulebook sync` takes it into the ledger, here with"
            " pip install 'joulebook[dashboard]' or on a machine that has it and sees this folder",
            err=True,
        )
    except Exception as error:  # noqa: BLE001 - an unreachable ledger costs nothing: the journal stays
        click.echo(
            f"joulebook: not in the ledger yet ({error}); `joulebook sync` tries again, {journal} stays", err=True
        )
