"""Through the app as a person goes, in a real browser; no request may leave this machine, nothing may go wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser


def settle(page: Page) -> None:
    """Wait until the script has run and nothing is loading."""
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
              && !document.querySelector('[data-testid="stSkeleton"]')
              && document.querySelector('.jb-footer')""",
        timeout=30_000,
    )


def headline(page: Page, label: str) -> str:
    """The value in the headline card of that label."""
    return page.locator('[class*="st-key-card-"]', has_text=label).locator(".jb-value").first.inner_text()


def tick(page: Page, row: int) -> None:
    """Tick a row of the table of runs; it is drawn on a canvas, so by its place."""
    box = page.get_by_test_id("stDataFrame").locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 57 + 38 * row)


def test_from_overview_over_a_run_to_side_by_side(page: Page, address: str) -> None:
    expect = playwright.expect
    page.goto(address)
    settle(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.locator(".st-key-answer")).to_contain_text("28 runs used")
    assert headline(page, "Energy").endswith("Wh")
    assert page.locator(".js-plotly-plot").count() == 2

    page.get_by_role("link", name="Runs", exact=True).click()
    page.wait_for_url("**/runs*")
    settle(page)
    expect(page.locator(".st-key-answer")).to_contain_text("28 of 28 runs used")

    search = page.get_by_placeholder("Name, model, task or id")
    search.fill("serve")
    search.press("Enter")
    page.wait_for_url("**runs_text=serve*")
    expect(page.locator(".st-key-answer")).to_contain_text("16 of 28 runs used", timeout=15_000)
    settle(page)

    tick(page, row=0)
    expect(page.get_by_role("link", name="Open the run")).to_be_visible(timeout=15_000)
    settle(page)
    tick(page, row=1)
    both = page.get_by_role("link", name="Side by side: 2 runs")
    expect(both).to_be_visible(timeout=15_000)
    both.click()
    page.wait_for_url("**/side_by_side?*runs=*")
    settle(page)
    expect(page.locator(".st-key-answer")).to_contain_text("the energy of")
    expect(page.locator(".js-plotly-plot")).to_have_count(1)


def test_a_link_reproduces_the_filter(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?runs_projects=mail&runs_sort=Oldest+first")
    settle(page)
    playwright.expect(page.locator(".st-key-answer")).to_contain_text("8 of 28 runs used")
    page.get_by_role("button", name="Copy link").click()
    shown = page.get_by_test_id("stCode").inner_text()
    assert re.search(r"/runs\?.*runs_projects=mail", shown)
    assert "runs_sort=Oldest+first" in shown


def test_dragging_over_the_power_of_a_run_looks_closer(page: Page, address: str) -> None:
    page.goto(f"{address}/run?run=finetune-8b")
    settle(page)
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=8)
    page.mouse.up()
    back = page.get_by_role("button", name="Whole run")
    playwright.expect(back).to_be_visible(timeout=15_000)
    back.click()
    playwright.expect(back).to_be_hidden(timeout=15_000)


def test_how_a_figure_was_worked_out_is_one_click_away(page: Page, address: str) -> None:
    page.goto(f"{address}/run?run=finetune-8b")
    settle(page)
    page.locator(".st-key-card-emissions button").click()
    popover = page.get_by_test_id("stPopoverBody")
    playwright.expect(popover).to_contain_text("How it was worked out")
    playwright.expect(popover).to_contain_text("Grid of KOR")
    playwright.expect(popover).to_contain_text("× 417 g/kWh")


def test_a_live_page_moves_and_can_be_paused(page: Page, address: str) -> None:
    page.goto(f"{address}/live")
    settle(page)
    age = page.get_by_text(re.compile("last reading|no reading"))
    playwright.expect(age).to_be_visible()
    before = age.inner_text()
    page.wait_for_timeout(4500)
    after = age.inner_text()
    assert after != before
    page.get_by_text("Pause").click()
    page.wait_for_timeout(2500)
    held = age.inner_text()
    page.wait_for_timeout(4500)
    assert age.inner_text() == held


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("overview", "Overview"),
        ("compare?compare_task=imdb+sentiment", "Compare"),
        ("tradeoff", "Trade-off"),
        ("estimate", "Estimate"),
        ("who_pays", "Who pays"),
        ("models", "Models"),
        ("scoreboard", "Scoreboard"),
        ("method", "Method"),
        ("reports", "Reports"),
    ],
)
def test_a_page_answers_by_its_link_and_asks_nobody_else(page: Page, address: str, name: str, title: str) -> None:
    page.goto(f"{address}/{name}")
    settle(page)
    playwright.expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    playwright.expect(page.locator(".st-key-answer")).to_contain_text(re.compile(r"\d"))
    playwright.expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("name", ["", "runs", "run?run=finetune-8b"])
def test_a_phone_shows_title_sentence_and_figures_first(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{address}/{name}")
    settle(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390  # nothing to push sideways
    answer = page.locator(".st-key-answer").bounding_box()
    assert answer is not None
    assert answer["y"] + answer["height"] < 400
    if name != "runs":
        first = page.locator(".jb-value").first.bounding_box()
        assert first is not None
        assert first["y"] + first["height"] < 600
    page.close()
