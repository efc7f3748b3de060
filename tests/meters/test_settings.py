"""The settings file: keys that nobody reads are told once, and its file names go by its own folder."""

from __future__ import annotations

import os
from pathlib import Path

from click.testing import CliRunner

from joulebook.meters.settings import load_settings

WRONG = """
pue = 1.1
puee = 1.2
localtion = "KOR"
"a\\nb" = 1
[acounting]
cpu_model = "tdp"
[[hourly]]
file = "kr.csv"
zoen = "KOR"
"""


def test_a_job_goes_on_with_settings_that_hold_unknown_keys(python, journals: Path, tmp_path: Path) -> None:
    (tmp_path / "no-settings.toml").write_text(WRONG)
    done = python("from joulebook import track\nfor _ in range(2):\n    with track('x'): pass\nprint('done')")
    assert (done.returncode, done.stdout) == (0, "done\n")
    (line,) = [line for line in done.stderr.splitlines() if "not known" in line]
    assert line == (
        f"joulebook: {tmp_path / 'no-settings.toml'}: not known, so passed over: puee (did you mean pue?), "
        "localtion (did you mean location?), a\\nb, acounting (did you mean accounting?), "
        "[[hourly]] number 1, zoen (did you mean zone?)"
    )


def test_the_doctor_lists_unknown_keys(journals: Path, tmp_path: Path) -> None:
    from joulebook.commands.doctor import doctor

    (tmp_path / "no-settings.toml").write_text(WRONG)
    shown = CliRunner().invoke(doctor, catch_exceptions=False).output
    assert (
        "~ place  puee: unknown (settings)\n         no such key of the settings file is known; it is passed over\n"
        "         better: pue\n"
    ) in shown


def test_known_settings_are_taken_without_a_word(journals: Path, tmp_path: Path, capsys) -> None:
    path = tmp_path / "no-settings.toml"
    path.write_text('pue = 1.1\n[accounting]\ncpu_model = "family"\n[[hourly]]\nfile = "x.csv"\nzone = "KOR"\n')
    assert load_settings().unknown == {}
    assert capsys.readouterr().err == ""


def test_file_names_go_by_the_folder_of_the_settings(journals: Path, tmp_path: Path, monkeypatch) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (home / "settings.toml").write_text(
        'ledger = "postgresql://db/books"\njournals = "journals"\n[data]\ngrid = "../grid.csv"\nwue = 3\n'
        '[[hourly]]\nfile = "kr.csv"\n[[hourly]]\nfile = "/data/kr.csv"\n[[contracts]]\nhourly_file = "~/solar.csv"\n'
    )
    environ = {"JOULEBOOK_SETTINGS": os.path.relpath(home / "settings.toml")}
    found = load_settings(environ)
    assert (found.ledger, found.journals) == ("postgresql://db/books", str(elsewhere / ".." / "home" / "journals"))
    assert Path(found.extra["data"]["grid"]).resolve() == tmp_path / "grid.csv"
    assert found.extra["data"]["wue"] == 3
    assert [Path(one["file"]).resolve() for one in found.extra["hourly"]] == [home / "kr.csv", Path("/data/kr.csv")]
    assert found.extra["contracts"][0]["hourly_file"] == "~/solar.csv"
    assert load_settings(environ | {"JOULEBOOK_JOURNALS": "here"}).journals == "here"


def test_tables_of_another_form_are_left_to_those_who_read_them(journals: Path, tmp_path: Path) -> None:
    (tmp_path / "no-settings.toml").write_text("data = 5\nhourly = 3\ncontracts = [1]\naccounting = []\n")
    found = load_settings()
    assert (found.extra, found.unknown) == ({"data": 5, "hourly": 3, "contracts": [1], "accounting": []}, {})
