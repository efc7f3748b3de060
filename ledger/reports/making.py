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
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import select

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.reports import NAMES
from joulebook.ledger.store.accounts import kept_factors
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.tables import ledger_state

STAMP = "joulebook_stamp"
BESIDE = ".joulebook.json"  # after the report's name: where the stamp lies that its form has no room for
_TOLERANCE = 1e-9
_COMMENT = "<!-- joulebook "


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a report was made from."""

    report: str
    filter: dict[str, Any]
    factor_set: str | None
    ledger_revision: int

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


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


def write_report(ledger: Ledger, name: str, run_filter: RunFilter, out: TextIO) -> int:
    """Write a report; returns the number of rows (1 for a document).

    Args:
        ledger: The books.
        name: One of `built_reports()`.
        run_filter: Which runs.
        out: Text file, opened with newline="" and, for a table that a spreadsheet opens, encoding utf-8-sig.
    """
    module = report_module(name)
    stamp = stamp_of(ledger, name, run_filter)
    if not hasattr(module, "rows"):
        out.write(_stamped_text(module, module.text(ledger, run_filter), stamp))
        return 1
    header = module.header() if hasattr(module, "header") else ()
    rows = module.rows(ledger, run_filter)
    return write_table(rows, out, stamp if getattr(module, "STAMPED", True) else None, header)


def stamp_beside(ledger: Ledger, name: str, run_filter: RunFilter) -> str | None:
    """Content of the stamp's own file, for a report whose form leaves no room for one; None where it has room."""
    if getattr(report_module(name), "STAMPED", True):
        return None
    return json.dumps({"_joulebook": asdict(stamp_of(ledger, name, run_filter))}, indent=2) + "\n"


def stamp_of(ledger: Ledger, name: str, run_filter: RunFilter) -> Stamp:
    """The stamp of a report made now."""
    with ledger.reading() as connection:
        revision, factor_set = connection.execute(select(ledger_state.c.revision, ledger_state.c.factor_hash)).one()
    if ledger.factors is not None:
        factor_set = ledger.factors.content_hash
    asked = {key: value for key, value in asdict(run_filter).items() if value not in (None, (), False)}
    plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asked.items()}
    return Stamp(name, plain, factor_set, int(revision))


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
            return json.dumps({**document, "_joulebook": asdict(stamp)}, indent=2, ensure_ascii=False) + "\n"
        return text
    return f"{text.rstrip()}\n\n{_COMMENT}{stamp.text()} -->\n"


# --- making again -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of making a report again: differences in words, at most a few of them, and how many there are."""

    stamp: Stamp
    ledger_revision: int
    cells: int
    n_differences: int
    differences: tuple[str, ...]


def verify_report(ledger: Ledger, content: str, beside: str | None = None) -> Verdict:
    """Make a report again from its stamp, under the factor set that was kept, and hold it against its file.

    Args:
        ledger: The books.
        content: Of the report's file.
        beside: Content of the stamp's own file, for a report whose form leaves no room for a stamp.

    Raises:
        LedgerError: There is no stamp, or the books lack the factor set or can't make the report.
    """
    stamp = read_stamp(content) if beside is None else read_stamp(beside)
    with ledger.reading() as connection:
        factors = kept_factors(connection, stamp.factor_set) if stamp.factor_set else None
    then = replace(ledger, factors=factors)
    out = io.StringIO(newline="")
    write_report(then, stamp.report, _filter_of(stamp), out)
    old, new = list(_cells(content)), list(_cells(out.getvalue()))
    found = [
        f"{place}: {was} in the file, {now} now"
        for (place, was), (_, now) in zip(old, new, strict=False)
        if not _same(was, now)
    ]
    if len(old) != len(new):
        found.append(f"{len(old)} cells in the file, {len(new)} now")
    return Verdict(
        stamp, stamp_of(ledger, stamp.report, _filter_of(stamp)).ledger_revision, len(old), len(found), tuple(found[:5])
    )


def read_stamp(content: str) -> Stamp:
    """The stamp in a report's file.

    Raises:
        LedgerError: There is none.
    """
    found: Any = None
    try:
        if content.lstrip("\ufeff").lstrip().startswith("{"):
            found = json.loads(content.lstrip("\ufeff")).get("_joulebook")
        elif _COMMENT in content:
            found = json.loads(content.rpartition(_COMMENT)[2].partition(" -->")[0])
        else:
            first = next(csv.DictReader(io.StringIO(content.lstrip("\ufeff"))), {})
            found = json.loads(first.get(STAMP) or "null")
        return Stamp(**found)
    except (ValueError, TypeError, csv.Error):
        raise LedgerError(
            "the file carries no stamp of a Joulebook report (what it was made from), so it can't be made again"
        ) from None


def _filter_of(stamp: Stamp) -> RunFilter:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in stamp.filter.items()
    }
    for key in ("start", "end"):
        if key in values:
            values[key] = datetime.fromisoformat(values[key])
    return RunFilter(**values)


def _cells(content: str) -> Iterator[tuple[str, str]]:
    """Places and contents of all that a report says; stamps and revisions are not part of what it says."""
    content = content.lstrip("\ufeff")
    if content.lstrip().startswith(("{", "[")):
        yield from _leaves("", json.loads(content))
    elif _COMMENT in content:
        for number, line in enumerate(content.rpartition(_COMMENT)[0].rstrip().splitlines(), 1):
            yield f"line {number}", line
    else:
        for number, row in enumerate(csv.DictReader(io.StringIO(content)), 2):
            for key, value in row.items():
                if key != STAMP and not str(key).endswith("ledger_revision"):  # the key of cells too many is None
                    yield f"line {number}, {key}", str(value)


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    items: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        items = ((key, item) for key, item in value.items() if key not in {"_joulebook", "ledger_revision"})
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
