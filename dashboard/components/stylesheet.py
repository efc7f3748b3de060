"""The one stylesheet: cards, the answer sentence, chart titles and the footer. All else is Streamlit's theme."""

from __future__ import annotations

import streamlit as st

from joulebook.dashboard.palette import Palette
from joulebook.dashboard.texts import current_language

_CSS = """
<style>
[data-testid="stMainBlockContainer"] {{ max-width: 1480px; padding-top: 2rem; }}
[data-testid="stHeader"] {{ background: transparent; }}
[data-testid="stHeader"], [data-testid="stHeader"] * {{ pointer-events: none; }}
[data-testid="stHeader"] :is(button, button *, a, a *) {{ pointer-events: auto; }}
.st-key-page-header h1 {{ padding: .25rem 0; }}
.st-key-page-header {{ padding-right: 2.5rem; }}
.st-key-answer p {{ font-size: 1.3rem; line-height: 1.5; max-width: 62rem; }}
.st-key-answer {{ padding-bottom: .5rem; }}
[class*="st-key-card-"] {{
  background: {surface}; border-radius: 10px; padding: .85rem 1rem .8rem; gap: .1rem; height: 100%;
}}
[class*="st-key-card-"] [data-testid="stPopover"] button {{
  padding: 0; min-height: 0; border: 0; background: none; color: {muted}; justify-content: flex-start;
}}
[class*="st-key-card-"] [data-testid="stPopover"] button p {{ font-size: .9rem; text-align: left; }}
[class*="st-key-card-"] [data-testid="stPopover"] button [data-testid="stIconMaterial"] {{ display: none; }}
[class*="st-key-card-"] [data-testid="stPopover"] button:hover p {{ text-decoration: underline dotted; }}
[data-testid="stMain"] [data-testid="stMainBlockContainer"] {{ padding-left: 2.75rem; padding-right: 2.75rem; }}
[class*="st-key-card-"] [data-testid="stPopover"] button:hover {{ color: {text}; }}
.jb-value {{ font-size: 1.95rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }}
.jb-value span {{ font-size: 1.05rem; font-weight: 450; color: {muted}; }}
.jb-value.jb-long {{ font-size: 1.5rem; padding: .28rem 0; }}
.jb-value.jb-unknown {{ font-size: 1.25rem; font-weight: 500; color: {muted}; padding: .35rem 0; }}
.jb-range, .jb-note {{ font-size: .86rem; color: {muted}; line-height: 1.45; min-height: 1.25rem; }}
.jb-change {{ font-size: .86rem; color: {text}; line-height: 1.45; min-height: 1.25rem; }}
.jb-chart-title {{ font-size: 1.05rem; font-weight: 650; line-height: 1.35; }}
.jb-chart-subtitle {{ font-size: .86rem; color: {muted}; line-height: 1.4; }}
.jb-footer {{
  border-top: 1px solid {rule}; margin-top: 1.5rem; padding-top: .7rem; font-size: .82rem; color: {muted};
}}
.jb-chip {{ white-space: nowrap; }}
@media (max-width: 640px) {{
  [data-testid="stMain"] [data-testid="stMainBlockContainer"] {{
    padding-top: 3.25rem; padding-left: 1rem; padding-right: 1rem;
  }}
  .jb-value.jb-long {{ font-size: 1.2rem; padding: .1rem 0; }}
  .st-key-page-header {{ padding-right: 0; gap: .5rem; }}
  .st-key-page-header [data-testid="stElementContainer"]:has([data-testid="stSelectbox"]) {{
    flex: 0 1 8.6rem; max-width: 8.6rem; min-width: 0;
  }}
  .st-key-copy-link button p {{ display: none; }}
  .st-key-answer p {{ font-size: 1.1rem; line-height: 1.4; }}
  .jb-value {{ font-size: 1.45rem; }}
  .jb-value span {{ font-size: .9rem; }}
  [class*="st-key-card-"] {{ padding: .6rem .7rem; }}
}}
</style>
"""

# Korean may break anywhere by default; it reads well only where lines end between words.
_KOREAN = """
<style>
[data-testid="stApp"] :is(h1, h2, h3, p, li, label, th, td, [class^="jb-"], [data-testid="stMarkdownContainer"]) {
  word-break: keep-all; overflow-wrap: anywhere;
}
</style>
"""


def stylesheet(palette: Palette) -> None:
    """Put the stylesheet on the page; once a run of the app, by the shell."""
    st.html(
        _CSS.format(
            surface=palette.surface,
            muted=palette.muted,
            text=palette.text,
            rule=palette.rule,
        )
    )
    if current_language() == "ko":
        st.html(_KOREAN)
