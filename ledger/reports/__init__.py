"""Reports: one file each, found by name (`scope2` is `joulebook/ledger/reports/scope2.py`, `model-card` is `model_card.py`).

A report module has

    TITLE = "One line for `joulebook report --help`"
    def rows(ledger: Ledger, run_filter: RunFilter) -> Iterator[dict[str, object]]: ...

for a table (CSV, streamed; units in the keys, every row has the same keys in the same order), or

    SUFFIX = ".json"    # or ".md"
    def text(ledger: Ledger, run_filter: RunFilter) -> str: ...

for a document. `rows` of a figure come from `figure_cells`, so that value, low, high, method and vintage stand together.
"""

from __future__ import annotations
