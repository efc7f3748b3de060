"""`joulebook data fetch`: an hourly grid series from a provider, asked for by name."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


@click.command()
@click.argument("provider", type=click.Choice(["uk-carbon-intensity", "electricity-maps", "watttime"]))
@click.argument("zone")
@click.option("--from", "start", type=_DAY, required=True, help="First day or hour (UTC).")
@click.option("--to", "end", type=_DAY, required=True, help="Day or hour after the last (UTC).")
@click.option("--grid", default=None, help="The provider's own name of the zone, such as KR or CAISO_NORTH.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The CSV file to write.")
def fetch(*, provider: str, zone: str, start: datetime, end: datetime, grid: str | None, out: Path) -> None:
    """Fetch hours of ZONE (KOR, US-CA, ...) over the network and write them as a CSV file for the settings.

    The one command that uses the network. A token, where the provider wants one, stands in JOULEBOOK_GRID_TOKEN; it is
    not written down. Answers are kept and not asked for again.
    """
    import platformdirs

    from joulebook.ledger.grid_providers import PROVIDERS, write_series
    from joulebook.ledger.grid_providers import fetch as fetch_points
    from joulebook.ledger.hourly_files import read_hourly

    if not start < end:
        raise click.UsageError("--to must lie after --from")
    chosen, token = PROVIDERS[provider], os.environ.get("JOULEBOOK_GRID_TOKEN", "")
    cache = Path(platformdirs.user_cache_dir("joulebook", appauthor=False), "grid")
    moments = (start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
    points = fetch_points(chosen, grid or zone, *moments, cache=cache, token=token)
    n = write_series(points, out)
    read_hourly(out, zone=zone, kind=chosen.kind, basis=chosen.basis)  # tells of figures that no grid has
    click.echo(f"{out}: {n} readings, {chosen.kind}, {chosen.basis}. To use them, add to the settings:")
    click.echo(
        f'[[hourly]]\nfile = "{out.resolve()}"\nzone = "{zone}"\nkind = "{chosen.kind}"\nbasis = "{chosen.basis}"'
    )
