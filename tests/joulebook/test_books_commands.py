"""runs, show, sync, edit, report and verify as a person calls them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from joulebook.cli import cli

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger" / "store"))
from written_journals import Journal


def joulebook(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "joulebook", *words], capture_output=True, text=True, check=False, env=os.environ
    )


@pytest.fixture
def run() -> Journal:
    folder = Path(os.environ["JOULEBOOK_JOURNALS"])
    folder.mkdir()
    journal = Journal("r1", opening={"name": '=HYPERLINK("http://x")', "project": "büro, a"}).phase(1, "epoch", 10, 50)
    journal.write(folder)
    return journal


def test_one_run_from_journal_to_report_and_back(run: Journal, tmp_path: Path) -> None:
    shown = joulebook("show", "latest", "--json")
    assert (shown.returncode, shown.stderr) == (0, "")
    document = json.loads(shown.stdout)
    assert document["devices"][0]["energy_j"]["value"] == pytest.approx(30_000)
    listed = json.loads(joulebook("runs", "--json").stdout)
    without = ("devices", "reserved_devices", "phases", "details")
    assert listed == [{key: value for key, value in document.items() if key not in without}]
    assert document["run_id"] in joulebook("runs").stdout
    assert "epoch" in joulebook("show", "r1").stdout

    out = tmp_path / "runs.csv"
    assert joulebook("report", "runs", "--from", "2025-01-01", "--out", str(out)).returncode == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    with out.open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert float(row["energy_j"]) == document["energy_j"]["value"]
    assert (row["name"], row["project"]) == ('\'=HYPERLINK("http://x")', "büro, a")
    assert joulebook("verify", str(out)).returncode == 0

    lines = tmp_path / "runs.json"
    assert joulebook("report", "runs", "--json", "--out", str(lines)).returncode == 0
    assert "cells agree, byte for byte" in joulebook("verify", str(lines)).stdout

    out.write_text(out.read_text("utf-8-sig").replace(row["energy_j"], str(float(row["energy_j"]) + 1)), "utf-8-sig")
    refused = joulebook("verify", str(out))
    assert refused.returncode == 1
    assert "energy_j" in refused.stderr


def test_a_report_in_somebody_elses_form_has_its_stamp_beside_it(run: Journal, tmp_path: Path) -> None:
    out = tmp_path / "emissions.csv"
    assert joulebook("report", "emissions", "--out", str(out)).returncode == 0
    assert "joulebook" not in out.read_text("utf-8-sig").splitlines()[0]
    assert joulebook("verify", str(out)).returncode == 0
    out.write_text(out.read_text("utf-8-sig").replace("Korea", "Korea?"))
    assert joulebook("verify", str(out)).returncode == 1


@pytest.mark.parametrize("name", ["model-card", "eu-gpai"])
def test_a_document_is_no_json(name: str) -> None:
    refused = joulebook("report", name, "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"{name} is a document, in Markdown alone" in refused.stderr


def test_an_old_report_is_made_again_under_its_old_factors(run: Journal, tmp_path: Path) -> None:
    out = tmp_path / "runs.csv"
    joulebook("report", "runs", "--out", str(out))
    before = json.loads(joulebook("show", "r1", "--json").stdout)
    Path(os.environ["JOULEBOOK_SETTINGS"]).write_text("pue = 1.1\n")
    after = json.loads(joulebook("show", "r1", "--json").stdout)
    assert after["facility_energy_j"]["value"] == pytest.approx(before["energy_j"]["value"] * 1.1)
    assert after["facility_energy_j"] != before["facility_energy_j"]
    agreed = joulebook("verify", str(out))
    assert (agreed.returncode, agreed.stderr) == (0, "")
    assert joulebook("edit", "r1", "--location", "DEU", "--tag", "k=v").returncode == 0
    changed = joulebook("verify", str(out))
    assert changed.returncode == 1
    assert "since" in changed.stderr


def test_what_another_set_changes_is_said_in_rows_and_for_the_runs(run: Journal) -> None:
    before = json.loads(joulebook("show", "r1", "--json").stdout)
    Path(os.environ["JOULEBOOK_SETTINGS"]).write_text("pue = 1.1\n")
    after = json.loads(joulebook("show", "r1", "--json").stdout)
    said = joulebook("data", "changes")
    assert (said.returncode, said.stderr) == (0, "")
    assert "pue: 1.56 -> 1.1 1 value (-29.5%)" in said.stdout
    assert "1 run in the books under both sets:" in said.stdout
    runs = json.loads(joulebook("data", "changes", "--json").stdout)["runs"]
    assert (runs["n"], runs["n_apart"], runs["energies_stay"]) == (1, 0, True)
    names = {"facility_energy_j": "facility_energy_j", "water_l": "water_l", "cost_usd": "cost_usd"}
    for side, document in (("old", before), ("new", after)):
        figures = {name: document[key] for name, key in names.items()}
        figures["emissions_location_g"] = document["emissions_g"]["location"]
        for name, figure in figures.items():
            ends = [runs["totals"][name][side][end] for end in ("value", "low", "high")]
            assert ends == pytest.approx([figure[end] for end in ("value", "low", "high")], rel=1e-9)


def test_a_bad_factor_file_is_told_by_row_and_column_and_changes_nothing(run: Journal, tmp_path: Path) -> None:
    before = json.loads(joulebook("show", "r1", "--json").stdout)
    for name, settings, text, told in (
        ("grid", '[data]\ngrid = "{}"\n', "iso3,year,intensity_g_per_kwh,factor_set,source_key\nKOR,x,1,e,e\n", "year"),
        (
            "kr",
            '[[hourly]]\nfile = "{}"\nzone = "KOR"\nkind = "average"\n',
            "time,g_per_kwh\n2025-10-09,x\n",
            "g_per_kwh",
        ),
    ):
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        Path(os.environ["JOULEBOOK_SETTINGS"]).write_text(settings.format(path))
        shown = joulebook("show", "r1", "--json")
        assert json.loads(shown.stdout) == before
        assert str(path) in shown.stderr
        assert "row 2" in shown.stderr
        assert told in shown.stderr


def test_a_report_of_several_documents_is_made_again(run: Journal, tmp_path: Path) -> None:
    Journal("r2", "j2", start=500, end=600).write(Path(os.environ["JOULEBOOK_JOURNALS"]))
    out = tmp_path / "boamps.json"
    assert joulebook("report", "boamps", "--out", str(out)).stdout == f"{out}: written\n"
    assert len(json.loads(out.read_text())) == 2
    assert joulebook("verify", str(out)).returncode == 0
    out.write_text(out.read_text().replace('"powerConsumption": 0', '"powerConsumption": 1'))
    changed = joulebook("verify", str(out))
    assert changed.returncode == 1
    assert "2 of" in changed.stderr


def test_sizes_may_be_said_as_people_say_them() -> None:
    def training(parameters: str, tokens: str) -> subprocess.CompletedProcess[str]:
        size = ("--parameters", parameters, "--tokens", tokens)
        return joulebook("estimate", "training", *size, "--accelerator", "H100", "--json")

    plain = training("7e9", "2.5e12")
    assert plain.returncode == 0
    assert training("7B", "2.5t").stdout == plain.stdout
    assert training("B", "2T").returncode == 2


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("show", "nothing"), 1, "no run has"),
        (("runs", "--sort", "x"), 2, "there is no column"),
        (("report", "nothing"), 1, "there is no report"),
        (("edit", "r1"), 2, "say what to change"),
        (("edit", "r1", "--location", "Atlantis"), 1, "no known place"),
        (("runs", "--limit", "0"), 2, "--limit"),
        (("show",), 2, "Missing argument"),
    ],
)
def test_mistakes_end_with_one_clear_line(run: Journal, words: tuple[str, ...], status: int, said: str) -> None:
    done = joulebook(*words)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_edit_of_what_is_so_already_says_so(run: Journal) -> None:
    assert (
        joulebook("edit", "r1", "--location", "DEU").stdout == "r1: location changed; figures were worked out again\n"
    )
    assert joulebook("edit", "r1", "--location", "DEU").stdout == "r1: nothing to change: location is DEU already\n"
    both = joulebook("edit", "r1", "--location", "DEU", "--model", "tiny", "--tag", "k=").stdout
    assert both == (
        "r1: model changed; figures were worked out again\nr1: unchanged: location is DEU already, tag is k= already\n"
    )


def test_sync_says_what_it_did_and_what_it_could_not(run: Journal) -> None:
    (Path(os.environ["JOULEBOOK_JOURNALS"]) / "x.y.jsonl").write_bytes(b"\x00\x01")
    report = json.loads(joulebook("sync", "--json").stdout)
    assert (report["runs"], report["set_aside"], len(report["problems"])) == (["r1"], 1, 1)
    assert json.loads(joulebook("sync", "--json").stdout)["records"] == 0


def test_an_unusable_ledger_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(tmp_path))
    done = joulebook("runs")
    assert done.returncode == 1
    assert (
        done.stderr
        == f"joulebook: {tmp_path}: is a directory; the ledger is a file, for example {tmp_path}/ledger.sqlite\n"
    )


def test_what_nobody_asked_for_is_told_from_what_is_not_there(run: Journal) -> None:
    assert joulebook("runs", "--project", "nope").stdout.startswith("None of 1 run passes this filter")
    assert joulebook("runs", "--project", "nope", "--json").stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "--sort", "foo"),
        ("report", "runs", "--from", "2026-02-02", "--to", "2026-01-01"),
        ("edit", "r1", "--kind", "foo"),
        ("edit", "r1", "--parameters", "-3"),
        ("edit", "r1", "--name", ""),
        ("run", "--budget", "-3kWh", "--", "true"),
        ("run", "--budget", "0kWh", "--", "true"),
        ("run", "--budget-stop", "--", "true"),
        ("run", "--pue", "nan", "--", "true"),
        ("run", "--parameters", "inf", "--", "true"),
    ],
)
def test_wrong_usage_ends_with_status_two(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert result.output.startswith("Usage: ")


def test_sizes_are_written_as_people_write_them(run: Journal) -> None:
    assert joulebook("edit", "r1", "--parameters", "7B", "--kind", "inference").returncode == 0
    document = json.loads(joulebook("show", "r1", "--json").stdout)
    assert (document["parameters"], document["kind"]) == (7e9, "inference")
    assert joulebook("edit", "r1", "--parameters", "none", "--kind", "none").returncode == 0
    document = json.loads(joulebook("show", "r1", "--json").stdout)
    assert (document["parameters"], document["kind"]) == (None, None)


def test_a_report_without_runs_has_its_columns_and_its_stamp(run: Journal, tmp_path: Path) -> None:
    full, empty = tmp_path / "full.csv", tmp_path / "empty.csv"
    assert joulebook("report", "runs", "--out", str(full)).returncode == 0
    done = joulebook("report", "runs", "--project", "nope", "--out", str(empty))
    assert (done.returncode, done.stdout) == (0, f"{empty}: 0 rows\n")
    assert "no run is in this report" in done.stderr
    assert empty.read_text("utf-8-sig").splitlines()[0] == full.read_text("utf-8-sig").splitlines()[0]
    assert joulebook("verify", str(empty)).returncode == 0
