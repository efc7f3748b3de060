"""Readings as compressed columns: differences of fixed-point numbers, byte planes apart, then zlib.

Cumulative amounts change little from reading to reading, so that a reading of a GPU takes some 10 bytes. Fixed point:
a microsecond, a microjoule, a milliwatt, a byte-second; finer than any source.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 4096
_UNKNOWN = np.iinfo(np.int64).min
_LIMIT = 2.0**62

# Columns of each kind of stream beside the boot time, and the steps per unit in which they are kept.
SCALES: dict[str, tuple[float, ...]] = {
    "r": (1e6, 1e3, 1e6),  # energy_j, power_w, dt_s
    "m": (1e6, 1e6, 1.0, 1.0, 1.0, 1.0),  # busy_s, tree_s, mem_byte_s, rss_byte_s, mem_bytes, rss_bytes
    "u": (1e6, 1e6),  # own_util_s, all_util_s
    "q": (1e6, 1.0, 1.0),  # latency_s, tokens_in, tokens_out
}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings of one stream: boot times (n,) and values (n, columns), NaN where unknown."""

    b: Floats
    values: Floats

    def __len__(self) -> int:
        return len(self.b)

    def joined(self, other: Columns) -> Columns:
        """This one and then the other."""
        return Columns(np.concatenate([self.b, other.b]), np.concatenate([self.values, other.values]))

    def in_order(self) -> Columns:
        """Sorted by time where it isn't already; equal times keep their order."""
        if len(self.b) < 2 or bool(np.all(self.b[1:] >= self.b[:-1])):
            return self
        order = np.argsort(self.b, kind="stable")
        return Columns(self.b[order], self.values[order])


def no_columns(stream: str) -> Columns:
    """An empty stream of that kind."""
    return Columns(np.empty(0), np.empty((0, len(SCALES[stream[0]]))))


def pack(stream: str, columns: Columns) -> bytes:
    """The bytes of some readings; `unpack` gives them back to within half a step of fixed point."""
    parts = [_packed(columns.b, 1e6)]
    parts += [_packed(columns.values[:, i], scale) for i, scale in enumerate(SCALES[stream[0]])]
    return zlib.compress(b"".join(parts), 1)


def _packed(values: Floats, scale: float) -> bytes:
    scaled = np.clip(np.nan_to_num(values * scale, nan=0.0, posinf=_LIMIT, neginf=-_LIMIT), -_LIMIT, _LIMIT)
    fixed = np.rint(scaled).astype(np.int64)
    known = ~np.isnan(values)
    # An unknown value repeats the one before it, so that differences stay small; a bit mask says which are known.
    filled = _forward_filled(fixed, known)
    steps = np.diff(filled, prepend=np.int64(0))
    planes = np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 8).T).tobytes()
    return planes + np.packbits(known).tobytes()


def _forward_filled(fixed: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    if bool(known.all()):
        return fixed
    last = np.maximum.accumulate(np.where(known, np.arange(len(fixed)), -1))
    return np.where(last >= 0, fixed[np.maximum(last, 0)], np.int64(0))


def unpack(stream: str, n: int, data: bytes) -> Columns:
    """Readings out of their bytes."""
    plain = zlib.decompress(data)
    size = 8 * n + (n + 7) // 8
    scales = (1e6, *SCALES[stream[0]])
    columns = [_unpacked(plain[i * size : (i + 1) * size], n, scale) for i, scale in enumerate(scales)]
    return Columns(columns[0], np.stack(columns[1:], axis=1))


def _unpacked(data: bytes, n: int, scale: float) -> Floats:
    planes = np.frombuffer(data, np.uint8, 8 * n).reshape(8, n)
    steps = np.ascontiguousarray(planes.T).view(np.int64).reshape(n)
    values = np.cumsum(steps) / scale
    known = np.unpackbits(np.frombuffer(data, np.uint8, offset=8 * n), count=n).astype(bool)
    values[~known] = np.nan
    return values


def chunk_row(stream: str, columns: Columns) -> dict[str, Any]:
    """One row of the `chunks` table: the bytes, and what a trace needs to know without unpacking them."""
    first = columns.values[:, 0]
    known = first[~np.isnan(first)]
    return {
        "n": len(columns),
        "from_b": float(columns.b[0]),
        "to_b": float(columns.b[-1]),
        "first": float(known[0]) if len(known) else None,
        "last": float(known[-1]) if len(known) else None,
        **_power_summary(stream, columns),
        "data": pack(stream, columns),
    }


def _power_summary(stream: str, columns: Columns) -> dict[str, float | None]:
    """Least, most and mean watts of a chunk of readings, from polled power or else from the counter."""
    names = ("power_min_w", "power_max_w", "power_mean_w")
    _, power = device_power(columns) if stream[0] == "r" else (None, np.empty(0))
    if not len(power):
        return dict.fromkeys(names)
    return dict(zip(names, (float(power.min()), float(power.max()), float(power.mean())), strict=True))


def device_power(columns: Columns) -> tuple[Floats, Floats]:
    """Watts over time: as polled, or where power is not told, differences of the counter between its changes.

    Returns:
        Boot times and watts, unknown ones left out; of a counter the time is the middle between two changes.
    """
    power = columns.values[:, 1]
    known = ~np.isnan(power)
    if known.any():
        return columns.b[known], power[known]
    b, energy = changes(columns.b, columns.values[:, 0])
    # Changes seen closer together than a tick come from dense polls; a rate over less than 50 ms is noise.
    b, energy = _spaced(b, energy, 0.05)
    if len(b) < 2:
        return np.empty(0), np.empty(0)
    return (b[1:] + b[:-1]) / 2, np.maximum(np.diff(energy) / np.diff(b), 0.0)


def changes(b: Floats, energy: Floats) -> tuple[Floats, Floats]:
    """The readings at which a cumulative value was first seen, unknown ones left out."""
    known = ~np.isnan(energy)
    b, energy = b[known], energy[known]
    new = np.ones(len(b), bool)
    if len(b) > 1:
        new[1:] = (np.diff(energy) > 0) & (np.diff(b) > 0)
    return b[new], energy[new]


def _spaced(b: Floats, energy: Floats, least_s: float) -> tuple[Floats, Floats]:
    if len(b) < 2 or float(np.diff(b).min()) >= least_s:
        return b, energy
    slots = np.floor((b - b[0]) / least_s)
    keep = np.ones(len(b), bool)
    keep[1:] = slots[1:] > slots[:-1]
    b, energy = b[keep], energy[keep]
    far = np.ones(len(b), bool)
    far[1:] = np.diff(b) >= least_s / 2
    return b[far], energy[far]
