"""Records of a journal, gathered by table: pure, so that nothing is written before all of them have been looked at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from joulebook.ledger.store.chunks import SCALES, Columns
from joulebook.ledger.store.cleaning import (
    Record,
    amount_of,
    flag_of,
    integer_of,
    number_of,
    plain_json,
    small_json,
    table_of,
    text_of,
)

Row = dict[str, Any]
_NO_COUNT = {"k", "w", "b"}
_COMPONENTS = {"gpu", "cpu", "ram", "other"}
_DEVICE_LIMIT = 4096
_BUCKET_LIMIT = 1_000
# Clocks beyond these are broken: thirty years since a machine was started, and the year 2223.
LATEST_B = 1e9
LATEST_WALL = 8e9


@dataclass(slots=True)
class Batch:
    """What some records add to the books.

    Attributes:
        streams: Stream name to rows of (b, value, ...); None for an unknown value.
        phase_ends: Phase number to (end_b, failed), for phases begun in an earlier batch.
        contexts: Device number to the most contexts of the run's own processes.
        closing: The last `close` record: how the run ended, and when.
    """

    last_b: float = float("-inf")
    records: int = 0
    streams: dict[str, list[tuple[float | None, ...]]] = field(default_factory=dict)
    devices: dict[int, Row] = field(default_factory=dict)
    gaps: list[Row] = field(default_factory=list)
    phases: dict[int, Row] = field(default_factory=dict)
    phase_ends: dict[int, tuple[float, bool | None]] = field(default_factory=dict)
    absences: list[Row] = field(default_factory=list)
    warnings: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    latencies: Counter[int] = field(default_factory=Counter)
    qualities: list[Row] = field(default_factory=list)
    contexts: dict[int, int] = field(default_factory=dict)
    baselines: dict[int, float] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)
    closing: Row | None = None

    def columns(self, stream: str) -> Columns:
        """One stream as arrays in order of time."""
        table = np.array(self.streams[stream], dtype=np.float64).reshape(-1, 1 + len(SCALES[stream[0]]))
        return Columns(table[:, 0], table[:, 1:]).in_order()


def gather(batch: Batch, records: Iterable[Record]) -> None:
    """Add records to a batch; kinds that this reader doesn't know are passed over."""
    for record in records:
        batch.records += 1
        take = _TAKERS.get(record["k"])
        if take is None:
            continue
        b = float(record["b"])
        if not -1.0 <= b <= LATEST_B:
            continue
        batch.last_b = max(batch.last_b, b)
        take(batch, record, b)


def _numbers(record: Record) -> Iterable[tuple[int, Any]]:
    """The `d` of a record: device numbers with what is said of each."""
    for key, value in table_of(record.get("d")).items():
        if key.isascii() and key.isdigit() and int(key) < _DEVICE_LIMIT:
            yield int(key), value


def _tuple_of(value: object, length: int) -> tuple[float | None, ...] | None:
    if not isinstance(value, list) or len(value) < length:
        return None
    return tuple(amount_of(item) for item in value[:length])


def _reading(batch: Batch, record: Record, b: float) -> None:
    for number, value in _numbers(record):
        if (row := _tuple_of(value, 3)) is not None:
            batch.streams.setdefault(f"r{number}", []).append((b, *row))


def _utilisation(batch: Batch, record: Record, b: float) -> None:
    for number, value in _numbers(record):
        if (row := _tuple_of(value, 2)) is not None:
            batch.streams.setdefault(f"u{number}", []).append((b, *row))


def _machine(batch: Batch, record: Record, b: float) -> None:
    keys = ("busy_s", "tree_s", "mem_byte_s", "rss_byte_s", "mem_bytes", "rss_bytes")
    batch.streams.setdefault("m", []).append((b, *(amount_of(record.get(key)) for key in keys)))


def _sampled_request(batch: Batch, record: Record, b: float) -> None:
    row = tuple(amount_of(record.get(key)) for key in ("latency_s", "tokens_in", "tokens_out"))
    batch.streams.setdefault("q", []).append((b, *row))


def _device(batch: Batch, record: Record, _b: float) -> None:
    number, device_id = integer_of(record.get("i")), text_of(record.get("id"))
    component = text_of(record.get("component"))
    if number is None or not 0 <= number < _DEVICE_LIMIT or device_id is None or component not in _COMPONENTS:
        return
    sensor = table_of(record.get("sensor"))
    mig = record.get("mig")
    visible = flag_of(record.get("visible"))
    batch.devices[number] = {
        "device_no": number,
        "device_id": device_id,
        "component": component,
        "name": text_of(record.get("name")) or device_id,
        "source": text_of(record.get("source")) or "unknown",
        "sensor_kind": "integrated" if sensor.get("kind") == "integrated" else "counter",
        "sensor_class": text_of(sensor.get("class")),
        "tick_s": amount_of(sensor.get("tick_s")),
        "rel_error": min(amount_of(sensor.get("rel_error")) or 0.0, 1.0),
        "visible": visible if visible is not None else True,
        "power_limit_w": amount_of(record.get("power_limit_w")),
        "mig": None if mig is None else text_of(json.dumps(plain_json(mig))),
        "late_s": amount_of(record.get("late_s")),
        "baseline_w": None,
        "own_contexts": None,
    }


def _contexts(batch: Batch, record: Record, _b: float) -> None:
    for number, value in _numbers(record):
        own = integer_of(value[0]) if isinstance(value, list) and value else None
        if own is not None:
            batch.contexts[number] = max(own, batch.contexts.get(number, 0))


def _baseline(batch: Batch, record: Record, _b: float) -> None:
    for number, value in _numbers(record):
        if (watts := amount_of(value)) is not None:
            batch.baselines[number] = watts


def _phase_begins(batch: Batch, record: Record, b: float) -> None:
    number = integer_of(record.get("id"))
    if number is None or number in batch.phases:
        return
    batch.phases[number] = {
        "phase_no": number,
        "name": text_of(record.get("name"), 200) or "unnamed",
        "parent_no": integer_of(record.get("parent")),
        "ordinal": integer_of(record.get("index")) or 0,
        "begin_b": b,
        "end_b": None,
        "failed": None,
    }


def _phase_ends(batch: Batch, record: Record, b: float) -> None:
    number = integer_of(record.get("id"))
    if number is None:
        return
    begun = batch.phases.get(number)
    if begun is None:
        batch.phase_ends.setdefault(number, (b, flag_of(record.get("failed"))))
    elif begun["end_b"] is None:
        begun["end_b"], begun["failed"] = max(b, begun["begin_b"]), flag_of(record.get("failed"))


def _counts(batch: Batch, record: Record, _b: float) -> None:
    for key, value in record.items():
        amount, name = number_of(value), text_of(key, 100)
        if key not in _NO_COUNT and amount is not None and name is not None:
            batch.counts[name] += amount  # type: ignore[assignment]


def _requests(batch: Batch, record: Record, _b: float) -> None:
    names = {"n": "requests", "failed": "requests_failed", "sum_s": "request_s"}
    for key in ("n", "failed", "tokens_in", "tokens_out", "sum_s"):
        if (amount := amount_of(record.get(key))) is not None:
            batch.counts[names.get(key, key)] += amount  # type: ignore[assignment]
    for key, value in table_of(record.get("h")).items():
        n = integer_of(value)
        if n is not None and n > 0 and key.lstrip("-").isdigit() and abs(int(key)) < _BUCKET_LIMIT:
            batch.latencies[int(key)] += n


def _quality(batch: Batch, record: Record, _b: float) -> None:
    name, value = text_of(record.get("name"), 200), number_of(record.get("value"))
    if name is None or value is None:
        return
    batch.qualities.append(
        {
            "at": float(record["w"]),
            "name": name,
            "value": value,
            "n": amount_of(record.get("n")),
            "sd": amount_of(record.get("sd")),
            "higher_is_better": flag_of(record.get("higher_is_better")),
            "language": text_of(record.get("language"), 100),
        }
    )


def _gap(batch: Batch, record: Record, _b: float) -> None:
    start, end = number_of(record.get("from")), number_of(record.get("to"))
    if start is not None and end is not None and end > start:
        row = {"device_no": integer_of(record.get("i")), "from_b": start, "to_b": end}
        batch.gaps.append({**row, "why": text_of(record.get("why"))})


def _absent(batch: Batch, record: Record, _b: float) -> None:
    row = {key: text_of(record.get(key)) for key in ("source", "component", "why", "hint")}
    batch.absences.append({**row, "device_id": text_of(record.get("device"))})


def _warning(batch: Batch, record: Record, _b: float) -> None:
    row = {"code": text_of(record.get("code"), 100), "text": text_of(record.get("text"))}
    batch.warnings.append({**row, "at": float(record["w"])})


def _child(batch: Batch, record: Record, _b: float) -> None:
    if (run_id := text_of(record.get("run"), 200)) is not None:
        batch.children.add(run_id)


def _closes(batch: Batch, record: Record, b: float) -> None:
    status = text_of(record.get("status"))
    known = status if status in {"finished", "failed", "interrupted"} else "interrupted"
    exit_status = integer_of(record.get("exit_status"))
    small = exit_status if exit_status is not None and abs(exit_status) < 2**31 else None
    batch.closing = {"close_status": known, "exit_status": small, "last_b": b}


_TAKERS: dict[str, Callable[[Batch, Record, float], None]] = {
    "r": _reading,
    "m": _machine,
    "u": _utilisation,
    "c": _contexts,
    "qs": _sampled_request,
    "device": _device,
    "absent": _absent,
    "pb": _phase_begins,
    "pe": _phase_ends,
    "n": _counts,
    "q": _requests,
    "quality": _quality,
    "gap": _gap,
    "warn": _warning,
    "baseline": _baseline,
    "child": _child,
    "close": _closes,
}


def opening_row(record: Record, file_journal_id: str) -> Row | None:
    """The `journals` row of an `open` record, or None where it says too little to be a journal's first."""
    run_id = text_of(record.get("run"), 200)
    if record.get("k") != "open" or run_id is None or not isinstance(record.get("v"), int):
        return None
    if not (0 <= record["w"] <= LATEST_WALL and -1 <= record["b"] <= LATEST_B):
        return None
    return {
        "journal_id": text_of(record.get("journal"), 200) or file_journal_id,
        "run_id": run_id,
        "position": 0,
        "state": "open",
        "boot_id": text_of(record.get("boot"), 200) or f"unknown boot of {run_id}",
        "host": text_of(record.get("host"), 300) or "unknown",
        "opened_at": float(record["w"]),
        "opened_b": float(record["b"]),
        "last_b": float(record["b"]),
        "bad_lines": 0,
        "opening": small_json(record),
    }
