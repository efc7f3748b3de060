"""`joulebook dashboard`: the app, on 127.0.0.1 unless told otherwise."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    help="Port to listen on [default: 8501, or the next free one].",
)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; other than this machine needs sign-in.",
)
@click.option("--no-open", is_flag=True, help="Print the address instead of opening a browser.")
def dashboard(port: int | None, address: str, no_open: bool) -> None:
    """Open the app, on 127.0.0.1 unless told otherwise."""
    from joulebook.dashboard.server import serve

    serve(port=port, address=address, open_browser=not no_open)
