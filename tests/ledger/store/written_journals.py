"""Journals as a meter would write them, of devices of constant power, so that figures can be worked out by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WALL = 1_760_000_000.0  # 2025-10-09 08:53:20 UTC, at boot time 0


@dataclass
class Journal:
    """One journal; boot times are seconds since `WALL`.

    `gpus` maps UUIDs (or `<boot>/package-0`, `<boot>/dram-0`) to watts, `visible` says which of them the run may see
    (all by default). Counters tick every 0.1 s; readings come every `period` seconds and exactly at ticks, so that
    energies are exact.
    """

    run: str
    journal: str = "j1"
    start: float = 0.0
    end: float = 100.0
    gpus: dict[str, float] = field(default_factory=lambda: {"GPU-1": 300.0})
    boot: str = "boot-a"
    host: str = "host-a"
    period: float = 1.0
    visible: set[str] | None = None
    rank: int | None = None
    parent: str | None = None
    kind_of_sensor: str = "counter"
    rel_error: float = 0.0
    busy_cores: float = 2.0
    tree_cores: float = 1.5
    utilisation: dict[str, tuple[float, float]] | None = None
    closed: str | None = "finished"
    opening: dict[str, Any] = field(default_factory=dict)
    more: list[dict[str, Any]] = field(default_factory=list)

    def record(self, kind: str, b: float, /, **values: Any) -> dict[str, Any]:
        return {"k": kind, "w": WALL + b, "b": b, **values}

    def add(self, kind: str, b: float, /, **values: Any) -> Journal:
        self.more.append(self.record(kind, b, **values))
        return self

    def phase(
        self, number: int, name: str, start: float, end: float, *, index: int = 0, parent: int | None = None
    ) -> Journal:
        self.add("pb", start, id=number, name=name, parent=parent, index=index)
        return self.add("pe", end, id=number, failed=False)

    def records(self) -> list[dict[str, Any]]:
        first = [self.record("open", self.start, **self._opening())]
        first += [self._device(i, uuid) for i, uuid in enumerate(self.gpus)]
        middle = sorted([*self._readings(), *self.more], key=lambda record: record["b"])
        last = []
        if self.closed:
            last = [
                self.record("close", self.end, status=self.closed, exit_status=0 if self.closed == "finished" else 1)
            ]
        return [*first, *middle, *last]

    def _opening(self) -> dict[str, Any]:
        rank = (
            None
            if self.rank is None
            else {"rank": self.rank, "local_rank": self.rank, "world": 4, "launcher": "torchrun"}
        )
        return {
            "v": 1,
            "journal": self.journal,
            "run": self.run,
            "parent": self.parent,
            "boot": self.boot,
            "host": self.host,
            "pid": 1,
            "mode": "helper",
            "meter": "0.1",
            "name": self.run,
            "project": "p",
            "kind": "training",
            "stage": None,
            "model": "m",
            "parameters": 7e9,
            "task": "t",
            "tags": {},
            "command": ["python", "train.py"],
            "rank": rank,
            "location": {"how": "flag", "zone": "KOR"},
            "machine": {
                "cpu_model": "Intel(R) Xeon(R) Platinum 8480+",
                "sockets": 1,
                "cores": 4,
                "threads": 8,
                "virtual": False,
                "memory_bytes": 16e9,
                "os": "Linux",
                "arch": "x86_64",
            },
            "limits": {"cpu_cores": None, "memory_bytes": None},
            "software": {"python": "3.11"},
            "declared": {},
            **self.opening,
        }

    def _device(self, i: int, uuid: str) -> dict[str, Any]:
        sensor = {"kind": self.kind_of_sensor, "class": "test", "tick_s": 0.1, "rel_error": self.rel_error}
        component, name, source = "gpu", "H100", "nvml"
        if "/" in uuid:
            component, name, source = "cpu" if "package" in uuid else "ram", uuid.partition("/")[2], "powercap"
        visible = self.visible is None or uuid in self.visible
        return self.record(
            "device", self.start, i=i, id=uuid, component=component, name=name, source=source, sensor=sensor,
            visible=visible, power_limit_w=700, mig=None, late_s=None,
        )  # fmt: skip

    def _readings(self) -> list[dict[str, Any]]:
        found = []
        steps = round((self.end - self.start) / self.period)
        for step in range(steps + 1):
            b = self.start + step * self.period
            # Cumulative from the boot on, as counters are: every journal that sees a device sees the same number.
            energies = {str(i): [power * b, power, 0.0] for i, power in enumerate(self.gpus.values())}
            found.append(self.record("r", b, d=energies))
            used = b - self.start
            found.append(
                self.record(
                    "m", b, busy_s=self.busy_cores * b, tree_s=self.tree_cores * used, mem_byte_s=8e9 * b,
                    rss_byte_s=1e9 * used, mem_bytes=8e9, rss_bytes=1e9,
                )
            )  # fmt: skip
            if self.utilisation:
                shares = {str(i): [own * used, every * b] for i, (own, every) in enumerate(self.utilisation.values())}
                found.append(self.record("u", b, d=shares))
        return found

    def lines(self) -> list[bytes]:
        return [json.dumps(record).encode() + b"\n" for record in self.records()]

    def path(self, folder: Path) -> Path:
        return folder / f"{self.run}.{self.journal}.jsonl"

    def write(self, folder: Path) -> Path:
        path = self.path(folder)
        path.write_bytes(b"".join(self.lines()))
        return path
