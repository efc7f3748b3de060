"""CPU packages and memory by Linux's powercap counters (RAPL): each once, over any number of wraps.

Domains: a package holds cores and uncore; `dram` is beside it; `psys` holds the packages. AMD has no dram. The same
package may appear twice (MSR and MMIO), and some multi-die processors mirror one counter on each die.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from joulebook.meters.clock import boot_id, boot_s
from joulebook.meters.sources import Absent, Device, Poll, Sample, Sensor, Usage

ROOT = Path("/sys/class/powercap")
# RAPL renews its counters about every millisecond; DRAM is the less well modelled (Desrochers et al., MEMSYS 2016).
_SENSORS = {
    "cpu": Sensor("counter", "powercap", 0.001, 0.05),
    "ram": Sensor("counter", "powercap", 0.001, 0.10),
}
_MIRROR_UJ = 2_000_000  # two dies whose raw counters are this close show one and the same counter
_HIGHEST_POWER_W = 1000.0
HINT = "sudo chmod a+r /sys/class/powercap/intel-rapl*/energy_uj /sys/class/powercap/intel-rapl*/*/energy_uj"


@dataclass(slots=True)
class _Zone:
    """One counter: where it lies, what it wraps at, what it showed last and what it has counted since it was opened."""

    path: Path
    device: Device
    fd: int
    range_uj: int
    raw_uj: int
    read_b: float
    counted_uj: int = 0


class PowercapSource:
    """Packages and dram of this machine, through a folder like `/sys/class/powercap`."""

    name = "powercap"
    poll_s = 1.0

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(os.environ.get("JOULEBOOK_POWERCAP") or ROOT)
        self.devices: list[Device] = []
        self.absent: list[Absent] = []
        self.lost_between: list[tuple[str, float, float]] = []
        self._zones: list[_Zone] = []

    def open(self) -> None:
        """Find packages and dram, each once."""
        boot = boot_id()
        for path, label in sorted(_find_zones(self.root), key=lambda found: _preference(*found)):
            self._add(boot, path, label)
        self._zones = _without_mirrors(self._zones)
        self.devices = [zone.device for zone in self._zones]
        found = {device.id for device in self.devices}
        self.absent = [absent for absent in self.absent if absent.device not in found]
        if not self.devices and not self.absent:
            self.absent = [_nothing_here(self.root)]

    def _add(self, boot: str, path: Path, label: str) -> None:
        component = "ram" if label.startswith("dram") else "cpu"
        device_id = f"{boot}/{label}"
        if any(zone.device.id == device_id for zone in self._zones):
            return
        try:
            fd = os.open(path / "energy_uj", os.O_RDONLY | os.O_CLOEXEC)
            raw = _read_uj(fd)
            wraps_at = int((path / "max_energy_range_uj").read_text())
        except (OSError, ValueError) as error:
            self.absent.append(_unreadable(path, component, device_id, error))
            return
        sensor = _SENSORS[component]
        device = Device(device_id, component, label, self.name, sensor)  # type: ignore[arg-type]
        self._zones.append(_Zone(path, device, fd, wraps_at, raw, boot_s()))

    def read(self, *, power: bool) -> Poll:  # noqa: ARG002 - powercap has counters alone
        """Read every counter."""
        began = boot_s()
        samples = {zone.device.id: Sample(self._advance(zone), None) for zone in self._zones}
        took = boot_s() - began
        return Poll(began + took / 2, took / 2, samples)

    def _advance(self, zone: _Zone) -> float | None:
        try:
            raw = _read_uj(zone.fd)
        except (OSError, ValueError):
            return None
        now = boot_s()
        step = raw - zone.raw_uj
        if step < 0:
            step += zone.range_uj
        if now - zone.read_b > zone.range_uj / 1e6 / _HIGHEST_POWER_W:
            self.lost_between.append((zone.device.id, zone.read_b, now))  # it may have wrapped more than once
        zone.counted_uj += step
        zone.raw_uj, zone.read_b = raw, now
        return zone.counted_uj / 1e6

    def usage(self, own_pids: Collection[int]) -> Usage | None:  # noqa: ARG002 - nothing tells who used a package
        """Nothing tells who used a package."""
        return None

    def close(self) -> None:
        """Let go of the files."""
        for zone in self._zones:
            os.close(zone.fd)
        self._zones = []


def _read_uj(fd: int) -> int:
    return int(os.pread(fd, 64, 0))


def _find_zones(root: Path) -> list[tuple[Path, str]]:
    """Folders of packages and dram under the root, with a label: `package-0`, `package-0-die-1`, `dram-0`."""
    found: list[tuple[Path, str]] = []
    for path in _folders(root):
        label = _label(path)
        if label.startswith("package-"):
            found.append((path, label))
            subzones = [sub for sub in _folders(path) if _label(sub) == "dram"]
            found += [(sub, "dram" + label.removeprefix("package")) for sub in subzones]
    return found


def _folders(path: Path) -> list[Path]:
    try:
        return sorted(entry for entry in path.iterdir() if re.fullmatch(r"[a-z-]+(:\d+)+", entry.name))
    except OSError:
        return []


def _label(path: Path) -> str:
    try:
        return (path / "name").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _preference(path: Path, label: str) -> tuple[str, bool, str]:
    """Of two zones with one label the MSR one comes first: MMIO is its mirror."""
    return label, "mmio" in str(path), str(path)


def _without_mirrors(zones: list[_Zone]) -> list[_Zone]:
    """Leave out dies of one package that show the counter of another die."""
    kept: list[_Zone] = []
    for zone in zones:
        family = zone.device.name.partition("-die-")[0]
        twins = [one for one in kept if one.device.name.partition("-die-")[0] == family]
        if any(abs(one.raw_uj - zone.raw_uj) < _MIRROR_UJ for one in twins):
            os.close(zone.fd)
        else:
            kept.append(zone)
    return kept


def _unreadable(path: Path, component: str, device_id: str, error: Exception) -> Absent:
    why = f"{path}/energy_uj can't be read ({getattr(error, 'strerror', None) or error})"
    hint = HINT if isinstance(error, PermissionError) else "unknown, not 0"
    return Absent("powercap", component, why, hint, device_id)  # type: ignore[arg-type]


def _nothing_here(root: Path) -> Absent:
    why = f"{root} shows no package: a virtual machine or container, or the intel_rapl_common module is not loaded"
    return Absent("powercap", "cpu", why, "sudo modprobe intel_rapl_common, or run on bare metal")
