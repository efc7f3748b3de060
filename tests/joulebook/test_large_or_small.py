"""compare and tradeoff on the terminal: nothing vanishes at any width, and no option is swallowed."""

from __future__ import annotations

import json
import re
from io import StringIO

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from joulebook.cli import cli
from joulebook.commands.tables import common_unit, show_table
from joulebook.commands.tradeoff_text import count_text, tornado_lines
from joulebook.errors import user_errors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff import TornadoBar

TYPED = ("--large-j", "318.8", "--small-j", "47.6", "--once-kwh", "600")
PAIR = ("--large", "flan-t5-xxl", "--small", "bloomz-1b7", "--task", "imdb")
WIDTHS = (40, 60, 80, 100, 140)


def ask(*words: str, width: int = 100) -> Result:
    return CliRunner().invoke(cli, words, env={"COLUMNS": str(width)}, catch_exceptions=True)


def said(*words: str, width: int = 100) -> str:
    result = ask(*words, width=width)
    assert result.exception is None, result.output
    return result.output.replace("\u202f", " ")


def answer(*words: str) -> dict:
    return json.loads(said(*words, "--json"))


def wrong_usage(*words: str) -> str:
    result = ask(*words)
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split())


def exactly(value: float) -> Figure:
    return Figure(value, value, value, "declared", "IT")


# --- tables -----------------------------------------------------------------------------------------------------

CELLS = st.text("0123456789.-", min_size=1, max_size=14)


@given(
    rows=st.lists(st.tuples(*[st.tuples(CELLS, CELLS)] * 4), min_size=1, max_size=4),
    width=st.integers(20, 160),
)
@settings(deadline=None)
def test_a_table_keeps_every_figure_whole_at_every_width(rows, width) -> None:
    out = StringIO()
    console = Console(file=out, width=width)
    columns = ("of what", "energy, kWh", "CO2e, g", "break-even requests")
    show_table(console, "A title", columns, [["\n".join(cell) for cell in row] for row in rows])
    words = re.split(r"[\s(),]+", out.getvalue())
    for row in rows:
        for cell in row:
            assert set(cell) <= set(words)
    assert all(word in out.getvalue() for name in columns[1:] for word in name.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparison_keeps_money_water_and_latency_at_every_width(width: int) -> None:
    text = said("compare", "bloomz-1b7", "flan-t5-xxl", "--task", "imdb", "--location", "KOR", width=width)
    flat = " ".join(text.split())
    for figures in (
        ("97.2 %", "97.1-97.4"),  # quality
        ("31.1", "25.4-38"),  # Wh
        ("0.00606", "0.0286"),  # USD
        ("101", "476"),  # mL
        ("80.3", "80.2-80.5"),  # ms
    ):
        assert all(figure in flat for figure in figures)
    assert "dominated by bloomz-1b7" in flat
    table = text[text.index("imdb sentiment") :].split("\nWhat each step")[0].split("\nAll at")[0]
    assert max(map(len, table.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_a_trade_off_keeps_ranges_and_thresholds_at_every_width(width: int) -> None:
    text = said("tradeoff", *PAIR, "--once-kwh", "10:8:13", "--location", "KOR", "--verifier-j", "2", width=width)
    flat = " ".join(text.split())
    assert flat.count("77.0-79.9 %") == 2  # of energy and water; never cut off
    for figure in ("63 600-120 000", "62 100-121 000", "0.361", "0.0158-0.0457", "266-852"):
        assert figure in flat


@pytest.mark.parametrize("width", WIDTHS)
def test_who_pays_keeps_its_headings_and_ranges_at_every_width(width: int) -> None:
    text = said("burden", "--beneficiaries", "USA,PHL,KOR", width=width)
    assert "outside the United States, the Philippines and 1 other." in text
    table = text[text.index("By income") : text.index("\nRanges are")]
    assert max(map(len, table.splitlines())) <= width
    for whole in ("vulnerability", "19 (3.9 to 27)", "0.79 (0.23 to 2.5)", "2.5 (0.52 to 20)", "no estimate"):
        assert whole in " ".join(table.split())
    assert ("\nSaudi Arabia       10 (0.83 to 15)  " in table) == (width == 80)  # a name breaks before a row does


def test_one_unit_stands_in_a_row() -> None:
    text = said("tradeoff", *PAIR, "--once-kwh", "10", "--location", "KOR", width=140)
    names = [line.split("  ")[0] for line in text.splitlines() if re.match(r"(energy|CO2e|money|water), ", line)]
    assert names == ["energy, Wh", "CO2e, g", "money, USD", "water, L"]
    row = next(line for line in text.splitlines() if line.startswith("energy, Wh"))
    large, small, once = (float(cell.replace(" ", "")) for cell in re.split(r"  +", row)[1:4])
    assert once / (large - small) * 1000 == pytest.approx(86_400, rel=0.01)  # as the row itself says


def test_figures_side_by_side_share_the_unit_between_the_smallest_and_the_largest() -> None:
    assert common_unit([exactly(1e-3), exactly(1e3), None], "g") == ("g", 1.0)
    assert common_unit([exactly(2.0), exactly(8.0)], "J", 1000) == ("Wh", 3600.0)
    assert common_unit([None, exactly(0.0)], "J") == ("J", 1.0)


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (None, "never"),
        (exactly(7_964_602), "7.96 million"),
        (Figure(7.96e6, 7.38e6, 8.56e6, "declared", "IT"), "7.96 million\n7.38-8.56 million"),
        (Figure(9e5, 8e5, 1.2e6, "declared", "IT"), "900 000\n800 000-1.2 million"),
    ],
)
def test_a_number_of_requests_has_its_range_in_the_same_words(figure: Figure | None, text: str) -> None:
    assert count_text(figure).replace("\u202f", " ") == text


# --- what decides it --------------------------------------------------------------------------------------------


def test_the_tornado_stands_under_the_table_widest_first() -> None:
    lines = said("tradeoff", "--large-j", "318.8:300:340", *TYPED[2:]).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("What decides it"))
    assert [line.split("  ")[1] for line in lines[at + 1 : at + 4]] == [
        "one-time cost*",
        "a request, large",
        "a request, small*",
    ]
    assert "6.37 million to 9.56 million" in lines[at + 1]  # 600 kWh, 20 % less and more
    assert lines[at + 4] == "  * given without a range: 20 % less and more are tried"


def test_bars_have_one_scale_and_an_arrow_where_an_end_is_never() -> None:
    bars = [TornadoBar("small", 50.0, None, False), TornadoBar("large", 100.0, 50.0, False)]
    first, second = tornado_lines(bars, 75.0, 60)
    assert first.index("█") == second.index("█")
    assert first.index("│") == second.index("│")
    assert first.endswith("→")
    assert "50 to never" in first
    assert not second.endswith("→")


def test_inputs_of_no_effect_are_counted_not_drawn() -> None:
    flat = TornadoBar("large", 100.01, 99.99, False)
    lines = tornado_lines([TornadoBar("small", 50.0, 100.0, False), flat], 75.0, 60)
    assert len(lines) == 2
    assert lines[1] == "  and 1 more of less effect (--json has all)"
    assert tornado_lines([flat], 100.0, 60) == ["  None of them moves it by as much as can be read here."]


def test_where_nothing_helps_a_sentence_says_so() -> None:
    text = said("tradeoff", "--large-j", "1", "--small-j", "2", "--once-kwh", "1")
    assert "None of them lets the small model pay off" in text
    assert "What decides it" not in said("tradeoff", "--large-j", "2", "--small-j", "1")  # nothing is paid once


# --- what was typed ---------------------------------------------------------------------------------------------


def test_figures_without_a_range_are_said_to_be_exact() -> None:
    line = (
        "Taken as exact, as typed without a range: --large-j, --small-j and --once-kwh. "
        "A range is VALUE:LOW:HIGH, such as --large-j 318.8:287:351."
    )
    assert line in said("tradeoff", *TYPED)
    assert line in answer("tradeoff", *TYPED)["warnings"]
    ranged = ("--large-j", "319:287:351", "--small-j", "48:43:53", "--once-kwh", "600:540:660")
    assert "exact" not in said("tradeoff", *ranged)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((*PAIR, "--large-j", "5"), ("--large and --large-j",)),
        ((*PAIR, "--small-j", "5"), ("--small and --small-j",)),
        ((*TYPED, "--task", "imdb"), ("--task", "--large or --small")),
        ((*TYPED, "--verifier-g", "1"), ("--verifier-g", "--large-g or --small-g")),
        ((*TYPED, "--once-kg", "1"), ("--once-kg", "--large-g or --small-g")),
        ((*TYPED, "--verifier-usd", "1"), ("--verifier-usd", "--large-usd or --small-usd")),
        ((*TYPED, "--once-usd", "1"), ("--once-usd", "--large-usd or --small-usd")),
        (("--large-g", "2", "--small-g", "1", "--once-kwh", "3"), ("--once-kwh", "--large-j")),
        (("--large-g", "2", "--small-g", "1", "--location", "KOR"), ("--location", "--large-j")),
        ((*TYPED, "--training-kwh", "1"), ("--training-kwh", "--life-requests")),
        ((*TYPED, "--life-requests", "1"), ("--life-requests", "--training-kwh")),
        ((*TYPED, "--start", "2026-01-01"), ("--start", "--requests-per-day")),
        ((*TYPED, "--escalation-n", "5"), ("--escalation-n", "--escalation-rate")),
        ((*TYPED, "--escalation-rate", "0.25", "--escalation-n", "2"), ("0.25", "2 requests")),
        ((*TYPED, "--quality-kept", "0.9"), ("--quality-kept", "--quality-passed-on and --escalation-rate")),
        ((*TYPED, "--margin", "0.1"), ("--margin", "--large and --small")),
        ((*TYPED, "--scores", __file__), ("--scores", "--margin")),
        ((*TYPED, "--verifier-gpu-s", "1"), ("--verifier-gpu-s", "--verifier-j")),
        ((*TYPED, "--gpu-life-years", "4"), ("--gpu-life-years", "--gpu-price-usd")),
        ((*TYPED, "--gpu-utilisation", "0.5"), ("--gpu-utilisation", "--gpu-price-usd")),
        ((*TYPED, "--accelerator", "H100"), ("--accelerator", "--on, --at-batch")),
        ((*TYPED, "--batch", "8"), ("--batch", "--at-batch or --at-precision")),
        ((*TYPED, "--precision", "bf16"), ("--precision", "--at-batch or --at-precision")),
        ((*TYPED, "--large-parameters", "7B"), ("--large-parameters", "--at-batch or --at-precision")),
        (("--large", "bloomz-1b7", "--small", "bloomz-1b7", "--task", "imdb"), ("--large and --small", "same")),
        (
            (*TYPED, "--large-gpu-s", "1", "--small-gpu-s", "1", "--rent-usd", "2", "--accelerator", "A100"),
            ("--accelerator", "--rent-usd"),
        ),
    ],
)
def test_options_that_contradict_or_change_nothing_are_refused_by_name(words, named) -> None:
    text = wrong_usage("tradeoff", *words)
    assert all(name in text for name in named)


def test_of_two_that_meet_it_is_said_which_one_holds() -> None:
    typed = answer("tradeoff", *TYPED, "--location", "KOR", "--large-g", "2", "--small-g", "1")
    assert typed["emissions"]["large_per_request"]["value"] == pytest.approx(0.002)
    assert "CO2e is as typed (--large-g, --small-g), not worked out from the joules and a place." in typed["warnings"]
    sizes = answer("tradeoff", *PAIR, "--large-parameters", "9B", "--batch", "8", "--at-batch", "16")
    assert any(line.startswith("--large-parameters holds for the size") for line in sizes["warnings"])


def test_candidates_left_out_for_one_reason_stand_together() -> None:
    text = said("compare", "--task", "imdb", "--min-quality", "0.97")
    assert "bloom-560m, opt-1.3b, gpt2, Llama-2-7b-hf (quality is unknown, and at least 0.97 is asked for)" in text
    assert text.count("Left out:") == 1


def test_what_models_and_places_stand_behind_the_figures_is_said() -> None:
    found = answer("tradeoff", *PAIR)
    assert (found["site"]["zone"], found["site"]["assumed"]) == ("WLD", True)
    text = said("tradeoff", *PAIR)
    assert "All at the world's mean, as no place was named (--location)" in text
    assert "Large: flan-t5-xxl, published" in text
    unknown = answer("tradeoff", *TYPED, "--location", "MDV")
    assert "The price of electricity is unknown at MDV, so nothing is said of it." in unknown["warnings"]
    assert answer("tradeoff", *TYPED)["site"] is None


# --- places and hours -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "line"),
    [
        ("KOR-99", "No region KOR-99 is known: the mean of KOR stands in for it."),
        (
            "US-CA",
            "Of USA-CA only what burning fuel emits is known (179 g/kWh): "
            "the mean of USA, life cycle, stands in for it.",
        ),
    ],
)
def test_a_country_that_stands_in_for_its_region_is_said(zone: str, line: str) -> None:
    assert line in answer("tradeoff", *TYPED, "--location", zone)["warnings"]
    assert line in answer("tradeoff", *TYPED, "--location", "FRA", "--elsewhere", zone)["warnings"]
    assert line in answer("compare", "--task", "imdb", "--location", zone)["warnings"]
    assert line not in answer("tradeoff", *TYPED, "--location", "CA-AB")["warnings"]


def test_hours_are_said_to_be_those_of_the_place() -> None:
    words = ("tradeoff", *TYPED, "--location", "KOR", "--start-hours", "5")
    assert answer(*words)["elsewhere"]["start_hour"]["time_zone"] == "UTC+9"
    assert "Hours are local standard time there, UTC+9, without summer time." in said(*words)
    error = ask("tradeoff", *TYPED, "--start-hours", "5").exception
    assert isinstance(error, user_errors())
    assert "name a place with --location" in str(error)


def test_what_a_step_buys_is_said_with_its_range() -> None:
    text = said("compare", "bloomz-1b7", "bloomz-3b", "--task", "imdb", "--location", "KOR")
    assert re.search(r"bloomz-1b7 -> bloomz-3b: \+0.54 points for 27.1 % more energy; 98\S* \(\S+ to \S+\) per", text)
    steep = said("compare", "flan-t5-base", "distilbert-imdb", "--task", "imdb")
    assert "4.88 times the energy" in steep
    assert "of 1 000 requests" not in steep
    assert "1 000 requests (latency: of one)" in steep
    assert "x request" not in steep


def test_the_gate_goes_over_items_in_pairs_where_their_scores_are_given(tmp_path) -> None:
    """Each model is right in half of 400 items, the same ones but for four: unpaired, 5 points could not be told."""
    right = [index % 2 for index in range(400)]
    small = [0 if index < 8 else score for index, score in enumerate(right)]
    file = tmp_path / "scores.csv"
    file.write_text(
        "item,large,small\n" + "".join(f"{n},{a},{b}\n" for n, (a, b) in enumerate(zip(right, small, strict=True)))
    )
    gate = answer("tradeoff", *TYPED, "--margin", "0.03", "--scores", str(file))["quality_gate"]
    assert (gate["difference"], gate["passes"]) == (pytest.approx(-0.01), True)
    assert -0.03 < gate["low"] < -0.01 < gate["high"] < 0
    assert answer("tradeoff", *TYPED, "--margin", "0.001", "--scores", str(file))["quality_gate"]["passes"] is False
    file.write_text("large,small\n1,1\n1,no\n")
    error = ask("tradeoff", *TYPED, "--margin", "0.03", "--scores", str(file)).exception
    assert "row 3, column small: 'no' is no number" in str(getattr(error, "message", error))
