"""What pyproject.toml can't say: in a wheel the large tables of reference_data/ lie compressed.

A training image gets the whole package; uncompressed, the tables alone would be a sixth of it.
"""

import gzip
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LARGE_BYTES = 4_000


class BuildWithCompressedTables(build_py):
    """Compress what was copied for the wheel; an editable install reads the files as they are."""

    def run(self) -> None:
        """Copy the files, then put a .gz in the place of each large table."""
        super().run()
        if self.editable_mode:
            return
        for path in Path(self.build_lib, "joulebook", "reference_data").glob("*.csv"):
            if path.stat().st_size >= LARGE_BYTES:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
                path.unlink()


setup(cmdclass={"build_py": BuildWithCompressedTables})
