"""The JSON of every command, key by key, and every figure in it with all that a figure has to say."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from joulebook.cli import cli

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger" / "store"))
from written_journals import Journal

FIGURE = {"value", "low", "high", "method", "measured_share", "boundary", "vintage"}
METHODS = {"measured", "sampled", "modelled", "declared", "published"}
STATES = {"running", "finished", "failed", "interrupted"}
COMPONENTS = {"gpu", "cpu", "ram", "other"}
RUN = {
    "run_id", "parent_run_id", "name", "project", "kind", "stage", "model", "parameters", "task", "tags", "status",
    "exit_status", "started_at", "ended_at", "duration_s", "hosts", "ledger_revision", "energy_j",
    "energy_by_component", "missing", "facility_energy_j", "counts", "latency_s", "quality", "zones",
    "emissions_g", "water_l", "embodied_g", "cost_usd", "warnings", "energy_above_idle_j",
}  # fmt: skip
PARTS = {"devices", "reserved_devices", "phases"}
DEVICE = {"id", "host", "name", "component", "device_energy_j", "energy_j"}
PHASE = {
    "name", "index", "parent", "host", "rank", "started_at", "duration_s", "energy_j", "own_energy_j",
    "energy_by_component",
}  # fmt: skip


def answer(*words: str) -> Any:
    result = CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def figures(found: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Whatever has a value and a range, however deep."""
    if isinstance(found, dict):
        if {"value", "low", "high"} <= set(found):
            yield path, found
        for key, inner in found.items():
            yield from figures(inner, f"{path}.{key}")
    elif isinstance(found, list):
        for number, inner in enumerate(found):
            yield from figures(inner, f"{path}[{number}]")


def check_figures(document: Any, *named: str) -> None:
    """Every figure is whole, its value lies in its range; those named are figures, or null where unknown."""
    for path, found in figures(document):
        assert set(found) >= FIGURE, path
        assert all(math.isfinite(found[end]) for end in ("value", "low", "high")), path
        assert found["low"] <= found["value"] <= found["high"], path
        assert found["method"] in METHODS, path
        assert found["measured_share"] is None or 0 <= found["measured_share"] <= 1 + 1e-9, path
        assert isinstance(found["boundary"], str), path
        assert found["vintage"] is None or isinstance(found["vintage"], str), path
    for name in named:
        assert document[name] is None or set(document[name]) >= FIGURE, name


@pytest.fixture
def runs() -> None:
    folder = Path(os.environ["JOULEBOOK_JOURNALS"])
    folder.mkdir()
    full = Journal("full", gpus={"GPU-1": 300.0, "boot-a/package-0": 60.0})
    full.phase(1, "epoch", 10, 50).phase(2, "evaluate", 20, 30, parent=1)
    full.add("q", 60, n=4, failed=0, tokens_in=40, tokens_out=8, sum_s=4.0, h={"188": 4})
    full.add("n", 61, samples=5).add("baseline", 0, d={"0": 60.0}, seconds=30)
    full.add("quality", 62, name="accuracy", value=0.9, n=100, sd=None, higher_is_better=True, language="ko")
    full.write(folder)
    Journal("child", journal="j2", start=30.0, end=40.0, parent="full").write(folder)
    Journal("open", journal="j3", gpus={}, closed=None, opening={"location": {"how": "unknown"}}).write(folder)


def check_run(document: dict[str, Any]) -> None:
    assert set(document) >= RUN
    check_figures(document, "energy_j", "energy_above_idle_j", "facility_energy_j", "water_l", "embodied_g", "cost_usd")
    assert document["status"] in STATES
    for moment in (document["started_at"], document["ended_at"]):
        assert moment is None or datetime.fromisoformat(moment).utcoffset() == timedelta(0)
    assert set(document["energy_by_component"]) == COMPONENTS
    assert set(document["emissions_g"]) == {"location", "market_annual", "market_hourly_draft"}
    for zone in document["zones"]:
        assert set(zone) >= {"zone", "assumed", "how", "hosts", "energy_j", "intensity_g_per_kwh"}
    for quality in document["quality"]:
        assert set(quality) >= {"name", "value", "n", "sd", "higher_is_better", "language"}
    assert document["latency_s"] is None or set(document["latency_s"]) >= {"p50", "p95", "p99", "n"}


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("name", ["full", "child", "open"])
def test_one_run_in_full(name: str) -> None:
    document = answer("show", name)
    check_run(document)
    assert set(document) >= PARTS
    assert all(set(device) >= DEVICE for device in document["devices"] + document["reserved_devices"])
    assert all(set(phase) >= PHASE for phase in document["phases"])
    own = sum(phase["own_energy_j"]["value"] for phase in document["phases"] if phase["own_energy_j"])
    assert not document["phases"] or own == pytest.approx(document["energy_j"]["value"], rel=1e-9)


@pytest.mark.usefixtures("runs")
def test_what_was_told_of_a_run_is_in_it() -> None:
    document = answer("show", "full")
    assert [(phase["name"], phase["parent"]) for phase in document["phases"]][-1] == ("outside phases", None)
    assert {key: document["counts"][key] for key in ("requests", "tokens_in", "tokens_out", "samples")} == {
        "requests": 4,
        "tokens_in": 40,
        "tokens_out": 8,
        "samples": 5,
    }
    assert document["latency_s"]["n"] == 4
    assert document["energy_above_idle_j"]["boundary"] == "above idle: gpu"
    assert answer("show", "open")["energy_above_idle_j"] is None
    assert answer("show", "child")["parent_run_id"] == "full"


@pytest.mark.usefixtures("runs")
def test_lists_of_runs_are_the_same_without_devices_and_phases() -> None:
    listed = answer("runs", "--children")
    assert {document["run_id"] for document in listed} == {"full", "child", "open"}
    for document in listed:
        check_run(document)
        assert not set(document) & PARTS


def test_estimates() -> None:
    size = ("--parameters", "7e9", "--accelerator", "H100", "--location", "USA")
    training = answer("estimate", "training", *size, "--tokens", "2e12", "--count", "512")
    named = ("accelerator_hours", "energy_j", "facility_energy_j", "emissions_g", "cost_usd", "water_l")
    check_figures(training, *named)
    inference = answer("estimate", "inference", *size, "--batch", "64", "--precision", "fp8", "--task", "chat")
    check_figures(
        inference,
        *("energy_per_token_j", "energy_per_request_j", "full_stack_energy_per_request_j", "emissions_g"),
    )
    assert all(training[name] for name in named)


def test_comparisons() -> None:
    found = answer("compare", "bloomz-1b7", "flan-t5-xxl", "--task", "imdb", "--location", "KOR")
    assert set(found) >= {"task", "unit", "candidates", "warnings", "verdict"}
    for candidate in found["candidates"]:
        assert candidate["origin"] in {"runs", "published", "estimate"}
        assert isinstance(candidate["on_frontier"], bool)
        assert all(set(other) >= {"model", "probability"} for other in candidate["dominated_by"])
        check_figures(
            candidate, "quality", "energy_per_unit_j", "emissions_per_unit_g", "cost_per_unit_usd", "latency_s"
        )
    check_figures(found)


def test_tradeoffs() -> None:
    found = answer(
        "tradeoff", "--large-j", "10", "--small-j", "5", "--once-kwh", "1", "--large-g", "2", "--small-g", "1"
    )
    assert set(found) >= {"break_even_requests", "break_even_date", "cascade_threshold", "verdict", "emissions"}
    check_figures(found, "break_even_requests")
    assert found["break_even_requests"]["value"] == pytest.approx(720_000)


def test_burdens() -> None:
    found = answer("burden", "--emissions-g", "1000", "--beneficiaries", "USA")
    assert set(found) >= {"non_user_share", "externalised_share", "income_groups", "countries", "caveats"}
    check_figures(found, "non_user_share", "externalised_share")
    assert all(
        0 <= found[name][end] <= 1 for name in ("non_user_share", "externalised_share") for end in ("low", "high")
    )
    for group in found["income_groups"]:
        assert set(group) >= {"group", "people", "users", "damages", "relative_loss"}
    for country in found["countries"]:
        assert set(country) >= {"iso3", "damage_share", "use_share", "relative_burden", "vulnerability"}
    known = [country["damage_share"]["value"] for country in found["countries"] if country["damage_share"]]
    assert math.fsum(known) == pytest.approx(1, abs=1e-6)
