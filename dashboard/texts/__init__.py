"""Texts shown to people: one TOML file a language beside this one, looked up by dotted key.

    t("overview.title")                          -> "Overview"
    t("runs.found", shown="128", all="4 210")    -> "128 of 4 210 runs"

A language that lacks a key falls back to English, key by key. Values are put in as they are: what comes from a run must
go through `joulebook.dashboard.escape.plain` first.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

from joulebook.reference_data.packed import as_stored, read_text

FOLDER = Path(__file__).parent
DEFAULT_LANGUAGE = "en"
_KEPT = "kept_language"


@functools.cache
def load(language: str) -> dict[str, str]:
    """All texts of one language as flat dotted keys; empty where there is no such file."""
    file = FOLDER / f"{language}.toml"
    return dict(_flatten(tomllib.loads(read_text(file)), "")) if as_stored(file).is_file() else {}


def _flatten(table: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            flat += _flatten(value, f"{prefix}{key}.")
        else:
            flat.append((prefix + key, str(value)))
    return flat


@functools.cache
def languages() -> tuple[str, ...]:
    """The languages that have a file, English first."""
    found = sorted({path.name.partition(".toml")[0] for path in FOLDER.glob("*.toml*")})
    return (DEFAULT_LANGUAGE, *(code for code in found if code != DEFAULT_LANGUAGE))


def current_language() -> str:
    """`?lang=` of the page, else the browser's language where we have it, else English."""
    import streamlit as st

    if not st.runtime.exists():
        return DEFAULT_LANGUAGE
    asked = st.query_params.get("lang") or (st.context.locale or "").split("-")[0]
    return asked if asked in languages() else DEFAULT_LANGUAGE


def keep_language() -> None:
    """Carry the language that an address asked for to the next pages, which are opened without it; once a run."""
    import streamlit as st

    asked = st.query_params.get("lang")
    if asked in languages():
        st.session_state[_KEPT] = asked
    elif _KEPT in st.session_state:
        st.query_params["lang"] = st.session_state[_KEPT]


def t(key: str, /, **values: object) -> str:
    """The text of a key in the current language, its `{named}` places filled.

    Raises:
        KeyError: No language file has the key (a test finds these before a person does).
    """
    language = current_language()
    template = load(language).get(key) or load(DEFAULT_LANGUAGE)[key]
    return template.format(**values) if values else template
