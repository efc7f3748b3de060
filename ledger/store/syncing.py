"""Journals into the ledger: any number of times, in any order, in pieces, from several processes at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select, update

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.accounts import factors_now, keep_factors
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.reaccounting import reaccount
from joulebook.ledger.store.rollups import refresh_rollups
from joulebook.ledger.store.settling import dirty_runs, settle
from joulebook.ledger.store.tables import dirty_days, journals, ledger_state, runs
from joulebook.ledger.store.taking import Taken, journal_id_of, take_journal
from joulebook.meters.journal import is_alive

SET_ASIDE = "synced"
PRUNED_AFTER_S = 30 * 86400.0
ABANDONED_AFTER_S = 2 * 86400.0
_SETTLED_AT_ONCE = 50


@dataclass(slots=True)
class SyncReport:
    """What one sync did.

    Attributes:
        journals: Journals looked at; `records`: new records taken in.
        runs: Ids of runs whose books changed.
        set_aside: Journals that are complete and were moved to the folder `synced` beside the others.
        pruned: Journals removed there after 30 days.
        stale: Runs that are still on an older factor set.
        problems: One line for each journal that could not be (fully) read; nothing of such a line is half imported.
    """

    journals: int = 0
    records: int = 0
    runs: list[str] = field(default_factory=list)
    set_aside: int = 0
    pruned: int = 0
    stale: int = 0
    problems: list[str] = field(default_factory=list)


def sync(ledger: Ledger, journals_dir: str | Path, *, reaccount_s: float | None = 3.0) -> SyncReport:
    """Take in what is new in the journals of a folder; a missing folder is an empty one.

    Args:
        ledger: Open for writing.
        journals_dir: Where meters write (`joulebook.meters.settings.journals_dir`).
        reaccount_s: After the factors changed, work out older runs again for that long, the newest first; the rest
            comes with the next syncs. None: all of them now.

    Raises:
        LedgerError: The ledger can't be written (then nothing was changed), or the settings or factors can't be used.
    """
    if ledger.read_only:
        raise LedgerError(f"{ledger.address}: the ledger is open for reading only, so no journal can be taken in")
    report, folder = SyncReport(), Path(journals_dir)
    factors = factors_now()
    for path in _files(folder, report):
        _take(ledger, path, report)
    _settle_all(ledger, factors, report)
    report.stale = reaccount(ledger, factors, budget_s=reaccount_s)
    _refresh(ledger)
    report.pruned = _prune(folder / SET_ASIDE)
    return report


def _files(folder: Path, report: SyncReport) -> list[Path]:
    try:
        return sorted(folder.glob("*.jsonl"))
    except OSError as error:
        report.problems.append(f"{folder}: the journals can't be listed ({error.strerror}); nothing was read")
        return []


def _take(ledger: Ledger, path: Path, report: SyncReport) -> None:
    report.journals += 1
    try:
        if path.stat().st_size == 0 and is_alive(path):
            return  # its run has yet to begin: idle power is measured first
        if _is_unchanged(ledger, path):
            report.set_aside += _set_aside_if_abandoned(path)
            return
        with ledger.writing() as connection:
            taken = take_journal(connection, path)
    except FileNotFoundError:
        return  # another process has just set it aside
    except LedgerError as error:
        if isinstance(error.__cause__, Exception):  # the ledger's trouble, not the journal's
            raise
        report.problems.append(str(error))
        return
    except OSError as error:
        report.problems.append(f"{path}: can't be read ({error.strerror or error}); nothing of it was taken in")
        return
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # what no check has foreseen
        report.problems.append(f"{path}: could not be understood ({error!r}); nothing new of it was taken in")
        return
    _note(path, taken, report)


def _note(path: Path, taken: Taken, report: SyncReport) -> None:
    report.records += taken.records
    if taken.bad_lines:
        report.problems.append(f"{path}: {taken.bad_lines} lines were no records and were passed over")
    if taken.state == "closed" and not is_alive(path):  # its meter may have yet to see how the program ends
        report.set_aside += _set_aside(path)
    elif taken.state == "interrupted":
        report.set_aside += _set_aside_if_abandoned(path)


def _is_unchanged(ledger: Ledger, path: Path) -> bool:
    """Whether everything in the file was read before and its meter was already known to be gone."""
    size = path.stat().st_size
    query = select(journals.c.position, journals.c.state).where(journals.c.journal_id == journal_id_of(path))
    with ledger.reading() as connection:
        row = connection.execute(query).first()
    return row is not None and row[0] >= size and row[1] == "interrupted"


def _set_aside_if_abandoned(path: Path) -> int:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > ABANDONED_AFTER_S:
            return _set_aside(path)
    return 0


def _set_aside(path: Path) -> int:
    """Move a journal out of the way; where that is not allowed it stays, and is found read next time."""
    try:
        target = path.parent / SET_ASIDE
        target.mkdir(exist_ok=True)
        path.replace(target / path.name)
    except OSError:
        return 0
    return 1


def _prune(folder: Path) -> int:
    pruned = 0
    with contextlib.suppress(OSError):
        for path in folder.glob("*.jsonl"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_ctime > PRUNED_AFTER_S:
                    path.unlink()
                    pruned += 1
    return pruned


def _settle_all(ledger: Ledger, factors: Factors, report: SyncReport) -> None:
    failed: set[str] = set()
    while batch := list(_to_settle(ledger, failed)):
        with ledger.writing(alone=True) as connection:
            keep_factors(connection, factors)
            connection.execute(update(ledger_state).values(factor_hash=factors.content_hash))
            for run_id in batch:
                _settle_one(connection, run_id, factors, report, failed)
    report.runs = sorted(set(report.runs))


def _to_settle(ledger: Ledger, failed: set[str]) -> Iterator[str]:
    with ledger.reading() as connection:
        rows = dirty_runs(connection, _SETTLED_AT_ONCE + len(failed))
    wanted = [(run_id, dirty) for run_id, dirty in rows if run_id not in failed]
    # Those of the second kind wait until no more news can reach them.
    return (run_id for run_id, dirty in wanted if dirty == wanted[0][1])


def _settle_one(connection: Connection, run_id: str, factors: Factors, report: SyncReport, failed: set[str]) -> None:
    """One run inside its own savepoint: what is wrong with one must not keep the others out of the books."""
    try:
        with connection.begin_nested():
            settle(connection, run_id, factors)
    except (ArithmeticError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        failed.add(run_id)
        report.problems.append(f"run {run_id}: its figures could not be worked out ({type(error).__name__}: {error})")
        return
    report.runs.append(run_id)


def _refresh(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        if connection.execute(select(dirty_days.c.day).limit(1)).first() is None:
            return
    with ledger.writing(alone=True) as connection:
        refresh_rollups(connection)


def settle_run(ledger: Ledger, run_id: str) -> None:
    """Work out one run (and what it concerns) again, for example after an edit."""
    factors, report = factors_now(), SyncReport()
    with ledger.writing(alone=True) as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(dirty=2))
    _settle_all(ledger, factors, report)
    _refresh(ledger)
