"""A foreign file, told by its content and read by its importer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from joulebook.ledger.importers.carbontracker import is_carbontracker, read_carbontracker
from joulebook.ledger.importers.codecarbon import is_codecarbon, read_codecarbon
from joulebook.ledger.importers.eco2ai import is_eco2ai, read_eco2ai
from joulebook.ledger.importers.records import Parsed
from joulebook.ledger.importers.zeus import is_zeus, read_zeus

# Largest file taken at once; a CodeCarbon row has about 500 bytes.
MAX_BYTES = 512 << 20
_FIRST, _LAST, _LONGEST_S = 631_152_000.0, 4_102_444_800.0, 10 * 366 * 86400.0
Rows = Sequence[tuple[int, Mapping[str, str]]]
_TABLES: tuple[tuple[Callable[[Sequence[str]], bool], Callable[[Parsed, Rows], None]], ...] = (
    (is_codecarbon, read_codecarbon),
    (is_eco2ai, read_eco2ai),
    (is_zeus, read_zeus),
)


def read_file(path: Path) -> Parsed:
    """Runs and findings of one file; a file that can't be used has an error among its findings."""
    parsed = Parsed(str(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            parsed.say("too-large", "error", f"larger than {MAX_BYTES >> 20} MiB; split it")
            return parsed
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        parsed.say("unreadable", "error", "there is no such file" if missing else f"can't be read ({error.strerror})")
        return parsed
    except UnicodeDecodeError as error:
        parsed.say("not-text", "error", f"is not UTF-8 text (byte {error.start}), so no CSV or log known here")
        return parsed
    _read(parsed, path, content)
    _check_times(parsed)
    return parsed


def _check_times(parsed: Parsed) -> None:
    """Runs lie between 1990 and 2100 and last ten years at most; anything else is a wrong unit or column."""
    for run in parsed.runs:
        if not _FIRST <= run.started_at <= _LAST or run.duration_s > _LONGEST_S:
            parsed.say("not-a-time", "error", "starts before 1990, after 2100 or lasts above ten years", row=run.row)


def _read(parsed: Parsed, path: Path, content: str) -> None:
    header, rows = _table(parsed, content)
    for is_this, read in _TABLES:
        if is_this(header):
            parsed.rows = len(rows)
            if not parsed.refused:
                read(parsed, rows)
            return
    parsed.findings.clear()
    if is_carbontracker(path, content):
        read_carbontracker(parsed, path, content)
        return
    shown = ", ".join(header)[:120] or "empty"
    known = "CodeCarbon, eco2AI and Zeus CSV files and CarbonTracker logs"
    parsed.say("unknown-format", "error", f"is of no format known here ({known}); its first line is: {shown}", row=1)


def _table(parsed: Parsed, content: str) -> tuple[list[str], Rows]:
    """Header and rows of a CSV; a row of another length than the header is an error."""
    reader = csv.reader(io.StringIO(content, newline=""))
    rows = []
    try:
        header = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                text = f"has {len(cells)} cells, the header {len(header)}: the row is torn or of another version"
                parsed.say("torn-row", "error", text, row=reader.line_num)
            rows.append((reader.line_num, dict(zip(header, cells, strict=False))))
    except csv.Error as error:
        parsed.say("not-csv", "error", f"is no CSV ({error})", row=reader.line_num)
        return [], []
    return header, rows
