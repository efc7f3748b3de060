"""Energy above idle on the page of a run: one line beside the total, and how it came about."""

from __future__ import annotations

from typing import Any

from joulebook.dashboard.run_page import headlines


def _figure(value: float, boundary: str, vintage: str | None = None) -> dict[str, Any]:
    ends = {"low": 0.9 * value, "high": 1.1 * value}
    return {
        "value": value,
        **ends,
        "method": "measured",
        "measured_share": 1.0,
        "boundary": boundary,
        "vintage": vintage,
    }


def _document(above: dict[str, Any] | None) -> dict[str, Any]:
    unknown = dict.fromkeys(("facility_energy_j", "cost_usd", "water_l"))
    return {
        **unknown,
        "energy_j": _figure(36_000.0, "IT"),
        "energy_above_idle_j": above,
        "energy_by_component": {"gpu": _figure(36_000.0, "accelerators")},
        "emissions_g": {"location": None},
        "missing": [],
        "counts": {},
        "zones": [],
        "status": "finished",
        "duration_s": 100.0,
    }


def test_energy_above_idle_stands_beside_the_total() -> None:
    idle = "idle power of 60 W measured before the run"
    energy = headlines(_document(_figure(30_000.0, "above idle: gpu", idle)))[0]
    assert energy.figure is not None
    assert energy.figure.value == 36_000.0
    assert energy.note.replace("\u00a0", " ") == "IT equipment; above idle ● 8.33 Wh (7.50 to 9.17)"
    assert energy.working is not None
    assert idle in energy.working.factors[-1]


def test_without_idle_power_nothing_is_said_of_it() -> None:
    energy = headlines(_document(None))[0]
    assert energy.note == "IT equipment"
    assert energy.working is not None
    assert not any("idle" in line for line in energy.working.factors)
