"""The training estimator: golden vectors, properties, the contract of the command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from joulebook.commands.estimate import estimate
from joulebook.ledger import estimates
from joulebook.ledger.accounting.estimate_training import (
    TrainingDevice,
    TrainingWork,
    accelerator_hours,
    site_prior,
    training_flop,
    utilisation,
)
from joulebook.ledger.accounting.uncertainty import Range
from joulebook.meters.settings import Settings

AROUND = estimates.surroundings(Settings(), "USA")
A100 = estimates.training_device("A100")
H100 = estimates.training_device("H100")


def test_flop_and_hours_by_hand():
    assert training_flop(7e9, 2e12) == 8.4e22
    assert accelerator_hours(8.4e22, 312, 0.5) == pytest.approx(8.4e22 / (156e12 * 3600))
    assert utilisation(7, 2000, 184_320, 312) == pytest.approx(0.4057, abs=1e-4)


# Device hours of the model cards.
@pytest.mark.parametrize(
    ("parameters", "tokens", "device", "hours"),
    [
        (7e9, 2e12, A100, 184_320),
        (13e9, 2e12, A100, 368_640),
        (70e9, 2e12, A100, 1_720_320),
        (8e9, 15e12, H100, 1_460_000),
        (70e9, 15e12, H100, 7_000_000),
        (405e9, 15.6e12, H100, 30_840_000),
    ],
)
def test_hours_of_llama_lie_in_the_range(parameters, tokens, device, hours):
    found = estimates.training(TrainingWork(parameters, tokens, device), AROUND).accelerator_hours
    assert found.low <= hours <= found.high
    assert found.value == pytest.approx(hours, rel=0.40)


def test_small_models_have_a_wider_range():
    small, large = (
        estimates.training(TrainingWork(size, 1e12, H100), AROUND).accelerator_hours for size in (1e9, 100e9)
    )
    assert small.high / small.low > large.high / large.low


def test_known_hours_leave_only_the_power_open():
    found = estimates.training(TrainingWork(405e9, 15.6e12, H100, hours=30.84e6), AROUND)
    assert found.accelerator_hours.method == "declared"
    assert found.accelerator_hours.low == found.accelerator_hours.high == 30.84e6
    rated_j = 30.84e6 * 700 * 3600
    assert rated_j / 3.6e9 == pytest.approx(21_588)
    assert found.energy_j.value == pytest.approx(0.97 * rated_j)
    assert found.energy_j.low <= rated_j <= found.energy_j.high


def test_facility_is_pue_times_it_and_boundaries_are_said():
    found = estimates.training(TrainingWork(7e9, 2e12, A100, count=512), AROUND)
    assert found.facility_energy_j.value == pytest.approx(1.56 * found.energy_j.value)
    assert (found.energy_j.boundary, found.facility_energy_j.boundary) == ("IT", "facility")
    assert found.duration_s.value == pytest.approx(found.accelerator_hours.value * 3600 / 512)
    assert found.development_energy_j.value == pytest.approx(1.6 * found.facility_energy_j.value)


@given(st.floats(1e8, 2e12), st.floats(1e9, 2e13))
def test_doubling_the_tokens_doubles_everything(parameters, tokens):
    once, twice = (estimates.training(TrainingWork(parameters, n, H100), AROUND) for n in (tokens, 2 * tokens))
    for name in ("accelerator_hours", "energy_j", "facility_energy_j", "emissions_g", "cost_usd", "water_l"):
        one, two = getattr(once, name), getattr(twice, name)
        assert two.value == pytest.approx(2 * one.value)
        assert two.low == pytest.approx(2 * one.low)
        assert two.high == pytest.approx(2 * one.high)
        assert one.low <= one.value <= one.high


def test_a_site_s_own_utilisation_and_power_replace_the_public_ones():
    own = TrainingWork(7e9, 2e12, A100, utilisation=Range(0.5, 0.45, 0.55), power_share=Range(0.7, 0.68, 0.72))
    found = estimates.training(own, AROUND)
    assert found.accelerator_hours.value == pytest.approx(accelerator_hours(8.4e22, 312, 0.5))
    assert any("this site's own runs" in one for one in found.assumptions)
    public = estimates.training(TrainingWork(7e9, 2e12, A100), AROUND)
    assert found.energy_j.high / found.energy_j.low < public.energy_j.high / public.energy_j.low


def test_site_prior_of_runs():
    assert site_prior([]) is None
    assert site_prior([0.4]) == Range(0.4, pytest.approx(0.4 / 1.5), pytest.approx(0.6))
    three = site_prior([0.38, 0.40, 0.42])
    assert three.value == pytest.approx(0.40)
    assert 0.33 < three.low < 0.38
    assert 0.42 < three.high < 0.48


def test_an_unknown_device_is_an_h100_with_a_wider_range():
    stranger = estimates.training_device("Abacus 9")
    assert stranger == TrainingDevice("Abacus 9", 700, 989.4, known=False)
    found, known = (estimates.training(TrainingWork(70e9, 1e12, device), AROUND) for device in (stranger, H100))
    assert found.energy_j.value == pytest.approx(known.energy_j.value, rel=1e-3)
    assert found.energy_j.high / found.energy_j.low > known.energy_j.high / known.energy_j.low


def test_a_rate_replaces_the_price_of_electricity():
    around = estimates.surroundings(Settings(gpu_hour_usd=2.0), "USA")
    found = estimates.training(TrainingWork(7e9, 2e12, A100, hours=184_320), around)
    assert found.cost_usd.value == pytest.approx(368_640)
    assert found.cost_usd.boundary == "accelerator rental"


def test_no_price_is_unknown_not_zero():
    around = estimates.surroundings(Settings(), "MCO")
    assert estimates.training(TrainingWork(7e9, 2e12, A100), around).cost_usd is None


WISH = ["training", "--parameters", "7e9", "--tokens", "2e12", "--accelerator", "H100"]
FIGURE_KEYS = {"value", "low", "high", "method", "measured_share", "boundary", "vintage"}


def test_the_command_keeps_the_contract(tmp_path):
    arguments = [*WISH, "--count", "512", "--location", "USA", "--json"]
    env = {"JOULEBOOK_SETTINGS": str(tmp_path / "none.toml"), "JOULEBOOK_LOCATION": ""}
    result = CliRunner().invoke(estimate, arguments, env=env)
    found = json.loads(result.output)
    for name in ("accelerator_hours", "energy_j", "facility_energy_j", "emissions_g", "cost_usd", "water_l"):
        assert found[name].keys() == FIGURE_KEYS
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]
    assert found["development_energy_j"]["boundary"] == "facility"


def test_the_command_prints_lines_for_people(tmp_path):
    arguments = [*WISH, "--hours", "1000", "--location", "MCO"]
    result = CliRunner().invoke(estimate, arguments, env={"JOULEBOOK_SETTINGS": str(tmp_path / "none.toml")})
    assert ["cost", "unknown"] in [line.split() for line in result.output.splitlines()]
    assert "place MCO" in result.output
