"""Counters that CodeCarbon knows and we don't: AMD GPUs (amdsmi) and Windows' Energy Meter Interface.

Only its readers of hardware are used; its trackers, network calls and geolocation never are. Its modelled figures
(CPU table, load) are accounting's business. Apple's powermetrics asks for a password in the middle of a run where
sudo is not set up (CodeCarbon #731), so it is named as absent rather than started.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from joulebook.meters.clock import boot_id, boot_s
from joulebook.meters.sources import Absent, Device, Poll, Sample, Sensor, SourceError, Usage

_AMD = Sensor("counter", "amdsmi-counter", 0.1, 0.05)
_EMI = Sensor("counter", "windows-emi", 0.1, 0.05)
_PWH_J = 3.6e-9  # one picowatt-hour in joules


def may_apply() -> bool:
    """Whether this machine could have such a counter; decides cheaply if CodeCarbon is worth importing."""
    return sys.platform in ("win32", "darwin") or Path("/dev/kfd").exists()


class CodeCarbonSource:
    """AMD GPUs and Windows' CPU channels, read through CodeCarbon's own classes."""

    name = "codecarbon"
    poll_s = 1.0

    def __init__(self) -> None:
        self.devices: list[Device] = []
        self.absent: list[Absent] = []
        self._amd: dict[str, Any] = {}
        self._emi: Any = None

    def open(self) -> None:
        """Find what CodeCarbon can read.

        Raises:
            SourceError: CodeCarbon is not installed, or finds nothing.
        """
        if importlib.util.find_spec("codecarbon") is None:
            raise SourceError(
                "AMD and Windows counters are read through CodeCarbon: pip install 'joulebook[codecarbon]'"
            )
        if sys.platform == "darwin":
            why = "Apple's counters need powermetrics, which needs root"
            self.absent.append(Absent(self.name, "cpu", why, "allow `sudo -n powermetrics` and meter with CodeCarbon"))
        elif sys.platform == "win32":
            self._open_emi()
        else:
            self._open_amd()

    def _open_amd(self) -> None:
        from codecarbon.core import gpu

        found: Any
        for found in gpu.AllGPUDevices().devices:
            if type(found).__name__ != "AMDGPUDevice" or found._get_total_energy_consumption() is None:
                continue
            device = Device(found._get_uuid(), "gpu", found._get_gpu_name(), self.name, _AMD)
            self._amd[device.id] = found
            self.devices.append(device)
        if not self.devices:
            hint = "install the amdsmi package of this machine's ROCm version"
            self.absent.append(Absent(self.name, "gpu", "an AMD GPU is here, but amdsmi gives no counter", hint))

    def _open_emi(self) -> None:
        from codecarbon.core import windows_emi

        if not windows_emi.is_emi_available():
            raise SourceError("Windows' Energy Meter Interface shows no package channel")
        self._emi = windows_emi.WindowsEMI()
        self.devices.append(Device(f"{boot_id()}/package-0", "cpu", "EMI packages", self.name, _EMI))

    def read(self, *, power: bool) -> Poll:  # noqa: ARG002 - counters alone
        """Read every counter."""
        began = boot_s()
        samples = {device_id: Sample(_amd_j(device), None) for device_id, device in self._amd.items()}
        if self._emi is not None:
            samples[self.devices[0].id] = Sample(_emi_j(self._emi), None)
        took = boot_s() - began
        return Poll(began + took / 2, took / 2, samples)

    def usage(self, own_pids: Collection[int]) -> Usage | None:  # noqa: ARG002 - not known here
        """Not known through CodeCarbon."""
        return None


def _amd_j(device: Any) -> float | None:
    with contextlib.suppress(Exception):
        millijoules = device._get_total_energy_consumption()
        return None if millijoules is None else float(millijoules / 1000)
    return None


def _emi_j(emi: Any) -> float | None:
    with contextlib.suppress(Exception):
        channels = emi._snapshot()
        return float(sum(energy for energy, _ in channels.values()) * _PWH_J) if channels else None
    return None
