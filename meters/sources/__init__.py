"""Where readings come from: one small file a source, all behind the methods of `Source`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

Component = Literal["gpu", "cpu", "ram", "other"]
_OF_GPUS = ("nvml", "codecarbon")


def component_of(source: str) -> Component:
    """What is missing where a source as a whole can't be read."""
    return "gpu" if source in _OF_GPUS else "cpu"


class SourceError(Exception):
    """A source as a whole can't be read (no library, no driver); the message says why. Never leaves the meter."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """How a device's energy is known.

    Attributes:
        kind: `counter` (the hardware adds up) or `integrated` (the meter adds up polled power).
        name: The sensor's class, as docs/metering.md lists them.
        tick_s: How often a counter changes; None where it is not known or has no meaning.
        rel_error: Half width of the 90 % range of a long window, as a share.
        lag_s: By how much an averaging power sensor is late; integrated readings are dated back by it.
    """

    kind: Literal["counter", "integrated"]
    name: str
    tick_s: float | None
    rel_error: float
    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Device:
    """A device that can be read; keys as in the journal's `device` record."""

    id: str
    component: Component
    name: str
    source: str
    sensor: Sensor
    visible: bool = True
    power_limit_w: float | None = None
    mig: Mapping[str, Any] | None = None

    def to_record(self) -> dict[str, Any]:
        """The device's part of the journal's `device` record."""
        sensor = {
            "kind": self.sensor.kind,
            "class": self.sensor.name,
            "tick_s": self.sensor.tick_s,
            "rel_error": self.sensor.rel_error,
        }
        return {
            "id": self.id,
            "component": self.component,
            "name": self.name,
            "source": self.source,
            "sensor": sensor,
            "visible": self.visible,
            "power_limit_w": self.power_limit_w,
            "mig": dict(self.mig) if self.mig else None,
        }


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that can't be read, why, and what a person can do about it: unknown, not 0."""

    source: str
    component: Component
    why: str
    hint: str
    device: str | None = None


class Sample(NamedTuple):
    """One reading of one device: cumulative joules and watts, None where the call failed."""

    energy_j: float | None
    power_w: float | None


@dataclass(frozen=True, slots=True)
class Poll:
    """What one round of reading gave: when (middle of the calls), how long they took, and a sample a device."""

    b: float
    dt_s: float
    samples: dict[str, Sample]


@dataclass(slots=True)
class Usage:
    """Who used the GPUs: cumulative utilisation seconds and compute contexts, own and all, by device id."""

    util_s: dict[str, tuple[float, float]] = field(default_factory=dict)
    contexts: dict[str, tuple[int, int]] = field(default_factory=dict)


class Source(Protocol):
    """What the meter asks of a source. Every call may hang or fail: it is made in a worker of its own."""

    name: str
    devices: list[Device]
    absent: list[Absent]
    poll_s: float
    """How often the source needs to be read while nothing happens."""

    def open(self) -> None:
        """Find devices; fills `devices` and `absent`."""

    def read(self, *, power: bool) -> Poll:
        """Read every device: its counter, and its power where `power` is asked for or the only thing there is."""

    def usage(self, own_pids: Collection[int]) -> Usage | None:
        """Who used the devices since the last call; None where the source can't tell."""
