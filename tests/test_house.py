"""The house: the wheel's package list against the tree, the floors between the rooms, and what is documented."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = ("meters", "ledger", "reference_data", "dashboard")

# Who may stand on whom; `joulebook` itself, the face, wires them all and nobody stands on it.
FLOORS = {
    "meters": set(),
    "reference_data": set(),
    "ledger": {"meters", "reference_data"},
    "dashboard": {"meters", "reference_data", "ledger"},
}
HEAVY = {"numpy", "pandas", "sqlalchemy", "streamlit", "plotly", "alembic", "rich"}


def python_files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import absolutely"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_the_packages_listed_are_those_in_the_tree() -> None:
    listed = PROJECT["tool"]["setuptools"]["package-dir"]
    found = {
        "joulebook." + path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for room in ROOMS
        for path in python_files(room)
    }
    found |= {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in python_files("joulebook")}

    assert set(listed) == found
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(found)


def test_there_is_one_version() -> None:
    from joulebook import __version__

    assert __version__ == PROJECT["project"]["version"]


def test_every_data_file_goes_into_the_wheel() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]
    folders = PROJECT["tool"]["setuptools"]["package-dir"]
    shipped = {path for name, globs in patterns.items() for glob in globs for path in (ROOT / folders[name]).glob(glob)}
    data = {
        path
        for room in (*ROOMS, "joulebook")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc", ".md"} and "__pycache__" not in path.parts
    }

    assert data - shipped == set()


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_imports_upward(room: str) -> None:
    allowed = FLOORS[room] | {room}
    for path in python_files(room):
        ours = {name.split(".")[1] for name in imports(path) if name.startswith("joulebook.")}
        assert ours <= allowed, f"{path.relative_to(ROOT)} reaches {sorted(ours - allowed)}"


@pytest.mark.parametrize("room", ["meters", "reference_data"])
def test_the_lean_rooms_never_import_what_is_heavy(room: str) -> None:
    for path in python_files(room):
        heavy = {name.split(".")[0] for name in imports(path)} & HEAVY
        assert heavy == set(), f"{path.relative_to(ROOT)} imports {sorted(heavy)}"


def test_accounting_does_no_input_or_output() -> None:
    forbidden = {"sqlalchemy", "pathlib", "os", "io", "sqlite3", "socket", "subprocess", "requests", "urllib"}
    for path in python_files("ledger/accounting"):
        reached = {name.split(".")[0] for name in imports(path)} & forbidden
        assert reached == set(), f"{path.relative_to(ROOT)} imports {sorted(reached)}"


def test_every_command_is_in_the_readme_or_the_docs() -> None:
    from joulebook.cli import COMMANDS

    texts = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    written = "\n".join(path.read_text(encoding="utf-8") for path in texts)

    assert [name for name in COMMANDS if f"joulebook {name}" not in written] == []
