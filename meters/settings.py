"""Where journals and the ledger lie, and what the user declared: a flag beats the environment, which beats the file.

The settings file is TOML, `settings.toml` in the user's configuration directory (`JOULEBOOK_SETTINGS` names another):

    ledger = "postgresql+psycopg://books@db/joulebook"
    journals = "/scratch/me/journals"
    location = "KOR"
    pue = 1.2                   # declared by the data centre
    price_usd_per_kwh = 0.11    # of the contract
    gpu_hour_usd = 2.4          # what a rented GPU costs
    wue_l_per_kwh = 0.2         # on site, per IT kWh
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulebook.meters.errors import MeterError

_NUMBERS = {
    "pue": (1.0, 10.0),
    "price_usd_per_kwh": (0.0, 100.0),
    "gpu_hour_usd": (0.0, 10_000.0),
    "wue_l_per_kwh": (0.0, 100.0),
}
_TEXTS = ("ledger", "journals", "location")
# Keys of the lists of tables; `accounting` and `data` are checked by the rooms that read them.
_KEYS = {
    "contracts": (
        *("kind", "zone", "start", "end", "intensity_g_per_kwh", "share", "kwh", "name", "tracking", "hourly_file"),
    ),
    "hourly": ("file", "zone", "kind", "basis"),
}
_FILES = ("ledger", "journals", "file", "hourly_file")
_told: set[str] = set()


class SettingsError(MeterError):
    """The settings file holds something that can't be used; the message names file and key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment and the settings file say; None where they say nothing.

    Attributes:
        location_how: `environment` or `settings`, where `location` is given.
        pue: Declared power usage effectiveness of the site, at least 1.
        extra: Further tables of the file (contracts, ...), for the rooms that know them.
        unknown: Keys of the file that nobody reads, each with the nearest one that is read, if any is near.
    """

    ledger: str | None = None
    journals: str | None = None
    location: str | None = None
    location_how: str | None = None
    pue: float | None = None
    price_usd_per_kwh: float | None = None
    gpu_hour_usd: float | None = None
    wue_l_per_kwh: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, str | None] = field(default_factory=dict)


def settings_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The settings file that would be read; it need not exist."""
    named = environ.get("JOULEBOOK_SETTINGS")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("joulebook", appauthor=False)) / "settings.toml"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file, then let the environment override it; keys that nobody reads are told once.

    File names in it that are not whole paths go by the folder of the settings file.

    Raises:
        SettingsError: The file is not TOML, or a value is of the wrong type or range; the message says where.
    """
    path = settings_path(environ)
    values = _read_file(path)
    unknown = _looked_over(path, values) if values else {}
    if unknown:
        near = (f"{key} (did you mean {meant}?)" if meant else key for key, meant in unknown.items())
        say_once(f"{path}: not known, so passed over: {', '.join(near)}")
    known = {key: values.pop(key) for key in (*_TEXTS, *_NUMBERS) if key in values}
    how = "settings" if known.get("location") else None
    for key, variable in (
        ("ledger", "JOULEBOOK_LEDGER"),
        ("journals", "JOULEBOOK_JOURNALS"),
        ("location", "JOULEBOOK_LOCATION"),
    ):
        if environ.get(variable):
            known[key] = environ[variable]
            how = "environment" if key == "location" else how
    return Settings(**known, location_how=how, extra=values, unknown=unknown)


def say_once(text: str) -> None:
    """One line on standard error, the same line once a process; it never raises."""
    if text not in _told:
        from joulebook.meters.description import warn_line

        _told.add(text)
        warn_line(text)


def _looked_over(path: Path, values: dict[str, Any]) -> dict[str, str | None]:
    """Keys that nobody reads, each with the nearest known one; file names become whole paths in place."""
    folder, unknown = path.absolute().parent, {}
    for where, table, known in _tables(values):
        for key, value in table.items():
            if known and key not in known:
                from difflib import get_close_matches

                unknown[where + repr(key)[1:-1]] = next(iter(get_close_matches(key.lower(), known, 1)), None)
            elif not known or key in _FILES:
                plain = isinstance(value, str) and value and not value.startswith("~") and "://" not in value
                table[key] = str(folder / value) if plain else value
    return unknown


def _tables(values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Sequence[str]]]:
    """Tables with where they stand and their keys (none: all are files); one of another form is refused by its room."""
    yield "", values, (*_TEXTS, *_NUMBERS, "accounting", "data", *_KEYS)
    if isinstance(values.get("data"), dict):
        yield "", values["data"], ()
    for name, known in _KEYS.items():
        found = values.get(name)
        for number, entry in enumerate(found if isinstance(found, list) else (), 1):
            if isinstance(entry, dict):
                yield f"[[{name}]] number {number}, ", entry, known


def _read_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: the settings file can't be read ({error}); mend or remove it") from None
    for key in _TEXTS:
        if key in values and not isinstance(values[key], str):
            raise SettingsError(f'{path}: {key} must be text in quotes, for example {key} = "..."')
    for key, (least, most) in _NUMBERS.items():
        if key in values:
            number = values[key]
            if isinstance(number, bool) or not isinstance(number, int | float) or not least <= number <= most:
                raise SettingsError(f"{path}: {key} must be a number from {least:g} to {most:g}, not {number!r}")
            values[key] = float(number)
    return values


def journals_dir(settings: Settings) -> Path:
    """The folder of journals: as set, else in the user's state directory. It need not exist."""
    if settings.journals:
        return Path(settings.journals).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("joulebook", appauthor=False)) / "journals"


def ledger_address(settings: Settings) -> str:
    """The ledger: a path or SQLAlchemy URL as set, else a SQLite file in the user's data directory."""
    if settings.ledger:
        return settings.ledger
    import platformdirs

    return str(Path(platformdirs.user_data_dir("joulebook", appauthor=False)) / "ledger.sqlite")
