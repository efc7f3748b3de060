"""Foreign files into the books: totals to 1e-9, findings with row and column, all of a file or nothing."""

import csv
import json
import math
import subprocess
import sys

import pytest

from joulebook.ledger.importers.importing import import_files
from joulebook.ledger.store import RunFilter, list_runs, open_ledger, run_document, totals
from joulebook.ledger.store.edits import edit_run

# The 30 columns of CodeCarbon 2.3 and the 38 of 3.3.2.
OLD = """
timestamp project_name run_id duration emissions emissions_rate cpu_power gpu_power ram_power
cpu_energy gpu_energy ram_energy energy_consumed country_name country_iso_code region cloud_provider
cloud_region os python_version codecarbon_version cpu_count cpu_model gpu_count gpu_model longitude
latitude ram_total_size tracking_mode on_cloud
""".split()  # noqa: SIM905
NEW = [*OLD[:3], "experiment_id", *OLD[3:13], "water_consumed", *OLD[13:29]]
NEW += [
    "cpu_utilization_percent",
    "gpu_utilization_percent",
    "ram_utilization_percent",
    "ram_used_gb",
    "on_cloud",
    "pue",
    "wue",
]


def row(**changes):
    values = {
        "timestamp": "2026-03-01T10:00:00",
        "project_name": "qa",
        "run_id": "r1",
        "duration": 3600.0,
        "cpu_energy": 0.1,
        "gpu_energy": 0.6,
        "ram_energy": 0.05,
        "country_iso_code": "KOR",
        "cpu_model": "AMD EPYC 7763",
        "cpu_count": 128,
        "gpu_count": 2,
        "gpu_model": "2 x NVIDIA A100-SXM4-80GB",
        "ram_total_size": 512.0,
        "tracking_mode": "machine",
        "codecarbon_version": "3.3.2",
    } | changes
    parts = [values[part] for part in ("cpu_energy", "gpu_energy", "ram_energy")]
    values.setdefault("energy_consumed", math.fsum(part for part in parts if part != ""))
    return {"emissions": float(values["energy_consumed"] or 1.0) * 0.42} | values


def write(path, rows, columns=NEW):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    for name in ("JOULEBOOK_LEDGER", "JOULEBOOK_JOURNALS", "JOULEBOOK_SETTINGS", "JOULEBOOK_LOCATION"):
        monkeypatch.setenv(name, str(tmp_path / name)) if name != "JOULEBOOK_LOCATION" else monkeypatch.delenv(
            name, raising=False
        )
    books = open_ledger(str(tmp_path / "ledger.sqlite"))
    yield books
    books.close()


def take(ledger, path):
    (report,) = import_files(ledger, [path])
    return report


def codes(report):
    return [finding["code"] for finding in report["findings"]]


def all_runs(ledger):
    return list_runs(ledger, RunFilter(), limit=1000)


@pytest.mark.parametrize("columns", [OLD, NEW])
def test_a_codecarbon_run_is_counted_to_the_joule(ledger, tmp_path, columns):
    path = write(
        tmp_path / "emissions.csv", [row(), row(run_id="r2", timestamp="2026-03-01T12:00:00", gpu_energy=0.3)], columns
    )
    report = take(ledger, path)
    assert (report["format"], report["rows"], report["refused"], codes(report)) == (
        "codecarbon",
        2,
        False,
        ["local-time"],
    )
    assert report["energy_kwh"] == pytest.approx(0.75 + 0.45, rel=1e-9)
    frame = all_runs(ledger)
    assert frame["energy_j"].sum() == pytest.approx(1.2 * 3.6e6, rel=1e-9)
    assert totals(ledger, RunFilter()).n == 2
    document = run_document(ledger, report["runs_new"][0])
    assert document["energy_by_component"]["gpu"]["method"] == "measured"
    assert document["energy_by_component"]["cpu"]["method"] == "modelled"
    assert document["energy_by_component"]["gpu"]["value"] == pytest.approx(0.6 * 3.6e6, rel=1e-9)
    assert len([device for device in document["devices"] if device["component"] == "gpu"]) == 2
    assert document["missing"] == []
    assert document["zones"][0]["zone"] == "KOR"
    assert document["energy_j"]["measured_share"] == pytest.approx(0.6 / 0.75)
    assert document["started_at"].startswith("2026-03-01T09:00:00")


def test_pue_is_taken_out_and_declared(ledger, tmp_path):
    scaled = row(pue=1.2, wue=1.8, water_consumed=1.8 * 0.75, gpu_power=600.0)
    report = take(ledger, write(tmp_path / "emissions.csv", [scaled]))
    assert codes(report) == ["water-with-pue", "pue-in-power", "local-time"]
    assert {(f["row"], f["column"]) for f in report["findings"][:2]} == {(2, "water_consumed"), (2, "gpu_power")}
    document = run_document(ledger, report["runs_new"][0])
    assert document["energy_j"]["value"] == pytest.approx(0.75 / 1.2 * 3.6e6, rel=1e-9)
    assert document["facility_energy_j"]["value"] == pytest.approx(0.75 * 3.6e6, rel=1e-9)
    assert document["facility_energy_j"]["vintage"].startswith("PUE 1.2 (declared")


def test_importing_again_changes_nothing(ledger, tmp_path):
    path = write(tmp_path / "emissions.csv", [row()])
    (run_id,) = take(ledger, path)["runs_new"]
    edit_run(ledger, run_id, {"model": "Llama-2-7B", "location": "FRA"}, "me")
    before = run_document(ledger, run_id)
    assert (before["model"], before["zones"][0]["zone"]) == ("Llama-2-7B", "FRA")
    again = take(ledger, write(tmp_path / "copy.csv", [row()]))
    assert (again["runs_new"], again["runs_unchanged"]) == ([], [run_id])
    assert run_document(ledger, run_id) == before
    assert totals(ledger, RunFilter()).n == 1


def test_snapshots_of_one_tracker_are_one_run(ledger, tmp_path):
    later = [
        row(timestamp=f"2026-03-01T{hour}:00:00", duration=3600.0 * (hour - 9), gpu_energy=0.6 * (hour - 9))
        for hour in (10, 11, 12)
    ]
    path = write(tmp_path / "emissions.csv", later[:2])
    first = take(ledger, path)
    assert codes(first) == ["snapshot", "local-time"]
    grown = take(ledger, write(path, later))
    assert (grown["runs_new"], grown["runs_updated"]) == ([], first["runs_new"])
    assert all_runs(ledger)["energy_j"].tolist() == pytest.approx([(1.8 + 0.15) * 3.6e6])


def test_ranks_copies_and_silent_gpus_are_found(ledger, tmp_path):
    rows = [row(run_id=f"rank{i}") for i in range(4)] + [row(run_id="rank3")]
    rows.append(row(run_id="blind", timestamp="2026-03-02T10:00:00", gpu_energy=0.0))
    report = take(ledger, write(tmp_path / "emissions.csv", rows))
    assert codes(report) == ["gpu-zero", "same-row-twice", "ranks", "local-time"]
    ranks = report["findings"][2]
    assert (ranks["row"], "rows 2, 3, 4, 5" in ranks["text"], "4 times too much" in ranks["text"]) == (2, True, True)
    blind = run_document(ledger, report["runs_new"][-1])
    assert blind["energy_by_component"]["gpu"] is None
    assert blind["missing"] == ["gpu"]
    assert blind["energy_j"]["boundary"] == "IT without gpu"


def test_task_files_and_their_trackers_row(ledger, tmp_path):
    tasks = [
        row(task_name=name, duration=d, gpu_energy=e)
        for name, d, e in (("load model", 14.4, 0.0021), ("query model", 8.4, 0.0013))
    ]
    report = take(ledger, write(tmp_path / "emissions_base_r1.csv", tasks, ["task_name", *OLD]))
    assert set(all_runs(ledger)["name"]) == {"query model", "load model"}
    assert len(report["runs_new"]) == 2
    # With the tracker's own row in the file, the tasks are parts of it and nothing is counted twice.
    whole = [row(run_id="r9"), row(run_id="r9", task_name="a", duration=10.0, gpu_energy=0.01)]
    take(ledger, write(tmp_path / "both.csv", whole, ["task_name", *NEW]))
    inside = list_runs(ledger, RunFilter(include_children=True), limit=10)
    assert sum(parent is not None and parent == parent for parent in inside["parent_run_id"]) == 1


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"duration": "long"}, (3, "duration")),
        ({"timestamp": "yesterday"}, (3, "timestamp")),
        ({"cpu_energy": -1}, (3, "cpu_energy")),
        ({"energy_consumed": "", "emissions": 1.0}, (3, "energy_consumed")),
    ],
)
def test_a_bad_cell_keeps_the_whole_file_out(ledger, tmp_path, changes, place):
    report = take(
        ledger,
        write(
            tmp_path / "emissions.csv",
            [row(), row(run_id="r2", **{"energy_consumed": 1.0, "emissions": 1.0, **changes})],
        ),
    )
    assert report["refused"]
    errors = [f for f in report["findings"] if f["severity"] == "error"]
    assert (errors[0]["row"], errors[0]["column"]) == place
    assert all_runs(ledger).empty


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "\x00\x01", "timestamp,duration,emissions,energy_consumed\n2026-03-01,1\n"]
)
def test_what_is_no_record_is_refused(ledger, tmp_path, content):
    path = tmp_path / "thing.csv"
    path.write_text(content)
    assert take(ledger, path)["refused"]
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    assert take(ledger, tmp_path / "bytes.csv")["refused"]
    assert take(ledger, tmp_path / "nowhere.csv")["findings"][0]["code"] == "unreadable"
    assert all_runs(ledger).empty


def test_eco2ai(ledger, tmp_path):
    header = (
        "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),"
        "CO2_emissions(kg),CPU_name,GPU_name,OS,region/country,cost"
    )
    line = (
        "7c1f,mnist,small,N/A,2026-03-01 10:00:00,120.5,0.0123,0.0051,AMD EPYC/1 device(s) TDP:280,"
        "A100 1 device(s),Linux,KR/Seoul,N/A"
    )
    path = tmp_path / "emission.csv"
    path.write_text(f"{header}\n{line}\n")
    report = take(ledger, path)
    assert (report["format"], codes(report)) == ("eco2ai", ["pue-unknown"])
    document = run_document(ledger, report["runs_new"][0])
    assert document["energy_j"]["value"] == pytest.approx(0.0123 * 3.6e6, rel=1e-9)
    assert (document["missing"], document["zones"][0]["zone"], document["project"]) == ([], "KOR", "mnist")
    parts = tmp_path / "parts.csv"
    parts.write_text(
        f"{header},CPU_consumption(kWh),GPU_consumption(kWh),RAM_consumption(kWh)\n{line},0.002,0.01,0.0003\n"
    )
    document = run_document(ledger, take(ledger, parts)["runs_new"][0])
    assert document["energy_by_component"]["gpu"]["value"] == pytest.approx(0.01 * 3.6e6, rel=1e-9)


def test_zeus_windows_inside_others_count_once(ledger, tmp_path):
    path = tmp_path / "zeus.csv"
    path.write_text(
        "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n"
        "1772323205.0,epoch-0,10.0,3000.5,2900.25\n1772323200.0,training,60.0,18000.0,17500.0\n"
    )
    report = take(ledger, path)
    assert (report["format"], codes(report)) == ("zeus", ["windows-inside", "gpu-only"])
    frame = all_runs(ledger)
    assert frame["energy_j"].tolist() == pytest.approx([35500.0], rel=1e-9)
    assert run_document(ledger, frame["run_id"][0])["energy_j"]["boundary"] == "accelerators"
    assert report["energy_kwh"] == pytest.approx(35500 / 3.6e6, rel=1e-9)


PRINTED = """2022-11-14 15:43:37 - CarbonTracker:
Actual consumption for 2 epoch(s):
\tTime:\t0:00:53
\tEnergy:\t0.003504000000 kWh
\tCO2eq:\t1.357451 g
\tThis is equivalent to:
\t0.002969 km travelled by car
2022-11-14 15:43:37 - CarbonTracker: Finished monitoring.
"""
FOUND = "The following components were found: GPU with device(s) NVIDIA L4, NVIDIA L4. CPU with device(s) cpu:0."
POWERS = f"""2022-11-14 15:42:43 - {FOUND}
2022-11-14 15:43:09 - Epoch 1:
2022-11-14 15:43:09 - Duration: 0:00:26.50
2022-11-14 15:43:09 - Average power usage (W) for gpu: [60.0 70.0]
2022-11-14 15:43:09 - Average power usage (W) for cpu: [20.0]
2022-11-14 15:43:37 - Epoch 2:
2022-11-14 15:43:37 - Duration: 0:00:26.50
2022-11-14 15:43:37 - Average power usage (W) for gpu: [60.0 70.0]
2022-11-14 15:43:37 - Average power usage (W) for cpu: [20.0]
"""


def test_carbontracker_logs_alone_and_together(ledger, tmp_path):
    output = tmp_path / "7_2022-11-14T154337Z_carbontracker_output.log"
    output.write_text(PRINTED)
    report = take(ledger, output)
    assert (report["format"], codes(report)) == ("carbontracker", ["pue-assumed"])
    document = run_document(ledger, report["runs_new"][0])
    assert document["facility_energy_j"]["value"] == pytest.approx(0.003504 * 3.6e6, rel=1e-9)
    assert document["energy_j"]["value"] == pytest.approx(0.003504 * 3.6e6 / 1.58, rel=1e-9)
    log = tmp_path / "7_2022-11-14T154337Z_carbontracker.log"
    log.write_text(POWERS)
    # 150 W for 53 s is 7,950 J; the printed 12,614 J include a PUE of 1.587.
    document = run_document(ledger, take(ledger, output)["runs_unchanged"][0])
    both = tmp_path / "both"
    both.mkdir()
    for path, content in ((both / "8_carbontracker_output.log", PRINTED), (both / "8_carbontracker.log", POWERS)):
        path.write_text(content)
    first, second = import_files(ledger, sorted(both.iterdir()))
    assert codes(first) == ["taken-with-its-pair"]
    document = run_document(ledger, second["runs_new"][0])
    assert document["energy_j"]["value"] == pytest.approx(7950.0, rel=1e-9)
    assert document["facility_energy_j"]["value"] == pytest.approx(0.003504 * 3.6e6, rel=1e-9)
    assert document["energy_by_component"]["gpu"]["value"] == pytest.approx(130 * 53)
    assert document["missing"] == ["ram"]
    (both / "note.log").write_text("CarbonTracker: Finished monitoring.")
    assert take(ledger, both / "note.log")["refused"]


def test_the_command(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from joulebook.cli import cli

    monkeypatch.setenv("JOULEBOOK_LEDGER", str(tmp_path / "l.sqlite"))
    monkeypatch.setenv("JOULEBOOK_JOURNALS", str(tmp_path / "journals"))
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(tmp_path / "settings.toml"))
    path = write(tmp_path / "emissions.csv", [row()])
    done = CliRunner().invoke(cli, ["import", str(path), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["files"][0]["energy_kwh"] == pytest.approx(0.75)
    again = CliRunner().invoke(cli, ["import", str(path)])
    assert "runs 0 new, 0 updated, 1 unchanged" in again.output
    bad = CliRunner().invoke(cli, ["import", str(path), str(tmp_path / "nothing.csv")])
    assert bad.exit_code == 1
    assert "nothing.csv: not taken in\n  error: there is no such file\n" in bad.stdout


def test_what_the_command_could_not_take_in_is_said_as_every_mistake_is(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "joulebook", "import", "none.csv"], capture_output=True, text=True, check=False
    )
    said = "joulebook: nothing was taken in from none.csv; mend what is marked error and import again\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_report_of_the_books_brings_no_run_a_second_time(ledger, tmp_path):
    from joulebook.ledger.reports.emissions import rows as emissions

    first = take(ledger, write(tmp_path / "emissions.csv", [row(), row(run_id="r2", country_iso_code="")]))
    report = [dict(line) for line in emissions(ledger, RunFilter())]
    assert [line["country_name"] for line in report if line["country_iso_code"] == "WLD"] == ["World"]
    path = write(tmp_path / "ours.csv", [*report, row(run_id="r3")])
    again = take(ledger, path)
    assert (len(again["runs_new"]), again["runs_unchanged"], again["energy_kwh"]) == (1, [], pytest.approx(0.75))
    left_out = [(f["row"], f["text"]) for f in again["findings"] if f["code"] == "in-the-books"]
    ids = [line["run_id"] for line in report]
    assert sorted(ids) == sorted(first["runs_new"])
    assert left_out == [(i, f"the run {run_id} is in the books already; left out") for i, run_id in enumerate(ids, 2)]
    assert len(all_runs(ledger)) == 3


def test_nobody_knows_where_a_run_of_the_world_was(ledger, tmp_path):
    take(ledger, write(tmp_path / "emissions.csv", [row(country_iso_code="WLD"), row(run_id="r2")]))
    assert dict(zip(all_runs(ledger)["zone"], all_runs(ledger)["zone_assumed"], strict=True)) == {"WLD": 1, "KOR": 0}
