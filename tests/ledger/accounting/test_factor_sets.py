"""The set of today: sourced rows with what the user declared on top; bad files say row and column."""

from datetime import date

import pytest

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.run_account import account_run
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.factor_sets import current_factors
from joulebook.ledger.hourly_files import read_hourly
from joulebook.ledger.locations import resolve_location
from joulebook.meters.settings import Settings


def test_the_plain_set_accounts_for_any_place(make):
    factors = current_factors(Settings())
    assert factors.name == "2026-11"
    pue = factors.get("pue")
    assert (pue.value, pue.low, pue.high) == (1.56, 1.0, 2.0)
    for zone in ("KOR", "USA-CA", "DEU", "WLD"):
        figures = account_run(make.run(zone=zone), factors)
        assert figures.emissions_location_g.method == "modelled"
        assert figures.water_l.low <= figures.water_l.value <= figures.water_l.high
        assert set(figures.embodied_by_source_g) == {"boavizta-2.5.0", "ecologits-0.11.3", "nvidia-pcf-h100"}
    assert {row.split(",")[0] for row in figures.social_cost_usd} >= {"EPA 2023", "Ricke et al. 2018"}
    for unit in factors.table.values():
        assert unit.source
        assert unit.unit


def test_processor_families_are_those_of_the_reference_data():
    from joulebook.ledger.accounting.cpu import family_of

    factors = current_factors(Settings())
    names = {
        "AMD EPYC 7763 64-Core Processor": "EPYC 3rd Gen",
        "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz": "Skylake",
        "Intel(R) Xeon(R) Platinum 8480+": "Sapphire Rapids",
        "Intel(R) Xeon(R) Processor": "unknown",
        None: "unknown",
    }
    assert {name: family_of(name, factors).name for name in names} == names


def test_declared_values_are_exact_and_change_the_hash():
    plain, mine = (
        current_factors(Settings()),
        current_factors(Settings(pue=1.2, price_usd_per_kwh=0.1, gpu_hour_usd=2.4)),
    )
    pue = mine.get("pue")
    assert (pue.value, pue.low, pue.high, pue.method) == (1.2, 1.2, 1.2, "declared")
    assert mine.get("gpu_hour").value == 2.4
    assert mine.content_hash != plain.content_hash
    assert Factors.from_rows(mine.name, mine.rows()).content_hash == mine.content_hash


def test_choices_of_the_settings():
    settings = Settings(extra={"accounting": {"cpu_model": "codecarbon", "pue_operator": "Google"}})
    factors = current_factors(settings)
    assert factors.cpu_model == "codecarbon"
    assert factors.cpu_tdp_w["amd epyc 7763"] == 280.0
    assert factors.get("pue").value == 1.09
    assert factors.get("wue").value == 1.15


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"accounting": {"cpu": "x"}}, "knows no 'cpu'"),
        ({"accounting": {"cpu_model": "magic"}}, "family or codecarbon or tdp"),
        ({"accounting": {"pue_operator": "Nobody"}}, "no PUE is known for pue_operator 'Nobody'"),
        ({"contracts": {"kind": "certificate"}}, r"\[\[contracts\]\]"),
        ({"contracts": [{"kind": "gift"}]}, "number 1: kind must be"),
        ({"contracts": [{"kind": "supplier", "start": 2026, "end": 2027}]}, "start must be a date"),
        (
            {"contracts": [{"kind": "supplier", "start": date(2026, 1, 1), "end": date(2025, 1, 1)}]},
            "must end after it starts",
        ),
        ({"accounting": {"embodied_source": "nobody"}}, "embodied_source must be all or .*nvidia-pcf-h100"),
        (
            {
                "contracts": [
                    {
                        "kind": "supplier",
                        "zone": "KOR",
                        "start": date(2026, 1, 1),
                        "end": date(2027, 1, 1),
                        "intensity_g_per_kwh": float("inf"),
                    }
                ]
            },
            "intensity_g_per_kwh must be a number of at least 0 and at most 2000",
        ),
        ({"hourly": [{"file": "/nowhere.csv", "zone": "KOR"}]}, "hourly series: /nowhere.csv: there is no such file$"),
        ({"hourly": [{"file": "x.csv", "zone": "Atlantis"}]}, "no place known"),
        ({"hourly": [{"file": "x.csv", "zone": "KOR", "basis": "lca"}]}, "basis must be life cycle or direct"),
    ],
)
def test_what_can_not_be_is_said_in_one_line(extra, says):
    with pytest.raises(LedgerError, match=says) as raised:
        current_factors(Settings(extra=extra))
    assert "\n" not in str(raised.value)


def test_contracts_are_read_best_first():
    entry = {"zone": "kr", "start": date(2026, 1, 1), "end": date(2027, 1, 1)}
    wind = {**entry, "kind": "contract", "intensity_g_per_kwh": 11, "share": 0.5, "tracking": "K-REC"}
    mix = {**entry, "kind": "residual", "intensity_g_per_kwh": 480}
    first, second = current_factors(Settings(extra={"contracts": [mix, wind]})).contracts
    assert (first.kind, first.zone, first.tracking, second.kind) == ("contract", "KOR", "K-REC", "residual")
    assert (first.start, first.end) == (1767225600.0, 1798761600.0)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("time,g_per_kwh\n2026-03-01 00:00,300\n2026-03-01 02:00,500\n", (300.0, None, 500.0)),
        ("from,to,forecast,actual\n2026-03-01T00:00Z,x,1,300\n2026-03-01T00:30Z,x,1,400\n", (350.0,)),
        (
            "Datetime (UTC),Country,Carbon intensity gCO₂eq/kWh (direct),Carbon intensity gCO₂eq/kWh (Life cycle)\n"
            "2026-03-01 00:00:00,South Korea,250,310\n2026-03-01 01:00:00,South Korea,251,\n",
            (310.0,),
        ),
        (
            "MTU,Fossil Gas - Actual Aggregated [MW],Nuclear - Actual Aggregated [MW],Wind Onshore [MW]\n"
            "01.03.2026 00:00 - 01.03.2026 01:00 (UTC),100,100,n/e\n",
            ((490 + 12) / 2,),
        ),
    ],
)
def test_hourly_files_of_four_kinds(tmp_path, text, values):
    path = tmp_path / "series.csv"
    path.write_text(text, encoding="utf-8-sig")
    series = read_hourly(path, zone="KOR", kind="average")
    assert (series.start, series.intensity_g_per_kwh) == (1772323200.0, values)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,g_per_kwh\nyesterday,300\n", "row 2, column 'time': 'yesterday' is no time"),
        ("time,g_per_kwh\n2026-03-01,300\n2026-03-02,-5\n", "row 3, column 'g_per_kwh': '-5' is no intensity"),
        ("time,g_per_kwh\n2026-03-01,41100\n", "0 to 2000"),
        ("time,place,weather\n2026-03-01,here,fine\n", "row 1: no column of gCO2e/kWh"),
        ("time,g_per_kwh\n", "no rows"),
        ("time,g_per_kwh\n\n2026-03-01,300\n\n2026-03-01,310\n", "row 5, column 'time': the same time as in row 3"),
        ("MTU (CET/CEST),intensity\n01.03.2026 00:00 - 01.03.2026 01:00,300\n", "row 2, .* is local time"),
        ("time,g_per_kwh\n1990-01-01,1\n2026-03-01,1\n", "more than 100000 hours"),
    ],
)
def test_a_bad_hourly_file_says_where(tmp_path, text, says):
    path = tmp_path / "series.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match=says):
        read_hourly(path, zone="KOR", kind="average")


@pytest.mark.parametrize(
    ("values", "kind", "basis", "told"),
    [
        ((310, 0.41, 0.42), "average", "life cycle", "row 3: 0.41 g for 1 kWh is 0.41 gCO2e/kWh, below 5, where no"),
        ((310, 1600), "average", "life cycle", "row 3: 1600 g for 1 kWh is 1.6e+03 gCO2e/kWh, above 1500"),
        ((0.4, 0.5), "marginal", "direct", "kilograms were written as grams? (2 such rows)"),
        ((0, 2, 400), "marginal", "direct", ""),
        ((0, 2, 30), "average", "direct", ""),
        ((24, 1200), "average", "life cycle", ""),
    ],
)
def test_intensities_that_no_grid_has_are_told_by_row(tmp_path, capsys, values, kind, basis, told):
    path = tmp_path / "series.csv"
    lines = [f"2026-03-01 0{hour}:00,{value}" for hour, value in enumerate(values)]
    path.write_text("\n".join(["time,g_per_kwh", *lines]))
    for _ in range(2):
        read_hourly(path, zone="KOR", kind=kind, basis=basis)
    said = capsys.readouterr().err
    assert said.startswith(f"joulebook: {path}, row ") if told else not said
    assert told in said
    assert said.count("\n") == bool(told)


def test_a_contract_in_kilograms_is_told(capsys):
    entry = {"zone": "kr", "start": date(2026, 1, 1), "end": date(2027, 1, 1), "kind": "supplier"}
    current_factors(
        Settings(extra={"contracts": [{**entry, "intensity_g_per_kwh": value} for value in (0, 11, 0.417)]})
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("joulebook: settings: [[contracts]] number 3, intensity_g_per_kwh: 0.417 g for 1 kWh")
    assert line.endswith("kilograms were written as grams?")


@pytest.mark.parametrize(
    ("record", "zone", "how", "assumed"),
    [
        ({"how": "flag", "zone": "kr"}, "KOR", "flag", False),
        ({"how": "environment", "zone": "US-CA"}, "USA-CA", "environment", False),
        ({"how": "cloud", "provider": "aws", "region": "ap-northeast-2"}, "KOR", "cloud", False),
        ({"how": "timezone", "timezone": "Asia/Seoul"}, "KOR", "timezone", True),
        ({"how": "timezone", "timezone": "UTC"}, "WLD", "unknown", True),
        ({"how": "flag", "zone": "Atlantis"}, "WLD", "unknown", True),
        ({"how": "unknown"}, "WLD", "unknown", True),
        ({}, "WLD", "unknown", True),
    ],
)
def test_places(record, zone, how, assumed):
    found = resolve_location(record, ("a",))
    assert (found.zone, found.how, found.assumed, found.hosts) == (zone, how, assumed, ("a",))


def test_a_newer_set_shows_what_it_changes():
    from dataclasses import replace

    from joulebook.ledger.accounting.factor_changes import changes

    old = current_factors(Settings())
    grid = old.get("grid/KOR/2025")
    table = {**old.table, "grid/KOR/2025": replace(grid, value=430.0), "new": replace(grid, key="new")}
    del table["price/KOR"]
    new = replace(old, table=table, cpu_model="tdp")
    found = {change.key: change for change in changes(old, new)}
    assert set(found) == {"grid/KOR/2025", "new", "price/KOR", "choice/cpu_model"}
    assert found["grid/KOR/2025"].ratio == pytest.approx(430 / grid.value)
    assert (found["new"].note, found["price/KOR"].note) == ("added", "gone")
    assert (found["choice/cpu_model"].old, found["choice/cpu_model"].new) == ("family", "tdp")
    assert changes(old, old) == []
