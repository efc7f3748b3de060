"""Parts that the meters' tests share: the simulated NVML library, journals in a temporary folder, real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "nvml_simulator"))
import simulated_nvml

from joulebook.meters.journal import is_alive, read_records


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the compiled simulator."""
    if simulated_nvml.compiler() is None:
        pytest.skip("no C compiler to build the simulated libnvidia-ml.so.1")
    return simulated_nvml.build(tmp_path_factory.mktemp("nvml"))


@pytest.fixture
def simulator(nvml_library: Path, tmp_path: Path) -> Callable[..., simulated_nvml.Simulator]:
    """Makes a simulator of given GPUs."""

    def make(*gpus: simulated_nvml.Gpu, **options: Any) -> simulated_nvml.Simulator:
        return simulated_nvml.Simulator(nvml_library, tmp_path / "nvml.conf", list(gpus), **options)

    return make


@pytest.fixture
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of journals; nothing of the caller's environment reaches a meter."""
    for name in list(os.environ):
        if name.startswith(("JOULEBOOK_", "SLURM_", "CUDA_VISIBLE", "NVIDIA_VISIBLE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("JOULEBOOK_JOURNALS", str(tmp_path / "journals"))
    monkeypatch.setenv("JOULEBOOK_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("JOULEBOOK_SETTINGS", str(tmp_path / "no-settings.toml"))
    monkeypatch.setenv("JOULEBOOK_POWERCAP", str(tmp_path / "no-powercap"))
    return tmp_path / "journals"


@pytest.fixture
def python(journals: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python code in a process of its own."""

    def run(code: str, environ: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **(environ or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **options,
        )

    return run


class Journal:
    """One journal's records, for looking into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = read_records(path)[0]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["k"] == kind]

    def one(self, kind: str) -> dict[str, Any]:
        (record,) = self.of(kind)
        return record


@pytest.fixture
def read_journals(journals: Path) -> Callable[[], list[Journal]]:
    """All journals, oldest first, also those that a sync has set aside."""

    def read() -> list[Journal]:
        found = [Journal(path) for path in journals.rglob("*.jsonl")]
        return sorted(found, key=lambda journal: journal.records[0]["b"] if journal.records else 0)

    return read


@pytest.fixture
def read_closed(read_journals: Callable[[], list[Journal]]) -> Callable[..., list[Journal]]:
    """All journals once so many are there and their meters have let go of them."""

    def read(count: int = 1) -> list[Journal]:
        until = time.monotonic() + 180
        while time.monotonic() < until:
            found = read_journals()
            if len(found) == count and all(one.of("close") and not is_alive(one.path) for one in found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{count} closed journals are awaited, these are there: {[one.path for one in found]}")

    return read
