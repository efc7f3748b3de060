"""`joulebook doctor` and budgets, progress and summaries in words."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from simulated_nvml import Fault, Gpu

from joulebook.meters.budget import BudgetError, parse_budget
from joulebook.meters.progress import ProgressDisplay
from joulebook.meters.summary import ComponentEnergy, Rate, Rates, Summary


def test_a_machine_with_nothing_to_read_says_what_would_help(journals: Path, monkeypatch) -> None:
    from joulebook.commands.doctor import doctor

    monkeypatch.setenv("JOULEBOOK_LOCATION", "KOR")
    done = CliRunner().invoke(doctor, ["--json"])
    assert done.exit_code == 0
    findings = {(one["source"], one["component"]): one for one in json.loads(done.output)}
    assert findings["nvml", "gpu"]["state"] == "not present"
    assert findings["powercap", "cpu"]["improve"].startswith("sudo modprobe")
    assert findings["accounting", "cpu"]["state"] == "modelled"
    assert findings["location", "place"]["what"] == "KOR"
    assert os.environ["JOULEBOOK_SETTINGS"] in [one["what"] for one in json.loads(done.output)]
    text = CliRunner().invoke(doctor).output
    assert "better: install the NVIDIA driver" in text


@pytest.mark.compiler
def test_every_gpu_is_named_with_its_class_or_its_trouble(python, simulator) -> None:
    blind = Gpu(counter=False, arch=7, name="A100", average=(-1, 0))
    sim = simulator(Gpu(), blind, Gpu(), faults=[Fault("nvmlDeviceGetUUID", error=15, gpu=2)])
    code = "from joulebook.cli import main; import sys; sys.argv = ['joulebook', 'doctor', '--json']; main()"
    findings = json.loads(python(code, sim.environ).stdout)
    gpus = {one["device"]: one for one in findings if one["source"] == "nvml"}
    assert "every 100 ms" in gpus[sim.gpus[0].uuid]["how_well"]
    assert "25 ms of every 100 ms" in gpus[blind.uuid]["how_well"]
    assert gpus[blind.uuid]["improve"].startswith(f"export CUDA_VISIBLE_DEVICES={blind.uuid}")
    assert len(gpus) == 2


@pytest.mark.parametrize(
    ("text", "what", "amount"),
    [("2kWh", "energy", 7.2e6), ("500 J", "energy", 500), ("1.5kg", "emissions", 1500), ("3 USD", "money", 3)],
)
def test_budgets_in_energy_emissions_and_money(text: str, what: str, amount: float) -> None:
    budget = parse_budget(text)
    assert (budget.what, budget.amount) == (what, pytest.approx(amount))


@pytest.mark.parametrize("text", ["", "lots", "2", "-1kWh", "0J", "1.2.3 J", "nan kWh"])
def test_a_budget_that_is_none_is_told(text: str) -> None:
    with pytest.raises(BudgetError, match="2kWh"):
        parse_budget(text)


def summary(energy_j: float) -> Summary:
    part = ComponentEnergy(energy_j, 0.95 * energy_j, 1.05 * energy_j, "measured", ("nvml-counter",), 1)
    rates = Rates(
        Rate(400, 300, 500, "KOR 2025"), Rate(0.1, 0.1, 0.1, "declared"), Rate(1.5, 1.5, 1.5, "declared"), "KOR", False
    )
    return Summary("run", "name", 10.0, {"gpu": part}, ("CPU", "memory"), rates)


def test_a_summary_gives_energy_emissions_and_cost_with_their_ranges() -> None:
    text = str(summary(3.6e6))
    assert "1.00 kWh (0.950 to 1.05)" in text
    assert "600 gCO2e" in text  # 1 kWh x PUE 1.5 x 400 g/kWh
    assert "0.150 USD" in text
    assert "not measured here: CPU, memory" in text


def test_a_display_shows_the_figures_and_warns_once_at_each_level() -> None:
    stream, used = io.StringIO(), []
    energies = iter([100, 850, 900, 1100, 1200, 1300, 1400, 1500, 1600])
    from joulebook.meters import progress

    before, progress.EVERY_S = progress.EVERY_S, 0.01
    try:
        display = ProgressDisplay(
            lambda: summary(next(energies)),
            budget=parse_budget("1kJ"),
            on_used_up=lambda: used.append(True),
            stream=stream,
            fraction_done=lambda: 0.25,
        )
        deadline = time.monotonic() + 10
        while not used and time.monotonic() < deadline:
            time.sleep(0.01)
        display.stop()
    finally:
        progress.EVERY_S = before
    text = stream.getvalue()
    assert text.count("80 % of the budget of 1kJ") == text.count("100 % of the budget of 1kJ") == 1
    assert used == [True]
    assert "100 J (95.0 to 105)" in text
    # A quarter is done: four times as much, the three other quarters a fifth less or more.
    assert "all of it: 400 J (323 to 483)" in text
