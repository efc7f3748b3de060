"""`joulebook report emissions`: runs in the 38 columns of CodeCarbon 3.3.2's emissions.csv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from joulebook.ledger.reports.run_facts import (
    blank_document,
    counted,
    country_name,
    full_documents,
    gpus,
    machine,
    zone_of,
)
from joulebook.ledger.store import Ledger, RunFilter

TITLE = "CodeCarbon's columns (kWh and kg; energies include PUE, as CodeCarbon has it)"
STAMPED = False
J_PER_KWH = 3.6e6


def rows(ledger: Ledger, run_filter: RunFilter) -> Iterator[dict[str, object]]:
    """One row a run, columns and units as CodeCarbon has them; unknown is empty."""
    for document in full_documents(ledger, run_filter):
        yield _row(document)


def header() -> list[str]:
    """The columns, for a report in which there is no run."""
    return list(_row(blank_document()))


def _row(document: Any) -> dict[str, object]:
    seconds, zone, facts = document["duration_s"], zone_of(document), machine(document)
    pue = _ratio(document["facility_energy_j"], document["energy_j"])
    grams, names = _value(document["emissions_g"]["location"]), gpus(document)
    kg = None if grams is None else grams / 1000
    energies = {part: _kwh(document["energy_by_component"][part], pue) for part in ("cpu", "gpu", "ram")}
    powers = {part: _mean_w(document["energy_by_component"][part], seconds, pue) for part in ("cpu", "gpu", "ram")}
    provider = (document["tags"] or {}).get("cloud_provider")
    return {
        "timestamp": (document["ended_at"] or document["started_at"])[:19],
        "project_name": document["project"],
        "run_id": document["run_id"],
        "experiment_id": document["name"],
        "duration": seconds,
        "emissions": kg,
        "emissions_rate": kg / seconds if kg is not None and seconds > 0 else None,
        **{f"{part}_power": powers[part] for part in ("cpu", "gpu", "ram")},
        **{f"{part}_energy": energies[part] for part in ("cpu", "gpu", "ram")},
        "energy_consumed": _kwh(document["energy_j"], pue),
        "water_consumed": _value(document["water_l"]),
        "country_name": country_name(zone),
        "country_iso_code": zone.partition("-")[0],
        "region": zone.partition("-")[2] or None,
        "cloud_provider": provider,
        "cloud_region": None,
        "os": facts.get("os"),
        "python_version": (document["details"].get("software") or {}).get("python"),
        "codecarbon_version": None,
        "cpu_count": facts.get("threads"),
        "cpu_model": facts.get("cpu_model"),
        "gpu_count": len(names) or None,
        "gpu_model": counted(names) or None,
        "longitude": None,
        "latitude": None,
        "ram_total_size": facts["memory_bytes"] / 1e9 if facts.get("memory_bytes") else None,
        "tracking_mode": "process",
        "cpu_utilization_percent": None,
        "gpu_utilization_percent": None,
        "ram_utilization_percent": None,
        "ram_used_gb": None,
        "on_cloud": "Y" if provider else "N",
        "pue": pue,
        "wue": None,
    }


def _value(figure: Any) -> float | None:
    return None if figure is None else figure["value"]


def _ratio(facility: Any, energy: Any) -> float:
    return facility["value"] / energy["value"] if facility and energy and energy["value"] > 0 else 1.0


def _kwh(figure: Any, pue: float) -> float | None:
    return None if figure is None else figure["value"] * pue / J_PER_KWH


def _mean_w(figure: Any, seconds: float, pue: float) -> float | None:
    """Mean power with PUE, as CodeCarbon has had it since 3.3.1."""
    return None if figure is None or seconds <= 0 else figure["value"] * pue / seconds
