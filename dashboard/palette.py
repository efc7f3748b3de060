"""Colours by meaning: components keep theirs on every page, models keep theirs within a page.

Sets that pass 3:1 against their background and stay apart under simulated deuter-, prot- and tritanopia
(Okabe and Ito 2008, thinned to those that pass; Machado et al. 2009 for the simulation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme.

    Attributes:
        components: Colour of `gpu`, `cpu`, `ram`, `other`.
        series: Colours for models or runs within a page, in this order; more series get a dash or a marker, not a hue.
        accent: The chosen thing; `quiet` is the rest.
        rule: Lines of grids and frames.
        surface: Background of cards.
        modelled_opacity: How strongly a modelled part is drawn (it is hatched as well).
    """

    name: Literal["light", "dark"]
    components: dict[str, str]
    series: tuple[str, ...]
    accent: str
    quiet: str
    text: str
    muted: str
    rule: str
    background: str
    surface: str
    modelled_opacity: float = 0.45


LIGHT = Palette(
    name="light",
    components={"gpu": "#0072B2", "cpu": "#D55E00", "ram": "#009E73", "other": "#4D4D4D"},
    series=("#0072B2", "#D55E00", "#009E73", "#4D4D4D"),
    accent="#0072B2",
    quiet="#C9C8C3",
    text="#1C1B19",
    muted="#6B6A66",
    rule="#E2E1DC",
    background="#FFFFFF",
    surface="#F7F7F5",
)

DARK = Palette(
    name="dark",
    components={"gpu": "#56B4E9", "cpu": "#E69F00", "ram": "#009E73", "other": "#F0E442"},
    series=("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#EDEBE8"),
    accent="#56B4E9",
    quiet="#57544E",
    text="#EDEBE8",
    muted="#A3A09A",
    rule="#34322E",
    background="#171614",
    surface="#201F1C",
)


def palette_for(theme_type: str | None) -> Palette:
    """The palette of a theme type as the browser reports it (`light`, `dark`, or None while it is not known)."""
    return DARK if theme_type == "dark" else LIGHT


def current_palette() -> Palette:
    """The palette of the theme that the person looks at now."""
    import streamlit as st

    return palette_for(st.context.theme.type)


def series_colours(names: Sequence[str], palette: Palette) -> dict[str, str]:
    """A colour for each name, in order; names beyond the palette share its greys and need a dash or a marker."""
    return {name: palette.series[i] if i < len(palette.series) else palette.muted for i, name in enumerate(names)}


def translucent(colour: str, opacity: float) -> str:
    """A `#RRGGBB` colour as `rgba(...)`, for bands and modelled parts."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
