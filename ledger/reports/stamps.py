"""What a report was made from, as a stamp in its file or beside it: enough to make it again."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from sqlalchemy import select

from joulebook.ledger.accounting.factors import FORMULA_VERSION
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.tables import factor_sets, ledger_state

STAMP = "joulebook_stamp"  # the column or key of a table's first row
DOCUMENT_STAMP = "_joulebook"  # the key of a JSON document
COMMENT = "<!-- joulebook "
# What `joulebook report` has options for; other filters are the pages' own.
_OPTIONS = {"projects": "--project", "start": "--from", "end": "--to"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a report was made from.

    Attributes:
        report: Its name.
        filter: Which runs.
        factor_set: Content hash of the factors and the versions of the formulas.
        ledger_revision: Of the books.
        factor_set_name: The factors by name.
        formulas: Version of the formulas.
        joulebook: Version of the program.
        command: What makes it; None where a page asked for what the command line can't.
    """

    report: str
    filter: dict[str, Any]
    factor_set: str | None
    ledger_revision: int
    factor_set_name: str | None = None
    formulas: str | None = None
    joulebook: str | None = None
    command: str | None = None

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


def stamp_of(ledger: Ledger, name: str, run_filter: RunFilter, *, as_json: bool = False) -> Stamp:
    """The stamp of a report made now."""
    with ledger.reading() as connection:
        revision, factor_set = connection.execute(select(ledger_state.c.revision, ledger_state.c.factor_hash)).one()
        if ledger.factors is not None:
            factor_set = ledger.factors.content_hash
        named = select(factor_sets.c.name).where(factor_sets.c.content_hash == factor_set)
        set_name = ledger.factors.name if ledger.factors else connection.execute(named).scalar()
    asked = {key: value for key, value in asdict(run_filter).items() if value not in (None, (), False)}
    plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asked.items()}
    return Stamp(
        report=name,
        filter=plain,
        factor_set=factor_set,
        ledger_revision=int(revision),
        factor_set_name=set_name,
        formulas=FORMULA_VERSION,
        joulebook=version("joulebook"),
        command=_command(name, asked, as_json=as_json),
    )


def _command(name: str, asked: dict[str, Any], *, as_json: bool) -> str | None:
    if not asked.keys() <= _OPTIONS.keys():
        return None
    words = ["joulebook", "report", name]
    for key, option in _OPTIONS.items():
        value = asked.get(key, ())
        for one in (_in_utc(value),) if isinstance(value, datetime) else value:
            words += [option, one]
    return shlex.join([*words, "--json"] if as_json else words)


def _in_utc(moment: datetime) -> str:
    in_utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return in_utc.strftime("%Y-%m-%dT%H:%M:%S").removesuffix("T00:00:00")


def filter_of(stamp: Stamp) -> RunFilter:
    """The filter that a stamp names."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in stamp.filter.items()
    }
    for key in ("start", "end"):
        if key in values:
            values[key] = datetime.fromisoformat(values[key])
    return RunFilter(**values)


def read_stamp(content: str) -> Stamp:
    """The stamp in a report's file.

    Raises:
        LedgerError: There is none.
    """
    content = content.lstrip("\ufeff")
    try:
        if content.lstrip().startswith("{"):
            first = json_values(content)[0]
            found = first.get(DOCUMENT_STAMP) or first.get(STAMP)
        elif COMMENT in content:
            found = json.loads(content.rpartition(COMMENT)[2].partition(" -->")[0])
        else:
            row = next(csv.DictReader(io.StringIO(content)), {})
            found = json.loads(row.get(STAMP) or "null")
        return Stamp(**found)
    except (ValueError, TypeError, csv.Error):
        raise LedgerError(
            "the file carries no stamp of a Joulebook report (what it was made from), so it can't be made again"
        ) from None


def json_values(content: str) -> Sequence[Any]:
    """A JSON document as a list of one, or the rows of JSON lines.

    Raises:
        ValueError: Neither.
    """
    try:
        return [json.loads(content)]
    except ValueError:
        return [json.loads(line) for line in content.splitlines() if line.strip()]
