"""Take every page × width × theme as a picture, of a served app, to look at them:

    python tests/e2e/screenshots.py http://127.0.0.1:8501 pictures [--page runs --page "run?run=latest"]

Needs Playwright and Debian's Chromium; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright  # noqa: A004 - its own timeout

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {1440: 900, 390: 844}
THEMES = ("light", "dark")
PAGES = (
    "overview",
    "runs",
    "run?run=latest",
    "live",
    "side_by_side",
    "compare",
    "tradeoff",
    "estimate",
    "who_pays",
    "models",
    "scoreboard",
    "method",
    "reports",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, asking nobody anything."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def settle(page: Page, timeout_ms: int = 60_000) -> None:
    """Wait until the script has run and nothing is loading any more; a page that never settles is taken as it is."""
    done = """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
              && document.querySelector('[data-testid="stMainBlockContainer"]')?.innerText.length > 20
              && !document.querySelector('[data-testid="stSkeleton"]')"""
    try:
        page.wait_for_function(done, timeout=timeout_ms)
    except TimeoutError:
        print(f"{page.url}: still busy after {timeout_ms / 1000:.0f} s")
    page.wait_for_timeout(700)


def picture(browser: Browser, address: str, *, width: int, theme: str, file: Path, whole: bool = True) -> None:
    """One page as PNG, in full length; `first screen` only with `whole=False`."""
    page = browser.new_page(viewport={"width": width, "height": WIDTHS.get(width, 900)}, color_scheme=theme)  # type: ignore[arg-type]
    page.goto(address)
    settle(page)
    if whole:
        length = page.evaluate(
            "() => document.querySelector('[data-testid=\"stMain\"]')?.scrollHeight ?? document.body.scrollHeight"
        )
        page.set_viewport_size({"width": width, "height": min(max(int(length), WIDTHS.get(width, 900)), 6000)})
        page.wait_for_timeout(700)
    page.screenshot(path=file)
    page.close()


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--page", action="append", help="only this page, with its query; may be repeated")
    parser.add_argument("--width", action="append", type=int)
    parser.add_argument("--theme", action="append", choices=THEMES)
    parser.add_argument("--first-screen", action="store_true", help="what fits on the screen instead of the whole page")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name in chosen.page or PAGES:
            for width in chosen.width or WIDTHS:
                for theme in chosen.theme or THEMES:
                    file = chosen.folder / f"{re.sub(r'[^a-z_]+', '-', name)[:40]}-{width}-{theme}.png"
                    address = f"{chosen.address.rstrip('/')}/{name}"
                    picture(browser, address, width=width, theme=theme, file=file, whole=not chosen.first_screen)
                    print(file)


if __name__ == "__main__":
    main()
