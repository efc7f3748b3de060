"""What the caller says about a run, checked without ever raising: a misuse is told in one line and left out."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joulebook.meters.clock import boot_id
from joulebook.meters.journal import VERSION
from joulebook.meters.launchers import Rank
from joulebook.meters.location import is_zone, location_record
from joulebook.meters.masking import masked
from joulebook.meters.settings import Settings
from joulebook.meters.sources.machine import limits, machine_facts

KINDS = ("training", "inference")
STAGES = ("pretrain", "finetune", "distil", "label", "evaluate", "search", "serve")
_LONGEST_TEXT = 500
# Libraries whose version belongs to a figure; only what the job has imported already is asked.
_SOFTWARE = ("torch", "transformers", "tensorflow", "jax", "sklearn", "lightning", "vllm", "numpy")


@dataclass(frozen=True, slots=True)
class Description:
    """The caller's words for a run; None where nothing was said."""

    name: str | None = None
    project: str | None = None
    kind: str | None = None
    stage: str | None = None
    model: str | None = None
    parameters: float | None = None
    task: str | None = None
    location: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, float] = field(default_factory=dict)


def warn_line(text: str) -> None:
    """One line on standard error; a closed or broken one is no reason to fail."""
    try:
        sys.stderr.write(f"joulebook: {text}\n")
    except (OSError, ValueError, AttributeError):
        return


def describe(
    *,
    name: Any = None,
    project: Any = None,
    kind: Any = None,
    stage: Any = None,
    model: Any = None,
    parameters: Any = None,
    task: Any = None,
    location: Any = None,
    tags: Any = None,
    pue: Any = None,
    warn: Callable[[str], None] = warn_line,
) -> Description:
    """A description of what can be used of the arguments; `warn` hears about the rest."""
    place = _text(location)
    if place is not None and not is_zone(place):
        warn(f"location {place!r} is no country or region code (like KOR, DE or US-CA); the run's location stays open")
        place = None
    return Description(
        name=_text(name),
        project=_text(project),
        kind=_one_of("kind", kind, KINDS, warn),
        stage=_one_of("stage", stage, STAGES, warn),
        model=_text(model),
        parameters=_number("parameters", parameters, 0.0, 1e16, warn),
        task=_text(task),
        location=place,
        tags=_tags(tags, warn),
        declared={} if (value := _number("pue", pue, 1.0, 10.0, warn)) is None else {"pue": value},
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).encode("utf-8", "replace").decode("utf-8")[:_LONGEST_TEXT] or None


def _one_of(what: str, value: Any, allowed: Sequence[str], warn: Callable[[str], None]) -> str | None:
    text = _text(value)
    if text is None or text in allowed:
        return text
    warn(f"{what} {text!r} is unknown and left out; it can be {', '.join(allowed)}")
    return None


def _number(what: str, value: Any, least: float, most: float, warn: Callable[[str], None]) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if least <= number <= most:
        return number
    warn(f"{what} must be a number from {least:g} to {most:g}, not {value!r}; it is left out")
    return None


def _tags(tags: Any, warn: Callable[[str], None]) -> dict[str, str]:
    if tags is None:
        return {}
    if not isinstance(tags, Mapping):
        warn(f"tags must be a dictionary, not {type(tags).__name__}; they are left out")
        return {}
    return {str(key)[:100]: str(value)[:_LONGEST_TEXT] for key, value in list(tags.items())[:100]}


def open_record(
    description: Description,
    settings: Settings,
    *,
    run_id: str,
    journal_id: str,
    parent: str | None,
    mode: str,
    rank: Rank | None,
    command: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The journal's first record, without its clocks."""
    from joulebook.meters.version import __version__

    said = {
        key: getattr(description, key) for key in ("name", "project", "kind", "stage", "model", "parameters", "task")
    }
    if description.location is None:
        _warn_of_odd_location(settings)
    return {
        "v": VERSION,
        "journal": journal_id,
        "run": run_id,
        "parent": parent,
        "boot": boot_id(),
        "host": os.uname().nodename,
        "pid": os.getpid(),
        "mode": mode,
        "meter": __version__,
        **said,
        "tags": dict(description.tags),
        "command": masked(getattr(sys, "orig_argv", sys.argv) if command is None else command),
        "rank": rank.to_record() if rank else None,
        "location": location_record(description.location, settings),
        "machine": machine_facts(),
        "limits": limits(),
        "software": software(__version__),
        "declared": dict(description.declared),
    }


def _warn_of_odd_location(settings: Settings) -> None:
    place = settings.location
    if place and not is_zone(place):
        where = "JOULEBOOK_LOCATION" if settings.location_how == "environment" else "location in the settings file"
        warn_line(f"{where} is {place!r}, no country or region code (like KOR, DE or US-CA); it is left out")


def software(meter_version: str) -> dict[str, str]:
    """Versions of the interpreter, of this meter and of what the job has imported by now."""
    found = {"python": ".".join(str(part) for part in sys.version_info[:3]), "joulebook": meter_version}
    for name in _SOFTWARE:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            found[name] = version
    return found
