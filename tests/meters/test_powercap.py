"""Packages and memory from a synthetic powercap tree: each once, exact over wraps, unreadable is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from joulebook.meters.sources.powercap import PowercapSource

RANGE_UJ = 262_143_328_850


def zone(path: Path, name: str, energy_uj: int) -> Path:
    path.mkdir(parents=True)
    (path / "name").write_text(f"{name}\n")
    (path / "energy_uj").write_text(f"{energy_uj}\n")
    (path / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    return path / "energy_uj"


@pytest.fixture
def tree(tmp_path: Path) -> dict[str, Path]:
    """Two sockets with cores and dram, psys, and the MMIO mirror of the first socket."""
    (tmp_path / "intel-rapl").mkdir()
    return {
        "package-0": zone(tmp_path / "intel-rapl:0", "package-0", 1_000_000),
        "core-0": zone(tmp_path / "intel-rapl:0/intel-rapl:0:0", "core", 500_000),
        "dram-0": zone(tmp_path / "intel-rapl:0/intel-rapl:0:1", "dram", 9_000_000),
        "package-1": zone(tmp_path / "intel-rapl:1", "package-1", 1_000_000),
        "dram-1": zone(tmp_path / "intel-rapl:1/intel-rapl:1:0", "dram", 7_000_000),
        "psys": zone(tmp_path / "intel-rapl:2", "psys", 3_000_000),
        "mmio-0": zone(tmp_path / "intel-rapl-mmio:0", "package-0", 1_000_000),
    }


def opened(root: Path) -> PowercapSource:
    source = PowercapSource(root)
    source.open()
    return source


def test_each_package_and_memory_is_read_once(tree: dict[str, Path], tmp_path: Path) -> None:
    source = opened(tmp_path)
    assert [(device.component, device.name) for device in source.devices] == [
        ("ram", "dram-0"),
        ("ram", "dram-1"),
        ("cpu", "package-0"),
        ("cpu", "package-1"),
    ]
    assert source.absent == []


def test_five_wraps_are_exact_to_a_microjoule(tree: dict[str, Path], tmp_path: Path) -> None:
    source = opened(tmp_path)
    start_uj, step_uj = 1_000_000, 100_000_000_007
    steps = 5 * RANGE_UJ // step_uj + 1
    for step in range(1, steps + 1):
        tree["package-0"].write_text(str((start_uj + step * step_uj) % RANGE_UJ))
        poll = source.read(power=False)
    package = next(device.id for device in source.devices if device.name == "package-0")
    assert steps * step_uj > 5 * RANGE_UJ
    assert round(poll.samples[package].energy_j * 1e6) == steps * step_uj
    others = {name: sample.energy_j for name, sample in poll.samples.items() if name != package}
    assert set(others.values()) == {0.0}


def test_dies_that_mirror_one_counter_count_once(tmp_path: Path) -> None:
    zone(tmp_path / "intel-rapl:0", "package-0-die-0", 68_000_000_000)
    zone(tmp_path / "intel-rapl:1", "package-0-die-1", 68_000_400_000)
    assert [device.name for device in opened(tmp_path).devices] == ["package-0-die-0"]


def test_dies_with_counters_of_their_own_count_both(tmp_path: Path) -> None:
    zone(tmp_path / "intel-rapl:0", "package-0-die-0", 68_000_000_000)
    zone(tmp_path / "intel-rapl:1", "package-0-die-1", 12_000_000_000)
    assert [device.name for device in opened(tmp_path).devices] == ["package-0-die-0", "package-0-die-1"]


def test_an_unreadable_counter_is_unknown_with_the_command_that_helps(
    tree: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: Path, *arguments: int) -> int:
        if "intel-rapl:1/energy_uj" in str(path):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    source = opened(tmp_path)
    (absent,) = source.absent
    assert absent.device.endswith("/package-1")
    assert "chmod a+r" in absent.hint


def test_a_counter_that_gives_no_number_is_unknown_not_zero(tree: dict[str, Path], tmp_path: Path) -> None:
    tree["package-1"].write_text("")
    source = opened(tmp_path)
    (absent,) = source.absent
    assert absent.component == "cpu"
    assert "package-1" not in {device.name for device in source.devices}
    tree["package-0"].write_text("broken")
    package = next(device.id for device in source.devices if device.name == "package-0")
    assert source.read(power=False).samples[package].energy_j is None


def test_a_machine_without_powercap_says_so(tmp_path: Path) -> None:
    source = opened(tmp_path / "nothing")
    assert source.devices == []
    assert "modprobe" in source.absent[0].hint
