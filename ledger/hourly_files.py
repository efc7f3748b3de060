"""Hourly grid intensity from CSV: Electricity Maps, UK Carbon Intensity, ENTSO-E style, or two plain columns."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from joulebook.ledger.accounting.factors import HourlySeries
from joulebook.ledger.accounting.linter import lint_intensity
from joulebook.ledger.errors import LedgerError
from joulebook.meters.settings import say_once
from joulebook.reference_data.grid import generation_factors

HOUR_S = 3600
# More than any grid or power station gives: grams taken for something else.
MOST_G_PER_KWH = 2000
# Longest series taken at once: eleven years of hours.
MAX_HOURS = 100_000
_TIMES = ("datetime (utc)", "datetime", "from", "time", "timestamp", "start", "mtu", "mtu (utc)", "hour", "date")
_VALUES = ("carbon intensity", "actual", "intensity", "gco2", "g/kwh", "moer", "value", "forecast")
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%MZ",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
)
# ENTSO-E production types to the technologies of IPCC 2014, Annex III (life cycle); oil is in Electricity Maps'
# defaults alone.
_ENTSOE = {
    "biomass": "biomass (dedicated)",
    "fossil brown coal": "coal (pulverised)",
    "fossil hard coal": "coal (pulverised)",
    "fossil coal-derived gas": "gas (combined cycle)",
    "fossil gas": "gas (combined cycle)",
    "fossil oil": "oil",
    "fossil peat": "coal (pulverised)",
    "geothermal": "geothermal",
    "hydro run-of-river": "hydro",
    "hydro water reservoir": "hydro",
    "nuclear": "nuclear",
    "solar": "solar PV utility",
    "wind offshore": "wind offshore",
    "wind onshore": "wind onshore",
}


def read_hourly(
    path: Path, *, zone: str, kind: Literal["average", "marginal"], basis: str = "life cycle"
) -> HourlySeries:
    """A series from a CSV file; readings within an hour are averaged, hours without one stay unknown.

    Intensities that no grid has are told on standard error, with the first row of them.

    Args:
        path: The file.
        zone: Whose grid it is.
        kind: `average` or `marginal`; the two are never mixed.
        basis: `life cycle` or `direct`.

    Raises:
        LedgerError: The file can't be read or understood; the message names row and column.
    """
    rows = _rows(path)
    header = [cell.strip().lower() for cell in rows[0][1]]
    time_column = _column(header, _TIMES, exact=True) or 0
    mix = _mix_columns(header)
    value_column = None if mix else _value_column(path, header, time_column, basis)
    hours: dict[int, list[float]] = {}
    known: dict[float, tuple[int, float]] = {}
    for number, cells in rows[1:]:
        moment = _moment(path, number, header[time_column], cells[time_column] if len(cells) > time_column else "")
        value = _mix(path, number, cells, mix) if mix else _value(path, number, header, cells, value_column or 0)
        if value is None:
            continue
        first, before = known.setdefault(moment, (number, value))
        if before != value:
            raise LedgerError(
                f"{path}, row {number}, column {header[time_column]!r}: the same time as in row {first}, with another "
                "value; one zone a file, and times in UTC (local time has an hour twice in autumn)"
            )
        if first == number:
            hours.setdefault(int(moment // HOUR_S), []).append(value)
    _tell_odd(path, list(known.values()), every=kind == "marginal" or basis != "life cycle")
    return _series(path, hours, zone, kind, basis)


def text_of_file(path: Path, what: str) -> str:
    """A text file of the settings; LedgerError, beginning with `what` it is, where it can't be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LedgerError(f"{what}: {path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{what}: {path} can't be read ({error})") from None


def _tell_odd(path: Path, readings: Sequence[tuple[int, float]], *, every: bool) -> None:
    """Readings that no grid has; direct and marginal ones may be near 0, unless `every` one is."""
    odd = [(row, finding) for row, value in readings for finding in lint_intensity(value, 1.0)]
    if odd and not (every and len(odd) < len(readings)):
        row, finding = odd[0]
        more = f" ({len(odd)} such rows)" if len(odd) > 1 else ""
        say_once(f"{path}, row {row}: {finding.text}{more}")


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Rows that hold anything, with their numbers in the file."""
    reader = csv.reader(text_of_file(path, "hourly series").splitlines())
    rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise LedgerError(f"{path}: the hourly series holds no rows under a header")
    return rows


def _column(header: Sequence[str], names: Sequence[str], *, exact: bool) -> int | None:
    for name in names:
        for i, title in enumerate(header):
            if title == name or (not exact and name in title):
                return i
    return None


def _value_column(path: Path, header: list[str], time_column: int, basis: str) -> int:
    wanted = ("(life cycle)", "(lca)") if basis == "life cycle" else ("(direct)",)
    found = _column(header, wanted, exact=False)
    found = found if found is not None else _column(header, _VALUES, exact=False)
    if found is None and len(header) == 2:
        found = 1 - time_column
    if found is None:
        raise LedgerError(f"{path}, row 1: no column of gCO2e/kWh among {', '.join(header)}; name it `intensity`")
    return found


def _mix_columns(header: Sequence[str]) -> dict[int, float]:
    """Life-cycle g/kWh by column, where the file lists generation by ENTSO-E production type."""
    factors = _technology_factors()
    columns = {}
    for i, title in enumerate(header):
        kind = next((kind for kind in sorted(_ENTSOE, key=len, reverse=True) if title.startswith(kind)), None)
        if kind is not None and "consumption" not in title:
            columns[i] = factors[_ENTSOE[kind]]
    return columns


def _technology_factors() -> Mapping[str, float]:
    """IPCC's life-cycle median of each technology; another set's where IPCC has none."""
    found: dict[str, float] = {}
    for factor in sorted(generation_factors(), key=lambda factor: not factor.factor_set.startswith("IPCC")):
        if factor.intensity_g_per_kwh is not None and factor.basis == "life cycle":
            found.setdefault(factor.technology, factor.intensity_g_per_kwh)
    return found


def _moment(path: Path, row: int, column: str, cell: str) -> float:
    if re.search(r"\b(CET|CEST|local)\b", f"{column} {cell}", re.IGNORECASE):
        raise LedgerError(f"{path}, row {row}, column {column!r}: {cell!r} is local time; export the file in UTC")
    text = cell.partition(" - ")[0].strip()
    try:
        return _aware(datetime.fromisoformat(text)).timestamp()
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return _aware(datetime.strptime(text, form)).timestamp()  # noqa: DTZ007  (made aware at once)
        except ValueError:
            continue
    raise LedgerError(f"{path}, row {row}, column {column!r}: {cell!r} is no time; write 2026-01-31 23:00 (UTC)")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _value(path: Path, row: int, header: Sequence[str], cells: Sequence[str], column: int) -> float | None:
    text = cells[column].strip() if len(cells) > column else ""
    if text.lower() in ("", "n/e", "n/a", "-", "nan", "null"):
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= MOST_G_PER_KWH:
        raise LedgerError(
            f"{path}, row {row}, column {header[column]!r}: {text!r} is no intensity in gCO2e/kWh (0 to 2000)"
        )
    return value


def _mix(path: Path, row: int, cells: Sequence[str], columns: Mapping[int, float]) -> float | None:
    amounts = {}
    for i in columns:
        text = cells[i].strip() if len(cells) > i else ""
        try:
            amounts[i] = float(text) if text.lower() not in ("", "n/e", "-") else 0.0
        except ValueError:
            raise LedgerError(f"{path}, row {row}, column {i + 1}: {text!r} is no amount of MW") from None
    total = sum(amounts.values())
    return sum(amount * columns[i] for i, amount in amounts.items()) / total if total > 0 else None


def _series(
    path: Path, hours: Mapping[int, list[float]], zone: str, kind: Literal["average", "marginal"], basis: str
) -> HourlySeries:
    if not hours:
        raise LedgerError(f"{path}: the hourly series holds no values")
    first, last = min(hours), max(hours)
    if last - first >= MAX_HOURS:
        raise LedgerError(f"{path}: the hourly series spans more than {MAX_HOURS} hours; split it")
    values = tuple(sum(hours[h]) / len(hours[h]) if h in hours else None for h in range(first, last + 1))
    return HourlySeries(zone, float(first * HOUR_S), values, kind, basis, path.name)
