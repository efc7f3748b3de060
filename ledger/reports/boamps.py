"""`joulebook report boamps`: runs in the BoAmps schema (Boavizta, CC BY 4.0), one report a run."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.reports.run_facts import country_name, full_documents, gpus, machine, zone_of
from joulebook.ledger.store import Ledger, RunFilter

TITLE = "BoAmps reports (JSON; an array where there are several runs)"
SUFFIX = ".json"
# The schema is somebody else's, so no key of ours stands in it.
STAMPED = False

# What the schema requires, by path; a report that lacks one is not written.
REQUIRED = (
    "header.reportDatetime",
    "header.publisher.confidentialityLevel",
    "task.taskStage",
    "task.taskFamily",
    "task.algorithms",
    "task.dataset",
    "measures",
    "infrastructure.infraType",
    "infrastructure.cloudProvider",
    "infrastructure.components",
    "environment.country",
    "system.os",
    "software.language",
)
_STAGES = {
    "pretrain": "training",
    "finetune": "finetuning",
    "distil": "training",
    "label": "inference",
    "evaluate": "inference",
    "serve": "inference",
}
# Half width of the range as a share of the value, by the schema's quality classes.
_QUALITY = ((0.10, "high"), (0.25, "medium"))


def text(ledger: Ledger, run_filter: RunFilter) -> str:
    """The reports as JSON.

    Raises:
        LedgerError: No run of known energy passes the filter.
    """
    reports = [report_of(document) for document in full_documents(ledger, run_filter) if document["energy_j"]]
    if not reports:
        raise LedgerError("no run with a known energy passes the filter, so there is nothing to report in BoAmps")
    return json.dumps(reports[0] if len(reports) == 1 else reports, indent=2, ensure_ascii=False) + "\n"


def report_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """One run as a BoAmps report, checked for what the schema requires.

    Raises:
        LedgerError: A required field can't be filled.
    """
    report = _without_nothing(
        {
            "header": _header(document),
            "task": _task(document),
            "measures": [_measure(document)],
            "infrastructure": _infrastructure(document),
            "environment": _environment(document),
            "system": {"os": machine(document).get("os") or "unknown"},
            "software": {"language": "python", "version": (document["details"].get("software") or {}).get("python")},
            "quality": _quality(document["energy_j"]),
        }
    )
    missing = [path for path in REQUIRED if not _at(report, path)]
    if missing:
        raise LedgerError(
            f"run {document['run_id']}: BoAmps requires {', '.join(missing)}; `joulebook edit` can fill it"
        )
    return report


def _header(document: Mapping[str, Any]) -> dict[str, Any]:
    when = document["ended_at"] or document["started_at"]
    return {
        "licensing": None,
        "formatVersion": "1.1.0",
        "formatVersionSpecificationUri": "https://github.com/Boavizta/BoAmps/tree/main/model",
        "reportId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"joulebook:{document['run_id']}")),
        "reportDatetime": when[:19].replace("T", " "),
        "reportStatus": "final" if document["status"] == "finished" else "draft",
        "publisher": {"projectName": document["project"], "confidentialityLevel": "internal"},
    }


def _task(document: Mapping[str, Any]) -> dict[str, Any]:
    counts = document["counts"]
    stage = _STAGES.get(document["stage"] or "", document["kind"] or "unknown")
    accuracy = next((q["value"] for q in document["quality"] if q["name"] == "accuracy" and 0 <= q["value"] <= 1), None)
    algorithm = {
        "foundationModelName": document["model"],
        "parametersNumber": document["parameters"] / 1e9 if document["parameters"] else None,
        "epochsNumber": counts.get("epochs"),
    }
    return {
        "taskStage": stage,
        "taskFamily": document["task"] or "unknown",
        "nbRequest": counts.get("requests"),
        "algorithms": [_without_nothing(algorithm) or {"algorithmName": "unknown"}],
        "dataset": _datasets(counts),
        "measuredAccuracy": accuracy,
        "taskDescription": document["name"],
    }


def _datasets(counts: Mapping[str, float]) -> list[dict[str, Any]]:
    """What went in and out, as far as it was counted."""
    known = [
        {"dataUsage": usage, "dataType": kind, "dataQuantity": counts[name]}
        for name, usage, kind in (
            ("tokens_in", "input", "token"),
            ("samples", "input", "other"),
            ("tokens_out", "output", "token"),
        )
        if counts.get(name)
    ]
    return known or [{"dataUsage": "input", "dataType": "other"}]


def _measure(document: Mapping[str, Any]) -> dict[str, Any]:
    """`powerConsumption` is kWh despite its name; IT energy, before PUE."""
    energy, share = document["energy_j"], document["energy_j"]["measured_share"]
    seen = f", {share:.0%} of it measured" if share is not None else ""
    return {
        "measurementMethod": f"joulebook ({energy['method']}{seen}; boundary {energy['boundary']})",
        "cpuTrackingMode": _method(document, "cpu"),
        "gpuTrackingMode": _method(document, "gpu"),
        "powerConsumption": energy["value"] / 3.6e6,
        "measurementDuration": document["duration_s"],
        "measurementDateTime": document["started_at"][:19].replace("T", " "),
    }


def _method(document: Mapping[str, Any], component: str) -> str | None:
    figure = document["energy_by_component"][component]
    return None if figure is None else figure["method"]


def _infrastructure(document: Mapping[str, Any]) -> dict[str, Any]:
    zones = document["zones"]
    provider = (document["tags"] or {}).get("cloud_provider")
    in_cloud = bool(provider) or any(zone["how"] == "cloud" for zone in zones)
    facts, names = machine(document), gpus(document)
    components = [
        {
            "componentName": name,
            "componentType": "gpu",
            "nbComponent": names.count(name),
            "share": _share(document, name),
        }
        for name in dict.fromkeys(names)
    ]
    processor = facts.get("cpu_model") or next(
        (d["name"] for d in document["devices"] if d["component"] == "cpu"), None
    )
    components.append({"componentName": processor, "componentType": "cpu", "nbComponent": facts.get("sockets") or 1})
    if facts.get("memory_bytes"):
        size = round(facts["memory_bytes"] / 1e9)
        components.append({"componentType": "ram", "nbComponent": 1, "memorySize": size})
    return {
        "infraType": "publicCloud" if in_cloud else "other",
        "cloudProvider": provider or ("unknown" if in_cloud else "none"),
        "components": [_without_nothing(component) for component in components],
    }


def _share(document: Mapping[str, Any], name: str) -> float:
    shares = [device["share"] for device in document["devices"] if device["name"] == name]
    return min(1.0, sum(shares) / len(shares)) if shares else 1.0


def _environment(document: Mapping[str, Any]) -> dict[str, Any]:
    zone = zone_of(document)
    intensities = [z["intensity_g_per_kwh"] for z in document["zones"] if z["zone"] == zone]
    return {
        "country": country_name(zone),
        "location": zone.partition("-")[2] or None,
        "powerSourceCarbonIntensity": intensities[0]["value"] if intensities and intensities[0] else None,
    }


def _quality(energy: Mapping[str, Any]) -> str:
    half = (
        max(energy["high"] - energy["value"], energy["value"] - energy["low"]) / energy["value"]
        if energy["value"]
        else 1.0
    )
    return next((name for most, name in _QUALITY if half <= most), "low")


def _without_nothing(value: dict[str, Any]) -> dict[str, Any]:
    """The schema knows no null: what is unknown is left out."""
    plain = {key: _without_nothing(item) if isinstance(item, dict) else item for key, item in value.items()}
    return {key: item for key, item in plain.items() if item is not None and item != {}}


def _at(report: Any, path: str) -> Any:
    for key in path.split("."):
        report = report.get(key) if isinstance(report, dict) else None
    return report
