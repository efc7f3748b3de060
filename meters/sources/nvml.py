"""NVIDIA GPUs through NVML: the energy counter where there is one, else polled power added up by the meter.

Sensor classes follow Yang, Adamek and Armour (arXiv 2312.02741): what a power reading averages over depends on the
architecture; A100 and H100 see 25 ms of every 100 ms in their instantaneous reading. The specified accuracy is
±5 % of the reading.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from joulebook.meters.clock import boot_s, wall_s
from joulebook.meters.sources import Absent, Device, Poll, Sample, Sensor, SourceError, Usage
from joulebook.meters.sources.mig import mig_record, mig_uuids
from joulebook.meters.sources.visible import GpuIdentity, Visible, visible_gpus

COUNTER_TICK_S = 0.1  # ML.ENERGY: the counter is renewed about every 100 ms
COUNTER = Sensor("counter", "nvml-counter", COUNTER_TICK_S, 0.05)
AVERAGE_1S = Sensor("integrated", "nvml-average-1s", None, 0.05, lag_s=0.5)
WINDOW_100MS = Sensor("integrated", "nvml-window-100ms", None, 0.05, lag_s=0.05)
WINDOW_10MS = Sensor("integrated", "nvml-window-10ms", None, 0.07)
# 25 ms of every 100 ms are seen: -8.6 % on a wave of 1 s, any error up to the full swing on one of 100 ms.
SEES_A_QUARTER = Sensor("integrated", "nvml-sees-25-of-100ms", None, 0.12)
LAGGING = Sensor("integrated", "nvml-lagging", None, 0.15)
_LOOK_EVERY_S = 60.0  # for GPUs that come later: one call that takes microseconds
POLL_S = 0.04  # under half the 100 ms in which these sensors renew
_KEPLER, _MAXWELL, _PASCAL, _VOLTA, _TURING, _AMPERE = 2, 3, 4, 5, 6, 7
_FIELD_AVERAGE, _FIELD_INSTANT = 185, 186
_SCOPE_GPU, _SCOPE_MODULE = 0, 1
_NO_GPU_HINT = "unset CUDA_VISIBLE_DEVICES or name a GPU that `nvidia-smi -L` lists"


@dataclass(slots=True)
class _Gpu:
    """One GPU under the meter: its handle, how power is read, and what was added up."""

    handle: Any
    device: Device
    power_field: tuple[int, int] | None
    offset_mj: int = 0
    last_mj: int | None = None
    energy_j: float = 0.0
    power_w: float | None = None
    read_b: float | None = None
    box: Any = field(default_factory=ctypes.c_ulonglong)
    fields: Any = None
    usage_box: Any = None
    own_util_s: float = 0.0
    all_util_s: float = 0.0
    util_seen_us: int = 0
    util_read_b: float | None = None


@dataclass(slots=True)
class CounterEvent:
    """A counter that went backwards: energy between these two boot times is partly unknown."""

    device_id: str
    from_b: float
    to_b: float


@dataclass(frozen=True, slots=True)
class Appeared:
    """A GPU that came while the run went on, between these two boot times; it is not metered."""

    uuid: str
    name: str
    from_b: float
    to_b: float

    def told(self, start_b: float) -> str:
        """What a reader of the run that began then must know."""
        when = f"appeared {max(0.0, self.from_b - start_b):.0f} to {self.to_b - start_b:.0f} s after the run's start"
        return f"{self.name} ({self.uuid}) {when}: what it uses is not in this run; runs that begin now meter it"


def _library() -> Any:
    """The driver's library; reading through it directly spares four fifths of what pynvml's wrappers take."""
    return ctypes.CDLL("libnvidia-ml.so.1" if os.name != "nt" else "nvml.dll")


def library_present() -> bool:
    """Whether there is an NVIDIA driver library at all, without importing more than ctypes."""
    try:
        _library()
    except OSError:
        return False
    return True


class NvmlSource:
    """All GPUs that the job may use."""

    name = "nvml"

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._gpus: list[_Gpu] = []
        self.devices: list[Device] = []
        self.absent: list[Absent] = []
        self.doubt: str | None = None
        self.resets: list[CounterEvent] = []
        self.appeared: list[Appeared] = []
        self._have_counters: set[str] = set()
        self._listed: set[str] = set()
        self._count = 0
        self._looked_b = 0.0
        self.poll_s = 1.0
        self._nvml: Any = None

    def open(self) -> None:
        """Start NVML and find the visible GPUs.

        Raises:
            SourceError: There is no NVIDIA driver here, or it does not answer.
        """
        if not library_present():
            raise SourceError("libnvidia-ml.so.1 is not found: no NVIDIA driver on this machine or in this container")
        import pynvml

        try:
            self._nvml = _library()
            pynvml.nvmlInit()
            found = _identities(pynvml)
        except pynvml.NVMLError as error:
            raise SourceError(f"NVML does not start: {error}") from None
        self._listed = {identity.uuid for identity, _ in found}
        self._count, self._looked_b = len(found), boot_s()
        visibility = visible_gpus(self._environ, [identity for identity, _ in found])
        self.doubt = visibility.doubt
        handles = {identity.uuid: handle for identity, handle in found}
        for seen in visibility.gpus:
            self._take(pynvml, handles[seen.gpu.uuid], seen)
        self._set_devices()
        if found and not visibility.gpus:
            self.absent.append(Absent(self.name, "gpu", "no GPU is visible to this job", _NO_GPU_HINT))

    def _take(self, nvml: Any, handle: Any, seen: Visible) -> None:
        power_field = _power_field(nvml, handle)
        sensor = _sensor(nvml, handle, seen.gpu.name, power_field)
        if sensor is None:
            why = f"{seen.gpu.name} gives neither energy nor power (a virtual GPU, or a driver too old)"
            self.absent.append(Absent(self.name, "gpu", why, "meter on the host that owns the GPU", seen.gpu.uuid))
            return
        limit_mw = _try(nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
        mig = mig_record(nvml, handle, seen.mig_uuids) if seen.mig_uuids else None
        limit_w = limit_mw / 1000 if limit_mw else None
        device = Device(seen.gpu.uuid, "gpu", seen.gpu.name, self.name, sensor, power_limit_w=limit_w, mig=mig)
        fields = (nvml.c_nvmlFieldValue_t * 1)() if power_field is not None else None
        self._gpus.append(_Gpu(handle, device, power_field, fields=fields))

    def read(self, *, power: bool) -> Poll:
        """Read counters, and power where asked for or where there is no counter."""
        if self._have_counters:
            self._take_up_counters()
        samples: dict[str, Sample] = {}
        began = boot_s()
        for gpu in self._gpus:
            if gpu.device.sensor.kind == "counter":
                samples[gpu.device.id] = Sample(self._counter_j(gpu), None)
        took = boot_s() - began
        for gpu in self._gpus:
            if gpu.device.sensor.kind == "integrated":
                samples[gpu.device.id] = _integrate(gpu, _power_w(self._nvml, gpu))
            elif power:
                samples[gpu.device.id] = Sample(samples[gpu.device.id].energy_j, _power_w(self._nvml, gpu))
        return Poll(began + took / 2, took / 2, samples)

    def _counter_j(self, gpu: _Gpu) -> float | None:
        """Joules since the driver was loaded, going on over a reset of the counter."""
        if self._nvml.nvmlDeviceGetTotalEnergyConsumption(gpu.handle, ctypes.byref(gpu.box)) != 0:
            return None
        shown_mj, now = int(gpu.box.value), boot_s()
        if gpu.last_mj is not None and shown_mj < gpu.last_mj:
            gpu.offset_mj += gpu.last_mj
            self.resets.append(CounterEvent(gpu.device.id, gpu.read_b or now, now))
        gpu.last_mj, gpu.read_b = shown_mj, now
        return float((gpu.offset_mj + shown_mj) / 1000)

    def keep_to_counter(self, device_id: str) -> Device:
        """From the next reading on, read this GPU's counter, though it failed on opening: it is known to have one.

        Called from the meter's thread; returns the device as it is read then.
        """
        self._have_counters.add(device_id)
        return replace(next(device for device in self.devices if device.id == device_id), sensor=COUNTER)

    def _take_up_counters(self) -> None:
        for gpu in self._gpus:
            if gpu.device.id in self._have_counters:
                gpu.device, gpu.read_b = replace(gpu.device, sensor=COUNTER), None
        self._have_counters.clear()
        self._set_devices()

    def _set_devices(self) -> None:
        self.devices = [gpu.device for gpu in self._gpus]
        self.poll_s = POLL_S if any(device.sensor.kind == "integrated" for device in self.devices) else 1.0

    def _look_again(self, nvml: Any) -> None:
        """Where there are more or fewer GPUs than before, keep to ours by UUID and note the new ones."""
        from_b, self._looked_b = self._looked_b, boot_s()
        count = _try(nvml.nvmlDeviceGetCount)
        if count is None or count == self._count:
            return
        self._count, found = count, _identities(nvml)
        handles = {identity.uuid: handle for identity, handle in found}
        for gpu in self._gpus:
            gpu.handle = handles.get(gpu.device.id, gpu.handle)
        for seen in visible_gpus(self._environ, [identity for identity, _ in found]).gpus:
            if seen.gpu.uuid not in self._listed:
                self.appeared.append(Appeared(seen.gpu.uuid, seen.gpu.name, from_b, self._looked_b))
        self._listed |= handles.keys()

    def usage(self, own_pids: Collection[int]) -> Usage | None:
        """Utilisation by process (seconds at full use, summed up) and compute contexts."""
        import pynvml

        if boot_s() - self._looked_b >= _LOOK_EVERY_S:
            self._look_again(pynvml)
        usage = Usage()
        for gpu in self._gpus:
            contexts = _try(pynvml.nvmlDeviceGetComputeRunningProcesses, gpu.handle)
            if contexts is not None:
                pids = {process.pid for process in contexts}
                usage.contexts[gpu.device.id] = (len(pids.intersection(own_pids)), len(pids))
            if _add_utilisation(self._nvml, pynvml, gpu, own_pids):
                usage.util_s[gpu.device.id] = (round(gpu.own_util_s, 4), round(gpu.all_util_s, 4))
        return usage


def _identities(nvml: Any) -> list[tuple[GpuIdentity, Any]]:
    """Every GPU that answers; a lost one is left out, the others stay."""
    found = []
    for index in range(nvml.nvmlDeviceGetCount()):
        handle = _try(nvml.nvmlDeviceGetHandleByIndex, index)
        uuid = _try(nvml.nvmlDeviceGetUUID, handle) if handle is not None else None
        if uuid is None:
            continue
        name = _try(nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU"
        found.append((GpuIdentity(index, uuid, name, mig_uuids(nvml, handle)), handle))
    return found


def _try(call: Any, *arguments: Any) -> Any:
    """The call's result, or None where NVML refuses: one call that fails must cost one number, not the run."""
    try:
        return call(*arguments)
    except Exception:  # noqa: BLE001 - besides its own errors the library raises on versions and on odd text
        return None


def _power_field(nvml: Any, handle: Any) -> tuple[int, int] | None:
    """The averaged power field where there is one (Ada, Hopper and newer), of the GPU or else of the module."""
    choices = [(_FIELD_AVERAGE, _SCOPE_GPU), (_FIELD_AVERAGE, _SCOPE_MODULE)]
    values = _try(nvml.nvmlDeviceGetFieldValues, handle, choices)
    for choice, value in zip(choices, values or (), strict=False):
        if value.nvmlReturn == 0 and value.value.uiVal > 0:
            return choice
    if _try(nvml.nvmlDeviceGetPowerUsage, handle) is not None:
        return None
    choices = [(_FIELD_INSTANT, _SCOPE_GPU), (_FIELD_INSTANT, _SCOPE_MODULE)]
    values = _try(nvml.nvmlDeviceGetFieldValues, handle, choices)
    return next((c for c, v in zip(choices, values or (), strict=False) if v.nvmlReturn == 0 and v.value.uiVal), None)


def _sensor(nvml: Any, handle: Any, name: str, power_field: tuple[int, int] | None) -> Sensor | None:
    architecture = _try(nvml.nvmlDeviceGetArchitecture, handle) or 0
    if _try(nvml.nvmlDeviceGetTotalEnergyConsumption, handle) is not None:
        return COUNTER
    if power_field is not None and power_field[0] == _FIELD_AVERAGE:
        return AVERAGE_1S
    if power_field is not None:
        return SEES_A_QUARTER
    if _try(nvml.nvmlDeviceGetPowerUsage, handle) is None:
        return None
    return _usage_sensor(architecture, name)


def _usage_sensor(architecture: int, name: str) -> Sensor:
    """What `nvmlDeviceGetPowerUsage` averages over, by architecture."""
    if architecture > _AMPERE:
        return AVERAGE_1S
    if architecture == _AMPERE:
        return SEES_A_QUARTER if any(chip in name for chip in ("A100", "A800", "A30")) else AVERAGE_1S
    return {_TURING: WINDOW_100MS, _VOLTA: WINDOW_10MS, _PASCAL: WINDOW_10MS}.get(architecture, LAGGING)


def _power_w(library: Any, gpu: _Gpu) -> float | None:
    if gpu.power_field is None:
        milliwatts = ctypes.c_uint()
        failed = library.nvmlDeviceGetPowerUsage(gpu.handle, ctypes.byref(milliwatts)) != 0
        return None if failed else milliwatts.value / 1000
    value = gpu.fields[0]
    value.fieldId, value.scopeId = gpu.power_field
    if library.nvmlDeviceGetFieldValues(gpu.handle, 1, gpu.fields) != 0 or value.nvmlReturn != 0:
        return None
    return float(value.value.uiVal / 1000)


def _integrate(gpu: _Gpu, power_w: float | None) -> Sample:
    """Zero-order hold: the last power seen holds until the next reading."""
    now = boot_s()
    if gpu.read_b is not None and gpu.power_w is not None:
        gpu.energy_j += gpu.power_w * (now - gpu.read_b)
    if power_w is None:
        gpu.power_w = gpu.read_b = None
        return Sample(None, None)
    gpu.power_w, gpu.read_b = power_w, now
    return Sample(gpu.energy_j, power_w)


_USAGE_ROOM = 128


def _utilisation_samples(library: Any, nvml: Any, gpu: _Gpu) -> Any:
    """Each process's newest utilisations; read without pynvml, which makes every call twice.

    Raises:
        Exception: NVML can't tell, as pynvml raises it.
    """
    if gpu.usage_box is None:
        gpu.usage_box = (nvml.c_nvmlProcessUtilizationSample_t * _USAGE_ROOM)()
    count, since = ctypes.c_uint(_USAGE_ROOM), ctypes.c_ulonglong(gpu.util_seen_us)
    if library.nvmlDeviceGetProcessUtilization(gpu.handle, gpu.usage_box, ctypes.byref(count), since) == 0:
        return gpu.usage_box[: count.value]
    return nvml.nvmlDeviceGetProcessUtilization(gpu.handle, gpu.util_seen_us)


def _add_utilisation(library: Any, nvml: Any, gpu: _Gpu, own_pids: Collection[int]) -> bool:
    """Add each process's share of streaming-multiprocessor time since the last call; False where NVML can't tell."""
    now = boot_s()
    since_s = 0.0 if gpu.util_read_b is None else min(now - gpu.util_read_b, 10.0)
    try:
        samples = _utilisation_samples(library, nvml, gpu)
    except Exception as error:  # noqa: BLE001 - see _try
        if getattr(error, "value", None) != nvml.NVML_ERROR_NOT_FOUND:  # NOT_FOUND: nobody used the GPU since
            return False
        samples = []
    gpu.util_read_b, gpu.util_seen_us = now, int(wall_s() * 1e6) if not samples else max(s.timeStamp for s in samples)
    latest: dict[int, tuple[int, int]] = {}
    for sample in samples:
        if sample.timeStamp and sample.smUtil <= 100:
            latest[sample.pid] = max(latest.get(sample.pid, (0, 0)), (sample.timeStamp, sample.smUtil))
    for pid, (_, percent) in latest.items():
        gpu.all_util_s += percent / 100 * since_s
        if pid in own_pids:
            gpu.own_util_s += percent / 100 * since_s
    return True
