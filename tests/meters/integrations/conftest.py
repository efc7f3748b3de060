"""What the journals of a test say, taken together by run."""

from __future__ import annotations

import importlib.util
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from joulebook.meters.journal import is_alive, read_records


@dataclass
class Told:
    """One journal: who it says it is, how it ended and what was counted in it."""

    opening: dict[str, Any] = field(default_factory=dict)
    status: str | None = None
    phases: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    quality: list[dict[str, Any]] = field(default_factory=list)


def told_by(path: Path) -> Told:
    told, names = Told(), {}
    for record in read_records(path)[0]:
        kind = record["k"]
        if kind == "open":
            told.opening = record
        elif kind == "close":
            told.status = record["status"]
        elif kind == "pb":
            names[record["id"]] = "/".join(filter(None, (names.get(record["parent"]), record["name"])))
            told.phases.append(names[record["id"]])
        elif kind == "pe" and record["failed"]:
            told.failed.add(names[record["id"]])
        elif kind in ("n", "q"):
            amounts = {key: value for key, value in record.items() if key not in ("k", "w", "b", "h")}
            (told.counts if kind == "n" else told.requests).update(amounts)
        elif kind == "quality":
            told.quality.append(record)
    return told


@pytest.fixture
def told() -> Callable[[], list[Told]]:
    """What each run's journal says, oldest first, once its meter is done with it."""
    return lambda: [told_by(_finished(path)) for path in sorted(Path(os.environ["JOULEBOOK_JOURNALS"]).glob("*.jsonl"))]


def _finished(path: Path) -> Path:
    """A run's end returns within a second in any case; on a busy machine its meter may still be writing then."""
    until = time.monotonic() + 30
    while is_alive(path) and time.monotonic() < until:
        time.sleep(0.02)
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs a framework that is not installed: `framework(*modules)`."""
    for item in items:
        for marker in item.iter_markers("framework"):
            missing = [name for name in marker.args if importlib.util.find_spec(name) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))
