"""Whatever a file holds, it gives a report."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from joulebook.ledger.importers.reading import read_file

HEADERS = [
    "timestamp,duration,emissions,energy_consumed,cpu_energy,gpu_energy,ram_energy,gpu_count,gpu_model,pue,run_id",
    "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg)",
    "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy",
    "CarbonTracker: \nActual consumption for 1 epoch(s):\n\tTime:\t0:00:10\n\tEnergy:\t0.000038 kWh\n\tCO2eq:\t0.003130 g",
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
