"""What a run used so far, from its own journal: measured energy by component, with range and method.

What has to be modelled (a CPU without counters, memory) is worked out when the books are kept; a summary says what is
measured and names what is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from joulebook.meters.errors import MeterError
from joulebook.meters.journal import Record, read_records
from joulebook.meters.sources.mig import share_of
from joulebook.meters.window_energy import Reading, Window, window_energy

COMPONENTS = ("gpu", "cpu", "ram", "other")
_SLICES_FACTOR = 2.0  # how far the estimate of a part of a GPU by its slices may be off, either way
_NAMES = {"gpu": "GPU", "cpu": "CPU", "ram": "memory", "other": "other"}


@dataclass(frozen=True, slots=True)
class Rate:
    """A plain factor handed in by the face: value, 90 % range, and where and when it is from."""

    value: float
    low: float
    high: float
    vintage: str


@dataclass(frozen=True, slots=True)
class Rates:
    """What turns joules into other things here; None where unknown.

    Attributes:
        intensity_g_per_kwh: gCO2e per kWh.
        price_usd_per_kwh: US dollars per kWh.
        pue: Facility energy per IT energy.
        zone: Where these hold.
        assumed: True where nobody declared the place.
    """

    intensity_g_per_kwh: Rate | None = None
    price_usd_per_kwh: Rate | None = None
    pue: Rate | None = None
    zone: str | None = None
    assumed: bool = True


RatesFinder = Callable[[Mapping[str, Any], Mapping[str, Any]], Rates]
"""(location record, declared) -> Rates; given by the face, called when a summary is made."""


@dataclass(slots=True)
class Observed:
    """A journal taken apart: readings by device number, and the records that say what they mean."""

    open: Record = field(default_factory=dict)
    close: Record | None = None
    devices: dict[int, Record] = field(default_factory=dict)
    readings: dict[int, list[Reading]] = field(default_factory=dict)
    absent: list[Record] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    idle_w: dict[int, float] = field(default_factory=dict)
    last_b: float = 0.0

    def add(self, records: Iterable[Record]) -> None:
        """Take in further records."""
        for record in records:
            kind = record["k"]
            if kind == "open":
                self.open = record
            elif kind == "close":
                self.close = record
            elif kind == "device" and isinstance(record.get("i"), int):
                self.devices[record["i"]] = record
            elif kind == "absent":
                self.absent.append(record)
            elif kind == "baseline":
                self.idle_w = {int(key): watts for key, watts in record["d"].items() if watts is not None}
            elif kind == "warn":
                self.warnings.append(str(record.get("text")))
            elif kind == "r":
                self._add_readings(record)
            if kind == "r" or (kind == "m" and not self.readings):
                self.last_b = max(self.last_b, record["b"])

    def _add_readings(self, record: Record) -> None:
        for key, values in record["d"].items():
            energy_j, _, dt_s = values
            if energy_j is not None:
                self.readings.setdefault(int(key), []).append((record["b"], energy_j, dt_s or 0.0))

    def window(self, number: int, start_b: float, end_b: float) -> Window | None:
        """Energy of one device over a window."""
        readings, sensor = self.readings.get(number, []), self.devices[number].get("sensor") or {}
        readings.sort()
        return window_energy(
            readings,
            start_b,
            end_b,
            kind=sensor.get("kind", "counter"),
            tick_s=sensor.get("tick_s"),
            rel_error=sensor.get("rel_error") or 0.0,
        )


@dataclass(frozen=True, slots=True)
class ComponentEnergy:
    """Energy of one component with its range, how it was measured, and over how many devices."""

    energy_j: float
    low_j: float
    high_j: float
    method: str
    sensors: tuple[str, ...]
    devices: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A run's figures so far; `str()` is what a person reads.

    Attributes:
        metered: False where nothing was recorded at all: metering is off, or the run could not be begun.
        idle_j: What the measured devices would have used in this time at the idle power that was measured before the
            run; None where it was not measured for all of them.
    """

    run_id: str
    name: str | None
    duration_s: float
    components: Mapping[str, ComponentEnergy]
    missing: tuple[str, ...]
    rates: Rates
    warnings: tuple[str, ...] = ()
    idle_j: float | None = None
    metered: bool = True

    @property
    def above_idle_j(self) -> float | None:
        """What the run used above the idle power that was measured before it; None where that was not measured."""
        return None if self.energy_j is None or self.idle_j is None else max(0.0, self.energy_j - self.idle_j)

    @property
    def energy_j(self) -> float | None:
        """Measured joules of the known components; None where nothing was measured."""
        return sum(part.energy_j for part in self.components.values()) if self.components else None

    @property
    def energy_range_j(self) -> tuple[float, float] | None:
        """The 90 % range of `energy_j`; sensors of one kind err alike, so their half widths are added."""
        if self.energy_j is None:
            return None
        down = math.hypot(*(part.energy_j - part.low_j for part in self.components.values()))
        up = math.hypot(*(part.high_j - part.energy_j for part in self.components.values()))
        return self.energy_j - down, self.energy_j + up

    def __str__(self) -> str:
        from joulebook.meters.wording import summary_text

        return summary_text(self)


def summarise(path: Path, find_rates: RatesFinder | None = None) -> Summary:
    """The summary of a run from its journal, finished or still being written.

    Raises:
        MeterError: The journal can't be read.
    """
    observed = Observed()
    observed.add(read_records(path)[0])
    return summary_of(observed, find_rates)


def summary_of(observed: Observed, find_rates: RatesFinder | None) -> Summary:
    """The summary of what was observed so far."""
    start_b = observed.open.get("b", 0.0)
    end_b = observed.close["b"] if observed.close else observed.last_b
    components = {
        component: energy
        for component in COMPONENTS
        if (energy := _component(observed, component, start_b, end_b)) is not None
    }
    rates = Rates()
    if find_rates is not None:
        rates = find_rates(observed.open.get("location") or {}, observed.open.get("declared") or {})
    missing = tuple(_NAMES[name] for name in ("cpu", "ram") if name not in components) + _missing_gpus(observed)
    run_id, name = str(observed.open.get("run")), observed.open.get("name")
    warnings = (*observed.warnings, *_parted(observed, start_b, end_b))
    length_s = max(0.0, end_b - start_b)
    return Summary(run_id, name, length_s, components, missing, rates, warnings, _idle(observed, length_s))


def _idle(observed: Observed, length_s: float) -> float | None:
    read = [number for number in observed.devices if len(observed.readings.get(number, ())) > 1]
    if not read or not observed.idle_w.keys() >= set(read):
        return None
    parts = [observed.idle_w[number] * (share_of(observed.devices[number].get("mig")) or 1.0) for number in read]
    return sum(parts) * length_s


def _missing_gpus(observed: Observed) -> tuple[str, ...]:
    """GPUs that are there but could not be read; a machine without any misses none."""
    return ("GPU",) if any(a.get("component") == "gpu" and a.get("device") for a in observed.absent) else ()


def _component(observed: Observed, component: str, start_b: float, end_b: float) -> ComponentEnergy | None:
    numbers = [number for number, device in observed.devices.items() if device.get("component") == component]
    windows = {n: _own_part(w, observed.devices[n]) for n in numbers if (w := observed.window(n, start_b, end_b))}
    if not windows:
        return None
    sensors = [observed.devices[number].get("sensor") or {} for number in windows]
    sampled = any(sensor.get("kind") == "integrated" for sensor in sensors)
    return ComponentEnergy(
        sum(window.energy_j for window in windows.values()),
        sum(window.low_j for window in windows.values()),
        sum(window.high_j for window in windows.values()),
        "sampled" if sampled else "measured",
        tuple(sorted({str(sensor.get("class")) for sensor in sensors})),
        len(windows),
    )


def _own_part(whole: Window, device: Record) -> Window:
    """Of a parted GPU (MIG) the run's slices: within a factor of two, for nobody sees what the others do."""
    share = share_of(device.get("mig"))
    if share is None or share == 1.0:
        return whole
    value_j = share * whole.energy_j
    high_j = min(whole.high_j, _SLICES_FACTOR * share * whole.high_j)
    return replace(whole, energy_j=value_j, low_j=share * whole.low_j / _SLICES_FACTOR, high_j=max(value_j, high_j))


def _parted(observed: Observed, start_b: float, end_b: float) -> list[str]:
    """The whole GPU's energy beside each estimate of a part."""
    told = []
    for number, device in observed.devices.items():
        mig, window = device.get("mig"), observed.window(number, start_b, end_b)
        if mig and window is not None:
            share, whole_j = share_of(mig), f"{window.energy_j:.4g} J"
            part = f": the run's part is estimated by its {mig['slices']} of {mig['of']} slices" if share else ""
            told.append(f"{device.get('name')} is parted (MIG) and counts as a whole, {whole_j} in this time{part}")
    return told


def journal_summary(path: Path, find_rates: RatesFinder | None = None) -> Summary | None:
    """Like `summarise`, but None where the journal can't be read: for use inside a job."""
    try:
        return summarise(path, find_rates)
    except MeterError:
        return None
