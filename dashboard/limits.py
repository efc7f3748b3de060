"""How much a page may send to a browser; measured on two cores with headless Chromium."""

from __future__ import annotations

MAX_POINTS_PER_TRACE = 2_000
MAX_POINTS_PER_FIGURE = 20_000
MAX_TRACES = 12  # beyond, the largest and "other"
RUNS_PAGE_ROWS = 200  # sorted and paged in the ledger
TABLE_EAGER_MAX = 20_000
COMPARE_MAX = 10
LIVE_PERIOD_S = 2
LIVE_POINTS = 300
EXPORT_INLINE_MAX_ROWS = 50_000
FIGURE_JSON_MAX_BYTES = 2_000_000
