"""Where a run takes place, as far as this machine says it itself; never asked of a network, never guessed from UTC."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joulebook.meters.settings import Settings

_ZONE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,3})?$")
_NO_PLACE = {"UTC", "UCT", "GMT", "Zulu", "Universal", "Greenwich", "localtime", "Factory", "GMT0", "posixrules"}
# provider: text in the machine's vendor or these variables, then the variables that name the region
_CLOUDS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "aws",
        "amazon",
        ("AWS_EXECUTION_ENV", "ECS_CONTAINER_METADATA_URI_V4", "SM_MODEL_DIR"),
        ("AWS_REGION", "AWS_DEFAULT_REGION"),
    ),
    ("gcp", "google", ("K_SERVICE", "CLOUD_ML_JOB_ID"), ("GOOGLE_CLOUD_REGION", "CLOUD_ML_REGION", "FUNCTION_REGION")),
    ("azure", "microsoft", ("AZUREML_RUN_ID", "WEBSITE_SITE_NAME"), ("AZURE_REGION", "REGION_NAME")),
)


def is_zone(text: str) -> bool:
    """Whether a text has the form of a location: ISO 3166 alpha-2 or alpha-3, with an optional region."""
    return bool(_ZONE.match(text.strip()))


def normal_zone(text: str) -> str:
    """A location in capitals: `us-ca` is `US-CA`."""
    return text.strip().upper()


def location_record(
    declared: str | None,
    settings: Settings,
    environ: Mapping[str, str] = os.environ,
    root: Path = Path("/"),
) -> dict[str, Any]:
    """The journal's `location`: what was declared, else a cloud's region, else the time zone, else unknown."""
    if declared and is_zone(declared):
        return {"how": "flag", "zone": normal_zone(declared)}
    if settings.location and is_zone(settings.location):
        return {"how": settings.location_how or "settings", "zone": normal_zone(settings.location)}
    cloud = _cloud(environ, root)
    if cloud:
        return {"how": "cloud", "provider": cloud[0], "region": cloud[1]}
    timezone = _timezone(environ, root)
    return {"how": "timezone", "timezone": timezone} if timezone else {"how": "unknown"}


def _cloud(environ: Mapping[str, str], root: Path) -> tuple[str, str] | None:
    """A laptop may carry a cloud's variables too: they count where the machine or its service is that cloud's."""
    vendor = ""
    with contextlib.suppress(OSError):
        vendor = (root / "sys/class/dmi/id/sys_vendor").read_text(errors="replace").lower()
    for provider, sign, services, regions in _CLOUDS:
        region = next((environ[name] for name in regions if environ.get(name)), None)
        if region and (sign in vendor or any(name in environ for name in services)):
            return provider, region
    return None


def _timezone(environ: Mapping[str, str], root: Path) -> str | None:
    name = environ.get("TZ", "").lstrip(":")
    if not name:
        with contextlib.suppress(OSError):
            name = os.readlink(root / "etc/localtime").rpartition("zoneinfo/")[2]
    if not name:
        with contextlib.suppress(OSError):
            name = (root / "etc/timezone").read_text(errors="replace").strip()
    is_place = "/" in name and not name.startswith(("Etc/", "/")) and name not in _NO_PLACE
    return name if is_place else None
