"""Journals of made-up runs, written as a meter would (docs/journal.md), and the ledger that comes of them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BOOT = "3f2c1d7e-0000-4000-8000-00000000b007"
BOOTED = 1_000_000.0  # boot-clock seconds at the first journal


@dataclass
class Story:
    """One run to be written."""

    run: str
    name: str
    started: datetime
    seconds: int = 40
    model: str | None = None
    parameters: float | None = None
    task: str | None = None
    project: str | None = None
    kind: str = "inference"
    stage: str | None = None
    gpu_w: float | None = 250.0
    requests: int = 0
    samples: int = 0
    accuracy: float | None = None
    phases: list[tuple[str, float, float]] = field(default_factory=list)
    gap: tuple[float, float] | None = None
    close: str | None = "finished"
    parent: str | None = None
    location: dict[str, str] = field(default_factory=lambda: {"how": "flag", "zone": "KOR"})
    tags: dict[str, str] = field(default_factory=dict)


def write(story: Story, folder: Path) -> Path:
    """Write the journal of one run."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{story.run}.{story.run}-j0.jsonl"
    records = sorted(_records(story), key=lambda record: record["b"])
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return file


def _records(story: Story) -> Iterator[dict[str, Any]]:
    begin_w = story.started.timestamp()
    begin_b = BOOTED + begin_w % 10_000_000

    def at(second: float, k: str, **values: Any) -> dict[str, Any]:
        return {"k": k, "w": begin_w + second, "b": begin_b + second, **values}

    yield at(0, "open", **_opening(story))
    if story.gpu_w is not None:
        sensor = {"kind": "counter", "class": "hopper", "tick_s": 0.1, "rel_error": 0.02}
        gpu = {"i": 0, "id": "GPU-5f1e-77aa", "component": "gpu", "name": "NVIDIA H100 80GB HBM3", "source": "nvml"}
        yield at(0, "device", **gpu, sensor=sensor, visible=True, power_limit_w=700.0, mig=None, late_s=0.0)
        yield at(0, "c", d={"0": [1, 1]})
    dice = random.Random(story.run)
    joules = 0.0
    for second in range(story.seconds + 1):
        power_w = (story.gpu_w or 0.0) * (0.6 + 0.4 * (math.sin(second / 5) > -0.3)) * dice.uniform(0.97, 1.03)
        joules += power_w if second else 0.0
        if story.gap and story.gap[0] <= second <= story.gap[1]:
            continue
        if story.gpu_w is not None:
            yield at(second + 1e-4, "r", d={"0": [round(joules, 3), round(power_w, 2), 0.002]})
        yield at(second + 2e-4, "m", **_machine(second))
    if story.gap:
        yield at(
            story.gap[1],
            "gap",
            **{"from": begin_b + story.gap[0], "to": begin_b + story.gap[1], "i": None},
            why="held up",
        )
    for number, (name, start, end) in enumerate(story.phases, start=1):
        index = sum(1 for other in story.phases[: number - 1] if other[0] == name)
        yield at(start, "pb", id=number, name=name, parent=None, index=index)
        yield at(end, "pe", id=number, failed=False)
    yield from _work(story, at)
    if story.close:
        yield at(story.seconds + 0.01, "close", status=story.close, exit_status=0 if story.close == "finished" else 1)


def _opening(story: Story) -> dict[str, Any]:
    machine = {
        "cpu_model": "Intel(R) Xeon(R) Platinum 8480+",
        "sockets": 1,
        "cores": 56,
        "threads": 112,
        "virtual": False,
        "memory_bytes": 256 * 2**30,
        "os": "Linux 6.1",
        "arch": "x86_64",
    }
    return {
        "v": 1,
        "journal": f"{story.run}-j0",
        "run": story.run,
        "parent": story.parent,
        "boot": BOOT,
        "host": "node-1",
        "pid": 4242,
        "mode": "helper",
        "meter": "0.1.0",
        "name": story.name,
        "project": story.project,
        "kind": story.kind,
        "stage": story.stage,
        "model": story.model,
        "parameters": story.parameters,
        "task": story.task,
        "tags": story.tags,
        "command": ["python", "serve.py", "--batch", "8"],
        "rank": None,
        "location": story.location,
        "machine": machine,
        "limits": {"cpu_cores": None, "memory_bytes": None},
        "software": {"python": "3.11.2", "torch": "2.9.0"},
        "declared": {},
    }


def _machine(second: int) -> dict[str, float]:
    used, resident = 40 * 2**30, 8 * 2**30
    return {
        "busy_s": 900.0 + 12.0 * second,
        "tree_s": 4.0 + 8.0 * second,
        "mem_byte_s": float(used * second),
        "rss_byte_s": float(resident * second),
        "mem_bytes": used,
        "rss_bytes": resident,
    }


def _work(story: Story, at: Any) -> Iterator[dict[str, Any]]:
    end = max(0.0, story.seconds - 0.5)
    if story.requests:
        slow = math.floor(math.log(1.9 / 1e-4) / math.log(1.05))
        quick = math.floor(math.log(0.8 / 1e-4) / math.log(1.05))
        late = story.requests // 20
        histogram = {str(quick): story.requests - late, str(slow): late}
        tokens = {"tokens_in": 200 * story.requests, "tokens_out": 120 * story.requests}
        yield at(end, "q", n=story.requests, failed=0, **tokens, sum_s=0.9 * story.requests, h=histogram)
    if story.samples:
        yield at(end, "n", samples=story.samples)
    if story.accuracy is not None:
        told = {"n": 1000, "sd": None, "higher_is_better": True, "language": None}
        yield at(end, "quality", name="accuracy", value=story.accuracy, **told)


def stories(now: datetime, n: int = 24) -> list[Story]:
    """A team's last month: a large and a small model on one task, a fine-tuning, something small, and odd ones."""
    told = []
    for i in range(n):
        when = now - timedelta(days=28 * (n - i) / n, minutes=7 * (i % 5))
        if i % 3 == 0:
            told.append(_large(f"run{i:04d}aa", when))
        elif i % 3 == 1:
            told.append(_small(f"run{i:04d}bb", when))
        else:
            told.append(_tiny(f"run{i:04d}cc", when))
    told.append(
        Story(
            "run9000dd",
            "finetune-8b",
            now - timedelta(days=3),
            seconds=180,
            model="Llama-3-8B",
            parameters=8e9,
            task="faq-answers",
            project="support-bot",
            kind="training",
            stage="finetune",
            gpu_w=620.0,
            samples=52_000,
            accuracy=0.91,
            phases=[
                ("load", 1, 14),
                ("epoch", 15, 65),
                ("epoch", 66, 115),
                ("epoch", 116, 165),
                ("evaluate", 166, 179),
            ],
            gap=(90, 100),
            tags={"team": "answers"},
        )
    )
    return told


def _large(run: str, when: datetime) -> Story:
    return Story(
        run, "serve-70b", when, 60, "Llama-3-70B", 70e9, "faq-answers", "support-bot", stage="serve", gpu_w=600.0,
        requests=90, accuracy=0.93, phases=[("load", 0, 9), ("serve", 10, 59)],
    )  # fmt: skip


def _small(run: str, when: datetime) -> Story:
    return Story(
        run, "serve-8b", when, 45, "Llama-3-8B", 8e9, "faq-answers", "support-bot", stage="serve", gpu_w=320.0,
        requests=240, accuracy=0.91, phases=[("load", 0, 4), ("serve", 5, 44)],
    )  # fmt: skip


def _tiny(run: str, when: datetime) -> Story:
    return Story(
        run, "triage", when, 30, "bert-base", 1.1e8, "triage", "mail", stage="serve", gpu_w=None, requests=900,
        accuracy=0.88, location={"how": "timezone", "timezone": "Asia/Seoul"},
    )  # fmt: skip


def odd_ones(now: datetime) -> list[Story]:
    """A running one without a close record, a failed one, and one whose texts try to be markup and formulas."""
    return [
        Story("run9100ee", "still-going", now - timedelta(seconds=50), seconds=45, model="Llama-3-8B", close=None),
        Story("run9200ff", "broke", now - timedelta(days=2), seconds=20, model="Llama-3-8B", close="failed"),
        Story(
            "run9300gg",
            "=cmd|' /C calc'!A0 <script>alert(1)</script> **bold** :red[x] $x^2$ [a](http://example.org)",
            now - timedelta(days=1),
            seconds=20,
            model="<img src=x onerror=alert(1)>",
            task="{curly} %s",
            project="@SUM(A1)",
            tags={"<b>k</b>": "`v`"},
        ),
    ]


def fill(journals: Path, now: datetime | None = None) -> list[Story]:
    """Write all of them; the ledger takes them in at the next look."""
    moment = now or datetime.now(UTC)
    told = [*stories(moment), *odd_ones(moment)]
    for story in told:
        write(story, journals)
    return told


if __name__ == "__main__":
    import sys

    fill(Path(sys.argv[1]))
