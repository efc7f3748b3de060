"""How long decisions take: 10,000 paired draws over 50 candidates, a trade-off with its curves, the burden.

python benchmarks/decisions_speed.py
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice

import numpy as np

from joulebook.ledger.accounting.burden import burden
from joulebook.ledger.accounting.comparison import Candidate, compare
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff import Costs, Escalation, curves, tradeoff
from joulebook.ledger.burden_inputs import burden_data
from joulebook.ledger.candidates_published import published_candidates
from joulebook.ledger.factor_sets import current_factors
from joulebook.ledger.sites import site_of
from joulebook.meters.settings import Settings

CANDIDATES = 50


def main() -> None:
    """Print one line a benchmark: what, seconds, bound."""
    factors = current_factors(Settings())
    site = site_of(factors, "KOR", 2026)
    _line("gather the published candidates of a task", lambda: published_candidates("imdb sentiment", "request"), 0.2)
    fifty = _fifty()
    _line(f"compare {CANDIDATES} candidates, 10,000 paired draws", lambda: compare(fifty, site), 1.0)
    costs = Costs("kwh", _figure(8.9e-5), _figure(1.3e-5), _figure(1e-6), distillation=_figure(600.0))
    escalation = Escalation(0.2, 0.17, 0.23, 500)
    _line("trade-off, 10,000 paired draws", lambda: tradeoff(costs, escalation=escalation), 0.1)
    at = np.linspace(0, 2e7, 200)
    _line("five cumulative curves of 200 points with bands", lambda: curves(costs, at, escalation=escalation), 0.5)
    _line("read the countries and all specifications", burden_data, 0.5)
    _line("who benefits and who pays, 160 specifications", lambda: burden(burden_data(), beneficiaries=("USA",)), 0.2)
    _line("the same, weighted by income", lambda: burden(burden_data(), eta=1.0), 0.2)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB (bound 1)")


def _fifty() -> list[Candidate]:
    judged = [c for c in published_candidates("imdb sentiment", "request") if c.quality]
    copies = enumerate(islice(cycle(judged), CANDIDATES))
    return [replace(candidate, model=f"{candidate.model}-{i}") for i, candidate in copies]


def _figure(value: float) -> Figure:
    return Figure(value, value / 1.2, value * 1.2, "declared", "IT")


def _line(what: str, work: Callable[[], object], bound_s: float) -> None:
    begin = time.perf_counter()
    work()
    print(f"{what}: {time.perf_counter() - begin:.3f} s (bound {bound_s:g})")


if __name__ == "__main__":
    main()
