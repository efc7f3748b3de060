"""Candidates from one's own runs, worked out by hand from journals of constant power, and the report made of them."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from joulebook.ledger.accounting.comparison import compare
from joulebook.ledger.candidates import candidates_of, choose, find_task, tasks
from joulebook.ledger.candidates_runs import candidates_of_documents
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.factor_sets import current_factors
from joulebook.ledger.reports import comparison
from joulebook.ledger.reports.making import verify_report, write_report
from joulebook.ledger.sites import site_of
from joulebook.ledger.store import RunFilter, each_document, open_ledger, sync
from joulebook.meters.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
from written_journals import Journal

TASK = "faq-answers"


def served(name, model, watts, *, requests, accuracy, stage="serve", **more):
    """A run of 100 s on one GPU that answers so many requests."""
    opening = {"model": model, "task": TASK, "stage": stage, "kind": "inference", "parameters": 8e9} | more
    gpus = {f"GPU-{name}": watts}
    journal = Journal(name, f"j-{name}", gpus=gpus, boot=f"boot-{name}", host=f"host-{name}", opening=opening)
    journal.add("q", 90.0, n=requests, tokens_in=0, tokens_out=50 * requests, sum_s=requests * 0.5, h={"174": requests})
    for language, value in ({None: accuracy} if isinstance(accuracy, float) else accuracy).items():
        journal.add("quality", 95.0, name="accuracy", value=value, n=10_000, higher_is_better=True, language=language)
    return journal


@pytest.fixture
def books(tmp_path):
    folder = Path(os.environ["JOULEBOOK_JOURNALS"])
    folder.mkdir()
    for journal in (
        served("s1", "small", 100, requests=1000, accuracy=0.95, tags={"place": "laptop"}),
        served("s2", "small", 120, requests=1000, accuracy=0.95, tags={"place": "laptop"}),
        served("l1", "large", 700, requests=1000, accuracy={"en": 0.96, "ko": 0.90}),
        served("t1", "small", 700, requests=10, accuracy=0.5, stage=None, kind="training"),
        served("d1", "small", 700, requests=10, accuracy=0.5, stage="distil"),
    ):
        journal.write(folder)
    ledger = open_ledger(os.environ["JOULEBOOK_LEDGER"])
    assert sync(ledger, folder).problems == []
    return ledger


def gpu_j(candidate):
    return dict(candidate.components_j)["gpu"]


def test_runs_of_a_model_are_one_candidate(books):
    small, large = sorted(candidates_of(books, TASK, "request"), key=gpu_j)
    assert (gpu_j(small), gpu_j(large)) == (pytest.approx(11.0), pytest.approx(70.0))  # mean of 10 and 12; 70
    assert (small.runs, large.runs) == (2, 1)  # making the small model is no use of it
    assert small.run_to_run_sd_j == pytest.approx(2**0.5)  # of 10 and 12, the host's part being the same
    assert large.run_to_run_sd_j is None
    assert (small.place, small.prompts_leave, large.place) == ("laptop", False, None)
    assert (small.hardware, small.quality.n) == ("H100", 10_000)
    assert small.energy_per_unit_j.vintage == current_factors(Settings()).name  # its processor is modelled
    # bucket 174 holds 1e-4 s times 1.05 to the power of 174 to 175
    assert small.latency_s.value == pytest.approx(1e-4 * 1.05**174.5, rel=0.03)
    assert {q.language: q.value for q in large.by_language} == {"en": 0.96, "ko": 0.90}
    assert large.quality.value == pytest.approx(0.93)  # pooled by n
    thousand_tokens = candidates_of(books, TASK, "1k-tokens")
    assert sorted(map(gpu_j, thousand_tokens)) == pytest.approx([11.0 / 0.05, 70.0 / 0.05])
    assert candidates_of(books, TASK, "sample") == []


def test_gpus_alone_are_compared_by_what_they_took(books, tmp_path):
    journal = served("c1", "tiny", 0, requests=100, accuracy=0.9)
    journal.gpus = {}
    journal.write(Path(os.environ["JOULEBOOK_JOURNALS"]))
    sync(books, Path(os.environ["JOULEBOOK_JOURNALS"]))
    chosen = choose(books, (), task=TASK, gpu_only=True)
    found = {c.model: c.energy_per_unit_j for c in chosen.candidates}
    assert {name: energy.value for name, energy in found.items()} == pytest.approx({"small": 11.0, "large": 70.0})
    assert {(e.boundary, e.method, e.measured_share, e.vintage) for e in found.values()} == {
        ("accelerators", "measured", 1.0, None)
    }
    assert chosen.notes == ("Left out, for no GPU's energy is known of their runs: tiny.",)
    assert [c.model for c in choose(books, ("tiny", "large"), task=TASK, gpu_only=True).candidates] == ["large"]
    with pytest.raises(LedgerError, match="tiny"):
        choose(books, ("tiny",), task=TASK, gpu_only=True)


def test_the_ledgers_sums_say_what_the_runs_in_full_say(books):
    everything = list(each_document(books, RunFilter(include_children=True)))
    for unit in ("request", "1k-tokens", "sample"):
        summed = {c.model: asdict(c) for c in candidates_of(books, TASK, unit, origins=("runs",))}
        one_by_one = {c.model: asdict(c) for c in candidates_of_documents(everything, unit)}
        assert summed.keys() == one_by_one.keys()
        for model, candidate in summed.items():
            assert candidate["hardware"] == "H100"
            assert rounded(candidate) == rounded(one_by_one[model])


def rounded(value):
    """Nested parts with numbers to nine digits: sums are added up in another order."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def test_own_and_published_stand_side_by_side_and_are_told_apart(books):
    assert tasks(books)[0] == TASK
    assert find_task(books, "faq") == TASK
    chosen = choose(books, ("small", "large"))
    assert chosen.task == TASK
    result = compare(chosen.candidates, site_of(current_factors(Settings()), "KOR", 2026))
    assert [d.model for d in result.rows[1].dominated_by] == ["small"]
    assert result.verdict.startswith("small is right in 95.0 % where large is right in 93.0 %")
    assert {row.candidate.origin for row in result.rows} == {"runs"}


def test_the_report_has_ranges_methods_and_vintage_and_is_made_again(books):
    out = io.StringIO(newline="")
    assert write_report(books, "comparison", RunFilter(), out) == 4  # two models, requests and 1,000 tokens
    head, first, _ = out.getvalue().split("\r\n")[:3]
    for column in ("quality_low", "energy_per_unit_low_j", "energy_per_unit_method", "emissions_per_unit_vintage"):
        assert column in head.split(",")
    assert first.startswith(f"{TASK},request,small,small,runs,")
    assert verify_report(books, out.getvalue()).n_differences == 0


@pytest.mark.parametrize("asked", [RunFilter(), RunFilter(models=("small",)), RunFilter(text="no such run")])
def test_the_reports_sums_say_what_the_runs_in_full_say(books, monkeypatch, asked):
    summed = list(comparison.rows(books, asked))
    monkeypatch.setattr(comparison, "_is_kept", lambda ledger: False)
    assert rounded(list(comparison.rows(books, asked))) == rounded(summed)
    assert {row["hardware"] for row in summed if row["origin"] == "runs"} == ({"H100"} if not asked.text else set())


def test_without_runs_the_report_is_of_the_published_tasks(tmp_path):
    out = io.StringIO(newline="")
    empty = open_ledger(str(tmp_path / "empty.sqlite"))
    n = write_report(empty, "comparison", RunFilter(), out)
    assert n > 100
    assert "flan-t5-xxl" in out.getvalue()
