"""The scoreboard: EcoLogits' formula reproduced, our figures beside it, worst cases shown."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner

from joulebook.commands.scoreboard import scoreboard as command
from joulebook.ledger import scoreboard as board

needs_ecologits = pytest.mark.skipif(board.ecologits_energy() is None, reason="EcoLogits is not installed")


@pytest.fixture(scope="module")
def found() -> board.Scoreboard:
    return board.scoreboard()


def group(found: board.Scoreboard, name: str) -> board.GroupScore:
    return next(one for one in found.groups if one.group == name)


@needs_ecologits
def test_ecologits_formula_by_hand():
    energy = board.ecologits_energy()
    per_gpu = 1.1665273170451914e-6 * math.exp(-0.011205921025579175 * 64) * 70 + 4.052928146734005e-5
    assert energy(70, 70, 16, 64) == pytest.approx(4 * per_gpu * 3600)
    assert energy(8, 8, 16, 64) == pytest.approx((1.1665273170451914e-6 * 0.4881 * 8 + 4.0529e-5) * 3600, rel=1e-4)


@needs_ecologits
def test_ecologits_scores_as_the_literature_of_this_project_has_them(found):
    domain, text = group(found, "inference, EcoLogits' own domain"), group(found, "inference, text")
    assert (domain.cases, text.cases) == (150, 529)
    assert (domain.ecologits.typical, domain.ecologits.p90) == (
        pytest.approx(1.81, abs=0.005),
        pytest.approx(4.27, abs=0.005),
    )
    told = domain.ecologits_true_batch
    assert (told.typical, told.p90) == (pytest.approx(1.55, abs=0.005), pytest.approx(3.80, abs=0.005))
    assert (text.ecologits.typical, text.ecologits.p90) == (
        pytest.approx(2.16, abs=0.005),
        pytest.approx(5.50, abs=0.005),
    )


def test_ours_meets_its_targets_on_models_that_it_never_saw(found):
    domain = group(found, "inference, EcoLogits' own domain")
    assert domain.ours.typical <= 1.20
    assert domain.ours.p90 <= 1.8
    assert 0.80 <= domain.inside_range <= 0.98
    assert group(found, "inference, text").ours.typical <= 1.20


def test_published_trainings_are_kept_apart(found):
    names = {one.group for one in found.groups}
    assert {"training, energy measured (M)", "training, rated power x hours (T)", "training, device hours (H)"} <= names
    assert any("proves little" in note for note in found.notes)
    hours = group(found, "training, device hours (H)")
    assert hours.cases == 52
    assert hours.ours.typical <= 1.35
    assert 0.80 <= hours.inside_range <= 0.98


def test_worst_cases_come_first(found):
    sizes = [abs(math.log(case.factor)) for case in found.worst]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 15
    assert sizes[0] > math.log(3)


def test_the_command_prints_groups_worst_cases_and_notes():
    runner = CliRunner()
    content = json.loads(runner.invoke(command, ["--json", "--worst", "3"]).output)
    assert len(content["worst"]) == 3
    assert content["groups"][0]["ours"]["typical"] < 1.25
    predicted = content["worst"][0]["predicted"]
    assert predicted["low"] < predicted["value"] < predicted["high"]
    assert predicted["method"] == "modelled"
    text = runner.invoke(command, []).output
    assert "Worst cases" in text
    assert f"({predicted['low']:.3g} to {predicted['high']:.3g})" in text
    assert "proves little" in text


def test_without_ecologits_its_columns_are_empty(monkeypatch):
    monkeypatch.setattr(board, "ecologits_energy", lambda: None)
    found = board.scoreboard(worst=0)
    assert all(one.ecologits is None for one in found.groups)
    assert any("not installed" in note for note in found.notes)
