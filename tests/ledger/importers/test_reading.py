"""Whatever a file holds, it gives a report."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from joulebook.ledger.importers.reading import read_file

HEADERS = [
    "timestamp,duration,emissions,energy_consumed,cpu_energy,gpu_energy,ram_energy,gpu_count,pue,run_id",
    "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg)",
    "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy",
    "CarbonTracker: \nActual consumption for 1 epoch(s):\n\tTime:\t0:00:10\n\tEnergy:\t3.8e-05 kWh\n\tCO2eq:\t0.003 g",
    "",
]
cells = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "1e999", "nan", "2026-03-01T00:00:00", "8 x A100", "0x10", "١", '"', "2026-13-01"]
    ),
    st.floats(allow_nan=True).map(str),
    st.text(max_size=6),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(HEADERS), st.lists(st.lists(cells, max_size=13), max_size=4), st.binary(max_size=20))
def test_any_bytes_give_a_report(tmp_path, header, rows, tail):
    lines = [header, *(",".join(row) for row in rows)]
    path = tmp_path / "any.csv"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass") + (tail if len(tail) > 10 else b""))
    parsed = read_file(path)
    assert parsed.refused or parsed.runs or parsed.source is not None
    for run in parsed.runs:
        assert parsed.refused or 631_152_000 <= run.started_at <= 4_102_444_800
        assert run.duration_s >= 0
        assert run.energy_j >= 0


def test_a_whole_row_of_rubbish_is_placed(tmp_path):
    path = tmp_path / "emissions.csv"
    path.write_text("timestamp,duration,emissions,energy_consumed\n2026-03-01T00:00:00,1,0.1,0.2\n2026-03-01,x,y,z\n")
    places = [(found.row, found.column) for found in read_file(path).findings if found.finding.severity == "error"]
    assert places[:3] == [(3, "energy_consumed"), (3, "duration"), (3, "emissions")]


# One of 6,513 files of Luccioni et al. 2024 (sashavor/co2_inference at 6a97291, MIT): CodeCarbon 2.3.1, one row a task.
REAL = """
task_name,timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,
gpu_energy,ram_energy,energy_consumed,country_name,country_iso_code,region,cloud_provider,cloud_region,os,
python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,latitude,ram_total_size,
tracking_mode,on_cloud
load model,2023-10-02T20:20:22,cardiffnlp/twitter-xlm-roberta-base-sentiment,000f2a61,14.397873640060425,
0.0005475570740013321,3.803093082089835e-05,42.5,522.8347407425138,430.77675,0.0001701819606953197,
0.0020907063948527593,0.0016854739502950508,0.00394636230584313,United States,USA,oregon,,,Linux-5.15.0-1023-aws,
3.8.16,2.3.1,1,Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz,8,8 x NVIDIA A100-SXM4-80GB,-119.7257,45.8234,1148.738,
machine,N
query model,2023-10-02T20:20:31,cardiffnlp/twitter-xlm-roberta-base-sentiment,000f2a61,8.44609022140503,
0.0003250814463668792,3.8492581263531235e-05,42.5,541.4372910621399,430.77675,9.989655233091777e-05,
0.0012696679601447158,0.0009733678085267544,0.0023429323210023877,United States,USA,oregon,,,Linux-5.15.0-1023-aws,
3.8.16,2.3.1,1,Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz,8,8 x NVIDIA A100-SXM4-80GB,-119.7257,45.8234,1148.738,
machine,N
"""


def test_a_real_file_of_codecarbon(tmp_path):
    path = tmp_path / "emissions_base_000f2a61.csv"
    path.write_text(REAL.strip().replace(",\n", ","))
    parsed = read_file(path)
    assert [found.finding.code for found in parsed.findings] == ["local-time"]
    load, query = parsed.runs
    assert (load.name, query.name, load.zone) == ("load model", "query model", "USA")
    assert query.energy_j == pytest.approx(0.0023429323210023877 * 3.6e6, rel=1e-9)
    assert load.energy_j + query.energy_j == pytest.approx(0.0062892946268455177 * 3.6e6, rel=1e-9)
    assert [device.component for device in query.devices] == ["gpu"] * 8 + ["cpu", "ram"]
    # Its intensity is CodeCarbon's for Oregon: 139 g/kWh, well inside what a grid can have.
    assert float(query.original["emissions"]) / float(query.original["energy_consumed"]) == pytest.approx(
        0.13875, abs=1e-5
    )
