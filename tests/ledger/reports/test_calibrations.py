"""Wall calibrations in the books."""

import json

import pytest
from click.testing import CliRunner

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.calibrations import all_calibrations, calibrate, calibrated_energy
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.importers.records import ImportedDevice, ImportedRun
from joulebook.ledger.store import open_ledger
from joulebook.ledger.store.imports import insert_imported


def run(name, watts, source="codecarbon"):
    devices = (ImportedDevice("other", "whole machine", watts * 600.0, "measured"),)
    return ImportedRun(source, name, 2, 1772323200.0, 600.0, devices, name=name, original={"name": name})


@pytest.fixture
def books(tmp_path, monkeypatch):
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("JOULEBOOK_JOURNALS", str(tmp_path / "journals"))
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(tmp_path / "settings.toml"))
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"))
    insert_imported(ledger, [run("idle", 20.0), run("load", 300.0), run("elsewhere", 50.0, "zeus")])
    yield ledger
    ledger.close()


def test_readings_of_two_runs_are_fitted_and_kept(books):
    row = calibrate(books, {"idle": 78.0 * 600, "load": 386.0 * 600})
    assert (row["details"]["offset_w"], row["details"]["gain"]) == (pytest.approx(56.0), pytest.approx(1.1))
    assert all_calibrations(books)[0]["details"] == row["details"]
    raw = Figure(100_000.0, 95_000.0, 105_000.0, "measured", "IT", None, 1.0)
    with books.reading() as connection:
        assert calibrated_energy(connection, "codecarbon", 1000.0, raw).value == pytest.approx(166_000.0)
        assert calibrated_energy(connection, "another host", 1000.0, raw) is None
        assert calibrated_energy(connection, "codecarbon", 1000.0, None) is None


def test_what_can_not_be_fitted_is_said(books):
    with pytest.raises(LedgerError, match="of one machine, not of codecarbon, zeus"):
        calibrate(books, {"idle": 1.0, "elsewhere": 2.0})
    with pytest.raises(LedgerError, match="two or more"):
        calibrate(books, {"idle": 1.0})
    assert all_calibrations(books) == []


def test_the_command_takes_watt_hours(books):
    from joulebook.cli import cli

    done = CliRunner().invoke(cli, ["calibrate", "idle=13", "load=64.333333333", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["details"]["offset_w"] == pytest.approx(56.0)
    said = CliRunner().invoke(cli, ["calibrate"]).output
    assert "wall = 56 W + 1.1 x ours, from 2 readings, which leave no spread to be known: 10% is assumed" in said
    assert CliRunner().invoke(cli, ["calibrate", "idle"]).exit_code == 2
