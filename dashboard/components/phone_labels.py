"""Labels of a chart that have no room on a phone are hidden there; pointing at the marks still names them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def hide_on_phone(key: str, annotations: Sequence[int]) -> None:
    """Hide a chart's annotations, by number, where the window is at most 640 pixels wide.

    Args:
        key: The chart's key.
        annotations: Their numbers in the figure's layout.
    """
    _on_phone(_annotations(key, annotations), "display: none;")


def show_on_phone(key: str, annotations: Sequence[int]) -> None:
    """Show a chart's annotations that were drawn with no opacity, where the window is at most 640 pixels wide.

    Args:
        key: The chart's key.
        annotations: Their numbers in the figure's layout.
    """
    _on_phone(_annotations(key, annotations), "opacity: 1 !important;")


def thin_names_on_phone(key: str) -> None:
    """Keep every third name under a chart's bars where the window is at most 640 pixels wide.

    Args:
        key: The chart's key.
    """
    _on_phone(f".st-key-{key} .xtick:not(:nth-child(3n + 1))", "display: none;")


def _annotations(key: str, numbers: Sequence[int]) -> str:
    return ", ".join(f'.st-key-{key} .annotation[data-index="{int(i)}"]' for i in numbers)


def _on_phone(selector: str, style: str) -> None:
    if selector:
        st.html(f"<style>@media (max-width: 640px) {{ {selector} {{ {style} }} }}</style>")
