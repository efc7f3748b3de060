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
from collections.abc import Iterator, Mapping
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
# Tables with the keys of each; those without are checked by the rooms that read them.
_TABLES: dict[str, tuple[str, ...]] = {
    "accounting": (),
    "data": (),
    "contracts": (
        *("kind", "zone", "start", "end", "intensity_g_per_kwh", "share", "kwh", "name", "tracking", "hourly_file"),
    ),
    "hourly": ("file", "zone", "kind", "basis"),
}
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
    unknown = dict(_unknown_keys(values))
    if unknown:
        near = (f"{key} (did you mean {meant}?)" if meant else key for key, meant in unknown.items())
        say_once(f"{path}: not known, so passed over: {', '.join(near)}")
    _name_files_from(path, values)
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


def _entries(values: Mapping[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
    """The tables of a list of tables, numbered from 1; what has another form is refused by the room that reads it."""
    found = values.get(name)
    return [(i, one) for i, one in enumerate(found, 1) if isinstance(one, dict)] if isinstance(found, list) else []


def _unknown_keys(values: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    yield from _strangers(values, (*_TEXTS, *_NUMBERS, *_TABLES), "")
    for name in ("contracts", "hourly"):
        for number, entry in _entries(values, name):
            yield from _strangers(entry, _TABLES[name], f"[[{name}]] number {number}, ")


def _strangers(values: Mapping[str, Any], known: tuple[str, ...], where: str) -> Iterator[tuple[str, str | None]]:
    for key in values:
        if key not in known:
            from difflib import get_close_matches

            yield where + repr(key)[1:-1], next(iter(get_close_matches(key.lower(), known, 1)), None)


def _name_files_from(path: Path, values: dict[str, Any]) -> None:
    places: list[tuple[dict[str, Any], str]] = [(values, key) for key in ("ledger", "journals") if key in values]
    places += [(one, "hourly_file") for _, one in _entries(values, "contracts") if "hourly_file" in one]
    places += [(one, "file") for _, one in _entries(values, "hourly") if "file" in one]
    data = values.get("data")
    places += [(data, key) for key in data] if isinstance(data, dict) else []
    for table, key in places:
        name = table[key]
        if isinstance(name, str) and name and not name.startswith("~") and "://" not in name:
            table[key] = str(path.absolute().parent / name)


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
