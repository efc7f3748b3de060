"""Fuzzes journals with atheris, by hand (nothing of this runs with the tests; docs/journal.md says how).

Whatever bytes a journal holds: reading it ends, its figures are in order and finite, lines that are no records change
nothing, the books take it in or say why not, and a whole journal beside it keeps its exact energy.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import atheris

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger" / "store"))
with atheris.instrument_imports(include=["joulebook.meters", "joulebook.ledger.store"]):
    from joulebook.ledger.store import open_ledger, run_document, sync, trace
    from joulebook.ledger.store.batches import Batch, gather
    from joulebook.meters.journal import JournalVersionError, _parse, read_records
    from joulebook.meters.summary import Observed, summary_of
from written_journals import Journal

INTO_BOOKS = 20  # one input in so many: a sync takes a tenth of a second, reading a few milliseconds
FOLDER = Path(tempfile.mkdtemp(prefix="joulebook-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
ODD: list[Any] = [
    None, True, [], {}, "", "0", "\0", "\ud800", -1, 0, 0.1, 1, 2**31, 2**53, 10**30, 1e15, -1e300, 5e-324, 1e308,
    [1, 2, 3], [None, None, None], {"0": [1, 2, 3]}, {"0": None, "-1": [0], "999999": [1, 2, 3]}, "x" * 5000,
]  # fmt: skip


def whole() -> Journal:
    """A journal with a record of every kind."""
    journal = Journal("run", "j", end=4, gpus={"GPU-1": 300.0, "boot-a/package-0": 50.0}, boot="boot-a", rank=0)
    journal.phase(1, "epoch", 0.5, 2.5).phase(2, "step", 1, 2, parent=1)
    journal.add("n", 1, samples=5).add("q", 2, n=3, failed=1, tokens_in=30, tokens_out=60, sum_s=3.0, h={"188": 2})
    journal.add("qs", 2, latency_s=0.5, tokens_in=1, tokens_out=2).add("c", 1, d={"0": [1, 2]})
    journal.add("u", 1, d={"0": [0.5, 0.7]}).add("quality", 3, name="accuracy", value=0.9, n=10, higher_is_better=True)
    journal.add("gap", 3, **{"from": 1.0, "to": 1.5}, i=0, why="lost").add("warn", 3, code="x", text="y")
    journal.add("baseline", 0, d={"0": 40.0}, seconds=5.0).add("child", 1, run="other")
    return journal.add("absent", 0, source="nvml", component="gpu", why="lost", hint="", device="GPU-2")


GOOD = whole().lines()


def figures(path: Path) -> dict[str, tuple[float, float, float]]:
    """The energies that the meter's own summary tells."""
    observed = Observed()
    observed.add(read_records(path)[0])
    summary = summary_of(observed, None)
    assert str(summary)
    return {name: (part.low_j, part.energy_j, part.high_j) for name, part in summary.components.items()}


def read(data: bytes) -> None:
    """Read the bytes as a journal: whole, in pieces, and their non-records between the lines of a good one."""
    path = FOLDER / "run.j.jsonl"
    path.write_bytes(data)
    try:
        records, offset = read_records(path)
    except JournalVersionError:
        return
    assert 0 <= offset <= len(data)
    pieces, at = [], 0
    while at < offset:
        part, at = read_records(path, at, max_bytes=200)
        pieces += part
    assert pieces == records
    for low_j, energy_j, high_j in figures(path).values():
        assert 0 <= low_j <= energy_j <= high_j < math.inf
    gather(Batch(), records)
    noise = [line + b"\n" for line in data.split(b"\n") if _parse(line) is None]
    mixed = [line for pair in zip(GOOD, noise + [b""] * len(GOOD), strict=False) for line in pair]
    path.write_bytes(b"".join(mixed))
    assert figures(path) == GOOD_FIGURES


def keep_books(data: bytes) -> None:
    """Take the bytes into the books beside a whole journal of another machine."""
    place = Path(tempfile.mkdtemp(dir=FOLDER))
    try:
        shutil.copy(TEMPLATE, place / "ledger.sqlite")
        (place / "run.j.jsonl").write_bytes(data)
        Journal("good", "g", boot="boot-b", host="host-b", gpus={"GPU-9": 300.0}).write(place)
        books = open_ledger(str(place / "ledger.sqlite"))
        report = sync(books, place)
        assert [line for line in report.problems if "could not be" in line] == [], report.problems
        assert abs(run_document(books, "good")["devices"][0]["energy_j"]["value"] - 30_000) < 1e-6
        for run_id in report.runs:
            json.dumps(run_document(books, run_id), allow_nan=False)
            trace(books, run_id)
        assert sync(books, place).records == 0
        books.close()
    finally:
        shutil.rmtree(place)


def one_input(data: bytes) -> None:
    """What atheris calls."""
    read(data)
    if zlib.crc32(data) % INTO_BOOKS == 0:
        keep_books(data)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Change records as records most of the time: random bytes would seldom be JSON."""
    rng = random.Random(seed)
    lines = [line for line in data.split(b"\n") if line] or list(GOOD)
    at = rng.randrange(len(lines))
    way = rng.randrange(8)
    record = _parse(lines[at])
    if way == 0 or (record is None and way < 5):
        return atheris.Mutate(data, max_size)
    if way < 5 and record is not None:
        lines[at] = json.dumps(_changed(record, rng)).encode()
    elif way == 5:
        lines.insert(rng.randrange(len(lines) + 1), lines[at])
    elif way == 6:
        del lines[at]
    else:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return (b"\n".join(lines) + b"\n" * rng.randrange(2))[:max_size]


def _changed(value: Any, rng: random.Random) -> Any:
    """One value somewhere inside replaced, removed or nudged."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.6:
        return rng.choice([value + 1, -value, value * 1e6, value + 0.1, value - 1, value * 0.5])
    return rng.choice(ODD)


def main() -> None:
    """`python tests/meters/fuzz_journal.py [CORPUS] -runs=200000 -max_total_time=300`."""
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    (corpus / "whole").write_bytes(b"".join(GOOD))
    for number, line in enumerate(GOOD[:3] + GOOD[-30:]):
        (corpus / f"line-{number}").write_bytes(GOOD[0] + GOOD[1] + line)
    atheris.Setup([*sys.argv, str(corpus), "-max_len=40000", "-timeout=30"], one_input, custom_mutator=mutate)
    atheris.Fuzz()


TEMPLATE = FOLDER / "template.sqlite"
open_ledger(str(TEMPLATE)).close()
GOOD_PATH = FOLDER / "good.jsonl"
GOOD_PATH.write_bytes(b"".join(GOOD))
GOOD_FIGURES = figures(GOOD_PATH)

if __name__ == "__main__":
    main()
