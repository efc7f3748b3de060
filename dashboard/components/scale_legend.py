"""The legend of a shaded map: a swatch a bin with its words, and what the hatching means."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from joulebook.dashboard.escape import markup


def scale_legend(colours: Sequence[str], words: Sequence[str], *, outline: str, hatched: Sequence[str] = ()) -> None:
    """A row of swatches that wraps on a narrow screen.

    Args:
        colours: One a bin.
        words: What each bin means.
        outline: Colour of the swatches' edges and of the hatching.
        hatched: Meanings drawn with a hatched swatch after the bins.
    """
    swatch = "display:inline-block;width:1.5em;height:.85em;margin-right:.4em;vertical-align:-.05em"
    edge = f"border:1px solid {outline}"
    lines = f"repeating-linear-gradient(135deg,{outline} 0 1px,transparent 1px 4px)"
    items = [(f"{swatch};background:{colour};{edge}", word) for colour, word in zip(colours, words, strict=True)] + [
        (f"{swatch};background:{lines};{edge}", word) for word in hatched
    ]
    spans = "".join(
        f'<span style="margin-right:1.1em;white-space:nowrap"><span style="{style}"></span>{markup(word)}</span>'
        for style, word in items
    )
    st.html(f'<div class="jb-chart-subtitle" role="img" aria-label="{markup(", ".join(words))}">{spans}</div>')
