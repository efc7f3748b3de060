"""Where a run takes place: what was said first, then what the machine says, and never a guess from UTC."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulebook.meters.location import location_record
from joulebook.meters.settings import Settings


def machine(root: Path, vendor: str = "", timezone: str = "") -> Path:
    if vendor:
        folder = root / "sys/class/dmi/id"
        folder.mkdir(parents=True)
        (folder / "sys_vendor").write_text(vendor + "\n")
    if timezone:
        (root / "etc").mkdir()
        (root / "etc/localtime").symlink_to(f"/usr/share/zoneinfo/{timezone}")
    return root


SAID = Settings(location="us-ca", location_how="environment")
WRITTEN = Settings(location="DE", location_how="settings")
AWS = {"AWS_REGION": "us-east-1"}


@pytest.mark.parametrize(
    ("declared", "settings", "environ", "vendor", "timezone", "record"),
    [
        ("kor", Settings(location="DE"), AWS, "Amazon EC2", "Asia/Seoul", {"how": "flag", "zone": "KOR"}),
        (None, SAID, {}, "", "", {"how": "environment", "zone": "US-CA"}),
        (None, WRITTEN, AWS, "Amazon EC2", "", {"how": "settings", "zone": "DE"}),
        (None, Settings(), AWS, "Amazon EC2", "", {"how": "cloud", "provider": "aws", "region": "us-east-1"}),
        (None, Settings(), AWS, "LENOVO", "Asia/Seoul", {"how": "timezone", "timezone": "Asia/Seoul"}),
        (None, Settings(), {"TZ": "Europe/Berlin"}, "", "Asia/Seoul", {"how": "timezone", "timezone": "Europe/Berlin"}),
        (None, Settings(), {}, "", "Etc/UTC", {"how": "unknown"}),
        (None, Settings(), {"TZ": "UTC"}, "", "", {"how": "unknown"}),
        (None, Settings(), {}, "", "", {"how": "unknown"}),
        ("Atlantis", Settings(), {}, "", "", {"how": "unknown"}),
    ],
)  # fmt: skip
def test_table(tmp_path: Path, declared, settings, environ, vendor, timezone, record) -> None:
    assert location_record(declared, settings, environ, machine(tmp_path, vendor, timezone)) == record
