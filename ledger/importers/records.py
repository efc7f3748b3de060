"""What any importer gives: runs ready for the books, and what a reader should know of the file."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from joulebook.ledger.accounting.figure import Method
from joulebook.ledger.accounting.linter import Finding
from joulebook.ledger.accounting.observations import Component
from joulebook.ledger.accounting.uncertainty import Range, by_factor

J_PER_KWH = 3.6e6
# 90 % range by how the source came by the joules: NVML within 5 % (Yang et al. 2024, arXiv 2312.02741); rated power
# and load within 2; memory as a constant per gigabyte within 3 (0.05 to 0.4 W/GB).
SPREAD: dict[Method, float] = {"measured": 1.05, "sampled": 1.1, "declared": 1.5, "modelled": 2.0}
MEMORY_SPREAD = 3.0
NOTHING = {"", "n/a", "nan", "none", "null"}

Format = Literal["codecarbon", "eco2ai", "carbontracker", "zeus"]


@dataclass(frozen=True, slots=True)
class ImportedDevice:
    """Energy of one device or part as the file has it (IT, PUE taken out); None with a reason where it is unknown."""

    component: Component
    name: str
    energy_j: float | None
    method: Method = "modelled"
    spread: float | None = None
    why_unknown: str | None = None

    @property
    def range_j(self) -> Range | None:
        """Joules with their 90 % range."""
        if self.energy_j is None:
            return None
        return by_factor(self.energy_j, self.spread or SPREAD[self.method])


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """One run of a file.

    Attributes:
        key: What makes it this run and no other; its id is made of it.
        row: Line of the file (the header is 1).
        zone: ISO code as the file has it; None where it has none.
        original: The row as it stood, kept beside the run.
        parent_key: Key of the run that it is a part of.
    """

    source: Format
    key: str
    row: int
    started_at: float
    duration_s: float
    devices: tuple[ImportedDevice, ...]
    name: str | None = None
    project: str | None = None
    model: str | None = None
    task: str | None = None
    zone: str | None = None
    cpu_model: str | None = None
    threads: int | None = None
    memory_bytes: float | None = None
    declared: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    original: Mapping[str, Any] = field(default_factory=dict)
    parent_key: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def run_id(self) -> str:
        """The run's id, the same whenever and wherever it is imported."""
        return run_id_of(self.source, self.key)

    @property
    def energy_j(self) -> float:
        """Sum of the known energies."""
        return math.fsum(device.energy_j for device in self.devices if device.energy_j is not None)


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its place in the file."""

    row: int | None
    column: str | None
    finding: Finding


@dataclass(slots=True)
class Parsed:
    """One file: its runs, unless a finding is an error (then none of them enters the books)."""

    path: str
    source: Format | None = None
    rows: int = 0
    runs: list[ImportedRun] = field(default_factory=list)
    findings: list[Located] = field(default_factory=list)

    def say(self, code: str, severity: Literal["error", "warning", "note"], text: str, **place: Any) -> None:
        """Add a finding; `place` may have row and column."""
        self.findings.append(Located(place.get("row"), place.get("column"), Finding(code, severity, text)))

    @property
    def refused(self) -> bool:
        """Whether something in the file can't be used."""
        return any(located.finding.severity == "error" for located in self.findings)


def run_id_of(source: Format, key: str) -> str:
    """A run id from what the file says."""
    return f"{source}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def row_key(row: Mapping[str, Any]) -> str:
    """A row as a key, whatever the order of its columns."""
    return json.dumps({name: str(value) for name, value in row.items()}, sort_keys=True)


def number(parsed: Parsed, row: Mapping[str, str], column: str, line: int) -> float | None:
    """A cell as a number of at least 0; None where it is empty or missing. What is neither is an error of the file."""
    text = (row.get(column) or "").strip()
    if text.lower() in NOTHING:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        parsed.say("not-a-number", "error", f"{text!r} is no number of at least 0", row=line, column=column)
        return None
    return value


def moment(parsed: Parsed, text: str, line: int, column: str) -> float | None:
    """A cell as Unix seconds; a time without a zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        parsed.say("not-a-time", "error", f"{text!r} is no time such as 2026-01-31T23:00:00", row=line, column=column)
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def text(row: Mapping[str, str], column: str) -> str | None:
    """A cell as text; None where it is empty."""
    value = (row.get(column) or "").strip()
    return None if value.lower() in NOTHING else value
