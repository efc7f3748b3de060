"""Every table against the rules of its columns, and newer files in their place."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from joulebook.commands.data import data
from joulebook.reference_data import grid, tables
from joulebook.reference_data.errors import BadFileError, ReferenceDataError
from joulebook.reference_data.sets import check_file, data_sets, use_files
from joulebook.reference_data.sources import sources
from joulebook.reference_data.tables import FOLDER, rows

FILES = sorted(path.name for path in FOLDER.glob("*.csv"))


@pytest.fixture(autouse=True)
def own_files(tmp_path, monkeypatch):
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(tmp_path / "settings.toml"))
    yield
    use_files({})


def test_every_file_is_a_set():
    assert {one.path.name for one in data_sets()} | {"sets.csv"} == set(FILES)


@pytest.mark.parametrize("one", data_sets(), ids=lambda one: one.name)
def test_every_table_obeys_the_rules_of_its_columns(one):
    assert check_file(one.name, one.path) == ()
    assert one.rows >= 10
    assert one.licences


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("sources.csv", "sets.csv")])
def test_every_row_has_a_source_in_the_bibliography(name):
    known = sources().keys()
    for row in rows(name):
        assert {row["source_key"], *row.get("other_source_keys", "").split()} <= known, row


def test_every_source_is_used_and_complete():
    used = set()
    for name in FILES:
        for row in rows(name):
            used |= {row.get("source_key", ""), *row.get("other_source_keys", "").split()}
    assert sources().keys() <= used
    for key, source in sources().items():
        assert re.fullmatch(r"[a-z0-9.-]+", key)
        assert source.title
        assert source.licence
        assert 1990 <= source.year <= 2026
        assert not source.address or re.match(r"https://\S+$", source.address)


@pytest.mark.parametrize("name", FILES)
def test_verified_is_one_of_three(name):
    for row in rows(name):
        assert row.get("verified", "read") in {"read", "secondary", "recall"}


def test_share_alike_rows_stay_in_their_own_file():
    share_alike = {key for key, source in sources().items() if "ODbL" in source.licence}
    for name in FILES:
        found = {row.get("source_key") for row in rows(name)} & share_alike
        assert not found or "odbl" in name


def test_the_tables_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.csv")) < 1_500_000


def newer_grid(tmp_path: Path, line: str) -> Path:
    path = tmp_path / "grid.csv"
    path.write_text(f"iso3,year,intensity_g_per_kwh,factor_set,source_key\n{line}\n", encoding="utf-8")
    return path


def test_a_newer_file_takes_the_place_of_a_set(tmp_path):
    use_files({"grid": str(newer_grid(tmp_path, "KOR,2026,400.5,ember,owid-ember-2027"))})
    assert grid.intensity("KOR", 2026).intensity_g_per_kwh == 400.5
    assert [one.vintage for one in data_sets() if one.name == "grid"] == ["as in the file"]
    use_files({})
    assert grid.intensity("KOR", 2026).year == 2025


@pytest.mark.parametrize(
    ("line", "column", "what"),
    [
        ("KOREA,2026,400,ember,x", "iso3", "alpha-3"),
        ("KOR,2026,many,ember,x", "intensity_g_per_kwh", "no number"),
        ("KOR,2026,-3,ember,x", "intensity_g_per_kwh", "outside"),
        ("KOR,2026,nan,ember,x", "intensity_g_per_kwh", "outside"),
        ("KOR,,400,ember,x", "year", "a number is needed"),
        ("KOR,2026,400,ember,", "source_key", "where the figure comes from"),
        ("KOR,2026,400", "", "3 cells where the header has 5"),
        ("KOR,2026,400,ember,x\nKOR,2026,401,ember,x", "iso3", "as row 2"),
    ],
)
def test_a_bad_file_is_named_by_row_and_column_and_changes_nothing(tmp_path, line, column, what):
    path = newer_grid(tmp_path, line)
    problem = check_file("grid", path)[0]
    assert problem.row == (3 if "\n" in line else 2)
    assert problem.column == column
    assert what in problem.what
    before = grid.intensity("KOR")
    with pytest.raises(BadFileError, match=r"row \d"):
        use_files({"grid": str(path)})
    assert grid.intensity("KOR") == before


@pytest.mark.parametrize("name", [one.name for one in data_sets()])
def test_words_where_a_set_has_numbers_are_named_by_row_and_column(name, tmp_path):
    """Whatever reads the set later would fail on them without a word of where."""
    own = next(one for one in data_sets() if one.name == name).path
    with tables.open_table(own) as file:
        header, *lines = csv.reader(file)
    columns = list(zip(*lines, strict=True))
    numbers = [i for i, cells in enumerate(columns) if any(cells) and all(map(is_number, cells))]
    lines[1] = ["many" if i in numbers else cell for i, cell in enumerate(lines[1])]
    path = tmp_path / "newer.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *lines])
    found = [problem for problem in check_file(name, path, at_most=1000) if problem.row == 3]
    assert {problem.column for problem in found} >= {header[i] for i in numbers}


def is_number(cell):
    try:
        return not cell or math.isfinite(float(cell))
    except ValueError:
        return False


def test_unreadable_files_and_unknown_sets_are_said_in_one_line(tmp_path):
    assert "can't be read" in check_file("grid", tmp_path)[0].what
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    assert "can't be read" in check_file("grid", binary)[0].what
    (tmp_path / "empty.csv").write_text("")
    assert check_file("grid", tmp_path / "empty.csv")[0].what == "the file is empty"
    with pytest.raises(ReferenceDataError, match="no reference set"):
        use_files({"moon": "x"})


def test_the_command_lists_sets_and_checks_files(tmp_path):
    runner = CliRunner()
    listed = json.loads(runner.invoke(data, ["--json"]).output)
    grid_set = next(one for one in listed if one["name"] == "grid")
    assert (grid_set["rows"], grid_set["vintage"]) == (1509, "2020 to 2025")
    assert "CC BY 4.0" in grid_set["licences"]
    bad = runner.invoke(data, ["check", str(newer_grid(tmp_path, "KOR,2026,-3,ember,x")), "--as", "grid"])
    assert bad.exit_code == 1
    assert "row 2, column intensity_g_per_kwh" in bad.output
    good = runner.invoke(data, ["check", str(newer_grid(tmp_path, "KOR,2026,400,ember,x")), "--as", "grid"])
    assert good.exit_code == 0
    assert "fits" in good.output


def test_no_cell_could_run_as_a_formula():
    for name in FILES:
        with (FOLDER / name).open(newline="", encoding="utf-8") as file:
            for cells in csv.reader(file):
                assert not any(cell[:1] in ("=", "+", "@", "\t") for cell in cells), cells


def test_licences_are_few_in_a_line_and_all_in_json():
    lines = CliRunner().invoke(data).output.splitlines()
    assert max(map(len, lines)) <= 180
    (last,) = [one for one in json.loads(CliRunner().invoke(data, ["--json"]).output) if one["name"] == "sources"]
    assert set(last["licences"]) == {source.licence for source in sources().values()}
    assert lines[-1].endswith(f" and {len(last['licences']) - 5} more (`joulebook data --json` has all)")


def test_a_file_that_is_not_there_is_said_plainly(tmp_path):
    path = tmp_path / "none.csv"
    done = CliRunner().invoke(data, ["check", str(path), "--as", "grid"])
    assert (done.exit_code, done.output) == (1, f"{path}: there is no such file\n")
    with pytest.raises(BadFileError, match="can't stand in for the set grid: there is no such file; "):
        use_files({"grid": str(path)})
