"""Reading the CSV files: each once, when first asked, from this folder or from a newer file put in its place."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO, TypeVar

from joulebook.reference_data.errors import BadFileError
from joulebook.reference_data.packed import SUFFIX, as_stored

FOLDER = Path(__file__).parent
UNREADABLE = (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error)  # what a file that is no table may raise

# Newer files by file name, and what must forget what it has read when one is put in place.
_replaced: dict[str, Path] = {}
_memories: list[Callable[[], None]] = []

_Loader = TypeVar("_Loader", bound=Callable[..., object])
_Record = TypeVar("_Record")


def forgettable(loader: _Loader) -> _Loader:
    """Mark a cached loader (`functools.cache`) as one that must read again when a newer file is put in place."""
    _memories.append(loader.cache_clear)  # type: ignore[attr-defined]
    return loader


def path_of(file_name: str) -> Path:
    """Where a file is read from: the newer one put in its place, else this folder's."""
    return _replaced.get(file_name) or own_path(file_name)


def own_path(file_name: str) -> Path:
    """This folder's file; in a wheel the large ones are compressed (setup.py)."""
    return as_stored(FOLDER / file_name)


def open_table(path: Path) -> TextIO:
    """A CSV file, compressed or not, open for `csv.reader`."""
    if path.suffix == SUFFIX:
        return gzip.open(path, "rt", newline="", encoding="utf-8-sig")
    return path.open(newline="", encoding="utf-8-sig")


def header_of(path: Path) -> tuple[str, ...]:
    """The column names of a CSV file."""
    with open_table(path) as file:
        return tuple(next(csv.reader(file), ()))


def replace(file_name: str, path: Path | None) -> None:
    """Read `path` in place of `file_name` from now on; None returns to this folder's file."""
    if path is None:
        _replaced.pop(file_name, None)
    else:
        _replaced[file_name] = path
    for forget in _memories:
        forget()


def rows(file_name: str) -> Iterator[dict[str, str]]:
    """The rows of one CSV file as dictionaries; an empty cell is the empty string.

    Raises:
        BadFileError: The file can't be read.
    """
    path = path_of(file_name)
    try:
        with open_table(path) as file:
            reader = csv.reader(file)
            header = next(reader, [])
            for cells in reader:
                yield dict(zip(header, cells, strict=False))
    except UNREADABLE as error:
        raise BadFileError(
            f"{path}: this reference file can't be read ({error}); mend it or take it out of [data]"
        ) from None


def number(text: str) -> float | None:
    """A cell as a number; an empty cell is None (unknown), never 0."""
    return float(text) if text else None


# How a cell becomes a value, by the annotation of the field that has the column's name.
_READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "float": float,
    "int": int,
    "float | None": number,
    "int | None": lambda text: int(text) if text else None,
    "bool": lambda text: text == "yes",
    "tuple[str, ...]": lambda text: tuple(text.split()),
}


def records(file_name: str, kind: type[_Record]) -> tuple[_Record, ...]:
    """The rows of a file as instances of a dataclass whose field names are column names.

    Raises:
        BadFileError: A column is missing or a cell is not of its field's type; the message names row and column.
    """
    columns = [(field.name, _READERS[str(field.type)]) for field in fields(kind)]  # type: ignore[arg-type]
    found = []
    for line, row in enumerate(rows(file_name), start=2):
        values = []
        for name, reader in columns:
            try:
                values.append(reader(row[name]))
            except (KeyError, ValueError) as error:
                problem = "is missing" if isinstance(error, KeyError) else f"holds {row[name]!r}, which is no number"
                raise BadFileError(f"{path_of(file_name)}: row {line}: column {name} {problem}") from None
        found.append(kind(*values))
    return tuple(found)
