"""What can be metered on this machine, how well, and what would improve it: the content of `joulebook doctor`."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from joulebook.meters.location import is_zone, location_record
from joulebook.meters.settings import Settings, settings_path
from joulebook.meters.sources import Absent, Device, Source, SourceError, component_of

State = Literal["measuring", "no permission", "not present", "not answering", "modelled", "set", "assumed", "unknown"]
_ANSWER_S = 10.0

# What each sensor class is worth, as docs/metering.md tells at more length.
_HOW_WELL = {
    "nvml-counter": "energy counter, renewed every 100 ms; ±5 % by specification, ends of windows interpolated",
    "nvml-average-1s": "power averaged over 1 s, added up at 25 Hz; ±5 %",
    "nvml-window-100ms": "power over 100 ms, added up at 25 Hz; ±5 %",
    "nvml-window-10ms": "power over 10 ms of every 20 ms, added up at 25 Hz; ±7 %",
    "nvml-sees-25-of-100ms": "power that sees 25 ms of every 100 ms, added up at 25 Hz; ±12 %, blind to faster loads",
    "nvml-lagging": "power of an old sensor that lags, added up at 25 Hz; ±15 %",
    "powercap": "energy counter of the processor; ±5 % for packages, ±10 % for memory",
    "amdsmi-counter": "energy counter of the GPU; ±5 %",
    "windows-emi": "energy counter of Windows; ±5 %",
    "replay": "a recorded trace, not this machine",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that could be metered or known.

    Attributes:
        what: The device or fact.
        how_well: What it would measure and how well, or what stands in for it.
        improve: The exact command or setting that would do better; None where nothing would.
    """

    source: str
    component: str
    what: str
    state: State
    how_well: str
    improve: str | None = None
    device: str | None = None


@dataclass(slots=True)
class Examination:
    """All findings."""

    findings: list[Finding] = field(default_factory=list)

    def has(self, component: str) -> bool:
        """Whether something measures this component."""
        return any(one.component == component and one.state == "measuring" for one in self.findings)


def examine(settings: Settings, sources: list[Source] | None = None) -> Examination:
    """Try every source and say what came of it; a driver that hangs is given up after ten seconds."""
    from joulebook.meters.sources.worth_trying import all_sources

    examination = Examination()
    for source in all_sources() if sources is None else sources:
        examination.findings += _source_findings(source)
    if not examination.has("cpu"):
        examination.findings.append(_modelled("cpu", "CPU", "the CPU's table and its load (within a factor of 3)"))
    if not examination.has("ram"):
        examination.findings.append(_modelled("ram", "memory", "watts per gigabyte (an estimate)"))
    examination.findings += [_settings_file(), _place(settings), _pue(settings), _journals(settings)]
    for key, near in settings.unknown.items():
        how = "no such key of the settings file is known; it is passed over"
        examination.findings.append(Finding("settings", "place", key, "unknown", how, near))
    return examination


def _source_findings(source: Source) -> list[Finding]:
    trouble = _try_open(source)
    if trouble is not None:
        return [trouble]
    findings = [_device_finding(source, device) for device in source.devices]
    findings += [_absent_finding(absent) for absent in source.absent]
    doubt = getattr(source, "doubt", None)
    if doubt:
        improve = "export CUDA_DEVICE_ORDER=PCI_BUS_ID"
        findings.append(Finding(source.name, "gpu", "order of the GPUs", "assumed", doubt, improve))
    return findings


def _try_open(source: Source) -> Finding | None:
    """Open the source in a thread; None where it opened."""
    outcome: list[str | None] = []

    def opening() -> None:
        try:
            source.open()
            outcome.append(None)
        except SourceError as error:
            outcome.append(str(error))
        except Exception as error:  # noqa: BLE001 - any driver's surprise is a finding
            outcome.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=opening, daemon=True)
    thread.start()
    thread.join(_ANSWER_S)
    component = component_of(source.name)
    if not outcome:
        why = f"the driver did not answer within {_ANSWER_S:.0f} s"
        return Finding(source.name, component, source.name, "not answering", why, "nvidia-smi, or a reboot")
    if outcome[0] is None:
        return None
    return Finding(source.name, component, source.name, "not present", outcome[0], _install_hint(source.name))


def _install_hint(name: str) -> str | None:
    if name == "nvml":
        return "install the NVIDIA driver; in a container: docker run --gpus all"
    return "pip install 'joulebook[codecarbon]'" if name == "codecarbon" else None


def _device_finding(source: Source, device: Device) -> Finding:
    how_well = _HOW_WELL.get(device.sensor.name, device.sensor.name)
    improve = None
    if device.mig:
        how_well += "; of the whole GPU: a MIG part's share is an estimate"
    elif device.component == "gpu" and source.name == "nvml":
        improve = f"export CUDA_VISIBLE_DEVICES={device.id}   (meters this GPU alone)"
    return Finding(source.name, device.component, device.name, "measuring", how_well, improve, device.id)


def _absent_finding(absent: Absent) -> Finding:
    denied = "ermission" in absent.why or "not permitted" in absent.why
    state: State = "no permission" if denied else "not present"
    return Finding(absent.source, absent.component, absent.device or absent.source, state, absent.why, absent.hint)


def _modelled(component: str, what: str, by: str) -> Finding:
    return Finding("accounting", component, what, "modelled", f"not measured here: modelled from {by}")


def _place(settings: Settings) -> Finding:
    record = location_record(None, settings)
    how = record["how"]
    improve = "export JOULEBOOK_LOCATION=KOR   (your country's code, with a region where known: US-CA)"
    if settings.location and not is_zone(settings.location):
        where = "JOULEBOOK_LOCATION" if settings.location_how == "environment" else "location in the settings file"
        instead = {"cloud": "the cloud's region", "timezone": "the time zone"}.get(how, "the world average")
        how_well = f"{where} is set, but to no country or region code: {instead} stands in for it"
        return Finding("location", "place", settings.location, "unknown", how_well, improve)
    if how in ("environment", "settings"):
        return Finding("location", "place", str(record["zone"]), "set", f"from the {how}")
    if how == "cloud":
        return Finding(
            "location", "place", f"{record['provider']} {record['region']}", "set", "from the cloud's variables"
        )
    if how == "timezone":
        where = str(record["timezone"])
        return Finding("location", "place", where, "assumed", "from this machine's time zone", improve)
    return Finding("location", "place", "location", "unknown", "the world average stands in for it", improve)


def _pue(settings: Settings) -> Finding:
    if settings.pue is not None:
        return Finding("settings", "place", f"PUE {settings.pue:g}", "set", "from the settings")
    how = "the industry's mean with a wide range stands in for it"
    return Finding(
        "settings", "place", "PUE", "unknown", how, "pue = 1.2   in the settings file (as your site tells it)"
    )


def _settings_file() -> Finding:
    path = settings_path()
    how = "settings are read from here" if path.exists() else "settings are read from here; there is no such file yet"
    return Finding("settings", "place", str(path), "set", how)


def _journals(settings: Settings) -> Finding:
    from joulebook.meters.settings import journals_dir

    folder = journals_dir(settings)
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if os.access(nearest, os.W_OK | os.X_OK):
        return Finding("journals", "place", str(folder), "set", "runs are recorded here")
    improve = "export JOULEBOOK_JOURNALS=/a/folder/you/may/write"
    return Finding("journals", "place", str(folder), "no permission", "runs can't be recorded", improve)


def to_json(finding: Finding) -> dict[str, Any]:
    """A finding as `joulebook doctor --json` has it."""
    return {
        name: getattr(finding, name)
        for name in ("source", "component", "what", "device", "state", "how_well", "improve")
    }
