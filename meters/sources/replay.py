"""A recorded trace played back as if it were measured now: for trials, teaching and tests without hardware.

The file is CSV with the columns `t_s, device, component, power_w`; power holds until the device's next row. The first
row's time is the moment at which the source is opened. `JOULEBOOK_REPLAY` names the file.
"""

from __future__ import annotations

import csv
import os
from bisect import bisect_right
from collections.abc import Collection
from pathlib import Path

from joulebook.meters.clock import boot_s
from joulebook.meters.sources import Absent, Device, Poll, Sample, Sensor, SourceError, Usage

_SENSOR = Sensor("integrated", "replay", None, 0.0)
_COMPONENTS = ("gpu", "cpu", "ram", "other")


class _Trace:
    """One device's power steps with the energy summed up to each of them."""

    def __init__(self) -> None:
        self.times_s: list[float] = []
        self.powers_w: list[float] = []
        self.energies_j: list[float] = []

    def add(self, t_s: float, power_w: float) -> None:
        before = self.energies_j[-1] + self.powers_w[-1] * (t_s - self.times_s[-1]) if self.times_s else 0.0
        self.times_s.append(t_s)
        self.powers_w.append(power_w)
        self.energies_j.append(before)

    def at(self, t_s: float) -> Sample:
        index = max(0, bisect_right(self.times_s, t_s) - 1)
        power = self.powers_w[index]
        return Sample(self.energies_j[index] + power * max(0.0, t_s - self.times_s[index]), power)


class ReplaySource:
    """Devices and power from a recorded trace."""

    name = "replay"
    poll_s = 0.5

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(os.environ.get("JOULEBOOK_REPLAY", ""))
        self.devices: list[Device] = []
        self.absent: list[Absent] = []
        self._traces: dict[str, _Trace] = {}
        self._opened_b = 0.0
        self._first_s = 0.0

    def open(self) -> None:
        """Read the trace.

        Raises:
            SourceError: The file can't be read as such a trace.
        """
        try:
            with open(self.path, encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    self._take(row)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise SourceError(f"{self.path} is no trace to replay ({error!r})") from None
        self._first_s = min((trace.times_s[0] for trace in self._traces.values()), default=0.0)
        self._opened_b = boot_s()

    def _take(self, row: dict[str, str]) -> None:
        name, component = row["device"], row["component"]
        if component not in _COMPONENTS:
            raise ValueError(f"component {component!r} is none of {', '.join(_COMPONENTS)}")
        if name not in self._traces:
            self._traces[name] = _Trace()
            self.devices.append(Device(name, component, name, self.name, _SENSOR))  # type: ignore[arg-type]
        self._traces[name].add(float(row["t_s"]), float(row["power_w"]))

    def read(self, *, power: bool) -> Poll:  # noqa: ARG002 - power is all there is
        """What the trace says for this moment."""
        now = boot_s()
        t_s = self._first_s + now - self._opened_b
        return Poll(now, 0.0, {name: trace.at(t_s) for name, trace in self._traces.items()})

    def usage(self, own_pids: Collection[int]) -> Usage | None:  # noqa: ARG002 - a trace has no processes
        """A trace has no processes."""
        return None
