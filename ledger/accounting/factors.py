"""The factors that turn observations into joules, grams, litres and dollars: one immutable, pure-data bundle.

Every factor is a row (key, value, 90 % range, unit, method, vintage, source), so that the rows behind a report can be
kept beside it under a content hash and the report made again from them alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from joulebook.ledger.accounting.figure import Figure, Method
from joulebook.ledger.accounting.uncertainty import Range

# Goes up whenever a formula changes what it gives for the same observations and the same factors.
FORMULA_VERSION = "2"

CpuModel = Literal["family", "codecarbon", "tdp"]
MemoryModel = Literal["used", "allotted"]
ContractKind = Literal["certificate", "contract", "supplier", "residual"]


@dataclass(frozen=True, slots=True)
class Factor:
    """One sourced number.

    Attributes:
        key: What it is of, for example `grid/KOR/2024` or `pue`.
        low: The 5 % end of its 90 % range.
        high: The 95 % end.
        unit: Of value, low and high.
        method: `declared` by the user, `published` by the source, `modelled` for an assumption.
        vintage: Year or date that it is of, and what a reader must know of it.
        source: Key of the bibliography, or who declared it.
    """

    key: str
    value: float
    low: float
    high: float
    unit: str
    method: Method
    vintage: str
    source: str

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(
                f"factor {self.key}: a range must hold its value, got {self.value} ({self.low} to {self.high})"
            )

    @property
    def range(self) -> Range:
        """Value and 90 % range."""
        return Range(self.value, self.low, self.high)

    def figure(self, boundary: str) -> Figure:
        """The factor itself as a figure, for showing it."""
        return Figure(self.value, self.low, self.high, self.method, boundary, f"{self.source} {self.vintage}")


@dataclass(frozen=True, slots=True)
class Contract:
    """A claim on electricity of a known origin, for the market-based figure.

    Attributes:
        kind: `certificate` and `contract` cover part of the use, `supplier` covers all that is left, `residual` names
            the residual mix for what nothing covers.
        zone: Country or region whose market it belongs to.
        start: Unix seconds of its first moment (vintage).
        end: Unix seconds of its end.
        share: Part (0 to 1) of the use in the zone that it covers; None where `kwh` says how much.
        kwh: Amount covered over the whole period; it is spread over all runs of the zone in a report.
        name: As it stands on the paper.
        tracking: Registry or tracking system; None makes the quality check say so.
        hourly_kwh: Generation hour by hour from `start` (for the hourly draft method); empty where unknown.
    """

    kind: ContractKind
    zone: str
    start: float
    end: float
    intensity_g_per_kwh: float
    share: float | None = None
    kwh: float | None = None
    name: str = ""
    tracking: str | None = None
    hourly_kwh: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class HourlySeries:
    """Grid intensity by hour: `intensity_g_per_kwh[i]` holds from `start + 3600 * i`; None where it is not known."""

    zone: str
    start: float
    intensity_g_per_kwh: tuple[float | None, ...]
    kind: Literal["average", "marginal"]
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class CpuFamily:
    """Idle and full power per hardware thread of processors whose model name `pattern` (a regular expression) finds."""

    name: str
    pattern: str
    idle_w: float
    idle_low_w: float
    idle_high_w: float
    full_w: float
    full_low_w: float
    full_high_w: float
    source: str


@dataclass(frozen=True)
class Factors:
    """A named, dated set of factors and the choices made among models and sources.

    Attributes:
        name: For example `2026-11`.
        table: Factors by key.
        cpu_families: In order of trial; the last finds everything.
        cpu_tdp_w: Rated power by CPU model (lower case), for the models that go by it.
        cpu_model: Which model turns CPU seconds into joules where nothing measures them.
        memory_model: Whether a run bears the memory that it used or the memory that it was allotted.
        embodied_source: `all` for the spread over sources, or the key of one source.
    """

    name: str
    table: Mapping[str, Factor]
    cpu_families: tuple[CpuFamily, ...] = ()
    cpu_tdp_w: Mapping[str, float] = field(default_factory=dict)
    cpu_model: CpuModel = "family"
    memory_model: MemoryModel = "used"
    embodied_source: str = "all"
    contracts: tuple[Contract, ...] = ()
    hourly: tuple[HourlySeries, ...] = ()

    def get(self, key: str) -> Factor | None:
        """The factor of that key, or None where the set has none."""
        return self.table.get(key)

    def intensity(self, zone: str, year: int, *, basis: str = "grid") -> Factor | None:
        """The yearly intensity of a zone: of that year, else of the latest before it, else of the earliest after it.

        A region without a figure of this basis takes its country's. None where neither has one.
        """
        years = self._years.get((basis, zone))
        if years is None:
            return self.intensity(zone.partition("-")[0], year, basis=basis) if "-" in zone else None
        earlier = [known for known in years if known <= year]
        return self.table[f"{basis}/{zone}/{max(earlier) if earlier else min(years)}"]

    def under(self, prefix: str) -> tuple[Factor, ...]:
        """All factors whose key begins with `prefix/`, by key."""
        return self._prefixes.get(prefix, ())

    @cached_property
    def _prefixes(self) -> dict[str, tuple[Factor, ...]]:
        index: dict[str, list[Factor]] = {}
        for key in sorted(self.table):
            index.setdefault(key.partition("/")[0], []).append(self.table[key])
        return {prefix: tuple(found) for prefix, found in index.items()}

    @cached_property
    def _years(self) -> dict[tuple[str, str], list[int]]:
        index: dict[tuple[str, str], list[int]] = {}
        for key in self.table:
            parts = key.split("/")
            if len(parts) == 3 and parts[2].isdigit():
                index.setdefault((parts[0], parts[1]), []).append(int(parts[2]))
        return index

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over rows, choices and formula version: the same hash gives the same figures."""
        text = json.dumps([FORMULA_VERSION, self.rows()], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def rows(self, keys: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Everything in the set as plain rows (`row` names the kind of each), or only the factors of `keys`."""
        if keys is not None:
            return [{"row": "factor", **asdict(self.table[key])} for key in sorted(set(keys)) if key in self.table]
        rows: list[dict[str, Any]] = [{"row": "factor", **asdict(self.table[key])} for key in sorted(self.table)]
        rows += [{"row": "cpu_family", **asdict(family)} for family in self.cpu_families]
        rows += [{"row": "contract", **_plain(asdict(contract))} for contract in self.contracts]
        rows += [{"row": "hourly", **_plain(asdict(series))} for series in self.hourly]
        rows += [{"row": "cpu_tdp", "model": model, "tdp_w": self.cpu_tdp_w[model]} for model in sorted(self.cpu_tdp_w)]
        choices = {
            "cpu_model": self.cpu_model,
            "memory_model": self.memory_model,
            "embodied_source": self.embodied_source,
        }
        rows += [{"row": "choice", "choice": choice, "value": value} for choice, value in choices.items()]
        return rows

    @classmethod
    def from_rows(cls, name: str, rows: Iterable[Mapping[str, Any]]) -> Factors:
        """The set again from what `rows()` gave, for example out of the ledger."""
        kinds: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            values = dict(row)
            kinds.setdefault(values.pop("row"), []).append(values)
        return cls(
            name=name,
            table={values["key"]: Factor(**values) for values in kinds.get("factor", [])},
            cpu_families=tuple(CpuFamily(**values) for values in kinds.get("cpu_family", [])),
            cpu_tdp_w={values["model"]: values["tdp_w"] for values in kinds.get("cpu_tdp", [])},
            contracts=tuple(Contract(**_tuples(values)) for values in kinds.get("contract", [])),
            hourly=tuple(HourlySeries(**_tuples(values)) for values in kinds.get("hourly", [])),
            **{values["choice"]: values["value"] for values in kinds.get("choice", [])},
        )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
