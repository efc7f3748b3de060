"""Where the store meets accounting: which factors hold now, keeping them, and figures as columns."""

from __future__ import annotations

import json
import time
import zlib
from typing import Any

from sqlalchemy import Connection, select

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import COMPONENTS, Zone
from joulebook.ledger.accounting.run_account import RunFigures
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.tables import factor_sets
from joulebook.ledger.store.taking import inserting

# Fields of `RunFigures` and the columns that keep them.
FIGURE_FIELDS = {
    "energy_j": "energy_j",
    "facility_energy_j": "facility_energy_j",
    "emissions_location_g": "emissions_g",
    "emissions_market_annual_g": "emissions_market_annual_g",
    "emissions_market_hourly_draft_g": "emissions_market_hourly_draft_g",
    "water_l": "water_l",
    "embodied_g": "embodied_g",
    "cost_usd": "cost_usd",
}


_last_made: dict[str, Factors] = {}


def factors_now() -> Factors:
    """The factor set that reference data and the user's settings give now.

    Making one takes a tenth of a second, so the last is kept while the settings stay the same; settings that name
    files are looked at each time.
    """
    from joulebook.ledger.factor_sets import current_factors
    from joulebook.meters.settings import load_settings

    settings = load_settings()
    key = repr(settings)
    if key not in _last_made or "file" in key:
        _last_made.clear()
        _last_made[key] = current_factors(settings)
    return _last_made[key]


def keep_factors(connection: Connection, factors: Factors) -> None:
    """Keep the rows of a factor set under its hash, so that what was worked out with it can be worked out again."""
    known = select(factor_sets.c.content_hash).where(factor_sets.c.content_hash == factors.content_hash)
    if connection.execute(known).first() is None:
        rows = zlib.compress(json.dumps(factors.rows()).encode())
        row = {"content_hash": factors.content_hash, "name": factors.name, "kept_at": time.time(), "rows": rows}
        connection.execute(inserting(connection, factor_sets).values(**row).on_conflict_do_nothing())


def kept_factors(connection: Connection, content_hash: str) -> Factors:
    """A factor set as it was kept.

    Raises:
        LedgerError: It is not in this ledger, or this version's formulas differ from those it was used with.
    """
    query = select(factor_sets).where(factor_sets.c.content_hash == content_hash)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise LedgerError(f"the factor set {content_hash[:12]} is not kept in this ledger; open the one of the report")
    factors = Factors.from_rows(row["name"], json.loads(zlib.decompress(row["rows"])))
    if factors.content_hash != content_hash:
        raise LedgerError(
            f"the factor set {content_hash[:12]} was used with another version of the formulas; "
            "use the Joulebook that made the report"
        )
    return factors


def zone_of(location: object, edited: str | None) -> Zone:
    """Where a machine stood: what a person put right, else what its journal tells."""
    from joulebook.ledger.locations import resolve_location

    if edited is not None:
        return resolve_location({"how": "edited", "zone": edited})
    return resolve_location(location if isinstance(location, dict) else {"how": "unknown"})


def figure_columns(figures: RunFigures) -> dict[str, Any]:
    """The headline figures as columns of `runs`; unknown is None."""
    columns: dict[str, Any] = {}
    for field, column in FIGURE_FIELDS.items():
        columns |= _three(column, getattr(figures, field))
    for component in COMPONENTS:
        part = figures.energy_by_component.get(component)
        columns |= _three(f"{component}_j", part)
        columns[f"{component}_measured_j"] = part.value * (part.measured_share or 0.0) if part else None
    energy = figures.energy_j
    columns["energy_method"] = energy.method if energy else None
    columns["measured_share"] = energy.measured_share if energy else None
    return columns


def _three(column: str, figure: Figure | None) -> dict[str, float | None]:
    values = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    return dict(zip(names_of_three(column), values, strict=True))


def names_of_three(column: str) -> tuple[str, str, str]:
    """The columns of a figure's value, low and high end: `cost_usd`, `cost_low_usd`, `cost_high_usd`."""
    name, _, unit = column.rpartition("_")
    return column, f"{name}_low_{unit}", f"{name}_high_{unit}"
