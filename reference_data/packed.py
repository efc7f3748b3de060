"""Files that lie compressed in a wheel (setup.py) and as they are in a checkout."""

from __future__ import annotations

import gzip
from pathlib import Path

SUFFIX = ".gz"


def as_stored(path: Path) -> Path:
    """The file itself, or the compressed one that stands in its place."""
    compressed = path.with_name(path.name + SUFFIX)
    return compressed if not path.exists() and compressed.exists() else path


def read_text(path: Path) -> str:
    """The text of a file, compressed or not.

    Raises:
        OSError: There is neither.
    """
    stored = as_stored(path)
    content = stored.read_bytes()
    return (gzip.decompress(content) if stored.suffix == SUFFIX else content).decode("utf-8")
