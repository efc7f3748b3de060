"""One run's figures, worked by hand from round factors; and the laws that any run must keep."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulebook.ledger.accounting.factors import Contract, Factors, HourlySeries
from joulebook.ledger.accounting.observations import RunUse
from joulebook.ledger.accounting.run_account import account_run

KWH = 3.6e6
FIELDS = (
    "energy_j",
    "facility_energy_j",
    "emissions_location_g",
    "emissions_market_annual_g",
    "water_l",
    "embodied_g",
    "cost_usd",
)


def one_kwh(make, **changes):
    """One kilowatt-hour, all of it on the GPU."""
    return make.run(
        make.window([make.gpu(KWH)], [make.host(tree_cpu_s=0.0, machine_busy_s=800.0, tree_rss_byte_s=0.0)]), **changes
    )


def test_a_kilowatt_hour_in_korea(factors, make):
    figures = account_run(one_kwh(make), factors)
    assert figures.energy_j.value == pytest.approx(KWH)
    assert figures.facility_energy_j.value == pytest.approx(1.5 * KWH)
    assert figures.emissions_location_g.value == pytest.approx(1.5 * 390)
    assert figures.emissions_location_g.vintage == "KOR 2025 yearly mean (source), no figure for 2026"
    assert figures.water_l.value == pytest.approx(0.3 + 1.5 * 2.0)
    assert figures.cost_usd.value == pytest.approx(1.5 * 0.12)
    assert figures.social_cost_usd["EPA 2023, 2.0 %"].value == pytest.approx(585e-6 * 190)
    assert figures.zones[0].intensity_g_per_kwh.value == 390.0
    assert {"grid/KOR/2025", "pue", "wue", "water/KOR", "price/KOR"} <= set(figures.factor_keys)
    assert sum(figures.tornado.values()) == pytest.approx(1.0)


def test_embodied_carbon_shows_the_spread_of_its_sources(factors, make):
    figures = account_run(one_kwh(make), factors)
    # (273 + 5700 / 8) kg over 4 years at 80 % for 100 s.
    per_kg = 1000 * 100 / (4 * 8760 * 3600 * 0.8)
    assert figures.embodied_g.value == pytest.approx((273 + 712.5) * per_kg)
    assert {name: f.value for name, f in figures.embodied_by_source_g.items()} == pytest.approx(
        {"nvidia": (164 + 712.5) * per_kg, "ecologits": (273 + 712.5) * per_kg, "boavizta": (575 + 712.5) * per_kg}
    )
    alone = account_run(make.run(make.window([], [make.host(virtual=True)])), factors)
    assert alone.embodied_g.value == pytest.approx(1000 * 8 / 128 * per_kg)
    server, laptop = (
        account_run(make.run(make.window([], [make.host(cpu_model=name)])), factors).embodied_g.value
        for name in ("AMD EPYC 7763", "13th Gen Intel(R) Core(TM) i7-1360P")
    )
    assert (server, laptop) == (pytest.approx(1000 * per_kg), pytest.approx(1000 * 8 / 128 * per_kg))


def test_what_the_run_declares_beats_the_set(factors, make):
    figures = account_run(one_kwh(make, declared={"pue": 1.1, "price_usd_per_kwh": 0.2}), factors)
    assert figures.facility_energy_j.value == pytest.approx(1.1 * KWH)
    assert figures.cost_usd.value == pytest.approx(0.22)
    assert "pue" not in figures.factor_keys


def test_rented_accelerators_are_paid_by_the_hour_and_only_so(factors, make):
    rented = replace(factors, table={**factors.table, "gpu_hour": make.row("gpu_hour", 2.4, method="declared")})
    use = make.window([make.gpu(), make.gpu(device_id="GPU-2", reserved=True)])
    assert account_run(make.run(use), rented).cost_usd.value == pytest.approx(2 * 100 / 3600 * 2.4)
    # two of seven slices of one, and half of another that somebody else used at the same time
    parts = [make.gpu(share=2 / 7, share_how="slices"), make.gpu(device_id="GPU-2", share=0.5, share_how="time")]
    shared = account_run(make.run(make.window(parts)), rented).cost_usd
    assert shared.value == pytest.approx((2 / 7 + 0.5) * 100 / 3600 * 2.4)
    assert shared.vintage.endswith("0.786 of 2 GPUs by the run's share")
    cpu_only = account_run(make.run(make.window([])), rented)
    assert cpu_only.cost_usd.boundary == "facility"


def test_nobody_knows_where(factors, make):
    figures = account_run(replace(one_kwh(make), zone_windows=()), factors)
    assert figures.emissions_location_g.value == pytest.approx(1.5 * 470)
    assert figures.emissions_location_g.vintage.endswith("place assumed")
    assert any("nobody knows where" in text for text in figures.warnings)
    sure, guessed = (account_run(one_kwh(make, assumed=a), factors).emissions_location_g for a in (False, True))
    assert guessed.value == pytest.approx(sure.value)
    assert guessed.high > sure.high


def test_a_region_never_changes_the_basis(factors, make):
    zone = account_run(one_kwh(make, zone="USA-CA"), factors).zones[0]
    assert zone.intensity_g_per_kwh.value == 380.0
    assert "standing in for USA-CA" in zone.intensity_g_per_kwh.vintage
    assert zone.intensity_direct_g_per_kwh.value == 200.0


def test_contracts_enter_the_market_figure_alone(factors, make):
    year = (make.start - 1e6, make.start + 1e7)
    certificate = Contract("certificate", "KOR", *year, 0.0, share=0.6, name="REC")
    figures = account_run(one_kwh(make), replace(factors, contracts=(certificate,)))
    assert figures.emissions_location_g.value == pytest.approx(585.0)
    assert figures.emissions_market_annual_g.value == pytest.approx(1.5 * 0.4 * 390)
    assert any("residual mix" in text for text in figures.warnings)
    residual = Contract("residual", "KOR", *year, 500.0, name="mix")
    figures = account_run(one_kwh(make), replace(factors, contracts=(certificate, residual)))
    assert figures.emissions_market_annual_g.value == pytest.approx(1.5 * 0.4 * 500)
    late = replace(certificate, start=make.start + 1e6)
    assert account_run(
        one_kwh(make), replace(factors, contracts=(late,))
    ).emissions_market_annual_g.value == pytest.approx(585)


def test_an_hourly_series_that_covers_the_run_is_used(factors, make):
    hours = HourlySeries("KOR", make.start, (300.0, 500.0), "average", "life cycle", "series")
    use = make.window(
        [make.gpu(KWH)], [make.host(7200.0, tree_cpu_s=0.0, machine_busy_s=57600.0, tree_rss_byte_s=0.0)], 7200.0
    )
    covered = replace(factors, hourly=(hours,))
    even = account_run(make.run(use), covered).emissions_location_g
    assert even.value == pytest.approx(1.5 * 400)
    assert "spread evenly" in even.vintage
    profile = ((make.start, 1.0), (make.start + 3600, 3.0))
    assert account_run(make.run(use, hours=profile), covered).emissions_location_g.value == pytest.approx(1.5 * 450)
    for useless in (
        replace(hours, intensity_g_per_kwh=(300.0, None)),
        replace(hours, kind="marginal"),
        replace(hours, zone="JPN"),
    ):
        figures = account_run(make.run(use), replace(factors, hourly=(useless,)))
        assert figures.emissions_location_g.value == pytest.approx(585.0)
    # Hourly matching: 0.75 kWh used in each hour; the contract makes 1 kWh in the first, none in the second.
    solar = Contract("contract", "KOR", make.start, make.start + 7200, 20.0, share=1.0, hourly_kwh=(1.0, 0.0))
    draft = account_run(make.run(use), replace(covered, contracts=(solar,))).emissions_market_hourly_draft_g
    assert draft.value == pytest.approx(0.75 * 20 + 0.75 * 500)
    assert "draft method" in draft.vintage
    assert account_run(make.run(use), covered).emissions_market_hourly_draft_g is None


def test_runs_over_two_zones_add_up(factors, make):
    use = one_kwh(make).window
    there = one_kwh(make, zone="USA").zone_windows[0]
    both = RunUse(
        "r",
        make.start,
        None,
        make.window([make.gpu(2 * KWH)], [make.host(0.0, tree_cpu_s=0.0)]),
        (one_kwh(make).zone_windows[0], there),
    )
    figures = account_run(both, factors)
    assert figures.emissions_location_g.value == pytest.approx(1.5 * (390 + 380))
    assert [zone.energy_j.value for zone in figures.zones] == pytest.approx([KWH, KWH])
    assert use is not None


def test_a_run_of_which_nothing_is_known_has_no_figures(factors, make):
    figures = account_run(make.run(make.window([], [])), factors)
    assert [getattr(figures, name) for name in FIELDS] == [None] * len(FIELDS)
    assert figures.missing == ("cpu", "ram")


@settings(max_examples=50, deadline=None)
@given(st.floats(1.0, 1e9), st.floats(0.0, 700.0), st.sampled_from(["KOR", "USA", "WLD"]))
def test_doubling_a_run_doubles_its_figures(factors, make, energy, tree, zone):
    def figures(times):
        machine = {"machine_busy_s": times * 700.0, "tree_cpu_s": times * tree, "tree_rss_byte_s": times * 4e11}
        use = make.window([make.gpu(times * energy)], [make.host(times * 100.0, **machine)], times * 100.0)
        return account_run(make.run(use, zone=zone), factors)

    single, double = figures(1.0), figures(2.0)
    for name in FIELDS:
        one, two = getattr(single, name), getattr(double, name)
        if name == "cost_usd" and zone == "WLD":
            assert one is None  # no price without a place
            continue
        assert (two.value, two.low, two.high) == pytest.approx((2 * one.value, 2 * one.low, 2 * one.high))
        assert one.low <= one.value <= one.high


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("pue", {"facility_energy_j", "emissions_location_g", "emissions_market_annual_g", "water_l", "cost_usd"}),
        ("grid/KOR/2025", {"emissions_location_g", "emissions_market_annual_g"}),
        ("price/KOR", {"cost_usd"}),
        ("water/KOR", {"water_l"}),
        ("embodied/life_years", {"embodied_g"}),
    ],
)
def test_a_change_of_source_changes_only_its_own_part(factors, make, key, changed):
    run = one_kwh(make)
    row = factors.table[key]
    other = replace(factors, table={**factors.table, key: replace(row, value=row.value * 1.1, high=row.high * 1.2)})
    before, after = account_run(run, factors), account_run(run, other)
    assert {name for name in FIELDS if getattr(before, name) != getattr(after, name)} == changed


def test_a_set_can_be_made_again_from_its_rows(factors, make):
    contract = Contract("contract", "KOR", 0.0, 1e12, 10.0, share=0.5, hourly_kwh=(1.0,))
    series = HourlySeries("KOR", 0.0, (1.0, None), "average", "life cycle", "s")
    whole = replace(factors, contracts=(contract,), hourly=(series,), cpu_model="tdp", cpu_tdp_w={"x": 100.0})
    again = Factors.from_rows(whole.name, whole.rows())
    assert again == whole
    assert again.content_hash == whole.content_hash != factors.content_hash
    assert account_run(one_kwh(make), again) == account_run(one_kwh(make), whole)
    assert [row["key"] for row in whole.rows(["pue", "nothing"])] == ["pue"]


def test_our_own_figures_are_looked_at_too(factors, make):
    silent = account_run(make.run(make.window([make.gpu(0.0)])), factors)
    assert any("1 GPUs are present and are said to have used 0 J" in text for text in silent.warnings)
    assert not any("GPUs are present" in text for text in account_run(make.run(), factors).warnings)
    imported = account_run(make.run(notes=("the file was odd",)), factors)
    assert imported.warnings[0] == "the file was odd"


sizes = st.one_of(st.none(), st.floats(0.0, 1e15), st.sampled_from([0.0, 5e-324, 1e-300]))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_observation_breaks_the_books(factors, make, data):
    def some(strategy):
        return data.draw(strategy)

    hosts = [
        make.host(
            some(st.floats(0.0, 1e9)),
            cpu_model=some(st.sampled_from([None, "", "AMD EPYC 7763", "\x00(R)["])),
            cores=some(st.sampled_from([None, 0, 4])),
            threads=some(st.sampled_from([None, 0, 8])),
            virtual=some(st.sampled_from([None, True, False])),
            cpu_limit_cores=some(st.sampled_from([None, 0.0, 0.5, 1e6])),
            memory_limit_bytes=some(sizes),
            machine_busy_s=some(sizes),
            tree_cpu_s=some(sizes),
            memory_used_byte_s=some(sizes),
            tree_rss_byte_s=some(sizes),
        )
        for _ in range(some(st.integers(0, 2)))
    ]
    devices = [
        make.gpu(
            some(sizes),
            device_id=f"GPU-{i}",
            name=some(st.sampled_from(["", "NVIDIA H100 80GB HBM3", "??", "8 x", "whole machine"])),
            component=some(st.sampled_from(["gpu", "cpu", "ram", "other"])),
            share=some(st.sampled_from([0.0, 0.3, 1.0])),
            share_how=some(st.sampled_from(["whole", "process", "cpu-time", "time", "slices"])),
            reserved=some(st.booleans()),
        )
        for i in range(some(st.integers(0, 3)))
    ]
    use = make.window(devices, hosts, some(st.floats(0.0, 1e9)))
    choice = replace(factors, cpu_model=some(st.sampled_from(["family", "codecarbon", "tdp"])), memory_model="allotted")
    figures = account_run(make.run(use, zone=some(st.sampled_from(["KOR", "USA-CA", "WLD", "XXX"]))), choice)
    known = [figure.value for figure in figures.energy_by_component.values() if figure is not None]
    assert (figures.energy_j is None) == (not known)
    if known:
        assert figures.energy_j.value == pytest.approx(sum(known), rel=1e-9)
        assert figures.energy_j.low >= -1e-9 * figures.energy_j.value
