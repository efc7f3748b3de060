"""What the settings file declares for accounting: choices among models, contracts, hourly series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

from joulebook.ledger.accounting.factors import Contract, ContractKind, CpuModel, HourlySeries, MemoryModel
from joulebook.ledger.accounting.linter import lint_intensity
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.hourly_files import MOST_G_PER_KWH, read_hourly, text_of_file
from joulebook.meters.settings import Settings, say_once
from joulebook.reference_data.embodied import embodied_rows
from joulebook.reference_data.places import zone_of_code

_CHOICES: dict[str, tuple[str, ...] | None] = {
    "cpu_model": get_args(CpuModel),
    "memory_model": get_args(MemoryModel),
    "price_sector": ("industry", "large industry", "business", "household", "wholesale"),
    "embodied_source": None,
    "pue_operator": None,
}


def _allowed(key: str) -> tuple[str, ...] | None:
    """What a choice may be; None where any text is taken here."""
    if key == "embodied_source":
        return ("all", *sorted({row.source_key for row in embodied_rows() if row.unit == "per device"}))
    return _CHOICES[key]


def accounting_choices(settings: Settings) -> dict[str, Any]:
    """The `[accounting]` table, checked.

    Raises:
        LedgerError: An unknown key or value; the message names the known ones.
    """
    table = _table(settings.extra.get("accounting", {}), "accounting")
    for key, value in table.items():
        if key not in _CHOICES:
            raise LedgerError(f"settings: [accounting] knows no {key!r}, only {', '.join(sorted(_CHOICES))}")
        allowed = _allowed(key)
        if not isinstance(value, str) or (allowed is not None and value not in allowed):
            raise LedgerError(
                f"settings: [accounting] {key} must be {' or '.join(allowed or ('text',))}, not {value!r}"
            )
    return dict(table)


def contracts(settings: Settings) -> tuple[Contract, ...]:
    """The `[[contracts]]` tables, best (lowest intensity) first.

    Raises:
        LedgerError: A contract lacks something or holds what can't be.
    """
    found = [_contract(i + 1, entry) for i, entry in enumerate(_tables(settings, "contracts"))]
    return tuple(sorted(found, key=lambda contract: contract.intensity_g_per_kwh))


def hourly_series(settings: Settings) -> tuple[HourlySeries, ...]:
    """The series of the `[[hourly]]` tables.

    Raises:
        LedgerError: A file can't be read or understood; the message names row and column.
    """
    series = []
    for i, entry in enumerate(_tables(settings, "hourly")):
        where = f"settings: [[hourly]] number {i + 1}"
        kind = entry.get("kind", "average")
        if kind not in ("average", "marginal"):
            raise LedgerError(f"{where}: kind must be average or marginal, not {kind!r}")
        basis = entry.get("basis", "life cycle")
        if basis not in ("life cycle", "direct"):
            raise LedgerError(f"{where}: basis must be life cycle or direct, not {basis!r}")
        path = Path(str(_needed(entry, "file", where))).expanduser()
        series.append(read_hourly(path, zone=_zone(entry, where), kind=kind, basis=basis))
    return tuple(series)


def _tables(settings: Settings, name: str) -> list[Mapping[str, Any]]:
    entries = settings.extra.get(name, [])
    if not isinstance(entries, list):
        raise LedgerError(f"settings: {name} must be written as [[{name}]] tables")
    return [_table(entry, name) for entry in entries]


def _table(entry: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(entry, Mapping):
        raise LedgerError(f"settings: {name} must be a table, not {entry!r}")
    return entry


def _needed(entry: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in entry:
        raise LedgerError(f"{where}: {key} is missing")
    return entry[key]


def _zone(entry: Mapping[str, Any], where: str) -> str:
    code = str(_needed(entry, "zone", where))
    zone = zone_of_code(code)
    if zone is None:
        raise LedgerError(f"{where}: zone {code!r} is no place known here; use ISO 3166 codes such as KOR or US-CA")
    return zone


def _contract(number: int, entry: Mapping[str, Any]) -> Contract:
    where = f"settings: [[contracts]] number {number}"
    kind = _needed(entry, "kind", where)
    if kind not in get_args(ContractKind):
        raise LedgerError(f"{where}: kind must be {', '.join(get_args(ContractKind))}, not {kind!r}")
    start, end = _moment(entry, "start", where), _moment(entry, "end", where)
    if not start < end:
        raise LedgerError(f"{where}: it must end after it starts")
    share, kwh = _number(entry, "share", where, most=1.0), _number(entry, "kwh", where)
    if kind in ("certificate", "contract") and (share is None) == (kwh is None):
        raise LedgerError(f"{where}: say either share (of the use in the zone, 0 to 1) or kwh")
    intensity = _number(entry, "intensity_g_per_kwh", where, needed=True, most=MOST_G_PER_KWH) or 0.0
    for finding in lint_intensity(intensity, 1.0):
        say_once(f"{where}, intensity_g_per_kwh: {finding.text}")
    return Contract(
        kind=kind,
        zone=_zone(entry, where),
        start=start,
        end=end,
        intensity_g_per_kwh=intensity,
        share=share,
        kwh=kwh,
        name=str(entry.get("name", "")),
        tracking=str(entry["tracking"]) if entry.get("tracking") else None,
        hourly_kwh=_hourly_kwh(entry, where),
    )


def _hourly_kwh(entry: Mapping[str, Any], where: str) -> tuple[float, ...]:
    """Generation by hour from `start`, one number a line of `hourly_file`."""
    if "hourly_file" not in entry:
        return ()
    path = Path(str(entry["hourly_file"])).expanduser()
    lines = text_of_file(path, where).split()
    for row, line in enumerate(lines, start=1):
        try:
            fine = 0 <= float(line) < float("inf")
        except ValueError:
            fine = False
        if not fine:
            raise LedgerError(
                f"{path}, row {row}: {line!r} is no amount of kWh; one number of at least 0 a line"
            ) from None
    return tuple(float(line) for line in lines)


def _number(
    entry: Mapping[str, Any], key: str, where: str, *, needed: bool = False, most: float = 1e15
) -> float | None:
    value = _needed(entry, key, where) if needed else entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise LedgerError(f"{where}: {key} must be a number of at least 0 and at most {most:g}")
    return float(value)


def _moment(entry: Mapping[str, Any], key: str, where: str) -> float:
    value = _needed(entry, key, where)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    raise LedgerError(f"{where}: {key} must be a date such as 2026-01-01, not {value!r}")
