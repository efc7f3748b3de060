"""The demonstration, whole but with short windows: real training, real metering, one ledger."""

from __future__ import annotations

import dataclasses
import re

import pytest
from click.testing import CliRunner

from joulebook.demo.answer import answer, is_done, newest_runs
from joulebook.demo.digits import HIDDEN, LARGE, SMALL, demonstration, parameters
from joulebook.demo.steps import play, rounds


def test_parameters_count_weights_and_biases() -> None:
    assert parameters("MLP-32") == 64 * 32 + 32 + 32 * 10 + 10


def test_rounds_go_on_until_the_window_is_over_and_enough_are_done() -> None:
    shares: list[float] = []

    counted = list(rounds(0.05, shares.append, at_least=2))

    assert len(counted) >= 2
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.fixture
def played() -> None:
    from joulebook.books import open_books

    whole = demonstration()
    quick = dataclasses.replace(whole, steps=tuple(dataclasses.replace(step, at_least=1) for step in whole.steps))
    open_books()
    play(quick, window_s=0.3)


def test_every_step_becomes_a_run_and_the_small_model_pays_off(played: None) -> None:
    from joulebook.books import open_books

    books, whole = open_books(), demonstration()
    runs = newest_runs(books, whole)

    assert is_done(runs, whole)
    assert {run["project"] for run in runs.values()} == {"demo"}
    found = answer(books, whole)
    assert {row.candidate.model for row in found.comparison.rows} == set(HIDDEN)
    for row in found.comparison.rows:
        serve = runs["serve", row.candidate.model]
        parts = serve["energy_by_component"]
        expected = sum(parts[name]["value"] for name in ("cpu", "gpu", "other") if parts[name])
        if parts["ram"] and parts["ram"]["method"] != "modelled":
            expected += parts["ram"]["value"]
        assert row.energy_per_unit_j is not None
        assert row.energy_per_unit_j.value == pytest.approx(expected / serve["counts"]["samples"])
        assert row.quality is not None
        assert row.quality.n == 599
    assert found.tradeoff is not None
    once = found.tradeoff.once.value * 3.6e6
    made = [runs["label", LARGE], runs["distil", SMALL]]
    assert once <= sum(run["energy_j"]["value"] for run in made)


def test_a_second_start_measures_nothing_anew(played: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from joulebook.commands.demo import demo

    served: list[dict[str, object]] = []
    monkeypatch.setattr("joulebook.dashboard.server.serve", lambda **how: served.append(how))
    monkeypatch.setattr("joulebook.demo.steps.play", lambda _: pytest.fail("measured again"))

    result = CliRunner().invoke(demo, ["--no-open", "--port", "8999"], catch_exceptions=False)

    assert result.exit_code == 0
    assert "Already measured" in result.output
    assert "pays" in result.output or "never" in result.output
    assert served == [{"port": 8999, "open_browser": False}]
    assert re.search(r"at the grid of [A-Z-]+ \(assumed\), factor set", result.output.replace("\n", " "))


def test_a_missing_archive_says_how_to_get_it(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from joulebook.demo.language import read_snippets
    from joulebook.errors import DemoError

    with pytest.raises(DemoError, match=r"pip download vaderSentiment==3\.3\.2"):
        read_snippets(tmp_path / "none.tar.gz")  # type: ignore[operator]
