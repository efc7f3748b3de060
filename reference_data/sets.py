"""The reference sets: what there is, how old, under which licence; and newer files put in their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from joulebook.reference_data.errors import BadFileError, ReferenceDataError
from joulebook.reference_data.rules import Problem, problems_of
from joulebook.reference_data.sources import sources
from joulebook.reference_data.tables import own_path, path_of, records, replace, rows


@dataclass(frozen=True, slots=True)
class _Listed:
    name: str
    file: str
    about: str
    vintage: str
    key_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSet:
    """One set.

    Attributes:
        name: What the settings and `joulebook data` call it.
        path: The file that is read: ours, or the newer one put in its place (then `replaced`).
        vintage: The years that the figures are of; `as in the file` for a newer file.
        licences: Licences of its sources, most rows first.
    """

    name: str
    path: Path
    about: str
    vintage: str
    rows: int
    licences: tuple[str, ...]
    replaced: bool


@cache
def _listed() -> dict[str, _Listed]:
    return {row.name: row for row in records("sets.csv", _Listed)}


def _one(name: str) -> _Listed:
    found = _listed().get(name)
    if found is None:
        raise ReferenceDataError(f"no reference set is called {name!r}; there are {', '.join(sorted(_listed()))}")
    return found


def data_sets() -> tuple[DataSet, ...]:
    """Every set with its vintage, rows and licences."""
    return tuple(_described(listed) for listed in _listed().values())


def _described(listed: _Listed) -> DataSet:
    path = path_of(listed.file)
    replaced = path != own_path(listed.file)
    table = list(rows(listed.file)) if path.exists() else []
    known = sources()
    if listed.file == "sources.csv":
        counted = Counter(row["licence"] for row in table)
    else:
        counted = Counter(known[row["source_key"]].licence for row in table if row.get("source_key") in known)
    licences = tuple(licence for licence, _ in counted.most_common())
    vintage = "as in the file" if replaced else listed.vintage
    return DataSet(listed.name, path, listed.about, vintage, len(table), licences, replaced)


def check_file(name: str, path: Path, *, at_most: int = 100) -> tuple[Problem, ...]:
    """What keeps a newer file from standing in for a set, by row and column; empty where nothing does.

    Args:
        name: The set, for example `grid`.
        path: The newer file.
        at_most: Stop after so many.

    Raises:
        ReferenceDataError: There is no such set.
    """
    listed = _one(name)
    return tuple(islice(problems_of(name, path, own_path(listed.file), listed.key_columns), at_most))


def use_files(files: object) -> None:
    """Read newer files in place of sets from now on; if one of them is bad, nothing changes.

    Args:
        files: Set name to path, as in the `[data]` table of the settings; an empty mapping returns to our files.

    Raises:
        BadFileError: A file doesn't fit; the message names the first row and column.
        ReferenceDataError: There is no such set, or what was given is no table of names and paths.
    """
    wanted = _paths(files)
    for name, path in wanted.items():
        if path != path_of(_one(name).file):  # what is in place was checked when it was put there
            found = check_file(name, path, at_most=1)
            if found:
                all_of_it = f"`joulebook data check {path} --as {name}` lists everything"
                raise BadFileError(f"{path} can't stand in for the set {name}: {found[0]}; {all_of_it}")
    for listed in _listed().values():
        path = wanted.get(listed.name, own_path(listed.file))
        if path_of(listed.file) != path:
            replace(listed.file, wanted.get(listed.name))


def _paths(files: object) -> dict[str, Path]:
    if not isinstance(files, Mapping) or not all(isinstance(path, str) for path in files.values()):
        raise ReferenceDataError('settings: [data] must hold lines such as grid = "/path/grid.csv"')
    return {str(name): Path(path).expanduser() for name, path in files.items()}
