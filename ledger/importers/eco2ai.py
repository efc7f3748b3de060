"""eco2AI's emission.csv: one total a row, in newer versions with its parts; PUE (unknown, 1 by default) is inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from joulebook.ledger.accounting.linter import Record, lint
from joulebook.ledger.importers.records import (
    J_PER_KWH,
    MEMORY_SPREAD,
    ImportedDevice,
    ImportedRun,
    Located,
    Parsed,
    moment,
    number,
    row_key,
    text,
)

ENERGY, EMISSIONS, DURATION = "power_consumption(kWh)", "CO2_emissions(kg)", "duration(s)"
_OLDER = {"power_consumption(kWTh)": ENERGY}
_PARTS = {"cpu": "CPU_consumption(kWh)", "gpu": "GPU_consumption(kWh)", "ram": "RAM_consumption(kWh)"}


def is_eco2ai(header: Sequence[str]) -> bool:
    """Whether a header is eco2AI's."""
    return "experiment_description" in header and (ENERGY in header or bool(set(_OLDER) & set(header)))


def read_eco2ai(parsed: Parsed, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Fill in runs and findings from the rows of a file, each with its line."""
    parsed.source = "eco2ai"
    plain = [(line, {_OLDER.get(name, name): cell for name, cell in row.items()}) for line, row in rows]
    parsed.runs = [run for line, row in plain if (run := _run(parsed, line, row)) is not None]
    if parsed.runs:
        parsed.say("pue-unknown", "note", "the file does not say which PUE is inside; it is taken as 1", column=ENERGY)


def _run(parsed: Parsed, line: int, row: Mapping[str, str]) -> ImportedRun | None:
    seconds = number(parsed, row, DURATION, line)
    energy = number(parsed, row, ENERGY, line)
    emissions = number(parsed, row, EMISSIONS, line)
    start = moment(parsed, row.get("start_time") or "", line, "start_time")
    if seconds is None or energy is None or start is None:
        parsed.say("missing", "error", "a run needs start_time, duration(s) and its energy", row=line, column=ENERGY)
        return None
    grams = None if emissions is None else emissions * 1000
    findings = lint(Record(energy_kwh=energy, duration_s=seconds, emissions_g=grams))
    parsed.findings += [Located(line, EMISSIONS if f.field == "emissions_g" else ENERGY, f) for f in findings]
    return ImportedRun(
        source="eco2ai",
        key=row_key(row),
        row=line,
        started_at=start,
        duration_s=seconds,
        devices=_devices(parsed, line, row, energy),
        name=text(row, "experiment_description"),
        project=text(row, "project_name"),
        zone=(text(row, "region/country") or "").split("/")[0] or None,
        cpu_model=(text(row, "CPU_name") or "").split("/")[0] or None,
        tags={"eco2ai_id": value} if (value := text(row, "id")) else {},
        original=dict(row),
        warnings=tuple(f.text for f in findings if f.severity == "warning"),
    )


def _devices(parsed: Parsed, line: int, row: Mapping[str, str], energy_kwh: float) -> tuple[ImportedDevice, ...]:
    parts = {part: number(parsed, row, column, line) for part, column in _PARTS.items()}
    if any(energy is None for energy in parts.values()):
        return (ImportedDevice("other", "whole machine", energy_kwh * J_PER_KWH),)
    joules = {part: (energy or 0.0) * J_PER_KWH for part, energy in parts.items()}
    gpus = [ImportedDevice("gpu", text(row, "GPU_name") or "GPU", joules["gpu"], "measured")] if joules["gpu"] else []
    return (
        *gpus,
        ImportedDevice("cpu", text(row, "CPU_name") or "processor", joules["cpu"]),
        ImportedDevice("ram", "memory", joules["ram"], spread=MEMORY_SPREAD),
    )
