"""The inference estimator: golden vectors, physics, the targets of the fit, the contract of the command."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from joulebook.commands.estimate import estimate
from joulebook.ledger import estimates
from joulebook.ledger.accounting.estimate_inference import (
    SERVING_POWER_SHARE,
    InferenceWork,
    ServingDevice,
    devices_needed,
    serving_of,
    token_energy,
)
from joulebook.ledger.accounting.inference_model import (
    DeviceFactors,
    Serving,
    energy_per_token_j,
    energy_terms_j,
    scaled_factors,
    touched_billion,
)
from joulebook.meters.settings import Settings
from joulebook.reference_data.inference import held_out_coefficients, inference_coefficients, inference_configs

H100 = ServingDevice("NVIDIA H100 SXM5 80GB", "H100", 700, 80, 3350, 989.4)
FIT = Path(__file__).parents[3] / "benchmarks" / "fit_inference.py"
MODEL = estimates.token_model()


def joules(parameters: float, **rest) -> float:
    return token_energy(InferenceWork(parameters, H100, **rest), MODEL).value


# ML.ENERGY v3, chat (data of 2026-02-16): J per output token.
@pytest.mark.parametrize(
    ("parameters", "count", "batch", "measured"),
    [
        (8e9, 1, 8, 0.455),
        (8e9, 1, 64, 0.119),
        (8e9, 1, 255, 0.077),
        (70e9, 4, 8, 3.759),
        (70e9, 4, 64, 0.797),
        (70e9, 4, 511, 0.421),
    ],
)
def test_dense_models_on_h100(parameters, count, batch, measured):
    found = token_energy(InferenceWork(parameters, H100, count=count, batch=batch, tokens_out=400), MODEL)
    assert found.low <= measured <= found.high
    assert found.value == pytest.approx(measured, rel=0.25)
    assert found.high / found.low < 2.0


@pytest.mark.parametrize(
    ("parameters", "active", "precision", "device", "measured"),
    [(405e9, None, "fp8", "H100", 3.082), (405e9, None, "bf16", "B200", 4.082), (235e9, 22e9, "bf16", "H100", 2.394)],
)
def test_large_models(parameters, active, precision, device, measured):
    work = InferenceWork(parameters, estimates.serving_device(device), active, precision, batch=64, count=8)
    found = token_energy(work, MODEL)
    assert found.low <= measured <= found.high


def test_the_held_out_targets():
    held_out = inference_coefficients()["held_out"]
    n, typical, p90, inside, *_ = held_out["EcoLogits' domain"]
    assert n == 150
    assert typical <= 1.20
    assert p90 <= 1.8
    assert 0.80 <= inside <= 0.98
    assert 0.80 <= held_out["all text"][3] <= 0.98
    assert 0.80 <= held_out["image and video"][3] <= 0.98


def test_the_blind_models_are_in_no_fit():
    assert inference_coefficients()["excluded"] == ["gemma-3-27b", "llama-4-scout"]
    for name in held_out_coefficients():
        assert "gemma-3-27b" not in name.casefold()
        assert "llama-4-scout" not in name.casefold()


def test_the_prediction_is_the_one_that_was_fitted(monkeypatch):
    pytest.importorskip("scipy", reason="the fit needs scipy")
    spec = importlib.util.spec_from_file_location("fit_inference", FIT)
    fit = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fit_inference", fit)
    spec.loader.exec_module(fit)
    import numpy as np

    table = fit.Table(inference_configs())
    coefficients = inference_coefficients()["coefficients"]
    vector = np.array(
        [coefficients[one.name] if one.plain else math.log(coefficients[one.name]) for one in fit.COEFFICIENTS]
    )
    fitted = np.exp(fit.predict(vector, table, np.arange(len(table.rows))))
    for row, expected in zip(table.rows[::7], fitted[::7], strict=True):
        work = InferenceWork(
            row.parameters_billion * 1e9,
            estimates.serving_device(row.accelerator),
            row.active_parameters_billion * 1e9 if row.architecture == "moe" else None,
            {"bfloat16": "bf16"}.get(row.precision, row.precision),
            row.task,
            row.batch,
            row.accelerators,
            tokens_out=row.output_tokens,
            hybrid=row.architecture == "hybrid",
        )
        assert token_energy(work, MODEL).value == pytest.approx(expected, rel=1e-9)


servings = st.builds(
    Serving,
    total_billion=st.floats(1, 700),
    active_billion=st.floats(1, 700),
    bits=st.sampled_from([4.25, 8.0, 16.0]),
    devices=st.sampled_from([1.0, 2.0, 4.0, 8.0]),
    batch=st.floats(1, 2000),
    prompt_tokens=st.floats(1, 1e5),
    output_tokens=st.floats(1, 2e4),
)


@given(servings)
def test_terms_add_up_and_are_positive(serving):
    terms = energy_terms_j(serving, MODEL.coefficients, DeviceFactors())
    assert all(term >= 0 for term in terms.values())
    assert math.fsum(terms.values()) == pytest.approx(energy_per_token_j(serving, MODEL.coefficients))


@given(st.floats(1e9, 7e11), st.floats(8, 1000))
def test_a_larger_batch_never_costs_more_per_token(parameters, batch):
    assert joules(parameters, batch=2 * batch, count=8) <= joules(parameters, batch=batch, count=8)


@given(st.floats(1e9, 3e11), st.floats(1.01, 3))
def test_a_larger_model_never_costs_less(parameters, factor):
    assert joules(parameters * factor, batch=64, count=8) >= joules(parameters, batch=64, count=8)


@given(st.floats(8e9, 7e11), st.one_of(st.none(), st.floats(1, 4000)), st.sampled_from(["bf16", "fp8", "mxfp4"]))
def test_the_range_holds_the_value(parameters, batch, precision):
    found = token_energy(InferenceWork(parameters, H100, batch=batch, precision=precision), MODEL)
    assert 0 < found.low < found.value < found.high


def test_doubling_the_output_nearly_doubles_a_request():
    around = estimates.surroundings(estimates_settings(), "KOR")
    short, long = (
        estimates.inference(InferenceWork(8e9, H100, batch=64, tokens_in=100, tokens_out=out), around)
        for out in (400, 800)
    )
    assert long.energy_per_request_j.value == pytest.approx(2 * short.energy_per_request_j.value, rel=0.05)


def estimates_settings():
    from joulebook.meters.settings import Settings

    return Settings()


def test_an_unknown_batch_widens_the_range_by_its_own_spread():
    known = token_energy(InferenceWork(8e9, H100, batch=32), MODEL)
    unknown = token_energy(InferenceWork(8e9, H100), MODEL)
    assert unknown.value == known.value
    expected = math.hypot(math.log(known.high / known.value), 1.6448536269514722 * math.log(2.2))
    assert math.log(unknown.high / unknown.value) == pytest.approx(expected)


def test_devices_that_nobody_measured_are_scaled_and_widened():
    a100 = token_energy(InferenceWork(8e9, estimates.serving_device("A100"), batch=64), MODEL)
    h100 = token_energy(InferenceWork(8e9, H100, batch=64), MODEL)
    stranger = token_energy(InferenceWork(8e9, estimates.serving_device("Abacus 9"), batch=64), MODEL)
    assert a100.high / a100.low > h100.high / h100.low
    assert stranger.high / stranger.low > a100.high / a100.low
    assert stranger.value == h100.value
    assert scaled_factors(700, 3350, 989.4) == DeviceFactors()
    assert scaled_factors(None, None, None) == DeviceFactors()


def test_experts_that_a_batch_touches():
    moe = Serving(100, 10, 16, 1, 1, 100, 100)
    assert touched_billion(moe, 1.0) == pytest.approx(10 + 90 * 0.1)
    assert touched_billion(Serving(100, 10, 16, 1, 1e6, 100, 100), 1.0) == pytest.approx(100)
    assert touched_billion(Serving(100, 100, 16, 1, 1, 100, 100), 0.5) == 100


@pytest.mark.parametrize(
    ("parameters", "bits", "devices"),
    [(8e9, 16, 1), (32e9, 16, 1), (70e9, 16, 4), (235e9, 16, 8), (117e9, 4.25, 1), (405e9, 8, 8)],
)
def test_as_many_devices_as_the_weights_need(parameters, bits, devices):
    assert devices_needed(parameters, bits, 80) == devices


def test_lengths_come_from_the_task():
    assert serving_of(InferenceWork(8e9, H100, task="gpqa"), MODEL).output_tokens > 5000
    assert serving_of(InferenceWork(8e9, H100, task="chat", tokens_in=0), MODEL).prompt_tokens == 0


WORK = InferenceWork(70e9, H100, count=4, batch=64, tokens_in=100, tokens_out=500)


def test_money_and_water_of_a_request_follow_from_the_full_stack():
    found = estimates.inference(WORK, estimates.surroundings(Settings(pue=1.2, price_usd_per_kwh=0.1), "KOR"))
    kwh = found.full_stack_energy_per_request_j.value / 3.6e6
    assert found.cost_usd.value == pytest.approx(0.1 * kwh)
    assert (found.cost_usd.boundary, found.water_l.boundary) == ("facility", "facility")
    # 0.3 L per IT kWh on site, and IT is one part in 1.2 of the facility; 1.8877 L/kWh at Korea's power plants
    assert found.water_l.value == pytest.approx((0.3 / 1.2 + 1.8877) * kwh)
    assert found.water_l.low < found.water_l.value < found.water_l.high
    assert found.water_l.vintage == "WUE 0.3 (middle of known fleets), grid 1.8877 (wri-water-2020) L/kWh"


def test_a_rate_replaces_the_price_of_electricity():
    """Hours of accelerators at 0.71 of 700 W."""
    found = estimates.inference(WORK, estimates.surroundings(Settings(gpu_hour_usd=2.0), "KOR"))
    hours = found.energy_per_request_j.value / (0.71 * 700 * 3600)
    assert found.cost_usd.value == pytest.approx(2 * hours)
    assert found.cost_usd.boundary == "accelerator rental"
    assert any("held idle" in line for line in found.assumptions)
    assert estimates.inference(WORK, estimates.surroundings(Settings(), "MCO")).cost_usd is None


def test_the_power_in_service_is_that_of_the_measured_configurations():
    rated_w = {"H100": 700, "B200": 1000}
    shares = [
        row.energy_j_per_token * row.throughput_tokens_per_s / row.accelerators / rated_w[row.accelerator]
        for row in inference_configs()
    ]
    ends = [round(float(np.percentile(shares, point)), 2) for point in (50, 5, 95)]
    assert ends == list(SERVING_POWER_SHARE)


FIGURE_KEYS = {"value", "low", "high", "method", "measured_share", "boundary", "vintage"}


def run(tmp_path, *arguments: str):
    env = {"JOULEBOOK_SETTINGS": str(tmp_path / "none.toml"), "JOULEBOOK_LOCATION": ""}
    return CliRunner().invoke(estimate, arguments, env=env)


def test_the_command_keeps_the_contract(tmp_path):
    result = run(
        tmp_path,
        *[
            "inference",
            "--parameters",
            "70e9",
            "--accelerator",
            "H100",
            "--count",
            "4",
            "--batch",
            "64",
            "--precision",
            "bf16",
        ],
        "--json",
    )
    found = json.loads(result.output)
    names = ["energy_per_token_j", "energy_per_request_j", "full_stack_energy_per_request_j", "emissions_g"]
    names += ["cost_usd", "water_l"]
    for name in names:
        assert found[name].keys() == FIGURE_KEYS
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]
        assert found[name]["method"] == "modelled"
        assert found[name]["vintage"]
    assert [found[name]["boundary"] for name in names] == ["accelerators"] * 2 + ["facility"] * 4
    assert found["place"] == {"zone": "WLD", "how": "unknown", "assumed": True}
    assert found["full_stack_energy_per_request_j"]["value"] == pytest.approx(
        2.4 * found["energy_per_request_j"]["value"]
    )
    assert any("WLD" in one for one in found["assumptions"])


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("inference --parameters 0 --accelerator H100", 2),
        ("inference --parameters 7e9", 2),
        ("inference --parameters nan --accelerator H100", 2),
        ("inference --parameters inf --accelerator H100", 2),
        ("inference --parameters 7e9 --accelerator H100 --precision bf17", 2),
        ("inference --parameters 7e9 --active-parameters 8e9 --accelerator H100", 1),
        ("inference --parameters 7e9 --accelerator H100 --location Atlantis", 1),
    ],
)
def test_wrong_usage_and_what_can_not_be_done(tmp_path, arguments, status):
    assert run(tmp_path, *arguments.split()).exit_code == status
