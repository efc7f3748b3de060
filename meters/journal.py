"""The journal: append-only JSON Lines with one writer (docs/journal.md says what the records mean)."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from joulebook.meters.clock import boot_s, wall_s
from joulebook.meters.errors import MeterError

try:
    import fcntl
except ImportError:  # Windows has no flock: there, a journal without a closing record counts as interrupted
    fcntl = None  # type: ignore[assignment]

VERSION = 1
FSYNC_EVERY_S = 4.0
PENDING_LIMIT_BYTES = 4 << 20
Record = dict[str, Any]


class JournalVersionError(MeterError):
    """A journal written by a newer meter than this reader knows."""


def new_id() -> str:
    """A fresh id for a run or a journal: time first, so that ids sort by age, then 48 random bits."""
    return f"{int(wall_s() * 1000):011x}{os.urandom(6).hex()}"


def journal_path(directory: Path, run_id: str, journal_id: str) -> Path:
    """Where the journal of one meter lies."""
    return directory / f"{run_id}.{journal_id}.jsonl"


class JournalWriter:
    """Appends records to one journal; a full disk or a read-only folder costs records, never an exception.

    Attributes:
        path: The file, also where it could not be opened.
        trouble: Why records are being lost, or None while all is well.
    """

    def __init__(self, path: Path, fd: int | None = None, *, wait: bool = False) -> None:
        """Open a journal, or take over an open file.

        Args:
            path: The file.
            fd: Another process's open file of it, with the lock; None opens it.
            wait: Wait for the lock where somebody else has it.
        """
        self.path = path
        self.trouble: str | None = None
        self._pending = bytearray()
        self._next_fsync = time.monotonic() + FSYNC_EVERY_S
        self._fd = _open_locked(path, self, wait=wait) if fd is None else fd

    @property
    def fd(self) -> int | None:
        """The open file, to hand to a helper together with its lock; None where there is none."""
        return self._fd

    def write(self, kind: str, /, *, w: float | None = None, b: float | None = None, **values: Any) -> None:
        """Queue one record; `flush` appends what is queued in one piece."""
        record = {"k": kind, "w": wall_s() if w is None else w, "b": boot_s() if b is None else b, **values}
        record["w"], record["b"] = round(record["w"], 6), round(record["b"], 6)
        line = encode(record)
        if len(self._pending) + len(line) <= PENDING_LIMIT_BYTES:
            self._pending += line

    def flush(self) -> None:
        """Append what is queued; what a full disk refuses stays queued and is tried again with the next flush."""
        if self._fd is None or not self._pending:
            return
        try:
            # A short write leaves a torn line; its rest stays at the front of the queue and makes it whole later.
            while self._pending:
                written = os.write(self._fd, self._pending)
                del self._pending[:written]
            self.trouble = None
            self._sync_now_and_then()
        except OSError as error:
            self.trouble = f"{self.path}: {error.strerror or error}"

    def _sync_now_and_then(self) -> None:
        began = time.monotonic()
        if self._fd is None or began < self._next_fsync:
            return
        with contextlib.suppress(OSError):
            getattr(os, "fdatasync", os.fsync)(self._fd)
        # On a slow network file system a sync may take seconds: then it comes so rarely that it takes 2 % of the time.
        took = time.monotonic() - began
        self._next_fsync = began + max(FSYNC_EVERY_S, 50 * took)

    def close(self) -> None:
        """Flush and let go of the file, and with it of the lock."""
        self.flush()
        self.forget()

    def discard_empty(self) -> None:
        """Remove a file into which nothing was ever written, and let go of it."""
        with contextlib.suppress(OSError):
            if not self._pending and os.path.getsize(self.path) == 0:
                os.unlink(self.path)
        self.forget()

    def forget(self) -> None:
        """Close this process's handle without writing: another process goes on with the same open file and lock."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = None


def _open_locked(path: Path, writer: JournalWriter, *, wait: bool = False) -> int | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        writer.trouble = f"{path}: {error.strerror or error}"
        return None
    if fcntl is not None:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    return fd


def encode(record: Record) -> bytes:
    """One record as one line; what JSON does not know (NaN, foreign types) becomes null or text."""
    try:
        text = _encoder().encode(record)
    except ValueError:
        text = _encoder().encode(_finite(record))
    return text.encode("ascii") + b"\n"


@functools.cache
def _encoder() -> json.JSONEncoder:
    """Made once: making one for each record takes longer than writing the record."""
    return json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False, default=_plain)


def _plain(value: Any) -> Any:
    """A number of some library (numpy, torch) as a plain one; anything else as text."""
    with contextlib.suppress(Exception):
        number = float(value)
        return number if math.isfinite(number) else None
    return str(value)[:500]


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else _plain(value)


def is_alive(path: str | Path) -> bool:
    """Whether a living meter holds the lock on this journal."""
    if fcntl is None:
        return False
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


def is_closed(path: str | Path) -> bool:
    """Whether a journal has its closing record; one that can't be read counts as closed."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 512))
            return b'"k":"close"' in file.read()
    except OSError:
        return True


def lies_at(path: str | Path) -> Path:
    """Where a journal lies now: a sync may have set it aside, into a folder beside it."""
    path = Path(path)
    if not path.exists():
        with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
            return next((moved for entry in entries if (moved := Path(entry) / path.name).is_file()), path)
    return path


def read_records(path: str | Path, offset: int = 0, max_bytes: int | None = None) -> tuple[list[Record], int]:
    """Whole, well-formed records from a byte offset on, and the offset to go on from.

    Anything else (a torn last line, bytes that are no JSON, records without clock or kind) is passed over.

    Args:
        path: The journal; where a sync has set it aside meanwhile, it is read from there.
        offset: Where to begin: 0, or what an earlier call returned.
        max_bytes: Read about that much at once, but one whole line at least; None reads to the end.

    Raises:
        JournalVersionError: The journal was written by a newer meter.
        MeterError: The file can't be read.
    """
    try:
        with _opened(path) as file:
            file.seek(offset)
            data = file.read() if max_bytes is None else file.read(max_bytes)
            if max_bytes is not None and not data.endswith(b"\n"):
                data += file.readline()
    except OSError as error:
        raise MeterError(f"{path}: the journal can't be read ({error.strerror or error})") from None
    whole = data[: data.rfind(b"\n") + 1]
    records = [record for line in whole.split(b"\n") if line and (record := _parse(line)) is not None]
    _refuse_newer(path, records)
    return records, offset + len(whole)


def _opened(path: str | Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        return open(lies_at(path), "rb")


def _refuse_newer(path: str | Path, records: list[Record]) -> None:
    for record in records:
        version = record.get("v") if record["k"] == "open" else None
        if isinstance(version, int) and version > VERSION:
            raise JournalVersionError(
                f"{path}: written by a newer Joulebook (journal version {version}); update this one"
            )


def _parse(line: bytes) -> Record | None:
    try:
        record = json.loads(line.decode("utf-8"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("k"), str):
        return None
    if not (_is_number(record.get("w")) and _is_number(record.get("b"))):
        return None
    check = _SHAPES.get(record["k"])
    if check is not None and not check(record):
        return None
    return _without_surrogates(record) if b"\\ud" in line or b"\\uD" in line else record


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -1e15 < value < 1e15  # false for NaN too


def _is_amount(value: Any) -> bool:
    return value is None or _is_number(value)


def _has_numbers(record: Record, length: int) -> bool:
    """Whether `d` holds so many numbers (or nulls) for each device's number."""
    values = record.get("d")
    return isinstance(values, dict) and all(
        key.isdecimal() and len(key) < 9 and isinstance(row, list) and len(row) == length and all(map(_is_amount, row))
        for key, row in values.items()
    )


def _is_watts(value: Any) -> bool:
    return isinstance(value, dict) and all(
        key.isdecimal() and len(key) < 9 and _is_amount(watts) for key, watts in value.items()
    )


def _is_table(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def _is_sensor(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("kind", "counter") not in ("counter", "integrated"):
        return False
    amounts = (value.get("tick_s"), value.get("rel_error"))
    return all(amount is None or (_is_number(amount) and amount >= 0) for amount in amounts)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


_MACHINE_KEYS = ("busy_s", "tree_s", "mem_byte_s", "rss_byte_s", "mem_bytes", "rss_bytes")
# Records that figures are made of must have the shape that docs/journal.md gives them.
_SHAPES: dict[str, Callable[[Record], bool]] = {
    "open": lambda r: (
        (isinstance(r.get("run"), str) or _is_count(r.get("v")))
        and all(_is_table(r.get(key)) for key in ("location", "declared", "machine", "limits", "tags"))
    ),
    "device": lambda r: _is_count(r.get("i")) and isinstance(r.get("id"), str) and _is_sensor(r.get("sensor", {})),
    "r": lambda r: _has_numbers(r, 3),
    "u": lambda r: _has_numbers(r, 2),
    "c": lambda r: _has_numbers(r, 2),
    "m": lambda r: all(_is_amount(r.get(key)) for key in _MACHINE_KEYS),
    "pb": lambda r: _is_count(r.get("id")) and isinstance(r.get("name"), str),
    "pe": lambda r: _is_count(r.get("id")),
    "q": lambda r: all(_is_amount(r.get(key)) for key in ("n", "failed", "tokens_in", "tokens_out", "sum_s")),
    "qs": lambda r: _is_number(r.get("latency_s")),
    "quality": lambda r: isinstance(r.get("name"), str) and _is_number(r.get("value")),
    "baseline": lambda r: _is_watts(r.get("d")),
    "gap": lambda r: _is_number(r.get("from")) and _is_number(r.get("to")),
    "close": lambda r: isinstance(r.get("status"), str),
}


def _without_surrogates(value: Any) -> Any:
    """Half a surrogate pair is legal in JSON's escapes but can't be stored as UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value
