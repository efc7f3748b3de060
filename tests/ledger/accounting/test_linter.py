"""Slips that were really made, and clean figures that must stay unremarked."""

import pytest

from joulebook.ledger.accounting.linter import Record, lint, lint_intensity


def codes(record):
    return [finding.code for finding in lint(record)]


# TeenyTinyLlama-460m: 115.69 kWh in Germany, 41.1 kg; the card said 41.1 (grams), a derived card 411,000.
@pytest.mark.parametrize(
    ("grams", "found"),
    [
        (41.1, "kilograms were written as grams"),
        (41_100.0, None),
        (411_000.0, "a digit too many"),
        (41.1e6, "grams as kilograms"),
    ],
)
def test_the_slip_of_a_model_card(grams, found):
    texts = [finding.text for finding in lint_intensity(grams, 115.69)]
    assert len(texts) == (found is not None)
    assert found is None or found in texts[0]


def test_watts_for_kilowatts():
    assert codes(Record(energy_kwh=700.0, duration_s=3600.0, gpu_count=1)) == ["power-too-high"]
    assert "watts were taken for kilowatts" in lint(Record(energy_kwh=700.0, duration_s=3600.0, gpu_count=1))[0].text
    assert codes(Record(energy_kwh=0.7, duration_s=3600.0, gpu_count=1)) == []


def test_a_parts_power_against_its_energy():
    hour = {"duration_s": 3600.0, "gpu_kwh": 0.4}
    assert codes(Record(**hour, gpu_power_w=400_000.0)) == ["power-against-energy"]
    assert "1\u202f000 times too much for 0.4 kWh" in lint(Record(**hour, gpu_power_w=400_000.0))[0].text
    assert "1\u202f000 times too little" in lint(Record(**hour, gpu_power_w=0.42))[0].text
    for mean_w in (400.0, 150.0, 4000.0, 0.0):  # the last sample of a run may be far from its mean
        assert codes(Record(**hour, gpu_power_w=mean_w)) == []


def test_parts_and_devices():
    assert codes(Record(energy_kwh=3.0, cpu_kwh=1.0, gpu_kwh=1.0, ram_kwh=0.5, gpu_count=1)) == ["parts-do-not-add-up"]
    assert codes(Record(energy_kwh=1.5, cpu_kwh=1.0, gpu_kwh=0.0, ram_kwh=0.5, gpu_count=2)) == ["gpu-zero"]
    # CodeCarbon issue 629: memory 378 W above GPU 102 W on a shared host.
    shared = Record(energy_kwh=0.58, cpu_kwh=0.1, gpu_kwh=0.102, ram_kwh=0.378, gpu_count=1, duration_s=3600)
    assert codes(shared) == ["ram-above-gpu"]


def test_pue_where_it_does_not_belong():
    facility, pue, wue = 1.2, 1.2, 1.8
    assert codes(Record(energy_kwh=facility, pue=pue, wue_l_per_kwh=wue, water_l=wue * facility)) == ["water-with-pue"]
    assert codes(Record(energy_kwh=facility, pue=pue, wue_l_per_kwh=wue, water_l=wue * facility / pue)) == []
    scaled = Record(gpu_kwh=0.36, gpu_power_w=360.0, duration_s=3600.0, pue=1.2)
    assert codes(scaled) == ["pue-in-power"]
    assert "300 W" in lint(scaled)[0].text
    assert codes(Record(gpu_kwh=0.36, gpu_power_w=300.0, duration_s=3600.0, pue=1.2)) == []


def test_what_can_not_be_is_an_error():
    findings = lint(Record(energy_kwh=-1.0, pue=0.5))
    assert [finding.severity for finding in findings] == ["error", "error"]
