"""compare, tradeoff and burden as a person calls them: the JSON of the contract, plain text, one line on bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from joulebook.cli import cli
from joulebook.errors import user_errors

TYPED = ("--large-j", "318.8", "--small-j", "47.6", "--once-kwh", "600")
FIGURE = {"value", "low", "high", "method", "measured_share", "boundary", "vintage"}


def ask(*words: str) -> Result:
    return CliRunner().invoke(cli, words, env={"COLUMNS": "140"}, catch_exceptions=True)


def text(*words: str) -> str:
    result = ask(*words)
    assert result.exception is None
    return result.output


def answer(*words: str) -> dict:
    return json.loads(text(*words, "--json"))


def refused(*words: str) -> str:
    """The one line that a person would get for what can't be done."""
    error = ask(*words).exception
    assert isinstance(error, user_errors()), error
    assert "\n" not in str(error)
    return str(error)


def wrong_usage(*words: str) -> str:
    """What a person reads whose words can't be meant: status 2."""
    result = ask(*words)
    assert result.exit_code == 2, result.output
    return result.output


def is_figure(found: object) -> bool:
    return isinstance(found, dict) and set(found) >= FIGURE


class TestCompare:
    def test_published_models_need_no_ledger(self):
        found = answer("compare", "bloomz-1b7", "flan-t5-xxl", "--task", "imdb", "--location", "KOR")
        small, large = found["candidates"]
        assert (small["model"], large["model"], found["unit"]) == ("bloomz-1b7", "flan-t5-xxl", "request")
        for name in ("quality", "energy_per_unit_j", "emissions_per_unit_g", "cost_per_unit_usd", "latency_s"):
            assert is_figure(small[name]), name
        assert (small["origin"], small["on_frontier"], large["on_frontier"]) == ("published", True, False)
        assert large["dominated_by"] == [{"model": "bloomz-1b7", "probability": pytest.approx(0.985, abs=0.005)}]
        assert "for 21 % of its energy (20 to 22 %)." in found["verdict"]
        assert small["energy_per_unit_j"]["value"] == pytest.approx(0.0310720 * 3600, rel=1e-4)
        assert not Path(os.environ["JOULEBOOK_LEDGER"]).exists()
        assert not Path(os.environ["JOULEBOOK_JOURNALS"]).exists()

    def test_in_words(self):
        said = text("compare", "--task", "imdb", "--min-quality", "0.9", "--location", "KOR")
        assert said.startswith("bloomz-1b7 is right in 97.2 %")
        assert "sentiment_analysis_model (quality 0.746 is below 0.9)" in said
        assert said.count("Left out: ") == 1
        assert "All at KOR" in said

    def test_who_gets_a_working_model(self):
        found = answer("compare", "--task", "movie review sentiment", "--quality-language", "ko")
        gemma = next(c for c in found["candidates"] if c["model"].startswith("gemma"))
        assert gemma["quality"]["value"] == 0.495
        assert {"model": "kiwipiepy", "probability": 1.0} in gemma["dominated_by"]
        assert gemma["prompts_leave"] is False
        assert "gguf is right in 92.5 % in English and in 49.5 % in Korean, which" in found["served"][0]
        assert "no better than chance; kiwipiepy is right in 78.8 % in Korean" in found["served"][0]
        assert "Quality is of one language or group alone: Korean." in found["warnings"]
        told = text("compare", "--task", "movie review sentiment")
        assert "Who gets a working model" in told
        assert "Korean: kiwipiepy" in told

    def test_a_region_without_figures_is_said(self):
        found = answer("compare", "--task", "imdb", "--location", "KOR-99")
        assert "No region KOR-99 is known: the mean of KOR stands in for it." in found["warnings"]
        assert "Of USA-CA only what burning fuel emits is known" in text("tradeoff", *TYPED, "--location", "US-CA")
        its_own = answer("compare", "--task", "imdb", "--location", "CA-AB")  # Alberta has figures of its own
        assert its_own["warnings"] == answer("compare", "--task", "imdb")["warnings"]

    def test_one_candidate_gets_a_clear_sentence(self):
        found = answer("compare", "flan-t5-xxl", "--task", "imdb")
        assert found["verdict"].startswith("There is only one candidate, flan-t5-xxl")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--task", "imdb", "--location", "Atlantis"), "unknown location 'Atlantis'"),
            (("no-such-model-1b", "--task", "imdb"), "no candidate 'no-such-model-1b'"),
            (("x", "--task", "no such task"), "known tasks"),
        ],
    )
    def test_bad_input(self, words, said):
        assert said in refused("compare", *words)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--unit", "parsec"), "'parsec' is not one of"),
            ((), "name the models to compare"),
            (("--task", "imdb", "--min-quality", "nan"), "nan is not a finite number"),
        ],
    )
    def test_wrong_usage(self, words, said):
        assert said in wrong_usage("compare", *words)


class TestTradeoff:
    def test_typed_figures(self):
        found = answer(
            *("tradeoff", "--large-j", "318.8", "--small-j", "47.6", "--once-kwh", "600"),
            *("--requests-per-day", "1000000", "--start", "2026-11-22"),
        )
        assert found["break_even_requests"]["value"] == pytest.approx(7_964_602, abs=0.5)
        assert is_figure(found["break_even_requests"])
        assert found["break_even_date"] == (date(2026, 11, 22) + timedelta(days=8)).isoformat()
        assert found["cascade_threshold"] == pytest.approx(0.8507, abs=5e-5)
        assert "7.96 million requests" in found["verdict"]

    def test_carbon_and_money_where_they_are_given(self):
        found = answer(
            *("tradeoff", "--large-j", "10", "--small-j", "5", "--once-kwh", "1", "--large-g", "2", "--small-g", "1"),
            *("--once-kg", "3", "--large-usd", "0.02", "--small-usd", "0.01", "--once-usd", "100"),
        )
        assert found["emissions"]["break_even_requests"]["value"] == pytest.approx(3000)
        assert found["cost"]["break_even_requests"]["value"] == pytest.approx(10_000)
        assert found["break_even_date"] is None

    def test_never(self):
        found = answer("tradeoff", "--large-j", "1", "--small-j", "2", "--once-kwh", "1")
        assert (found["break_even_requests"], found["break_even_date"], found["never"]) == (None, None, True)
        assert "never pays off" in found["verdict"]

    def test_models_in_place_of_figures(self):
        found = answer(
            *("tradeoff", "--large", "flan-t5-xxl", "--small", "bloomz-1b7", "--task", "imdb", "--once-kwh", "10"),
            *("--location", "KOR", "--escalation-rate", "0.2", "--escalation-n", "500", "--margin", "0.01"),
            *("--quality-kept", "0.98", "--quality-passed-on", "0.9"),
        )
        saved_kwh = 0.146836 - 0.0310720  # in 1,000 requests
        assert found["break_even_requests"]["value"] == pytest.approx(10_000 / saved_kwh, rel=1e-4)
        for quantity in ("emissions", "cost", "water"):
            break_even = found[quantity]["break_even_requests"]["value"]
            assert break_even == pytest.approx(found["break_even_requests"]["value"])
        assert found["cascade_pays"] is True
        assert found["escalation_rate"]["low"] < 0.2 < found["escalation_rate"]["high"]
        assert found["quality_gate"]["passes"] is True
        assert found["mixture_quality"] == pytest.approx(0.964)  # 0.8 of 0.98 and 0.2 of 0.9

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--large-j", "3"), "small model"),
            ((*TYPED, "--rent-usd", "2"), "give --large-gpu-s and --small-gpu-s"),
            ((*TYPED, "--large-gpu-s", "1", "--small-gpu-s", "1"), "give --once-gpu-hours"),
            ((*TYPED, "--elsewhere", "XXX"), "unknown location 'XXX'"),
            ((*TYPED, "--at-batch", "8"), "give --large-parameters"),
            ((*TYPED, "--on", "abacus"), "accelerator 'abacus'"),
            ((*TYPED, "--location", "MDV", "--start-hours", "2"), "no hourly profile is known for MDV"),
            (("--large", "nothing-7b", "--small", "bloomz-1b7", "--task", "imdb"), "no candidate 'nothing-7b'"),
        ],
    )
    def test_bad_input(self, words, said):
        assert said in refused("tradeoff", *words)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "a trade-off needs"),
            (("--large-g", "3"), "--small-g"),
            (("--large-g", "3", "--small-g", "2", "--elsewhere", "KOR"), "need --large-j and --small-j"),
            (("--large-j", "many"), "neither a number"),
            (("--large-j", "3:4:5"), "neither a number"),
            (("--large-j", "nan"), "neither a number"),
            (("--escalation-rate", "2"), "0<=x<=1"),
            (("--requests-per-day", "0"), "x>0"),
            (("--rebound", "inf"), "inf is not a finite number"),
        ],
    )
    def test_wrong_usage(self, words, said):
        assert said in wrong_usage("tradeoff", *words)

    @pytest.mark.parametrize(("large", "small"), [("0", "0"), ("0", "1"), ("0:0:1", "0"), ("1", "0")])
    def test_a_model_that_costs_nothing(self, large, small):
        found = answer("tradeoff", "--large-j", large, "--small-j", small, "--once-kwh", "0")
        assert found["never"] is (large != "1")
        assert found["cascade_threshold"] == (1.0 if large == "1" else None)
        assert found["rebound_break_even"] == (0.0 if small == "1" else None)

    def test_what_more_use_does_is_said(self):
        gone = answer("tradeoff", *TYPED, "--rebound", "8")
        assert (gone["never"], gone["rebound"]) == (True, 8.0)
        assert "at 8 times the volume: nothing is left of what it saves" in gone["verdict"]
        assert "The saving is gone at 6.7 times the volume." in gone["verdict"]
        some = answer("tradeoff", *TYPED, "--rebound", "1.5")
        assert some["break_even_requests"]["value"] == pytest.approx(600 * 3.6e6 / (318.8 - 1.5 * 47.6))
        assert "This is at 1.5 times the volume; the saving is gone at 6.7 times." in some["verdict"]
        assert "times" not in answer("tradeoff", *TYPED)["verdict"]

    def test_money_on_three_bases(self):
        found = answer(
            *("tradeoff", *TYPED, "--location", "KOR", "--large-gpu-s", "0.5", "--small-gpu-s", "0.05"),
            *("--once-gpu-hours", "900", "--rent-usd", "2:1:3", "--gpu-price-usd", "30000"),
        )["money"]
        rented = found["rented"]["break_even_requests"]
        assert rented["value"] == pytest.approx(7.2e6)  # 900 h over (0.5 - 0.05) s, whatever an hour costs
        assert rented["high"] == pytest.approx(rented["low"])
        assert found["rented"]["large_per_request"]["value"] == pytest.approx(0.5 / 3600 * 2)
        kwh_usd = found["electricity"]["large_per_request"]["value"]
        written_off = 30_000 / (4 * 8766 * 0.5)  # USD an hour
        assert found["owned"]["large_per_request"]["value"] == pytest.approx(0.5 / 3600 * written_off + kwh_usd)
        assert found["electricity"]["break_even_requests"]["value"] == pytest.approx(7_964_602, abs=1)

    def test_the_rent_that_is_assumed_is_said(self):
        said = text("tradeoff", "--large-j", "10", "--small-j", "5", "--large-gpu-s", "1", "--small-gpu-s", "1")
        assert "Rent assumed: " in said
        assert "of NVIDIA H100" in said

    def test_elsewhere_and_later(self):
        found = answer(
            *("tradeoff", *TYPED, "--location", "KOR", "--elsewhere", "FRA", "--start-hours", "24", "--batch", "64"),
            *("--on", "H100", "--at-batch", "64", "--at-precision", "bf16"),
            *("--large-parameters", "70e9", "--small-parameters", "8e9"),
        )["elsewhere"]
        assert [region["zone"] for region in found["regions"]] == ["FRA", "KOR"]
        for region in found["regions"]:
            large, small = (region[f"{role}_per_request"]["emissions_g"]["value"] for role in ("large", "small"))
            assert large / small == pytest.approx(318.8 / 47.6)
            assert region["once"]["emissions_g"]["value"] == pytest.approx(large / 318.8 * 600 * 3.6e6)
        assert [hour["saving"] for hour in found["start_hour"]["hours"]] == pytest.approx([0.0] * 24)  # a whole day
        for variant in found["variants"]:  # the same accelerator, batch and precision as now
            assert variant["large_per_request_j"]["value"] == pytest.approx(318.8)
            assert variant["break_even_requests"]["value"] == pytest.approx(7_964_602, abs=1)

    @pytest.mark.parametrize("width", [80, 140])
    def test_tables_fit_the_terminal(self, width):
        words = (
            *("tradeoff", *TYPED, "--location", "KOR", "--large-gpu-s", "0.5", "--small-gpu-s", "0.05"),
            *("--once-gpu-hours", "900", "--elsewhere", "FRA", "--requests-per-day", "1e4"),
        )
        lines = CliRunner().invoke(cli, words, env={"COLUMNS": str(width)}).output.splitlines()
        table = [line for line in lines if "  " in line.strip()]
        assert max(len(line) for line in table) <= width
        assert sum("7.96 million" in line for line in table) == 5  # energy, CO2e, money, water; and electricity again

    def test_in_words(self):
        said = text("tradeoff", "--large-j", "10:9:11", "--small-j", "5", "--once-kwh", "1")
        assert said.startswith("The small model pays for its 1 kWh after 720\u202f000 requests")


class TestBurden:
    def test_the_contract(self):
        found = answer("burden", "--emissions-g", "49000", "--beneficiaries", "USA")
        assert found["non_user_share"]["value"] == pytest.approx(0.762, abs=5e-4)
        assert found["externalised_share"]["value"] == pytest.approx(0.894, abs=5e-4)
        assert [set(group) for group in found["income_groups"]] == [
            {"group", "people", "users", "damages", "relative_loss", "figures"}
        ] * 5
        rows = {row["iso3"]: row for row in found["countries"]}
        assert set(rows["IND"]) >= {"iso3", "damage_share", "use_share", "relative_burden", "vulnerability"}
        assert rows["IND"]["relative_burden"] / rows["USA"]["relative_burden"] == pytest.approx(3.4, abs=0.05)
        assert rows["MDV"]["damage_share"] is None
        assert rows["MDV"]["vulnerability"] == pytest.approx(0.564, abs=5e-4)
        assert len(found["caveats"]) >= 10
        assert found["social_cost_usd"]["EPA 2023, 2.0 % discounting"]["value"] == pytest.approx(49e-3 * 214)

    def test_users_typed_counted_or_weighed(self, tmp_path):
        typed = answer("burden", "--users", "USA=0.6,KOR=0.4")
        assert (typed["use"], typed["beneficiaries"]) == ("typed", ["USA", "KOR"])
        path = tmp_path / "users.csv"
        path.write_text("country,users\nUSA,60\nKOR,40\n")
        assert answer("burden", "--users", str(path))["countries"] == typed["countries"]
        assert answer("burden", "--users", "intensity")["use"] == "intensity"
        assert answer("burden", "--users", "diffusion")["use"] == "count"

    def test_in_words_with_every_caveat(self):
        said = text("burden", "--eta", "1", "--specification", "s1111")
        assert "falls on people who don't use AI" in said
        assert "Maldives (MDV)" in said
        assert "no estimate" in said
        caveats = answer("burden")["caveats"]
        plain = " ".join(said.split())
        assert all(caveat in plain for caveat in caveats)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--users", "Atlantis=1"), "unknown country 'Atlantis'"),
            (("--beneficiaries", "USA,ZZZ"), "unknown country 'ZZZ'"),
            (("--model", "nobody"), "no run is like that"),
        ],
    )
    def test_bad_input(self, words, said):
        assert said in refused("burden", *words)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--users", "USA=0.6,KOR=0.3"), "add up to 0.9"),
            (("--specification", "s9"), "unknown specification"),
            (("--eta", "5"), "0<=x<=1.5"),
            (("latest", "--emissions-g", "1"), "not several"),
            (("--project", "p", "--emissions-g", "1"), "not several"),
            (("--emissions-g", "nan"), "nan is not a finite number"),
            (("--emissions-g", "inf"), "inf is not a finite number"),
        ],
    )
    def test_wrong_usage(self, words, said):
        assert said in wrong_usage("burden", *words)


def test_a_mistake_ends_with_status_one_and_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "joulebook", "burden", "--users", "Atlantis=1"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("joulebook: unknown country 'Atlantis'")
    assert done.stderr.count("\n") == 1
