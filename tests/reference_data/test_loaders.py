"""Known values through the loaders."""

from __future__ import annotations

import subprocess
import sys

import pytest

from joulebook.reference_data import (
    accelerators,
    carbon_prices,
    claims,
    countries,
    cpus,
    damages,
    data_centres,
    electricity,
    embodied,
    grid,
    hourly,
    inference,
    lifecycle,
    models,
    offline_models,
    people,
    places,
    quality,
    water,
)
from joulebook.reference_data.errors import NoFigureError, UnknownZoneError


@pytest.mark.parametrize(
    ("zone", "grams"),
    [
        ("USA", 384.4),
        ("FRA", 41.4),
        ("IND", 670.1),
        ("DEU", 329.7),
        ("SWE", 35.3),
        ("GBR", 217.4),
        ("KOR", 417.06),
        ("WLD", 458.29),
    ],
)
def test_the_latest_life_cycle_figure_is_used_for_2026(zone, grams):
    figure = grid.intensity(zone, 2026)
    assert figure.intensity_g_per_kwh == pytest.approx(grams, abs=0.06)
    assert (figure.year, figure.asked_year, figure.basis) == (2025, 2026, "life cycle")


def test_a_year_before_the_first_gets_the_first():
    assert grid.intensity("FRA", 1999).year == 2020


def test_a_region_never_changes_the_basis_by_itself():
    assert grid.intensity("USA-CA").zone == "USA"
    assert grid.intensity("US-ca").zone == "USA"
    assert grid.intensity("CAN-QC").intensity_g_per_kwh == 27.383
    own = grid.intensity("USA-CA", basis="direct")
    assert (own.zone, own.intensity_g_per_kwh, own.level) == ("USA-CA", 179.064, "state")


def test_conflicting_sources_stand_side_by_side():
    by_set = {row.factor_set: row.intensity_g_per_kwh for row in grid.intensities("FRA")}
    assert by_set["codecarbon"] == pytest.approx(56.0, abs=0.1)
    assert grid.intensity("FRA", factor_set="codecarbon").intensity_g_per_kwh == by_set["codecarbon"]


def test_what_is_unknown_is_not_guessed():
    assert grid.intensity("AND").zone == "WLD"
    with pytest.raises(UnknownZoneError, match="Atlantis"):
        grid.intensity("Atlantis")
    with pytest.raises(NoFigureError):
        grid.intensity("KOR", basis="direct")
    assert electricity.electricity_price("MCO") is None
    assert accelerators.accelerator("a toaster") is None


@pytest.mark.parametrize(
    ("zone", "iso3"),
    [("Asia/Seoul", "KOR"), ("Asia/Calcutta", "IND"), ("US/Pacific", "USA"), ("Europe/Berlin", "DEU"), ("PRC", "CHN")]
    + [(name, None) for name in ("UTC", "Etc/UTC", "Etc/GMT+3", "GMT", "EST", "Mars/Olympus", "")],
)
def test_time_zones(zone, iso3):
    assert places.zone_of_timezone(zone) == iso3


@pytest.mark.parametrize(
    ("provider", "region", "zone"),
    [
        ("gcp", "us-central1", "USA-IA"),
        ("gcp", "europe-west4-b", "NLD"),
        ("aws", "us-east-1a", "USA-VA"),
        ("aws", "ap-northeast-2", "KOR"),
        ("azure", "Korea Central", "KOR"),
        ("azure", "koreacentral", "KOR"),
        ("aws", "moon-1", None),
    ],
)
def test_cloud_regions(provider, region, zone):
    assert places.zone_of_cloud_region(provider, region) == zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [("us-ca", "USA-CA"), ("USA-CA", "USA-CA"), ("kr", "KOR"), (" KOR ", "KOR"), ("zz", None), ("US-", None)],
)
def test_codes_that_people_type(text, zone):
    assert places.zone_of_code(text) == zone


def test_countries():
    assert countries.country("uk") == countries.country("GBR")
    assert countries.country("South Korea").alpha3 == "KOR"
    assert countries.country("XK").alpha3 == "XKX"


def test_prices_prefer_what_was_read():
    price = electricity.electricity_price("KOR")
    assert (price.price_usd_per_kwh, price.sector, price.verified) == (0.125, "large industry", "read")
    assert electricity.electricity_price("USA-CA").zone == "USA-CA"
    assert electricity.electricity_price("USA").price_usd_per_kwh == 0.0813


@pytest.mark.parametrize(
    ("iso3", "litres"), [("USA", 3.1321), ("FRA", 3.6737), ("CHN", 6.0065), ("BRA", 18.6033), ("KAZ", 3.908)]
)
def test_water(iso3, litres):
    assert water.water_factor(iso3).water_l_per_kwh == litres


def test_data_centres():
    assert data_centres.pue().pue == 1.56
    assert data_centres.pue("Google").pue == 1.09
    assert data_centres.wue("google").wue_l_per_kwh == 1.15
    assert data_centres.pue("nobody") is None


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", "Skylake"),
        ("Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", "Broadwell"),
        ("Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz", "Sandy Bridge"),
        ("Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", "Cascade Lake"),
        ("Intel(R) Xeon(R) Platinum 8488C", "Sapphire Rapids"),
        ("AMD EPYC 7763 64-Core Processor", "EPYC 3rd Gen"),
        ("AMD EPYC 7B12", "EPYC 2nd Gen"),
        ("AMD EPYC 9R14", "EPYC 4th Gen"),
        ("Intel(R) Xeon(R) Processor", "unknown"),
        (None, "unknown"),
    ],
)
def test_processor_families(model, family):
    assert cpus.cpu_power(model).family == family


def test_an_unknown_processor_has_the_spread_of_all():
    unknown = cpus.cpu_power(None)
    assert unknown.full_low_w_per_thread == min(one.full_w_per_thread for one in cpus.cpu_families())
    assert unknown.full_high_w_per_thread == max(one.full_w_per_thread for one in cpus.cpu_families())
    for one in (*cpus.cpu_families(), unknown):
        assert one.idle_low_w_per_thread <= one.idle_w_per_thread <= one.idle_high_w_per_thread
        assert one.full_low_w_per_thread <= one.full_w_per_thread <= one.full_high_w_per_thread


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("H100", "NVIDIA H100 SXM5 80GB"),
        ("NVIDIA H100 80GB HBM3", "NVIDIA H100 SXM5 80GB"),
        ("NVIDIA H100 PCIe", "NVIDIA H100 PCIe"),
        ("NVIDIA A100-SXM4-40GB", "NVIDIA A100 SXM4 40 GB"),
        ("NVIDIA A100 80GB PCIe", "NVIDIA A100 PCIe"),
        ("Tesla V100-SXM2-16GB", "NVIDIA Tesla V100 SXM2 16 GB"),
        ("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090"),
        ("TPUv4", "Google TPU v4"),
        ("MI300X", "AMD Instinct MI300X"),
        ("L4", "NVIDIA L4"),
    ],
)
def test_device_names(name, device):
    assert accelerators.accelerator(name).name == device


def test_peaks_are_dense():
    peaks = {
        name: accelerators.accelerator(name).peak_bf16_tflops for name in ("V100", "A100", "H100", "TPUv3", "TPUv4")
    }
    assert peaks == {"V100": 125, "A100": 312, "H100": pytest.approx(989.4), "TPUv3": 123, "TPUv4": 275}


def test_the_same_device_was_made_with_three_footprints():
    assert [row.embodied_kgco2e for row in embodied.embodied("NVIDIA H100 80GB HBM3")] == [164.0, 273.0, 575.1]


def test_prices_of_an_hour_are_dated():
    price = accelerators.gpu_hour_price("H100")
    assert (price.price_usd_per_gpu_hour, price.date) == (3.49, "2026")


def test_models_of_the_articles():
    named = [row for row in models.models() if row.in_article]
    assert len(named) == 33
    assert all(row.agrees and row.published_value for row in named)
    gpt3 = models.model("gpt-3 (175b)")
    assert (gpt3.parameters_billion, gpt3.training_energy_mwh, gpt3.energy_evidence) == (175, 1287, "measured")
    assert models.model("Llama 3.1 405B").energy_evidence == "tdp"
    assert not models.model("ChatGPT (service, 2022)").comparable


def test_inference_tables_leave_out_the_blind_models():
    blind = ("gemma-3-27b", "llama-4-scout")
    for row in (*inference.inference_energies(), *inference.inference_configs()):
        assert not any(name in row.model_id.casefold() for name in blind)
    assert len(inference.inference_configs()) == 774


def test_small_against_large():
    runs = {(row.task, row.model_id): row for row in inference.small_large_measured()}
    small = next(row for (task, name), row in runs.items() if "sst2" in task and "distilbert" in name)
    assert small.energy_kwh == pytest.approx(0.00368, abs=1e-5)
    assert len(runs) == 416


def test_use_of_ai_joins_with_people_to_the_published_mean():
    heads, users = people.people(), people.ai_use()
    rates = {iso3: use.users_percent for iso3, use in users.items() if iso3 in heads and use.users_percent is not None}
    known = [iso3 for iso3 in rates if heads[iso3].working_age_population]
    total = sum(heads[iso3].working_age_population for iso3 in known)
    mean = sum(rates[iso3] * heads[iso3].working_age_population for iso3 in known) / total
    assert mean == pytest.approx(17.8, abs=0.05)


def non_user_share(specification: str) -> float:
    users = people.ai_use()
    rates = {iso3: (use.users_percent or 0) / 100 for iso3, use in users.items()}
    return sum(share * (1 - rates.get(iso3, 0)) for iso3, share in damages.country_damage_shares(specification).items())


def test_damage_falls_mostly_on_people_who_do_not_use_ai():
    assert non_user_share("s2111") == pytest.approx(0.762, abs=0.0005)
    every = [non_user_share(name) for name in damages.specifications()]
    assert len(every) == 160
    assert (min(every), max(every)) == (pytest.approx(0.713, abs=0.001), pytest.approx(0.835, abs=0.001))


def test_shares_sum_to_one_in_every_specification():
    for name in damages.specifications():
        assert sum(damages.country_damage_shares(name).values()) == pytest.approx(1, abs=1e-4)
    assert "WLD" not in damages.country_damage_shares()
    assert min(damages.country_damage_shares().values()) == 0  # those that gain bear none of the damage
    with pytest.raises(NoFigureError):
        damages.country_damage_shares("s9999")


def test_the_maldives_are_there_without_an_estimate():
    assert damages.country_costs()["MDV"].cost_median_usd2005_per_t is None
    assert people.people()["MDV"].vulnerability == pytest.approx(0.564, abs=0.001)
    assert damages.country_costs()["IND"].cost_median_usd2005_per_t == pytest.approx(85.4, abs=0.05)
    assert damages.country_damage_shares()["IND"] == pytest.approx(0.189, abs=0.0005)


def test_social_costs_by_year():
    epa = {(row.discount_rate_percent, row.emission_year): row.cost_usd_per_t for row in carbon_prices.social_costs()}
    assert (epa[2.0, 2020], epa[2.0, 2030], epa[1.5, 2050]) == (190, 230, 480)


def test_break_even_counts_of_the_paper():
    counts = {row.subject: row.value for row in lifecycle.lifecycle_shares() if row.phase == "break-even"}
    assert counts["BLOOMz-7B1"] == 592_570_000


def test_claims_have_verdicts():
    found = claims.claims()
    assert len(found) == 94
    assert {row.verdict for row in found} >= {"confirmed", "wrong", "misattributed", "missed"}


def test_hourly_profiles_are_whole_days():
    for profile in hourly.profiles():
        assert len(profile.intensity_g_per_kwh) == 24
    assert hourly.profile("KOR").intensity_g_per_kwh[0] == 426.38
    assert hourly.profile("USA") is None


def test_scores_and_offline_models_load():
    joined = {row.model_id for row in quality.quality_scores()} & {
        row.model_id for row in inference.inference_energies()
    }
    assert len(joined - {""}) >= 50
    assert len(offline_models.offline_models()) == 32


def test_importing_reads_no_file_and_nothing_heavy():
    code = (
        "import sys, pathlib\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "import joulebook.reference_data.grid, joulebook.reference_data.places, joulebook.reference_data.sets\n"
        "assert not [name for name in opened if name.endswith('.csv')], opened\n"
        "assert not {'numpy', 'pandas', 'sqlalchemy'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
