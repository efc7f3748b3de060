"""The plain install as a training image gets it: its size, and that it works; fails above 8 MiB or where it does not.

    python benchmarks/lean_install.py

Makes a fresh virtual environment, installs this tree without extras and counts the bytes that came with it, compiled
files included.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("joulebook", "meters", "ledger", "reference_data", "dashboard")
PARTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE", *ROOMS)
AT_MOST_MIB = 8.0
# The rows of every reference table: a wheel's compressed tables must hold what the tree's do.
ROWS = "from joulebook.reference_data.sets import data_sets; print([(s.name, s.rows) for s in data_sets()])"
METER = "from joulebook import track\nwith track('lean') as run:\n    run.count(samples=1)\nprint(run.summary())"


def files_below(folder: Path) -> dict[Path, int]:
    """Every file and its bytes."""
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def copied(to: Path) -> Path:
    """What the wheel is made of, apart from this tree: a build leaves folders behind."""
    to.mkdir()
    for name in PARTS:
        part = ROOT / name
        if part.is_dir():
            shutil.copytree(part, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(part, to)
    return to


def main() -> None:
    """Print the size by package, and try the commands that need no extra."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environ = {**os.environ, "JOULEBOOK_JOURNALS": str(folder / "journals"), "JOULEBOOK_LOCATION": "KOR"}
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
        before = files_below(site)
        source = copied(folder / "source")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", source], check=True)
        came = {path: size for path, size in files_below(site).items() if path not in before}
        packages: dict[str, int] = {}
        for path, size in came.items():
            name = path.relative_to(site).parts[0].partition("-")[0]
            packages[name] = packages.get(name, 0) + size
        for name, size in sorted(packages.items(), key=lambda item: -item[1]):
            print(f"{name:<16}{size / 2**20:8.2f} MiB")
        total = sum(came.values()) / 2**20
        print(f"{'together':<16}{total:8.2f} MiB")

        def output(*command: str | Path) -> str:
            return subprocess.run(command, env=environ, check=True, capture_output=True, text=True, cwd=folder).stdout

        here = subprocess.run([sys.executable, "-c", ROWS], check=True, capture_output=True, text=True).stdout
        assert output(python, "-c", ROWS) == here, "the wheel's tables differ from the tree's"
        assert "lean" in output(python, "-c", METER)
        joulebook = python.with_name("joulebook")
        for words in (["doctor"], ["data"], ["run", "--", "true"]):
            output(joulebook, *words)
        assert len(list((folder / "journals").iterdir())) == 2
        if total > AT_MOST_MIB:
            sys.exit(f"the plain install takes {total:.2f} MiB, more than {AT_MOST_MIB:g}")


if __name__ == "__main__":
    main()
