"""CarbonTracker's logs: `*_carbontracker_output.log` (what it printed), `*_carbontracker.log` (power by epoch)."""

from __future__ import annotations

import math
import re
from pathlib import Path

from joulebook.ledger.accounting.linter import Finding, Record, lint
from joulebook.ledger.importers.records import J_PER_KWH, ImportedDevice, ImportedRun, Located, Parsed, moment

# constants.PUE_2022 of carbontracker 1.2 to 2.4, which multiplies the energy that it prints.
PUE = 1.58
_ACTUAL = re.compile(
    r"Actual consumption(?: for (?P<epochs>\d+) epoch\(s\))?:\s*Time:\s*(?P<time>[\d:.]+)"
    r"\s*Energy:\s*(?P<kwh>[\d.eE+-]+)\s*kWh\s*CO2eq:\s*(?P<g>[\d.eE+-]+|nan)\s*g",
    re.IGNORECASE,
)
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})")
_DURATION = re.compile(r"Duration:\s*([\d:.]+)")
_POWER = re.compile(r"Average power usage \(W\) for (\w+):\s*(None|\[[^\]]*\]|[\d.eE+-]+)")
_FOUND = re.compile(r"(\w+) with device\(s\) (.*?)\.(?:\s|$)")


def is_carbontracker(path: Path, content: str) -> bool:
    """Whether a text is one of CarbonTracker's logs."""
    return "carbontracker" in path.name.lower() or "CarbonTracker" in content or bool(_POWER.search(content))


def read_carbontracker(parsed: Parsed, path: Path, content: str) -> None:
    """Fill in the run of a log; the other log of the same run is read with it where it lies beside it."""
    parsed.source = "carbontracker"
    printed, powers = _pair(parsed, path, content)
    if printed is None and powers is None:
        return
    start = _start(parsed, path, powers or printed or "")
    actual = _ACTUAL.search(printed or "")
    if start is None or (actual is None and not _DURATION.search(powers or "")):
        parsed.say("nothing-measured", "error", "the log has no actual consumption and no epochs: nothing was measured")
        return
    seconds = _seconds(actual["time"]) if actual else math.fsum(_epochs(powers or ""))
    devices, declared = _energies(parsed, actual, powers)
    parsed.rows = 1
    parsed.runs = [
        ImportedRun(
            source="carbontracker",
            key=re.sub(r"(_output)?\.log$", "", path.name),
            row=1,
            started_at=start,
            duration_s=seconds,
            devices=devices,
            name=re.sub(r"_?carbontracker(_output)?\.log$", "", path.name) or None,
            declared=declared,
            counts={"epochs": float(actual["epochs"])} if actual and actual["epochs"] else {},
            original={"log": (printed or powers or "")[:4000]},
        )
    ]
    if actual:
        _check(parsed, actual, seconds)


def _pair(parsed: Parsed, path: Path, content: str) -> tuple[str | None, str | None]:
    """(what was printed, power by epoch); both None where the other file of the pair stands for the run."""
    is_output = path.name.endswith("_output.log") or "Actual consumption" in content
    stem = re.sub(r"(_output)?\.log$", "", str(path))
    other = Path(f"{stem}.log" if is_output else f"{stem}_output.log")
    beside = other.read_text(encoding="utf-8", errors="replace") if other != path and other.is_file() else None
    if is_output:
        return content, beside
    if beside is not None:
        parsed.say("taken-with-its-pair", "note", f"belongs to {other.name} and is taken in with it")
        return None, None
    return None, content


def _start(parsed: Parsed, path: Path, content: str) -> float | None:
    stamp = _STAMP.search(content)
    if stamp:
        return moment(parsed, f"{stamp[1]}T{stamp[2]}", 1, "time")
    in_name = re.search(r"(\d{4}-\d{2}-\d{2}T)(\d{2})(\d{2})(\d{2})Z", path.name)
    if in_name:
        return moment(parsed, f"{in_name[1]}{in_name[2]}:{in_name[3]}:{in_name[4]}+00:00", 1, "file name")
    parsed.say("no-time", "warning", "neither the log nor its name says when it was written; its time stands in")
    return path.stat().st_mtime


def _seconds(clock: str) -> float:
    parts = [float(part) for part in clock.split(":")]
    return math.fsum(part * 60**place for place, part in enumerate(reversed(parts)))


def _epochs(powers: str) -> list[float]:
    return [_seconds(clock) for clock in _DURATION.findall(powers)]


def _energies(
    parsed: Parsed, actual: re.Match[str] | None, powers: str | None
) -> tuple[tuple[ImportedDevice, ...], dict[str, float]]:
    """Devices with their IT energy, and the PUE that the printed energy includes."""
    by_part = _by_part(powers) if powers else {}
    it_j = math.fsum(by_part.values())
    if actual is None:
        return _devices(by_part, powers or "", 1.0), {}
    facility_j = float(actual["kwh"]) * J_PER_KWH
    pue = facility_j / it_j if it_j > 0 else PUE
    if not 1.2 <= pue <= 2.0:  # the two logs are not of the same epochs
        pue = PUE
    if it_j <= 0:
        parsed.say("pue-assumed", "note", f"the energy includes CarbonTracker's PUE, taken as {PUE:g}")
        return (ImportedDevice("other", "whole machine", facility_j / pue, "sampled"),), {"pue": pue}
    return _devices(by_part, powers or "", facility_j / pue / it_j), {"pue": pue}


def _by_part(powers: str) -> dict[str, float]:
    """Joules by component: mean power of each epoch times its duration, devices of a component added up."""
    epochs, found = _epochs(powers), {}
    for part in ("gpu", "cpu"):
        watts = [_watts(value) for name, value in _POWER.findall(powers) if name.lower() == part]
        if watts and len(watts) == len(epochs):
            found[part] = math.fsum(power * seconds for power, seconds in zip(watts, epochs, strict=True))
    return found


def _watts(value: str) -> float:
    return 0.0 if value == "None" else math.fsum(float(part) for part in value.strip("[]").replace(",", " ").split())


def _devices(by_part: dict[str, float], powers: str, scale: float) -> tuple[ImportedDevice, ...]:
    names = {part.lower(): devices for part, devices in _FOUND.findall(powers)}
    devices: list[ImportedDevice] = []
    for part, joules in by_part.items():
        known = [name.strip() for name in names.get(part, "").split(",") if name.strip()] or [part]
        for name in known:
            each = joules * scale / len(known)
            devices.append(ImportedDevice("gpu" if part == "gpu" else "cpu", name, each, "sampled"))
    return tuple(devices)


def _check(parsed: Parsed, actual: re.Match[str], seconds: float) -> None:
    grams = None if actual["g"].lower() == "nan" else float(actual["g"])
    found = lint(Record(energy_kwh=float(actual["kwh"]), emissions_g=grams, duration_s=seconds))
    parsed.findings += [Located(None, None, finding) for finding in found]
    if grams is None:
        text = "the log has no emissions, since CarbonTracker knew no intensity"
        parsed.findings.append(Located(None, None, Finding("no-emissions", "note", text)))
