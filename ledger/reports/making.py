"""Making a report and making an old one again: the stamp in its file says from what it was made."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TextIO

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.reports import NAMES
from joulebook.ledger.reports.stamps import (
    COMMENT,
    DOCUMENT_STAMP,
    STAMP,
    Stamp,
    filter_of,
    json_values,
    read_stamp,
    stamp_of,
)
from joulebook.ledger.store.accounts import kept_factors
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger

BESIDE = ".joulebook.json"  # after the report's name: where the stamp lies that its form has no room for
_TOLERANCE = 1e-9


def built_reports() -> list[str]:
    """Names of the reports that are here."""
    return [name for name in NAMES if importlib.util.find_spec(_module_of(name)) is not None]


def _module_of(name: str) -> str:
    return f"joulebook.ledger.reports.{name.replace('-', '_')}"


def report_module(name: str) -> Any:
    """The module of a report.

    Raises:
        LedgerError: There is no such report.
    """
    if name not in built_reports():
        raise LedgerError(f"there is no report {name!r}; choose of {', '.join(built_reports())}")
    return importlib.import_module(_module_of(name))


def write_report(
    ledger: Ledger,
    name: str,
    run_filter: RunFilter,
    out: TextIO,
    *,
    as_json: bool = False,
    stamp: Stamp | None = None,
) -> int:
    """Write a report; returns the number of rows (1 for a document).

    Args:
        ledger: The books.
        name: One of `built_reports()`.
        run_filter: Which runs.
        out: Text file, opened with newline="" and, for a table that a spreadsheet opens, encoding utf-8-sig.
        as_json: A table as JSON lines instead of CSV.
        stamp: An older report's, to make it again to the byte; None makes one.
    """
    module = report_module(name)
    stamp = stamp or stamp_of(ledger, name, run_filter, as_json=as_json)
    if not hasattr(module, "rows"):
        out.write(_stamped_text(module, module.text(ledger, run_filter), stamp))
        return 1
    rows, stamped = module.rows(ledger, run_filter), stamp if getattr(module, "STAMPED", True) else None
    if as_json:
        return write_lines(rows, out, stamped)
    header = module.header() if hasattr(module, "header") else ()
    return write_table(rows, out, stamped, header)


def stamp_beside(ledger: Ledger, name: str, run_filter: RunFilter, *, as_json: bool = False) -> str | None:
    """Content of the stamp's own file, for a report whose form leaves no room for one; None where it has room."""
    if getattr(report_module(name), "STAMPED", True):
        return None
    stamp = stamp_of(ledger, name, run_filter, as_json=as_json)
    return json.dumps({DOCUMENT_STAMP: asdict(stamp)}, indent=2) + "\n"


def write_lines(rows: Iterable[dict[str, object]], out: TextIO, stamp: Stamp | None) -> int:
    """JSON lines, a row each, unknown as null. The stamp stands in the first row; without rows in a line of its own."""
    n = 0
    for row in rows:
        plain = {key: _plain(value) for key, value in row.items()}
        extra = {STAMP: asdict(stamp)} if stamp and n == 0 else {}
        out.write(json.dumps(plain | extra, ensure_ascii=False) + "\n")
        n += 1
    if n == 0 and stamp:
        out.write(json.dumps({STAMP: asdict(stamp)}, ensure_ascii=False) + "\n")
    return n


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_table(rows: Iterable[dict[str, object]], out: TextIO, stamp: Stamp | None, header: Sequence[str] = ()) -> int:
    """CSV, row by row, without what a spreadsheet would take for a formula. The stamp stands in the first row.

    Without rows there are the columns of `header`, and the stamp in a row of its own.
    """
    writer = csv.writer(out)
    n = 0
    for row in rows:
        if n == 0:
            writer.writerow([*row, *([STAMP] if stamp else [])])
        extra = [stamp.text() if n == 0 else ""] if stamp else []
        writer.writerow([*(cell(value) for value in row.values()), *extra])
        n += 1
    if n == 0 and (header or stamp):
        writer.writerow([*header, *([STAMP] if stamp else [])])
        writer.writerows([[*("" for _ in header), stamp.text()]] if stamp else [])
    return n


def cell(value: object) -> object:
    """What a CSV cell holds: numbers in full, nothing for unknown, and never a spreadsheet formula."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if isinstance(value, bool | int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _stamped_text(module: Any, text: str, stamp: Stamp) -> str:
    if not getattr(module, "STAMPED", True):
        return text
    if getattr(module, "SUFFIX", "") == ".json":
        document = json.loads(text)
        if isinstance(document, dict):
            return json.dumps({**document, DOCUMENT_STAMP: asdict(stamp)}, indent=2, ensure_ascii=False) + "\n"
        return text
    closed = stamp.text().replace(">", "\\u003e")  # nothing in it ends the comment
    return f"{text.rstrip()}\n\n{COMMENT}{closed} -->\n"


# --- making again -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of making a report again: differences in words, at most a few of them, and how many there are.

    Attributes:
        same_bytes: Whether the file is the same to the byte, which it is within one version.
    """

    stamp: Stamp
    ledger_revision: int
    cells: int
    n_differences: int
    differences: tuple[str, ...]
    same_bytes: bool


def verify_report(ledger: Ledger, content: str, beside: str | None = None) -> Verdict:
    """Make a report again from its stamp, under the factor set that was kept, and hold it against its file.

    Args:
        ledger: The books.
        content: Of the report's file, its line ends as they are.
        beside: Content of the stamp's own file, for a report whose form leaves no room for a stamp.

    Raises:
        LedgerError: There is no stamp, or the books lack the factor set or can't make the report.
    """
    content = content.lstrip("\ufeff")
    stamp = read_stamp(content) if beside is None else read_stamp(beside)
    made = _made_again(ledger, stamp, as_json=_is_json(content, stamp))
    old, new = list(_cells(content)), list(_cells(made))
    found = [
        f"{place}: {was} in the file, {now} now"
        for (place, was), (_, now) in zip(old, new, strict=False)
        if not _same(was, now)
    ]
    if len(old) != len(new):
        found.append(f"{len(old)} cells in the file, {len(new)} now")
    revision = stamp_of(ledger, stamp.report, filter_of(stamp)).ledger_revision
    return Verdict(stamp, revision, len(old), len(found), tuple(found[:5]), same_bytes=content == made)


def _made_again(ledger: Ledger, stamp: Stamp, *, as_json: bool) -> str:
    with ledger.reading() as connection:
        factors = kept_factors(connection, stamp.factor_set) if stamp.factor_set else None
    out = io.StringIO(newline="")
    write_report(replace(ledger, factors=factors), stamp.report, filter_of(stamp), out, as_json=as_json, stamp=stamp)
    return out.getvalue()


def _is_json(content: str, stamp: Stamp) -> bool:
    """A table without rows and without room for a stamp is an empty file as JSON; its command then says which."""
    return content.lstrip().startswith("{") or (not content.strip() and (stamp.command or "").endswith(" --json"))


def _cells(content: str) -> Iterator[tuple[str, str]]:
    """Places and contents of all that a report says; stamps and revisions are not part of what it says."""
    if content.lstrip().startswith(("{", "[")):
        values = json_values(content)
        for number, value in enumerate(values, 1):
            yield from _leaves("" if len(values) == 1 else f"line {number}", value)
    elif COMMENT in content:
        for number, line in enumerate(content.rpartition(COMMENT)[0].rstrip().splitlines(), 1):
            yield f"line {number}", line
    else:
        table = csv.DictReader(io.StringIO(content))
        for number, name in enumerate(table.fieldnames or (), 1):
            yield f"column {number}", name
        for number, row in enumerate(table, 2):
            for key, value in row.items():
                if key != STAMP and not str(key).endswith("ledger_revision"):  # the key of cells too many is None
                    yield f"line {number}, {key}", str(value)


def _is_apart(key: str) -> bool:
    return key in {STAMP, DOCUMENT_STAMP} or key.endswith("ledger_revision")


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    items: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        items = ((key, item) for key, item in value.items() if not _is_apart(key))
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        yield place, str(value)
        return
    for key, item in items:
        yield from _leaves(f"{place}/{key}", item)


def _same(was: str, now: str) -> bool:
    if was == now:
        return True
    try:
        return math.isclose(float(was), float(now), rel_tol=_TOLERANCE, abs_tol=0.0)
    except ValueError:
        return False
