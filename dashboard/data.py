"""What pages read: cached loaders over the ledger, keyed by its revision, so that nothing is shown from an older state.

    books = open_books()                    # once a page; raises LedgerError with one clear line
    frame = runs(books, RunFilter(...))     # cached until the books change

Arguments of loaders are ids, filters and small tuples, never frames. What comes out is a copy that a page may change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pandas as pd
import streamlit as st

from joulebook.dashboard.limits import LIVE_PERIOD_S, MAX_POINTS_PER_TRACE, RUNS_PAGE_ROWS
from joulebook.ledger import store
from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.site_prior import SitePrior, newest_trainings, prior_of
from joulebook.ledger.store import Ledger, RunFilter, RunTotals
from joulebook.ledger.store.model_uses import newest_sizes
from joulebook.meters.errors import MeterError
from joulebook.meters.settings import Settings, journals_dir, ledger_address, load_settings

EVERYTHING = RunFilter()


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger as this page sees it.

    Attributes:
        revision: Grows with every change; part of the key of every cache.
        problems: One line for each journal that could not be read in full.
    """

    ledger: Ledger
    address: str
    revision: int
    problems: tuple[str, ...] = ()


def open_books() -> Books:
    """Open the ledger that the settings name and take in what is new in the journals.

    Raises:
        LedgerError: It can't be opened; the message says why and what to do.
        MeterError: The settings can't be read.
    """
    settings = load_settings()
    ledger = _ledger(ledger_address(settings))
    problems = _taken_in(ledger.address, str(journals_dir(settings)), _ledger=ledger)
    return Books(ledger, ledger.address, ledger.revision, problems)


@st.cache_resource(max_entries=4, show_spinner=False, on_release=lambda ledger: ledger.close())
def _ledger(address: str) -> Ledger:
    return store.open_ledger(address)


@st.cache_data(ttl=LIVE_PERIOD_S, max_entries=4, show_spinner=False)
def _taken_in(address: str, journals: str, *, _ledger: Ledger) -> tuple[str, ...]:  # noqa: ARG001 - part of the key
    """Sync at most once every few seconds, whoever looks; the problems found."""
    if _ledger.read_only:
        return ()
    try:
        return tuple(store.sync(_ledger, journals).problems)
    except LedgerError as error:  # what is in the books already can still be read
        return (str(error),)


def runs(
    books: Books,
    run_filter: RunFilter = EVERYTHING,
    *,
    sort: str = "started_at",
    descending: bool = True,
    limit: int | None = RUNS_PAGE_ROWS,
    offset: int = 0,
) -> pd.DataFrame:
    """One page of runs, sorted by the ledger (columns: `store.list_runs`)."""
    asked = {"sort": sort, "descending": descending, "limit": limit, "offset": offset}
    return kept(
        ("runs", books.address, books.revision, run_filter, *asked.values()),
        lambda: store.list_runs(books.ledger, run_filter, **asked),  # type: ignore[arg-type]
    )


def totals(books: Books, run_filter: RunFilter = EVERYTHING) -> RunTotals:
    """Sums over the top-level runs that pass the filter, each joule once."""
    return kept(("totals", books.address, books.revision, run_filter), lambda: store.totals(books.ledger, run_filter))


def rollup(books: Books, by: Sequence[str], *, run_filter: RunFilter = EVERYTHING) -> pd.DataFrame:
    """Sums by day, project, model, ... from the rollup tables (columns: `store.rollup`); their order doesn't matter."""
    groups = tuple(sorted(by))  # so that those who ask in another order share what is kept
    return kept(
        ("rollup", books.address, books.revision, groups, run_filter),
        lambda: store.rollup(
            books.ledger, by=groups, start=run_filter.start, end=run_filter.end, run_filter=run_filter
        ),
    )


def options(books: Books) -> dict[str, list[str]]:
    """What filters offer: projects, models, tasks, kinds, stages, statuses."""
    return kept(("options", books.address, books.revision), lambda: store.filter_options(books.ledger))


def model_sizes(books: Books) -> dict[str, float]:
    """Parameters by model, as its newest runs tell them."""
    return kept(("sizes", books.address, books.revision), lambda: newest_sizes(books.ledger))


def document(books: Books, run_id: str) -> dict[str, Any]:
    """One run in full, as `joulebook show RUN --json` has it."""
    return kept(("document", books.address, books.revision, run_id), lambda: store.run_document(books.ledger, run_id))


def trace(
    books: Books,
    run_id: str,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    max_points: int = MAX_POINTS_PER_TRACE,
) -> pd.DataFrame:
    """Power of each device over a window, thinned for the screen (columns: `store.trace`)."""
    return kept(
        ("trace", books.address, books.revision, run_id, start_s, end_s, max_points),
        lambda: store.trace(books.ledger, run_id, start_s=start_s, end_s=end_s, max_points=max_points),
    )


@st.cache_data(max_entries=128, show_spinner=False)
def kept(key: tuple[Any, ...], _read: Callable[[], Any]) -> Any:  # noqa: ARG001 - the cache goes by the key
    """What `_read` gives, read once for a key; the key must hold address and revision of the books."""
    return _read()


def site_prior(books: Books, device_name: str) -> SitePrior:
    """What own training runs on a kind of device say of the next one there."""
    documents = kept(("trainings", books.address, books.revision), lambda: newest_trainings(books.ledger))
    return prior_of(documents, device_name)


def find(books: Books, text: str) -> str:
    """The run id meant by an id, a prefix of one, a name or `latest`.

    Raises:
        LedgerError: Nothing fits, or several do.
    """
    return store.find_run(books.ledger, text)


def settings() -> Settings:
    """What the environment and the settings file declare."""
    return load_settings()


@st.cache_resource(ttl=60, max_entries=2, show_spinner=False)
def factors() -> Factors:
    """The factor set in use, with what the settings declare.

    Raises:
        LedgerError: Something declared is not usable; the message says what and where.
    """
    from joulebook.ledger.factor_sets import current_factors

    return current_factors(load_settings())


def factor_set_name() -> str | None:
    """Name of the factor set in use; None where it can't be made (a page that needs it says why)."""
    try:
        return factors().name
    except (LedgerError, MeterError):
        return None


def program_version() -> str:
    """The version of Joulebook."""
    return version("joulebook")
