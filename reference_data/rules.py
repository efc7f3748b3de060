"""What every column of a reference table must hold; the same rules check our files and a user's newer ones."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from joulebook.reference_data.countries import country
from joulebook.reference_data.places import zone_of_code
from joulebook.reference_data.tables import UNREADABLE, open_table

# Plausible range of a column of numbers, by name: from the physics or from the widest published values.
RANGES: dict[str, tuple[float, float]] = {
    "year": (1990, 2100),
    "emission_year": (2000, 2200),
    "usd_year": (1990, 2100),
    "intensity_g_per_kwh": (0, 2500),
    "low_g_per_kwh": (0, 2500),
    "high_g_per_kwh": (0, 2500),
    "life_cycle_g_per_kwh": (0, 2500),
    "direct_g_per_kwh": (0, 2500),
    "hour_local": (0, 23),
    "utc_offset_h": (-12, 14),
    "price_usd_per_kwh": (-0.5, 5),
    "price_usd_per_gpu_hour": (0.01, 200),
    "price_usd_per_t": (0, 2000),
    "water_l_per_kwh": (0, 200),
    "wue_l_per_kwh": (0, 30),
    "pue": (1, 4),
    "tdp_w": (1, 5000),
    "memory_gb": (0.05, 2000),
    "peak_bf16_tflops": (0.01, 20000),
    "memory_bandwidth_gb_per_s": (10, 100000),
    "idle_w_per_thread": (0.05, 20),
    "full_w_per_thread": (0.2, 60),
    "embodied_kgco2e": (1, 20000),
    "parameters_billion": (0.0001, 100000),
    "active_parameters_billion": (0.0001, 100000),
    "accelerator_hours": (0.1, 1e9),
    "training_energy_mwh": (1e-4, 1e7),
    "energy_j_per_token": (1e-4, 1e5),
    "energy_j_per_request": (1e-4, 1e8),
    "energy_kwh": (1e-7, 1e4),
    "users_percent_q1_2026": (0, 100),
    "usage_percent": (0, 100),
    "population": (1, 1e10),
    "working_age_population": (1, 1e10),
    "gdp_ppp_usd_per_head": (100, 1e6),
    "vulnerability": (0, 1),
}
# Columns that may be empty (unknown); every other column with a range must hold a number.
MAY_BE_EMPTY = frozenset(
    {"tdp_w", "memory_gb", "peak_bf16_tflops", "memory_bandwidth_gb_per_s", "parameters_billion", "pue", "population"}
    | {"active_parameters_billion", "accelerator_hours", "training_energy_mwh", "energy_j_per_token", "year"}
    | {"energy_j_per_request", "working_age_population", "intensity_g_per_kwh", "low_g_per_kwh", "high_g_per_kwh"}
)
# In these sets the named columns are what the set is for, and must not be empty.
NEVER_EMPTY: dict[str, frozenset[str]] = {
    "grid": frozenset({"year", "intensity_g_per_kwh"}),
    "grid-regions": frozenset({"year", "intensity_g_per_kwh"}),
    "pue": frozenset({"pue"}),
}
# Of the positive damages; gains may be larger than all of them.
_SHARES = (-10.0, 1.0)
BASES = frozenset({"life cycle", "direct", "provider"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file; row 1 is the header, column empty for what concerns the whole row."""

    row: int
    column: str
    what: str

    def __str__(self) -> str:
        """As one line for a person."""
        place = f"row {self.row}{f', column {self.column}' if self.column else ''}: "
        return (place if self.row else "") + self.what  # row 0 is the file as a whole


def problems_of(set_name: str, path: Path, own: Path, key_columns: tuple[str, ...]) -> Iterator[Problem]:
    """Everything wrong in a file that is to stand in for a set, whose own file has its columns, row by row."""
    own_table = _table(own)
    try:
        table = _table(path)
    except UNREADABLE as error:
        absent = isinstance(error, FileNotFoundError)
        yield Problem(0, "", "there is no such file" if absent else f"the file can't be read ({error})")
        return
    if not table:
        yield Problem(1, "", "the file is empty")
        return
    missing = [name for name in own_table[0] if name not in table[0]]
    yield from (Problem(1, name, "the column is missing") for name in missing)
    if missing:
        return
    if len(table) == 1:
        yield Problem(1, "", "there is no row below the header")
    yield from _problems_of_rows(set_name, table, key_columns, _numbers(own_table))


def _table(path: Path) -> list[list[str]]:
    with open_table(path) as file:
        return list(csv.reader(file))


def _numbers(table: list[list[str]]) -> frozenset[str]:
    """Columns that hold nothing but numbers."""
    columns = {name: [row[i] for row in table[1:]] for i, name in enumerate(table[0])}
    return frozenset(
        name
        for name, cells in columns.items()
        if any(cells) and not any(_wrong_number(cell, -math.inf, math.inf, may_be_empty=True) for cell in cells)
    )


def _problems_of_rows(
    set_name: str, table: list[list[str]], key_columns: tuple[str, ...], numbers: frozenset[str]
) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    for number, cells in enumerate(table[1:], start=2):
        if len(cells) != len(table[0]):
            yield Problem(number, "", f"{len(cells)} cells where the header has {len(table[0])}")
            continue
        row = dict(zip(table[0], cells, strict=True))
        for column, cell in row.items():
            what = _wrong(set_name, column, cell, numbers)
            if what:
                yield Problem(number, column, what)
        key = tuple(row[column] for column in key_columns)
        if key in seen:
            yield Problem(number, key_columns[0], f"the same {' and '.join(key_columns)} as row {seen[key]}")
        seen.setdefault(key, number)


def _wrong(set_name: str, column: str, cell: str, numbers: frozenset[str]) -> str | None:
    if column in RANGES:
        return _wrong_number(cell, *RANGES[column], may_be_empty=_may_be_empty(set_name, column))
    check = _CHECKS.get((set_name, column)) or _CHECKS.get(("", column))
    if check:
        return check(cell)
    if column in numbers:
        is_share = set_name == "damage-shares"
        least, most = _SHARES if is_share else (-math.inf, math.inf)
        return _wrong_number(cell, least, most, may_be_empty=not is_share)
    return None


def _may_be_empty(set_name: str, column: str) -> bool:
    return column in MAY_BE_EMPTY and column not in NEVER_EMPTY.get(set_name, frozenset())


def _wrong_number(cell: str, least: float, most: float, *, may_be_empty: bool) -> str | None:
    if not cell:
        return None if may_be_empty else "empty; a number is needed"
    try:
        value = float(cell)
    except ValueError:
        return f"{cell!r} is no number"
    if not math.isfinite(value) or not least <= value <= most:
        return f"{cell} is outside {least:g} to {most:g}"
    return None


def _wrong_country(cell: str) -> str | None:
    known = country(cell)
    return None if known is not None and known.alpha3 == cell else f"{cell!r} is no ISO 3166-1 alpha-3 code"


def _wrong_zone(cell: str) -> str | None:
    return None if "/" in cell or zone_of_code(cell) else f"{cell!r} is no zone such as KOR or USA-CA"


def _wrong_basis(cell: str) -> str | None:
    return None if cell in BASES else f"{cell!r} is none of {', '.join(sorted(BASES))}"


def _wrong_source(cell: str) -> str | None:
    return None if cell.strip() else "empty; say where the figure comes from"


# By set and column; the empty set name means every set.
_CHECKS: dict[tuple[str, str], Callable[[str], str | None]] = {
    ("", "iso3"): _wrong_country,
    ("", "source_key"): _wrong_source,
    ("grid-regions", "zone"): _wrong_zone,
    ("grid-regions", "basis"): _wrong_basis,
    ("cloud-regions", "zone"): _wrong_zone,
    ("electricity-prices", "zone"): _wrong_zone,
    ("generation-factors", "basis"): _wrong_basis,
}
