"""Joulebook's mark, drawn here: an icon name would make the browser ask a server for its picture."""

from __future__ import annotations

from joulebook.dashboard.palette import LIGHT, Palette

_BARS = '<rect x="3" y="{y0}" width="5" height="{h0}" rx="1" fill="{gpu}"/>' \
    '<rect x="9.5" y="{y1}" width="5" height="{h1}" rx="1" fill="{cpu}"/>' \
    '<rect x="16" y="{y2}" width="5" height="{h2}" rx="1" fill="{ram}"/>'  # fmt: skip
_SIZES = {"y0": 4, "h0": 17, "y1": 10, "h1": 11, "y2": 15, "h2": 6}


def _bars(palette: Palette) -> str:
    colours = {name: palette.components[name] for name in ("gpu", "cpu", "ram")}
    return _BARS.format(**_SIZES, **colours)


def icon() -> str:
    """The mark as SVG, for the browser's tab."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{_bars(LIGHT)}</svg>'


def wordmark(name: str, palette: Palette) -> str:
    """The mark with the name beside it as SVG, for the top of the navigation."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 136 24" width="136" height="24">'
        f'{_bars(palette)}<text x="29" y="18.5" font-family="Source Sans, Inter, system-ui, sans-serif" font-size="17" '
        f'font-weight="600" fill="{palette.text}">{name}</text></svg>'
    )
