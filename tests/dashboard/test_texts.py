"""Texts lie apart from the code: what is used exists, what exists is used, and languages have the same keys."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from joulebook.dashboard import texts

ROOT = Path(__file__).parent.parent.parent / "dashboard"
FILES = sorted(ROOT.rglob("*.py"))


def asked() -> tuple[set[str], set[str]]:
    """Keys that the code asks for by name, and prefixes or suffixes of those that it puts together."""
    whole, parts = set(), set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "t" and node.args):
                continue
            for leaf in ast.walk(node.args[0]):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    (whole if leaf is node.args[0] else parts).add(leaf.value)
    return whole, parts


def test_every_key_that_is_asked_for_exists() -> None:
    whole, parts = asked()
    there = texts.load("en")
    assert sorted(key for key in whole if key not in there) == []
    dotted = [part for part in parts if "." in part]
    assert sorted(part for part in dotted if not any(key.startswith(part) or part == key for key in there)) == []


def test_no_text_is_left_over() -> None:
    whole, parts = asked()
    named = " ".join(file.read_text(encoding="utf-8") for file in FILES)
    left = [
        key
        for key in texts.load("en")
        if key not in whole and key not in parts and not any(key.startswith(p) for p in parts if "." in p)
        and f'"{key}"' not in named
    ]  # fmt: skip
    assert left == []


@pytest.mark.parametrize("language", texts.languages())
def test_a_language_fills_the_same_places(language: str) -> None:
    english, other = texts.load("en"), texts.load(language)
    assert set(other) == set(english)
    for key, text in other.items():
        assert _places(text) == _places(english[key]), key


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_text_is_written_in_the_code() -> None:
    """Titles, labels and messages of `st.*` come from `t(...)`, never from a literal with words in it."""
    shown = {"title", "markdown", "caption", "error", "warning", "info", "subheader", "button", "toggle", "popover"}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in shown and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    assert not re.search(r"[A-Za-z]{3,}", first.value), f"{file.name}:{node.lineno}"


def test_nothing_is_shown_as_html_from_data() -> None:
    for file in FILES:
        source = file.read_text(encoding="utf-8")
        assert "unsafe_allow_html=True" not in source, file
        assert "unsafe_allow_javascript=True" not in source, file
