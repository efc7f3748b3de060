"""Zeus' measurement log: one row a window, joules by GPU. Windows may lie inside one another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from joulebook.ledger.importers.records import ImportedDevice, ImportedRun, Parsed, number, row_key, text

NEEDED = ("start_time", "window_name", "elapsed_time")


def is_zeus(header: Sequence[str]) -> bool:
    """Whether a header is that of a ZeusMonitor's log."""
    return set(NEEDED) <= set(header) and any(re.fullmatch(r"gpu\d+_energy", name) for name in header)


def read_zeus(parsed: Parsed, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Fill in runs and findings from the rows of a file, each with its line."""
    parsed.source = "zeus"
    runs = [run for line, row in rows if (run := _run(parsed, line, row)) is not None]
    parsed.runs = [replace(run, parent_key=_around(run, runs)) for run in runs]
    inner = sum(run.parent_key is not None for run in parsed.runs)
    if inner:
        parsed.say("windows-inside", "note", f"{inner} windows lie inside others and count as parts of them")
    if runs:
        parsed.say("gpu-only", "note", "Zeus logs the GPUs alone: energy of processor and memory is unknown")


def _run(parsed: Parsed, line: int, row: Mapping[str, str]) -> ImportedRun | None:
    start, seconds = (number(parsed, row, column, line) for column in ("start_time", "elapsed_time"))
    if start is None or seconds is None:
        parsed.say("missing", "error", "a window needs its start and its duration", row=line, column="start_time")
        return None
    devices = []
    for column in row:
        if column is not None and re.fullmatch(r"gpu\d+_energy", column):
            energy = number(parsed, row, column, line)
            silent = energy == 0 and seconds > 1
            if silent:
                parsed.say(
                    "gpu-zero", "warning", "0 J in more than a second: the GPU was not read", row=line, column=column
                )
            why = "Zeus says 0 J" if silent else None
            devices.append(
                ImportedDevice("gpu", column.partition("_")[0], None if silent else energy, "measured", why_unknown=why)
            )
    return ImportedRun(
        source="zeus",
        key=row_key(row),
        row=line,
        started_at=start,
        duration_s=seconds,
        devices=tuple(devices),
        name=text(row, "window_name"),
        original=dict(row),
    )


def _around(run: ImportedRun, runs: Sequence[ImportedRun]) -> str | None:
    """The smallest window that holds this one."""
    end = run.started_at + run.duration_s
    holders = [
        other
        for other in runs
        if other is not run
        and other.duration_s > run.duration_s
        and other.started_at <= run.started_at
        and end <= other.started_at + other.duration_s
    ]
    return min(holders, key=lambda other: other.duration_s).key if holders else None
