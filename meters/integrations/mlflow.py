"""MLflow: `log_figures(run)` puts a run's figures among the metrics of the MLflow run that is active.

`log_figures` takes a run (or its summary), which knows what was measured; or the document of
`joulebook show RUN --json`, which also knows what was modelled, emissions, water and cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from joulebook.meters.integrations.held_run import quiet
from joulebook.meters.summary import Summary


@quiet
def log_figures(run: Any, *, run_id: str | None = None) -> None:
    """Log value, low and high of each figure as metrics named `joulebook.…`, and run id, methods and zone as tags.

    Args:
        run: A run, its `summary()`, or the document of `joulebook show RUN --json`.
        run_id: The MLflow run; the active one where it is left out.
    """
    mlflow = import_module("mlflow")
    document = run if isinstance(run, Mapping) else None
    summary = run if isinstance(run, Summary) or document is not None else run.summary()
    metrics = dict(_of_summary(summary) if document is None else _of_document(document))
    tags = _tags_of_summary(summary) if document is None else _tags_of_document(document)
    mlflow.log_metrics({f"joulebook.{name}": value for name, value in metrics.items()}, run_id=run_id)
    client = mlflow.MlflowClient()
    target = run_id or mlflow.active_run().info.run_id
    for name, text in tags.items():
        client.set_tag(target, f"joulebook.{name}", text)


def _of_summary(summary: Summary) -> Iterator[tuple[str, float]]:
    yield "duration_s", summary.duration_s
    if summary.energy_j is not None and summary.energy_range_j is not None:
        yield from _ranged("measured_energy_j", summary.energy_j, *summary.energy_range_j)
    for name, part in summary.components.items():
        yield from _ranged(f"{name}_energy_j", part.energy_j, part.low_j, part.high_j)


def _tags_of_summary(summary: Summary) -> dict[str, str]:
    methods = sorted({part.method for part in summary.components.values()})
    return {
        "run_id": summary.run_id,
        "method": ", ".join(methods) or "nothing measured",
        "missing": ", ".join(summary.missing) or "nothing",
    }


def _of_document(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Every figure of the document and of its tables of figures, and the plain numbers of its counts."""
    for key, value in document.items():
        name = f"{above}{key}"
        if _is_number(value) and (above or key.endswith("_s")):
            yield name, float(value)
        elif isinstance(value, Mapping) and "value" in value and _is_number(value["value"]):
            yield from _ranged(name, value["value"], value.get("low"), value.get("high"))
        elif isinstance(value, Mapping) and "value" not in value:
            yield from _of_document(value, f"{name}.")


def _tags_of_document(document: Mapping[str, Any]) -> dict[str, str]:
    energy = document.get("energy_j") or {}
    zones = sorted({str(zone.get("zone")) for zone in document.get("zones") or ()})
    return {
        "run_id": str(document.get("run_id")),
        "method": str(energy.get("method", "unknown")),
        "boundary": str(energy.get("boundary", "unknown")),
        "vintage": str(energy.get("vintage", "unknown")),
        "zone": ", ".join(zones) or "unknown",
    }


def _ranged(name: str, value: float, low: Any, high: Any) -> Iterator[tuple[str, float]]:
    yield name, float(value)
    if _is_number(low) and _is_number(high):
        yield f"{name}.low", float(low)
        yield f"{name}.high", float(high)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
