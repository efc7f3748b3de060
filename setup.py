"""What pyproject.toml can't say: in a wheel the large tables, texts and outlines lie compressed.

A training image gets the whole package; uncompressed they would be a fifth of it. `reference_data/packed.py` has
the reader.
"""

import gzip
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LARGE_BYTES = 1_500
SUFFIXES = {".csv", ".json", ".toml"}


class BuildCompressed(build_py):
    """Compress what was copied for the wheel; an editable install reads the files as they are."""

    def run(self) -> None:
        """Copy the files, then put a .gz in the place of each large one but Streamlit's settings."""
        super().run()
        if self.editable_mode:
            return
        for path in Path(self.build_lib, "joulebook").rglob("*.*"):
            if path.suffix in SUFFIXES and path.stem != "config" and path.stat().st_size >= LARGE_BYTES:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
                path.unlink()


setup(cmdclass={"build_py": BuildCompressed})
