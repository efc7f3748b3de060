"""`joulebook estimate` on the terminal: units, ranges, methods and places in words; a run held against its estimate."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from joulebook.commands.burden import burden
from joulebook.commands.estimate import estimate
from joulebook.reference_data import tables
from joulebook.reference_data.sets import use_files

sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))
from books import Story, write


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a run that answered requests."""
    journals = tmp_path / "journals"
    story = Story(
        "run1", "serve-8b", datetime(2026, 11, 1, tzinfo=UTC), model="Llama-3-8B", parameters=8e9, requests=30
    )
    write(story, journals)
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("JOULEBOOK_JOURNALS", str(journals))
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("JOULEBOOK_LOCATION", "KOR")
    return story.run


def said(*words: str) -> str:
    done = CliRunner().invoke(estimate, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_run_is_held_against_its_estimate_in_words(served: str) -> None:
    lines = said("against", served).splitlines()
    assert lines[0] == "serve-8b: what would have been estimated before it, and what it took"
    assert lines[1] == "energy per output token, accelerators"
    assert "modelled); joulebook-inference-2026-11" in lines[2]
    assert lines[3].startswith("  was        ")
    assert " to " in lines[3]
    assert lines[3].endswith("measured)")
    assert "_" not in "".join(lines)


def test_both_sides_have_ranges_in_json(served: str) -> None:
    (found,) = json.loads(said("against", served, "--json"))
    assert (found["name"], found["what"]) == ("energy_per_token_j", "energy per output token")
    for name in ("predicted", "actual", "factor_figure"):
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]
        assert found[name]["method"]
    assert found["factor"] == pytest.approx(found["factor_figure"]["value"])


def test_a_request_has_money_and_water_with_range_method_and_vintage(served: str) -> None:
    text = said("inference", "--parameters", "8B", "--accelerator", "H100")
    for word, unit in (("emissions", "mg"), ("cost", "µUSD"), ("water", "µL")):
        (line,) = (line for line in text.splitlines() if line.startswith(f"{word} per request"))
        assert f" {unit} (" in line
        assert line.endswith("modelled), facility")
        assert any(line.startswith(f"  - {word}: ") for line in text.splitlines())
    assert "  - place KOR\n" in text


def newer_file(tmp_path: Path, name: str, file_name: str, change: Callable[[dict[str, str]], None]) -> None:
    """Put a changed copy of a reference set into the settings."""
    rows = list(tables.rows(file_name))
    for row in rows:
        change(row)
    newer = tmp_path / file_name
    with newer.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    Path(os.environ["JOULEBOOK_SETTINGS"]).write_text(f'[data]\n{name} = "{newer}"\n')


@pytest.fixture
def own_files() -> Iterator[None]:
    """Our own files again afterwards."""
    yield
    use_files({})


@pytest.mark.usefixtures("served", "own_files")
def test_a_newer_file_in_the_settings_is_what_an_estimate_goes_by(tmp_path: Path) -> None:
    def hotter(row: dict[str, str]) -> None:
        row["tdp_w"] = str(2 * float(row["tdp_w"])) if row["tdp_w"] else ""

    wish = ("training", "--parameters", "7B", "--tokens", "1T", "--accelerator", "H100", "--json")
    before = json.loads(said(*wish))["energy_j"]["value"]
    newer_file(tmp_path, "accelerators", "accelerators.csv", hotter)
    assert json.loads(said(*wish))["energy_j"]["value"] == pytest.approx(2 * before)


@pytest.mark.usefixtures("served", "own_files")
def test_a_newer_file_of_damages_is_what_burden_goes_by(tmp_path: Path) -> None:
    def all_on_india(row: dict[str, str]) -> None:
        row |= {
            name: "1" if row["iso3"] == "IND" else "0" for name in row if name.startswith("s") and name[1].isdigit()
        }

    newer_file(tmp_path, "damage-shares", "country_damage_shares.csv", all_on_india)
    found = json.loads(CliRunner().invoke(burden, ["--beneficiaries", "IND", "--json"]).output)
    assert found["externalised_share"]["high"] == 0
