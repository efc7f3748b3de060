"""Journals: what is written is read again, and any bytes give records or nothing, never a crash."""

from __future__ import annotations

import json
import math
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulebook.meters.errors import MeterError
from joulebook.meters.journal import JournalVersionError, JournalWriter, is_alive, read_records
from joulebook.meters.summary import Observed, summary_of

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "run.journal.jsonl"


@given(st.dictionaries(st.text(min_size=1), json_values, max_size=6))
@settings(max_examples=100, deadline=None)
def test_records_come_back_as_they_were_written(values: dict) -> None:
    values = {key: value for key, value in values.items() if key not in ("k", "w", "b", "self", "kind")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j.jsonl"
        writer = JournalWriter(path)
        writer.write("n", w=1.0, b=2.0, **values)
        writer.close()
        (record,), offset = read_records(path)
        assert offset == path.stat().st_size
    assert record == {"k": "n", "w": 1.0, "b": 2.0, **values}


KINDS = ["open", "device", "absent", "r", "m", "u", "c", "pb", "pe", "n", "q", "qs", "quality", "gap", "warn", "close"]
KEYS = ["d", "i", "id", "v", "name", "sensor", "component", "from", "to", "status", "text", "tick_s", "energy", "h"]
odd_record = st.fixed_dictionaries(
    {"k": st.sampled_from(KINDS), "w": json_values, "b": json_values | st.floats(0, 1e6)},
    optional=dict.fromkeys(KEYS, json_values),
).map(lambda record: json.dumps(record).encode())


@given(st.lists(st.binary(max_size=60) | odd_record | st.just(b'{"k":"r","w":1,"b":1,"d":{"0":[1,2,3]}}'), max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_report(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j.jsonl"
        path.write_bytes(b"\n".join(lines))
        try:
            records, offset = read_records(path)
        except JournalVersionError:
            return
        assert offset <= path.stat().st_size
        for record in records:
            assert isinstance(record["k"], str)
            assert math.isfinite(record["b"])
            json.dumps(record, ensure_ascii=False).encode("utf-8")
        observed = Observed()
        observed.add(records)
        assert str(summary_of(observed, None))


def test_a_torn_last_line_waits_until_it_is_whole(path: Path) -> None:
    writer = JournalWriter(path)
    writer.write("m", w=1, b=1)
    writer.flush()
    os.write(writer.fd, b'{"k":"m","w":2')
    first, offset = read_records(path)
    assert len(first) == 1
    os.write(writer.fd, b',"b":2}\n')
    second, end = read_records(path, offset)
    assert [record["b"] for record in second] == [2]
    assert read_records(path, end) == ([], end)


def test_a_part_at_a_time_gives_the_same_records(path: Path) -> None:
    writer = JournalWriter(path)
    for b in range(200):
        writer.write("m", w=b, b=b)
    writer.close()
    records, offset = [], 0
    while part := read_records(path, offset, max_bytes=100)[0]:
        offset = read_records(path, offset, max_bytes=100)[1]
        records += part
    assert records == read_records(path)[0]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'{"k":"m"}',
        b'{"k":"m","w":true,"b":1}',
        b'{"k":"m","w":NaN,"b":1}',
        b'{"k":"m","w":1e400,"b":1}',
        b'{"k":1,"w":1,"b":1}',
        b"[" * 100_000,
        b'{"k":"m","w":1,"b":' + b"9" * 5000 + b"}",
        b"\xff\xfe",
        b'{"k":"r","w":1,"b":1,"d":{"x":[1,2,3]}}',
        b'{"k":"r","w":1,"b":1,"d":{"0":[1,2]}}',
        b'{"k":"r","w":1,"b":1,"d":{"0":["1",2,3]}}',
        b'{"k":"r","w":1,"b":1,"d":[1]}',
        b'{"k":"gap","w":1,"b":1,"from":"x","to":2}',
        b'{"k":"device","w":1,"b":1,"i":"0"}',
        b'{"k":"device","w":1,"b":1,"i":0,"id":"x","sensor":{"kind":"guess"}}',
        b'{"k":"device","w":1,"b":1,"i":0,"id":"x","sensor":{"tick_s":-1}}',
        b'{"k":"device","w":1,"b":1,"i":0,"id":"x","sensor":{"rel_error":[0.05]}}',
        b'{"k":"open","w":1,"b":1,"v":1,"run":"r","location":"here"}',
        b'{"k":"baseline","w":1,"b":1,"d":{"0":"60"}}',
    ],
)
def test_what_is_no_record_is_passed_over(path: Path, line: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(line + b'\n{"k":"m","w":1,"b":1}\n')
    assert read_records(path)[0] == [{"k": "m", "w": 1, "b": 1}]


def test_a_newer_journal_is_refused_with_a_clear_line(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"k":"open","w":1,"b":1,"v":2}\n')
    with pytest.raises(JournalVersionError, match="newer Joulebook"):
        read_records(path)


def test_a_journal_that_a_sync_has_set_aside_is_read_where_it_lies(path: Path) -> None:
    writer = JournalWriter(path)
    writer.write("n", samples=1)
    writer.close()
    before = read_records(path)
    (path.parent / "synced").mkdir()
    path.rename(path.parent / "synced" / path.name)
    assert read_records(path) == before
    with pytest.raises(MeterError):
        read_records(path.with_name("another.jsonl"))


def test_a_missing_journal_is_told_and_dead(path: Path) -> None:
    assert not is_alive(path)
    with pytest.raises(MeterError, match="can't be read"):
        read_records(path)


def test_the_lock_tells_the_living_from_the_dead(path: Path) -> None:
    writer = JournalWriter(path)
    assert is_alive(path)
    writer.close()
    assert not is_alive(path)


def test_a_full_disk_keeps_records_until_there_is_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter(path)
    real, room = os.write, [20]

    def scarce(fd: int, data: bytes) -> int:
        if room[0] <= 0:
            raise OSError(28, "No space left on device")
        written = real(fd, bytes(data)[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", scarce)
    for b in range(3):
        writer.write("m", w=b, b=b)
        writer.flush()
    assert "No space left" in writer.trouble
    assert read_records(path)[0] == []
    room[0] = 1 << 20
    writer.close()
    assert [record["b"] for record in read_records(path)[0]] == [0, 1, 2]
    assert writer.trouble is None
