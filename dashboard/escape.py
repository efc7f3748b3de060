"""Text from runs, files and links is shown as text: never as Markdown, HTML or a spreadsheet formula."""

from __future__ import annotations

import html
import re

# Every character that Streamlit's Markdown (GitHub flavour, directives, emoji codes, maths) gives a meaning.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|$:~^=&])")


def plain(text: object, limit: int = 120) -> str:
    """Text from data for use inside Markdown: on one line, cut to `limit` characters, all escaped."""
    line = " ".join(str(text).split())
    cut = line if len(line) <= limit else line[: limit - 1] + "…"
    return _MARKDOWN.sub(r"\\\1", cut)


def markup(text: object) -> str:
    """Text from data for use inside HTML that we write ourselves."""
    return html.escape(str(text), quote=True)


def label(text: object, limit: int = 60) -> str:
    """Text from data for labels and hovers of a chart: cut, and plotly's few tags of HTML made harmless."""
    line = " ".join(str(text).split())
    cut = line if len(line) <= limit else line[: limit - 1] + "…"
    return html.escape(cut, quote=False)


def cell(value: object) -> object:
    """A value for a CSV cell: text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
