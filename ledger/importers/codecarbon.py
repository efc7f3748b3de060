"""CodeCarbon's emissions.csv, all versions since 2.0, and its files with one row a task.

Facts of the format, read in CodeCarbon 2.0 to 3.3.2: energies are kWh and include PUE; emissions are kg; `timestamp`
is the end of the run in local time; powers include PUE since 3.3.1 (issue 1320); water is WUE times energy with PUE;
rows of one `run_id` with the same start are snapshots of one running tracker, the last of which has it all; each rank
of a job counts the whole machine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

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

NEEDED = ("timestamp", "duration", "emissions", "energy_consumed")
_FIELDS = {
    "energy_kwh": "energy_consumed",
    "cpu_kwh": "cpu_energy",
    "gpu_kwh": "gpu_energy",
    "ram_kwh": "ram_energy",
    "cpu_power_w": "cpu_power",
    "gpu_power_w": "gpu_power",
    "ram_power_w": "ram_power",
    "duration_s": "duration",
    "gpu_count": "gpu_count",
    "water_l": "water_consumed",
    "wue_l_per_kwh": "wue",
    "pue": "pue",
    "emissions_g": "emissions",
}
_LOCAL_TIME = "times have no zone and are taken as UTC"


def is_codecarbon(header: Sequence[str]) -> bool:
    """Whether a header is CodeCarbon's."""
    return set(NEEDED) <= set(header)


def read_codecarbon(parsed: Parsed, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Fill in runs and findings from the rows of a file, each with its line."""
    parsed.source = "codecarbon"
    runs = [run for line, row in rows if (run := _run(parsed, line, row)) is not None]
    runs = _without_copies(parsed, runs)
    runs = _newest_snapshots(parsed, runs)
    parsed.runs = _own_keys(_with_parents(runs))
    _note_ranks(parsed, parsed.runs)
    if parsed.runs:
        parsed.say("local-time", "note", _LOCAL_TIME, column="timestamp")


def _run(parsed: Parsed, line: int, row: Mapping[str, str]) -> ImportedRun | None:
    values = {name: number(parsed, row, column, line) for name, column in _FIELDS.items()}
    if values["emissions_g"] is not None:
        values["emissions_g"] *= 1000
    end = moment(parsed, row["timestamp"], line, "timestamp")
    seconds, energy = values["duration_s"], values["energy_kwh"]
    for name, value in (("duration", seconds), ("energy_consumed", energy)):
        if value is None:
            parsed.say("missing", "error", "a run needs this figure", row=line, column=name)
    if end is None or seconds is None or energy is None:
        return None
    findings = lint(Record(**values))
    parsed.findings += [Located(line, _FIELDS.get(f.field or ""), f) for f in findings]
    pue = values["pue"] or 1.0
    return ImportedRun(
        source="codecarbon",
        key=_key(row),
        row=line,
        started_at=end - seconds,
        duration_s=seconds,
        devices=_devices(row, values, pue),
        name=text(row, "task_name") or text(row, "experiment_name"),
        project=text(row, "project_name"),
        zone=None if (zone := text(row, "country_iso_code")) == "WLD" else zone,  # the world: nobody said where
        cpu_model=text(row, "cpu_model"),
        threads=int(float(count)) if (count := text(row, "cpu_count")) else None,
        memory_bytes=gigabytes * 1e9 if (gigabytes := number(parsed, row, "ram_total_size", line)) else None,
        declared=_declared(pue, values["wue_l_per_kwh"]),
        tags=_tags(row),
        original=dict(row),
        warnings=tuple(f.text for f in findings if f.severity == "warning"),
    )


def _key(row: Mapping[str, str]) -> str:
    """Tracker and task: snapshots of one tracker are one run."""
    run_id = text(row, "run_id")
    return f"{run_id}/{text(row, 'task_name') or ''}" if run_id else row_key(row)


def _declared(pue: float, wue: float | None) -> dict[str, float]:
    """A PUE of 1 and a WUE of 0 are CodeCarbon's defaults: nobody declared them."""
    return ({"pue": pue} if pue != 1 else {}) | ({"wue_l_per_kwh": wue} if wue else {})


def _tags(row: Mapping[str, str]) -> dict[str, str]:
    names = ("run_id", "experiment_id", "tracking_mode", "region", "cloud_provider", "cloud_region")
    tags = {f"codecarbon_{name}": value for name in names if (value := text(row, name))}
    version = text(row, "codecarbon_version")
    return tags | ({"codecarbon_version": version} if version else {})


def _devices(row: Mapping[str, str], values: Mapping[str, float | None], pue: float) -> tuple[ImportedDevice, ...]:
    """Parts as CodeCarbon tracks them: GPUs by NVML, processor and memory modelled (the file can't tell RAPL)."""
    energies = {part: _joules(values[f"{part}_kwh"], pue) for part in ("gpu", "cpu", "ram")}
    total = _joules(values["energy_kwh"], pue)
    if all(energy is None for energy in energies.values()):
        return (ImportedDevice("other", "whole machine", total),)
    devices = list(_gpus(row, energies["gpu"], values["gpu_count"]))
    devices.append(ImportedDevice("cpu", text(row, "cpu_model") or "processor", energies["cpu"]))
    devices.append(ImportedDevice("ram", "memory", energies["ram"], spread=MEMORY_SPREAD))
    return tuple(devices)


def _joules(kwh: float | None, pue: float) -> float | None:
    return None if kwh is None else kwh * J_PER_KWH / pue


def _gpus(row: Mapping[str, str], energy_j: float | None, count: float | None) -> list[ImportedDevice]:
    name = text(row, "gpu_model")
    if not count and not energy_j:
        return []
    number_of, model = _model(name, count)
    silent = count and not energy_j
    why = f"CodeCarbon says 0 J for {count:g} GPUs: they were not read" if silent and count else None
    each = None if silent or energy_j is None else energy_j / number_of
    return [ImportedDevice("gpu", model, each, "measured", why_unknown=why) for _ in range(number_of)]


def _model(name: str | None, count: float | None) -> tuple[int, str]:
    """`8 x NVIDIA A100-SXM4-80GB` is eight of them."""
    found = re.fullmatch(r"(\d+) x (.+)", name or "")
    number_of = int(count or (found[1] if found else 1))
    return max(1, min(number_of, 1024)), found[2] if found else name or "GPU"


def _without_copies(parsed: Parsed, runs: list[ImportedRun]) -> list[ImportedRun]:
    """Rows that are the same in every cell are one."""
    seen: dict[str, int] = {}
    kept = []
    for run in runs:
        key = row_key(run.original)
        if key in seen:
            parsed.say("same-row-twice", "warning", f"the same as row {seen[key]}; counted once", row=run.row)
        else:
            seen[key] = run.row
            kept.append(run)
    return kept


def _newest_snapshots(parsed: Parsed, runs: list[ImportedRun]) -> list[ImportedRun]:
    """Of rows that one running tracker wrote one after another, the last has all of it."""
    last: dict[str, ImportedRun] = {}
    kept: list[ImportedRun] = []
    for run in runs:
        before = last.get(run.key)
        if before is not None and _grew(before, run):
            kept.remove(before)
            parsed.say(
                "snapshot", "note", f"an earlier state of the run in row {run.row}, which contains it", row=before.row
            )
        kept.append(run)
        last[run.key] = run
    return kept


def _grew(before: ImportedRun, after: ImportedRun) -> bool:
    same_start = abs(before.started_at - after.started_at) <= 2.0 + 0.01 * before.duration_s
    return same_start and after.duration_s > before.duration_s and after.energy_j >= before.energy_j


def _own_keys(runs: list[ImportedRun]) -> list[ImportedRun]:
    """Runs that share a tracker's id without being one (a tracker started again) are told apart by their rows."""
    times = Counter(run.key for run in runs)
    return [replace(run, key=row_key(run.original)) if times[run.key] > 1 else run for run in runs]


def _with_parents(runs: list[ImportedRun]) -> list[ImportedRun]:
    """Rows of tasks are parts of their tracker's own row where the file has one."""
    whole = {run.key for run in runs if run.key.endswith("/")}
    return [
        replace(run, parent_key=parent)
        if (parent := run.key.partition("/")[0] + "/") in whole and parent != run.key
        else run
        for run in runs
    ]


def _note_ranks(parsed: Parsed, runs: Sequence[ImportedRun]) -> None:
    """Several trackers at once on one machine: each has counted all of it."""
    groups: dict[tuple[object, ...], list[ImportedRun]] = {}
    for run in runs:
        if run.parent_key is None and run.original.get("tracking_mode") in ("machine", "", None):
            names = ("gpu_model", "gpu_count", "cpu_model", "os", "ram_total_size")
            groups.setdefault(tuple(run.original.get(name) for name in names), []).append(run)
    for group in groups.values():
        for together in _overlapping(sorted(group, key=lambda run: run.started_at)):
            lines = ", ".join(str(run.row) for run in together)
            parsed.say(
                "ranks",
                "warning",
                f"rows {lines} cover the same time on what looks like one machine: if they are ranks of one job, each "
                f"has counted the whole machine, and their sum is up to {len(together)} times too much",
                row=together[0].row,
            )


def _overlapping(runs: Sequence[ImportedRun]) -> list[list[ImportedRun]]:
    """Groups of runs that share most of their time, in order of time."""
    groups: list[list[ImportedRun]] = []
    for run in runs:
        first = groups[-1][0] if groups else None
        if first is not None and _shared_time(first, run) > 0.8 * min(first.duration_s, run.duration_s) > 0:
            groups[-1].append(run)
        else:
            groups.append([run])
    return [group for group in groups if len(group) > 1]


def _shared_time(first: ImportedRun, second: ImportedRun) -> float:
    ends = (first.started_at + first.duration_s, second.started_at + second.duration_s)
    return min(ends) - max(first.started_at, second.started_at)
