"""Reading the CSV files: each once, when first asked, from this folder or from a newer file put in its place."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from joulebook.reference_data.errors import BadFileError

FOLDER = Path(__file__).parent

# Newer files by file name, and what must forget what it has read when one is put in place.
_replaced: dict[str, Path] = {}
_memories: list[Callable[[], None]] = []

_Loader = TypeVar("_Loader", bound=Callable[..., object])


def forgettable(loader: _Loader) -> _Loader:
    """Mark a cached loader (`functools.cache`) as one that must read again when a newer file is put in place."""
    _memories.append(loader.cache_clear)  # type: ignore[attr-defined]
    return loader


def path_of(file_name: str) -> Path:
    """Where a file is read from: the newer one put in its place, else this folder's."""
    return _replaced.get(file_name, FOLDER / file_name)


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
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            for cells in reader:
                yield dict(zip(header, cells, strict=False))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFileError(
            f"{path}: this reference file can't be read ({error}); mend it or take it out of [data]"
        ) from None


def number(text: str) -> float | None:
    """A cell as a number; an empty cell is None (unknown), never 0."""
    return float(text) if text else None


def whole(text: str) -> int | None:
    """A cell as a whole number; an empty cell is None."""
    return int(float(text)) if text else None


def words(text: str) -> tuple[str, ...]:
    """A cell of several keys, separated by spaces."""
    return tuple(text.split())
