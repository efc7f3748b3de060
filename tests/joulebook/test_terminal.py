"""What a person reads on a terminal: units that fit, nothing wider than the window, no walls of digits."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from joulebook.cli import cli
from joulebook.ledger.reports.show import figure, quantity
from joulebook.meters.wording import counted
from joulebook.meters.wording import figure as watts

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger" / "store"))
from written_journals import Journal

NARROW = "2\u202f400"
TERMINAL = {"COLUMNS": "80", "FORCE_COLOR": "1", "TERM": "xterm"}


def said(*words: str) -> str:
    result = CliRunner().invoke(cli, words, env=TERMINAL, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return click.unstyle(result.stdout)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "J", "–"),
        (float("nan"), "g", "–"),
        (0.0, "J", "0 J"),
        (3.29e11, "J", "91.4 MWh"),
        (8.455e-5, "J", "84.5 µJ"),
        (1.234e-6, "g", "1.23 µg"),
        (4.87e-7, "USD", "487 nUSD"),
        (4.87e-13, "USD", "<0.001 nUSD"),
        (2.5e-5, "USD", "25 µUSD"),
        (0.004, "USD", "0.4 ¢"),
        (0.05, "USD", "0.05 USD"),
        (123456.0, "USD", "123\u202f000 USD"),
        (999.6, "g", "1\u202f000 g"),
    ],
)
def test_a_quantity_has_three_digits_in_a_unit_that_fits(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_a_figure_is_written_in_one_unit() -> None:
    shown = {"value": 0.0, "low": 0.0, "high": 0.05, "method": "modelled"}
    assert figure(shown, "J") == "0 mJ (0 to 50, modelled)"
    assert figure({**shown, "high": 1e-13}, "USD") == "<0.001 nUSD (modelled)"
    assert figure(None, "J") == "unknown"


def test_a_program_that_prints_its_summary_never_fails_on_a_narrow_space(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (watts(2400.0), counted(1, "run"), counted(27_300, "run")) == (NARROW, "1 run", "27\u202f300 runs")
    for encoding in ("cp1252", None, "no such encoding"):
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(encoding=encoding))
        assert watts(2400.0) == "2 400"


def test_a_list_of_runs_fits_eighty_columns_however_long_a_name_is() -> None:
    folder = Path(os.environ["JOULEBOOK_JOURNALS"])
    folder.mkdir()
    Journal("1a2016192752b2b9e5cff37", opening={"name": "a name that never ends " * 5}).write(folder)
    Journal("1a2016192752b2b9e5cff38", journal="j2", closed=None, gpus={}).write(folder)
    listed = said("runs")
    assert max(len(line) for line in listed.splitlines()) <= 80
    assert "nan" not in listed.lower()
    for part in ("1a2016192752b2b9e5cff37", "a name that ", "finished", "interrupted", "1 min 40 s"):
        assert part in listed, part
    assert re.search(r"Wh +[\d.,]+ \w*g *\n.*[\d.,]+ to [\d.,]+ +[\d.,]+ to [\d.,]+", listed), listed  # ranges below
    estimate = ("estimate", "training", "--parameters", "7e9", "--tokens", "2e12", "--accelerator", "H100")
    for words in (("show", "1a2016192752b2b9e5cff37"), estimate):
        assert not re.search(r"\d\.\d{6}|\de[+-]\d", said(*words))


def test_a_run_says_with_whose_factors_its_figures_were_worked_out() -> None:
    folder = Path(os.environ["JOULEBOOK_JOURNALS"])
    folder.mkdir()
    counts = {"codecarbon_ram_kwh": 3.21e-05, "samples": 52_000}
    Journal("1a2016192752b2b9e5cff40").add("n", 5.0, **counts).write(folder)
    shown = said("show", "1a2016192752b2b9e5cff40")
    document = json.loads(said("show", "1a2016192752b2b9e5cff40", "--json"))
    text = " ".join(shown.split())
    for each in (document["facility_energy_j"], document["emissions_g"]["location"], document["cost_usd"]):
        assert " ".join(each["vintage"].split()) in text
    assert "market-based, no contracts, location factor" in text
    assert re.search("codecarbon_ram_kwh +3.21e-05\n.*samples +52\u202f000\n".replace("\n", " *\n"), shown)


def test_phases_stand_in_a_line_each_on_eighty_columns() -> None:
    folder = Path(os.environ["JOULEBOOK_JOURNALS"])
    folder.mkdir()
    journal = Journal("1a2016192752b2b9e5cff39", opening={"name": "phases"})
    for index, name in enumerate(("load the data", "validation on held-out data")):
        journal.phase(index, name, 10.0 + 40 * index, 40.0 + 40 * index)
    journal.write(folder)
    lines = said("show", "1a2016192752b2b9e5cff39").splitlines()
    for name in ("load the data 0", "validation on held-out data 0", "outside phases"):
        row = next(line for line in lines if line.startswith(name))
        assert len(row) <= 80
        assert re.search(r"\d \w?(Wh|J) \([\d.,]+ to [\d.,]+\) +[\d.,]+ \w?(Wh|J) *$", row), row


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("Nowhere", "~ place  Nowhere: unknown (location)\n         JOULEBOOK_LOCATION is set, but to no country"),
        ("ZZ", "~ place  ZZ: unknown (location)\n         set from the environment, but no such country is known"),
        ("US-ZZ", "from the environment. No region USA-ZZ is known: the mean of USA stands in for it."),
        ("US-CA", "from the environment. Of USA-CA only what burning fuel emits is known (179 g/kWh): the mean of"),
        ("KOR", "✓ place  KOR: set (location)\n         from the environment\n"),
    ],
)
def test_the_doctor_knows_whether_a_place_is_one(place: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOULEBOOK_LOCATION", place)
    assert found in said("doctor")
