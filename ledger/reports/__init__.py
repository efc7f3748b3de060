"""Reports: one file each, found by name (`scope2` is `ledger/reports/scope2.py`, `model-card` is `model_card.py`).

A report module has

    TITLE = "One line for `joulebook report --help`"
    def rows(ledger: Ledger, run_filter: RunFilter) -> Iterator[dict[str, object]]: ...
    def header() -> list[str]: ...    # the columns where there are no rows

for a table (CSV or JSON lines, streamed; units in the keys, every row has the same keys in the same order), or

    SUFFIX = ".json"    # or ".md"
    def text(ledger: Ledger, run_filter: RunFilter) -> str: ...

for a document. `figure_cells` makes the columns of a figure, so that value, range, method and vintage stand together;
`joulebook.ledger.store.each_document` streams runs. A report takes figures from documents, never from columns of
`list_runs`: `ledger.factors` may ask for another factor set (that is how `verify` makes an old report again).

What a report was made from (`stamps.Stamp`) is its stamp: a last column in a table, that key of the first of JSON
lines, a key `_joulebook` in a JSON object, a comment at the end of Markdown. A table whose columns are somebody else's
standard sets `STAMPED = False`; its stamp lies in a small file beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Names that `joulebook report` knows; the file of one may be missing in a lean build.
NAMES = ("runs", "comparison", "scope2", "sci", "emissions", "boamps", "model-card", "eu-gpai")


def figure_cells(name: str, shown: Mapping[str, Any] | None) -> dict[str, object]:
    """The columns of a figure: its value under its own name, then range, method, measured share, boundary, vintage."""
    figure = shown or {}
    stem, _, unit = name.rpartition("_")
    return {
        name: figure.get("value"),
        f"{stem}_low_{unit}": figure.get("low"),
        f"{stem}_high_{unit}": figure.get("high"),
        f"{stem}_method": figure.get("method"),
        f"{stem}_measured_share": figure.get("measured_share"),
        f"{stem}_boundary": figure.get("boundary"),
        f"{stem}_vintage": figure.get("vintage"),
    }
