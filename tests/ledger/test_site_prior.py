"""Own runs as the prior of the next estimate, and estimates held against runs that were."""

from __future__ import annotations

import pytest

from joulebook.ledger import estimates
from joulebook.ledger.site_prior import SitePrior, predicted_against_actual, prior_of, site_prior_of, training_run
from joulebook.ledger.store import open_ledger
from joulebook.meters.settings import Settings

AROUND = estimates.surroundings(Settings(), "KOR")
H100 = "NVIDIA H100 SXM5 80GB"


def figure(value: float, method: str = "measured") -> dict:
    return {
        "value": value,
        "low": value,
        "high": value,
        "method": method,
        "boundary": "IT",
        "vintage": None,
        "measured_share": 1.0,
    }


def document(*, utilisation: float = 0.4, power_w: float = 560, gpus: int = 8, **changes) -> dict:
    """One hour on H100s that trains 7 billion parameters at a chosen utilisation."""
    tokens = utilisation * 989.4e12 * gpus * 3600 / (6 * 7e9)
    energy = figure(power_w * gpus * 3600)
    devices = [{"name": "NVIDIA H100 80GB HBM3", "component": "gpu"} for _ in range(gpus)]
    return {
        "run_id": "r",
        "kind": "training",
        "parameters": 7e9,
        "duration_s": 3600,
        "counts": {"tokens_in": tokens},
        "devices": [*devices, {"name": "EPYC", "component": "cpu"}],
        "energy_by_component": {"gpu": energy},
        "energy_j": figure(1.2 * energy["value"]),
        **changes,
    }


def test_a_run_tells_its_utilisation_and_power():
    run = training_run(document(utilisation=0.41, power_w=595))
    assert run.device == H100
    assert run.accelerator_hours == 8
    assert run.utilisation == pytest.approx(0.41)
    assert run.power_share == pytest.approx(0.85)


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": None},
        {"counts": {}},
        {"kind": "inference"},
        {"devices": []},
        {"devices": [{"name": "abacus", "component": "gpu"}]},
        {"devices": [{"name": "NVIDIA H100 80GB HBM3", "component": "gpu"}, {"name": "Tesla T4", "component": "gpu"}]},
        {"counts": {"tokens_in": 12}},
    ],
)
def test_a_run_that_can_not_tell_is_left_out(changes):
    assert training_run(document(**changes)) is None


def test_own_runs_of_the_same_device_become_the_prior():
    found = prior_of([document(utilisation=u) for u in (0.38, 0.40, 0.42)], H100)
    assert found.runs == 3
    assert found.utilisation.value == pytest.approx(0.40)
    assert found.power_share.value == pytest.approx(0.80)
    assert prior_of([document()], "NVIDIA B200").runs == 0


def test_a_ledger_without_runs_has_no_prior(tmp_path):
    books = open_ledger(str(tmp_path / "ledger.sqlite"))
    assert site_prior_of(books, H100) == SitePrior(None, None, 0)


def test_the_estimate_stands_beside_what_was():
    hours, energy = predicted_against_actual(document(utilisation=0.25), AROUND)
    assert (hours.name, energy.name) == ("accelerator_hours", "energy_j")
    assert hours.actual.value == 8
    assert hours.inside
    assert hours.factor == pytest.approx(hours.predicted.value / 8)
    # what was is exact here, so that the factor is as wide as the estimate
    assert (hours.ratio.low, hours.ratio.high) == pytest.approx((hours.predicted.low / 8, hours.predicted.high / 8))
    assert (hours.what, energy.what) == ("time of accelerators", "energy")


def test_inference_is_compared_per_token():
    served = document(kind="inference", task="chat", parameters=70e9, counts={"tokens_out": 1_000_000}, gpus=4)
    (verdict,) = predicted_against_actual(served, AROUND)
    assert verdict.actual.value == pytest.approx(560 * 4 * 3600 / 1e6)
    assert verdict.name == "energy_per_token_j"
    assert predicted_against_actual(document(kind="inference", counts={}), AROUND) == ()
