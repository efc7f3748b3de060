"""Figures in a real MLflow store, an SQLite file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from joulebook.meters.integrations.mlflow import log_figures
from joulebook.meters.summary import ComponentEnergy, Rates, Summary

pytestmark = pytest.mark.framework("mlflow", "sqlalchemy")


@pytest.fixture(scope="module", autouse=True)
def _store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("mlflow")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # MLflow's own
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("DO_NOT_TRACK", "true")
        import mlflow

        mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
        yield


@pytest.fixture(autouse=True)
def _foreign_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own
        yield


def _logged(run: Any) -> tuple[dict[str, float], dict[str, str]]:
    import mlflow

    with mlflow.start_run() as active:
        log_figures(run)
    data = mlflow.get_run(active.info.run_id).data
    tags = {key: value for key, value in data.tags.items() if key.startswith("joulebook.")}
    return data.metrics, tags


def test_a_measured_summary() -> None:
    gpu = ComponentEnergy(300.0, 290.0, 315.0, "measured", ("nvml-counter",), 1)

    metrics, tags = _logged(Summary("r1", "x", 4.0, {"gpu": gpu}, ("CPU",), Rates()))

    assert metrics == {
        "joulebook.duration_s": 4.0,
        "joulebook.measured_energy_j": 300.0,
        "joulebook.measured_energy_j.low": 290.0,
        "joulebook.measured_energy_j.high": 315.0,
        "joulebook.gpu_energy_j": 300.0,
        "joulebook.gpu_energy_j.low": 290.0,
        "joulebook.gpu_energy_j.high": 315.0,
    }
    assert tags == {"joulebook.run_id": "r1", "joulebook.method": "measured", "joulebook.missing": "CPU"}


def test_what_is_unknown_is_left_out() -> None:
    metrics, tags = _logged(Summary("r2", "x", 4.0, {}, ("CPU", "memory"), Rates()))

    assert metrics == {"joulebook.duration_s": 4.0}
    assert tags["joulebook.method"] == "nothing measured"


def test_the_whole_document_of_a_run() -> None:
    energy = {"value": 400.0, "low": 350.0, "high": 460.0, "method": "modelled", "boundary": "IT", "vintage": "2026-11"}
    document = {
        "run_id": "r3",
        "duration_s": 4.0,
        "parameters": 7e9,
        "energy_j": energy,
        "energy_by_component": {"gpu": None, "cpu": energy},
        "emissions_g": {"location": {**energy, "value": 0.05, "low": None, "high": None}, "market_annual": None},
        "counts": {"samples": 52},
        "phases": [{"name": "epoch"}],
        "zones": [{"zone": "KOR"}],
    }

    metrics, tags = _logged(document)

    assert metrics == {
        "joulebook.duration_s": 4.0,
        "joulebook.energy_j": 400.0,
        "joulebook.energy_j.low": 350.0,
        "joulebook.energy_j.high": 460.0,
        "joulebook.energy_by_component.cpu": 400.0,
        "joulebook.energy_by_component.cpu.low": 350.0,
        "joulebook.energy_by_component.cpu.high": 460.0,
        "joulebook.emissions_g.location": 0.05,
        "joulebook.counts.samples": 52.0,
    }
    assert tags["joulebook.zone"] == "KOR"
    assert tags["joulebook.method"] == "modelled"


def test_without_an_active_run_the_job_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    log_figures(object())

    assert "log_figures was passed over" in capfd.readouterr().err
