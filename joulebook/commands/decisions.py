"""What `compare`, `tradeoff` and `burden` share: books only where there are any, the place, figures as text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulebook.commands.reference_files import settings_with_files

if TYPE_CHECKING:
    from joulebook.ledger.accounting.comparison import Site
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.store import Ledger


def books_if_any() -> Ledger | None:
    """The ledger where there is one, or journals to make one of; None otherwise: published data need no ledger."""
    from joulebook.meters.settings import journals_dir, ledger_address, load_settings

    settings = load_settings()
    address = ledger_address(settings)
    folder = journals_dir(settings)
    if "://" not in address and not Path(address).expanduser().exists() and not _has_files(folder):
        return None
    from joulebook.books import open_books

    return open_books()


def site(location: str | None) -> Site:
    """The place of a comparison: the flag, else what is set, else the world's mean."""
    from datetime import UTC, datetime

    from joulebook.ledger.factor_sets import current_factors
    from joulebook.ledger.sites import site_of
    from joulebook.meters.settings import load_settings

    settings = load_settings()
    return site_of(current_factors(settings), location or settings.location, datetime.now(UTC).year)


def stand_ins(zones: Iterable[str]) -> list[str]:
    """A sentence on each region by whose own grid nothing is worked out: it is unknown, or has no life-cycle figure."""
    from joulebook.ledger.stand_ins import stand_in
    from joulebook.reference_data.errors import ReferenceDataError

    with suppress(ReferenceDataError):  # a file that doesn't fit is told of by what works with it
        settings_with_files()
    return [said for zone in dict.fromkeys(zones) if (said := stand_in(zone))]


def place_line(place: Site) -> str:
    """Where everything is worked out, and with which factors."""
    where = "the world's mean, as no place was named (--location)" if place.assumed else place.zone
    intensity, overhead = with_range(place.intensity_g_per_kwh), with_range(place.pue)
    return f"All at {where}: {intensity} gCO2e/kWh, PUE {overhead}; factor set {place.vintage}"


def site_json(place: Site) -> dict[str, Any]:
    """The same for `--json`."""
    from joulebook.ledger.accounting.comparison_json import figure_json

    factors = {"intensity_g_per_kwh": place.intensity_g_per_kwh, "pue": place.pue}
    known = {name: figure_json(figure) for name, figure in factors.items()}
    return {"zone": place.zone, "assumed": place.assumed, **known, "vintage": place.vintage}


def print_json(document: dict[str, Any]) -> None:
    """Print a document; unknown is null, and nothing that JSON lacks."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def with_range(figure: Figure | None, scale: float = 1.0) -> str:
    """`1.35 (0.9 to 1.8)`, or `unknown`."""
    from joulebook.ledger.accounting.sentences import number

    if figure is None:
        return "unknown"
    # 1 kWh in joules and back is a little less than 1 kWh, and 999.999 is no reason to write 1000 without its space
    ends = [number(float(f"{value * scale:.9g}")) for value in (figure.value, figure.low, figure.high)]
    return ends[0] if ends[1] == ends[2] else f"{ends[0]} ({ends[1]} to {ends[2]})"


def in_unit(figure: Figure | None, size: float) -> str:
    """The figure in a unit of that size, without its name, its range on a line of its own."""
    return with_range(figure, 1 / size).replace(" (", "\n", 1).replace(" to ", "-").rstrip(")")


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
