"""Reports for other people's readers: each field, unit and sum."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from joulebook.ledger.accounting.factors import FORMULA_VERSION
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.importers.importing import import_files
from joulebook.ledger.importers.records import ImportedDevice, ImportedRun
from joulebook.ledger.reports.making import cell, report_module, stamp_beside, verify_report, write_report
from joulebook.ledger.reports.stamps import STAMP, read_stamp
from joulebook.ledger.store import RunFilter, list_runs, open_ledger, run_document
from joulebook.ledger.store.edits import edit_run
from joulebook.ledger.store.imports import insert_imported

START = 1772323200.0  # 2026-03-01
COLUMNS = """
timestamp project_name run_id experiment_id duration emissions emissions_rate cpu_power gpu_power
ram_power cpu_energy gpu_energy ram_energy energy_consumed water_consumed country_name
country_iso_code region cloud_provider cloud_region os python_version codecarbon_version cpu_count
cpu_model gpu_count gpu_model longitude latitude ram_total_size tracking_mode
cpu_utilization_percent gpu_utilization_percent ram_utilization_percent ram_used_gb on_cloud pue wue
""".split()  # noqa: SIM905
KWH = 3.6e6


def run(key, *, gpu_kwh=1.0, zone="KOR", counts=None, start=START, pue=1.2):
    devices = (
        ImportedDevice("gpu", "NVIDIA H100 80GB HBM3", gpu_kwh * KWH, "measured"),
        ImportedDevice("cpu", "AMD EPYC 9654", 0.25 * gpu_kwh * KWH),
        ImportedDevice("ram", "memory", 0.05 * gpu_kwh * KWH),
    )
    return ImportedRun(
        "codecarbon",
        key,
        2,
        start,
        3600.0,
        devices,
        name=key,
        project="qa",
        zone=zone,
        declared={"pue": pue},
        counts=counts or {},
        cpu_model="AMD EPYC 9654",
        threads=192,
        original={"key": key},
    )


@pytest.fixture
def books(tmp_path, monkeypatch):
    monkeypatch.delenv("JOULEBOOK_LOCATION", raising=False)
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").write_text("wue_l_per_kwh = 0.2\n")
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"))
    runs = [
        run("tune", gpu_kwh=2.0, counts={"tokens_in": 1e9}, start=START - 60),
        run("serve", counts={"requests": 1000.0, "tokens_out": 200_000.0, "tokens_in": 300_000.0}),
        run("away", zone="FRA", start=START + 86400),
    ]
    insert_imported(ledger, runs)
    tune, serve = runs[0].run_id, runs[1].run_id
    edit_run(
        ledger,
        tune,
        {"kind": "training", "stage": "finetune", "model": "small", "parameters": 1e9, "task": "faq"},
        "me",
    )
    edit_run(
        ledger, serve, {"kind": "inference", "stage": "serve", "model": "small", "parameters": 1e9, "task": "faq"}, "me"
    )
    yield ledger
    ledger.close()


def written(ledger, name, run_filter=None):
    out = io.StringIO(newline="")
    write_report(ledger, name, run_filter or RunFilter(), out)
    return out.getvalue()


def table(ledger, name, run_filter=None):
    return list(csv.DictReader(io.StringIO(written(ledger, name, run_filter))))


def test_emissions_has_codecarbons_columns_and_units(books, tmp_path):
    rows = table(books, "emissions")
    assert list(rows[0]) == COLUMNS
    tune = rows[0]
    assert float(tune["energy_consumed"]) == pytest.approx(2.6 * 1.2)
    assert float(tune["gpu_energy"]) == pytest.approx(2.0 * 1.2)
    assert float(tune["gpu_power"]) == pytest.approx(2400.0)
    assert float(tune["emissions"]) == pytest.approx(
        run_document(books, tune["run_id"])["emissions_g"]["location"]["value"] / 1000
    )
    assert (tune["country_iso_code"], tune["gpu_model"], tune["timestamp"]) == (
        "KOR",
        "1 x NVIDIA H100 80GB HBM3",
        "2026-03-01T00:59:00",
    )
    # What went out comes back in to the joule.
    path = tmp_path / "out.csv"
    path.write_text(written(books, "emissions"))
    other = open_ledger(str(tmp_path / "other.sqlite"))
    (report,) = import_files(other, [path])
    assert not report["refused"]
    ours, theirs = (list_runs(ledger, RunFilter(), limit=10)["energy_j"].sum() for ledger in (books, other))
    assert theirs == pytest.approx(ours, rel=1e-9)
    other.close()


def test_sci_adds_up_and_leaves_the_market_out(books):
    rows = {row["functional_unit"]: row for row in table(books, "sci") if row["component"] == "serve"}
    assert set(rows) == {"request", "1,000 output tokens", "1,000 input tokens"}
    row = rows["request"]
    assert float(row["sci_g"]) == pytest.approx(float(row["operation_g"]) + float(row["embodied_g"]))
    assert row["parts_add_up"] == "True"
    grams = float(row["energy_kwh"]) * float(row["intensity_g_per_kwh"])
    assert float(row["operation_g"]) == pytest.approx(grams / 1000)
    for name in ("energy_{}kwh", "intensity_{}g_per_kwh"):
        low, value, high = (float(row[name.format(end)]) for end in ("low_", "", "high_"))
        assert low <= value < high
    assert row["intensity_source"].startswith("KOR 2025")
    assert float(rows["1,000 output tokens"]["sci_g"]) == pytest.approx(float(row["sci_g"]) * 1000 / 200)
    assert (row["methodology_embodied"], row["methodology_intensity"]) == ("modeled", "sourced")


def test_scope_2_has_both_methods_by_zone_and_a_total(books, tmp_path):
    year = "start = 2026-01-01\nend = 2027-01-01\n"
    contracts = "".join(
        f"[[contracts]]\n{year}{lines}\n"
        for lines in (
            'kind = "certificate"\nzone = "KOR"\nintensity_g_per_kwh = 0\nkwh = 1.0\nname = "REC"\ntracking = "K-REC"',
            'kind = "residual"\nzone = "KOR"\nintensity_g_per_kwh = 500',
            'kind = "contract"\nzone = "FRA"\nintensity_g_per_kwh = 0\nshare = 1.0',
        )
    )
    (tmp_path / "settings.toml").write_text(contracts)
    rows = {row["zone"]: row for row in table(books, "scope2")}
    korea, france, whole = rows["KOR"], rows["FRA"], rows["all"]
    kwh = 3 * 1.3 * 1.2
    assert float(korea["electricity_mwh"]) * 1000 == pytest.approx(kwh)
    assert float(korea["location_t"]) == pytest.approx(kwh * float(korea["location_g_per_kwh"]) / 1e6)
    assert float(korea["market_t"]) == pytest.approx((kwh - 1.0) * 500 / 1e6)
    # what moves it: 1 kWh is covered whatever the energy is, and the residual mix is exact
    for end in ("low", "high"):
        mwh = float(korea[f"electricity_{end}_mwh"])
        assert float(korea[f"market_{end}_t"]) == pytest.approx((mwh * 1000 - 1.0) * 500 / 1e6)
    assert korea["market_method"] == korea["electricity_method"]
    assert korea["market_vintage"] == "market-based, REC; residual mix as declared"
    assert "K-REC" in korea["instruments"]
    assert float(france["market_t"]) == 0.0
    assert "no tracking system named" in france["quality_flags"]
    assert float(whole["location_t"]) == pytest.approx(float(korea["location_t"]) + float(france["location_t"]))
    assert float(whole["market_t"]) == pytest.approx(float(korea["market_t"]))
    assert korea["location_factor_source"]
    assert korea["from"] == date(2026, 2, 28).isoformat()


def test_without_contracts_the_market_is_the_location_with_its_range(books):
    for row in table(books, "scope2"):
        for part in ("t", "low_t", "high_t", "method", "boundary"):
            assert row[f"market_{part}"] == row[f"location_{part}"]
        if row["zone"] != "all":
            assert float(row["location_low_g_per_kwh"]) < float(row["location_g_per_kwh"])
            assert float(row["market_high_g_per_kwh"]) == pytest.approx(float(row["location_high_g_per_kwh"]))


def test_scope2_says_where_its_sums_are_lower_bounds(books):
    assert all("lower bound" not in row["quality_flags"] for row in table(books, "scope2"))
    half = replace(run("half"), devices=(*run("half").devices[1:], ImportedDevice("gpu", "NVIDIA H100", None)))
    insert_imported(books, [half])
    rows = {row["zone"]: row for row in table(books, "scope2")}
    assert {zone: row["runs_with_missing_components"] for zone, row in rows.items()} == {
        "KOR": "1",
        "FRA": "0",
        "all": "1",
    }
    assert "lower bound" not in rows["FRA"]["quality_flags"]
    for zone in ("KOR", "all"):
        assert "KOR: 0 runs without a known energy and 1 with unknown components" in rows[zone]["quality_flags"]


def test_boamps_fills_what_the_schema_requires(books):
    module = report_module("boamps")
    reports = json.loads(written(books, "boamps"))
    assert len(reports) == 3
    tune = reports[0]
    assert tune["measures"][0]["powerConsumption"] == pytest.approx(2.6)
    assert (tune["task"]["taskStage"], tune["task"]["taskFamily"]) == ("finetuning", "faq")
    assert tune["task"]["algorithms"] == [{"foundationModelName": "small", "parametersNumber": 1.0}]
    assert tune["environment"]["country"] == "South Korea"
    assert tune["infrastructure"]["components"][0] == {
        "componentName": "NVIDIA H100 80GB HBM3",
        "componentType": "gpu",
        "nbComponent": 1,
        "share": 1.0,
    }
    for path in module.REQUIRED:
        assert module._at(tune, path)
    assert "null" not in written(books, "boamps")
    (only,) = [row for row in table(books, "runs") if row["name"] == "serve"]
    assert json.loads(written(books, "boamps", RunFilter(run_ids=(only["run_id"],))))["task"]["nbRequest"] == 1000


def test_a_model_card_is_in_grams_and_checked(books):
    text = written(books, "model-card")
    assert text.startswith("---\nco2_eq_emissions:\n  emissions: ")
    front = text.split("---")[1]
    grams = float(re.search(r"emissions: ([\d.]+)\n", front)[1])
    tune = next(run_document(books, row["run_id"]) for row in table(books, "runs") if row["name"] == "tune")
    assert grams == pytest.approx(tune["emissions_g"]["location"]["value"], rel=1e-5)
    assert 5 <= grams / (2.6 * 1.2) <= 1500
    for line in ('training_type: "fine-tuning"', 'geographical_location: "South Korea"', "H100"):
        assert line in front
    assert verify_report(books, text).n_differences == 0
    with pytest.raises(LedgerError, match="no training"):
        written(books, "model-card", RunFilter(projects=("nothing",)))


def test_no_name_of_a_project_ends_the_stamp_of_a_document(books):
    tune = next(row["run_id"] for row in table(books, "runs") if row["name"] == "tune")
    edit_run(books, tune, {"project": "a --> b"}, "me")
    text = written(books, "model-card", RunFilter(projects=("a --> b",)))
    assert text.count("-->") == 1
    assert verify_report(books, text).same_bytes


def test_the_eu_form_asks_for_compute_of_inference(books):
    text = written(books, "eu-gpai")
    assert "| Computation used for training | 6e+18 FLOP | AIO |" in text
    assert "| Computation used for training, order of magnitude | 10^18 FLOP | NCAs |" in text
    # 2 operations x 1e9 parameters x (300,000 + 200,000) tokens for 200,000 output tokens, for 100,000 of them.
    assert (
        "| Benchmarked computation used for inference | 5e+14 FLOP for 100\u202f000 output tokens | AIO, NCAs |" in text
    )
    assert "| Training time, range | less than 1 month | NCAs |" in text
    assert re.search(r"\| Energy used for training \| 0\.0026 MWh \(0\.00\d+ to 0\.00\d+\) \|", text)
    assert "77% of it was read from device counters" in text
    assert "Sum over 1 training run, failed" in text


def test_scope_2_matches_contracts_by_the_hour_over_all_runs(books, tmp_path):
    # The Korean runs use 4.68 kWh, a little of it before March began; the sun gives 1 kWh in the first hour of March.
    (tmp_path / "solar.txt").write_text("1.0\n0.5\n")
    (tmp_path / "settings.toml").write_text(
        '[[contracts]]\nkind = "contract"\nzone = "KOR"\nstart = 2026-03-01\nend = 2026-04-01\n'
        "intensity_g_per_kwh = 0\nshare = 1.0\n"
        f'name = "sun"\ntracking = "K-REC"\nhourly_file = "{tmp_path / "solar.txt"}"\n'
    )
    rows = {row["zone"]: row for row in table(books, "scope2")}
    assert float(rows["KOR"]["hourly_matched_share_draft"]) == pytest.approx(1.0 / (3 * 1.3 * 1.2))
    assert rows["FRA"]["hourly_matched_share_draft"] == ""
    assert float(rows["KOR"]["market_t"]) == 0.0


TABLES = ("runs", "comparison", "scope2", "sci", "emissions")
NONE = RunFilter(projects=("nobody's",))


def as_lines(ledger, name, run_filter=None):
    out = io.StringIO(newline="")
    write_report(ledger, name, run_filter or RunFilter(), out, as_json=True)
    return out.getvalue()


@pytest.mark.parametrize("name", ["runs", "scope2", "sci", "emissions"])  # a comparison always has what is published
def test_without_a_run_a_table_has_the_columns_that_it_has_with_one(books, name):
    columns, empty = written(books, name).splitlines()[0], written(books, name, NONE)
    assert empty.splitlines()[0] == columns
    assert all(value == "" for row in table(books, name, NONE) for key, value in row.items() if key != STAMP)
    beside = stamp_beside(books, name, NONE)
    verdict = verify_report(books, empty, beside)
    assert (verdict.n_differences, verdict.same_bytes) == (0, True)
    assert verify_report(books, f"other_{empty}", beside).n_differences == 1


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("run_filter", [RunFilter(), NONE])
def test_json_lines_are_made_again_to_the_byte(books, name, run_filter):
    text, beside = as_lines(books, name, run_filter), stamp_beside(books, name, run_filter, as_json=True)
    verdict = verify_report(books, text, beside)
    assert (verdict.n_differences, verdict.same_bytes) == (0, True)
    assert verdict.stamp.command.startswith(f"joulebook report {name}")
    assert verdict.stamp.command.endswith(" --json")


def test_json_lines_say_what_the_csv_says(books):
    lines = [json.loads(line) for line in as_lines(books, "runs").splitlines()]
    stamp = lines[0].pop(STAMP)
    assert (stamp["report"], stamp["formulas"], len(stamp["factor_set"])) == ("runs", FORMULA_VERSION, 64)
    assert stamp["factor_set_name"] == run_document(books, lines[0]["run_id"])["details"]["factor_set"]["name"]
    for line, row in zip(lines, table(books, "runs"), strict=True):
        assert list(line) == [key for key in row if key != STAMP]
        assert {key: str(cell(value)) for key, value in line.items()} == {k: v for k, v in row.items() if k != STAMP}


def test_a_changed_number_in_json_lines_is_found_with_its_place(books):
    lines = [json.loads(line) for line in as_lines(books, "runs").splitlines()]
    lines[1]["emissions_location_g"] *= 1.001
    verdict = verify_report(books, "\n".join(map(json.dumps, lines)))
    assert verdict.n_differences == 1
    assert "line 2/emissions_location_g" in verdict.differences[0]
    assert not verdict.same_bytes


def test_a_stamp_of_an_earlier_version_is_still_read(books):
    text = written(books, "runs")
    stamp = read_stamp(text)
    early = {"report": stamp.report, "filter": {}, "factor_set": stamp.factor_set, "ledger_revision": 1}
    old = text.replace(stamp.text().replace('"', '""'), json.dumps(early).replace('"', '""'))
    verdict = verify_report(books, old)
    assert (verdict.n_differences, verdict.same_bytes) == (0, False)
    assert verdict.stamp.command is None


def test_what_only_a_page_can_ask_for_has_no_command(books):
    assert read_stamp(written(books, "runs", RunFilter(statuses=("finished",)))).command is None
    asked = RunFilter(projects=("a b",), start=datetime(2026, 1, 1, tzinfo=UTC))
    command = read_stamp(written(books, "runs", asked)).command
    assert command == "joulebook report runs --project 'a b' --from 2026-01-01"
