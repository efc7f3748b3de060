"""`joulebook report comparison`: one line a candidate of every task, with ranges, dominance and the sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from joulebook.ledger.accounting.comparison import Candidate, Comparison, Quality, Row, Unit, compare
from joulebook.ledger.accounting.comparison_json import figure_json
from joulebook.ledger.candidates_published import published_candidates, published_tasks
from joulebook.ledger.candidates_runs import candidates_of_documents, run_candidates, run_tasks
from joulebook.ledger.reports import figure_cells
from joulebook.ledger.sites import site_of
from joulebook.ledger.store import Ledger, RunFilter, each_document, list_runs
from joulebook.ledger.store.accounts import factors_now
from joulebook.ledger.store.reaccounting import all_are_on

TITLE = "One line a candidate: which model is worth it on which task"
_UNITS: tuple[Unit, ...] = ("request", "sample", "1k-tokens")


def rows(ledger: Ledger, run_filter: RunFilter) -> Iterator[dict[str, object]]:
    """All tasks of the runs, beside what is published on the same tasks; without such runs, the published tasks."""
    place, year = _place_and_year(ledger, run_filter)
    site = site_of(ledger.factors or factors_now(), place, year)
    for task, unit, candidates in _tasks(ledger, run_filter):
        comparison = compare(candidates, site)
        for row in comparison.rows:
            yield _line(comparison, row, task, unit)


def _tasks(ledger: Ledger, run_filter: RunFilter) -> Iterator[tuple[str, Unit, list[Candidate]]]:
    wanted = replace(run_filter, include_children=True)
    own: dict[tuple[str, Unit], list[Candidate]] = {}
    for candidate in _as_kept(ledger, wanted) if _is_kept(ledger) else _worked_out(ledger, wanted):
        own.setdefault((candidate.task, candidate.unit), []).append(candidate)
    for (task, unit), mine in own.items():
        taken = {candidate.model for candidate in mine}
        others = [c for c in published_candidates(task, unit) if c.model not in taken]
        yield task, unit, mine + others
    if own:
        return
    for task in published_tasks():
        published = published_candidates(task, "request")
        if any(candidate.quality for candidate in published):
            yield task, "request", published


def _is_kept(ledger: Ledger) -> bool:
    """Whether the sums that the books keep are of the factors asked for."""
    return ledger.factors is None or all_are_on(ledger, ledger.factors.content_hash)


def _as_kept(ledger: Ledger, wanted: RunFilter) -> Iterator[Candidate]:
    for unit in _UNITS:
        for task in run_tasks(ledger):
            yield from run_candidates(ledger, task, unit, run_filter=wanted)


def _worked_out(ledger: Ledger, wanted: RunFilter) -> Iterator[Candidate]:
    documents = list(each_document(ledger, wanted))
    for unit in _UNITS:
        yield from candidates_of_documents(documents, unit)


def _line(comparison: Comparison, row: Row, task: str, unit: Unit) -> dict[str, object]:
    candidate = row.candidate
    line: dict[str, object] = {"task": task, "unit": unit, "model": candidate.model, "model_id": candidate.model_id}
    line |= {"origin": candidate.origin, "parameters": candidate.parameters, "runs": candidate.runs}
    line |= _quality_cells(row.quality, candidate.origin)
    line |= figure_cells("energy_per_unit_j", figure_json(row.energy_per_unit_j))
    line |= {"run_to_run_sd_j": candidate.run_to_run_sd_j}
    line |= figure_cells("emissions_per_unit_g", figure_json(row.emissions_per_unit_g))
    line |= figure_cells("water_per_unit_l", figure_json(row.water_per_unit_l))
    line |= figure_cells("cost_per_unit_usd", figure_json(row.cost_per_unit_usd))
    line |= figure_cells("latency_s", figure_json(row.latency_s))
    line |= {"hardware": candidate.hardware, "batch": candidate.batch, "place": candidate.place}
    line |= {"prompts_leave": candidate.prompts_leave, "on_frontier": row.on_frontier, "state": row.state}
    line |= {"dominated_by": " | ".join(f"{d.model} ({d.probability:.3f})" for d in row.dominated_by)}
    line |= {"not_separable_from": " | ".join(row.not_separable_from), "compared_at": comparison.site.zone}
    line |= {"source": candidate.source, "warnings": " | ".join(comparison.warnings), "verdict": comparison.verdict}
    return line


def _quality_cells(quality: Quality | None, origin: str) -> dict[str, object]:
    return {
        "quality_name": quality.name if quality else None,
        "quality_value": quality.value if quality else None,
        "quality_low": quality.low if quality else None,
        "quality_high": quality.high if quality else None,
        "quality_n": quality.n if quality else None,
        "quality_language": quality.language if quality else None,
        "quality_method": None if quality is None else "measured" if origin == "runs" else "published",
    }


def _place_and_year(ledger: Ledger, run_filter: RunFilter) -> tuple[str | None, int]:
    """Where most of the runs took place, and the year of the newest: both are in the books, for making it again."""
    frame = list_runs(ledger, run_filter, limit=2000)
    zones = Counter(str(zone) for zone in frame["zone"] if isinstance(zone, str) and zone != "WLD")
    newest = frame["started_at"].max() if len(frame) else datetime.now(UTC)
    return (zones.most_common(1)[0][0] if zones else None), newest.year
