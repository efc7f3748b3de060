"""The command line: one function a command, each in `joulebook.commands`, imported only when it is called."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

import click

# name -> (module, function, one line for `joulebook --help`, the extra that brings what the lean install lacks)
COMMANDS: dict[str, tuple[str, str, str, str | None]] = {
    "run": ("run", "run", "Meter any program, as a parent beside it.", None),
    "doctor": ("doctor", "doctor", "What can be metered on this machine, how well, and how to do better.", None),
    "runs": ("runs", "runs", "List runs.", "dashboard"),
    "show": ("show", "show", "One run in full.", "dashboard"),
    "edit": ("edit", "edit", "Put right what you know better about a run (audited).", "dashboard"),
    "sync": ("sync", "sync", "Bring journals into the ledger.", "dashboard"),
    "dashboard": ("dashboard", "dashboard", "Open the app, on 127.0.0.1 unless told otherwise.", "dashboard"),
    "demo": ("demo", "demo", "The main job on real data, metered, and the dashboard on the result.", "demo"),
    "import": ("import_", "import_", "Bring in records of CodeCarbon and others, with a findings report.", "dashboard"),
    "data": ("data", "data", "The factor sets and reference data, with vintage and licence.", "dashboard"),
    "calibrate": ("calibrate", "calibrate", "Fit this machine to wall-meter readings.", "dashboard"),
    "estimate": ("estimate", "estimate", "Figures before there is a run.", "dashboard"),
    "compare": ("compare", "compare", "Large against small: quality, energy, carbon, money, latency.", "dashboard"),
    "tradeoff": ("tradeoff", "tradeoff", "When does the small one pay off?", "dashboard"),
    "burden": ("burden", "burden", "Who benefits, who pays.", "dashboard"),
    "report": ("report", "report", "CSV and other reports.", "dashboard"),
    "verify": ("verify", "verify", "Make an old report again and hold it against its file.", "dashboard"),
    "scoreboard": ("scoreboard", "scoreboard", "Our estimators against measured facts, beside EcoLogits.", "dashboard"),
}


class LazyGroup(click.Group):
    """A click group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table above, those that are built."""
        return [name for name, (module, *_) in COMMANDS.items() if _is_built(module)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and one line each, without importing any of them."""
        rows = [(name, COMMANDS[name][2]) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command, imported now."""
        if cmd_name not in COMMANDS or not _is_built(COMMANDS[cmd_name][0]):
            return None
        module, function, *_ = COMMANDS[cmd_name]
        loaded: Any = getattr(importlib.import_module(f"joulebook.commands.{module}"), function)
        return loaded  # type: ignore[no-any-return]


def _is_built(module: str) -> bool:
    return importlib.util.find_spec(f"joulebook.commands.{module}") is not None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="joulebook")
def cli() -> None:
    """Energy and carbon accounting for AI: what a run cost, whether the large model is worth it, and who pays."""


def main() -> None:
    """Run the command line; a user's mistake ends with one clear line and status 1, wrong usage with 2."""
    from joulebook.errors import user_errors

    try:
        status = cli.main(prog_name="joulebook", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)  # what a command gave to `ctx.exit`
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except ModuleNotFoundError as error:
        click.echo(f"joulebook: {_install_line(error, sys.argv[1:])}", err=True)
        sys.exit(1)
    except user_errors() as error:
        click.echo(f"joulebook: {error}", err=True)
        sys.exit(1)


def _install_line(error: ModuleNotFoundError, words: list[str]) -> str:
    """What to install for the command that was typed.

    Raises:
        ModuleNotFoundError: The module is one of ours, or no extra brings it: a fault, not a lean install.
    """
    name = next((word for word in words if word in COMMANDS), "")
    extra = COMMANDS[name][3] if name else None
    if extra is None or (error.name or "").startswith("joulebook"):
        raise error
    return f"`joulebook {name}` needs {error.name}, which is not installed: pip install 'joulebook[{extra}]'"
