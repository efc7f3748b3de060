"""Parts of a GPU (MIG): which there are, and how large. NVML gives energy and power for the whole GPU alone.

What one part used is therefore an estimate: its compute slices over the GPU's (seven on A100 and H100, four on A30).
Idle power belongs to all slices alike, and what the other parts do is not known, so it may be off by a factor of two.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any


def mig_uuids(nvml: Any, handle: Any) -> tuple[str, ...]:
    """The parts of a GPU that can be seen from here; none where it is not parted."""
    return tuple(uuid for uuid, _ in _parts(nvml, handle))


def mig_record(nvml: Any, handle: Any, uuids: Collection[str]) -> dict[str, Any]:
    """The journal's `mig` of a device: these parts of it, with their compute slices out of the GPU's."""
    of = _answer(nvml.nvmlDeviceGetMaxMigDeviceCount, handle)
    slices = memory_mb = 0
    for uuid, part in _parts(nvml, handle):
        attributes = _answer(nvml.nvmlDeviceGetAttributes_v2, part) if uuid in uuids else None
        if attributes is not None:
            slices += int(attributes.computeInstanceSliceCount)
            memory_mb += int(attributes.memorySizeMB)
    known = bool(slices and of)
    return {
        "uuids": list(uuids),
        "share": "estimate",
        "slices": slices if known else None,
        "of": int(of) if known else None,
        "memory_bytes": memory_mb << 20 if memory_mb else None,
    }


def share_of(mig: Any) -> float | None:
    """The part (0 to 1) of a GPU's energy that goes to `mig` of its `device` record, by slices; None where unknown."""
    if not isinstance(mig, dict):
        return None
    slices, of = mig.get("slices"), mig.get("of")
    if not isinstance(slices, int) or not isinstance(of, int) or not 0 < slices <= of:
        return None
    return slices / of


def _parts(nvml: Any, handle: Any) -> list[tuple[str, Any]]:
    mode = _answer(nvml.nvmlDeviceGetMigMode, handle)
    if not mode or not mode[0]:
        return []
    most = _answer(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0
    parts = [_answer(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index) for index in range(most)]
    named = [(_answer(nvml.nvmlDeviceGetUUID, part), part) for part in parts if part is not None]
    return [(uuid, part) for uuid, part in named if uuid]


def _answer(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except Exception:  # noqa: BLE001 - besides its own errors the library raises on versions and on odd text
        return None
