"""The app in Korean: complete, said by every part of a page, kept through the navigation, and marked up as meant."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import catalogue, texts
from joulebook.dashboard import format as fmt
from joulebook.dashboard.figures import boundary_word, kind_word
from joulebook.dashboard.run_page import work_done
from joulebook.dashboard.sentences import sentence
from joulebook.ledger.accounting.burden_caveats import CAVEATS
from joulebook.ledger.accounting.sentences import SENTENCES, number
from joulebook.reference_data.models import models

Show = Callable[..., AppTest]
MARKDOWN = MarkdownIt("commonmark")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", SENTENCES)
def test_the_decisions_have_the_same_sentences_and_caveats(language: str) -> None:
    english, other = SENTENCES["en"], SENTENCES[language]
    assert sorted(other) == sorted(english)
    assert {key: places(text) for key, text in other.items()} == {key: places(text) for key, text in english.items()}
    assert len(CAVEATS[language]) == len(CAVEATS["en"])


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_that_begins_with_the_model_does_so_in_every_language(language: str) -> None:
    """The page finds the chosen model at the start of the verdict."""
    first = [key for key, text in SENTENCES["en"].items() if text.startswith("{small}")]
    assert [key for key in first if not SENTENCES[language][key].startswith("{small} ")] == []


@pytest.mark.parametrize("language", texts.languages())
def test_bold_is_bold_whatever_is_filled_in(language: str) -> None:
    """Bold that ends in a sign with a letter right behind it stays two stars; a tilde strikes out up to the next."""
    for key, text in texts.load(language).items():
        filled = text.format(**dict.fromkeys(places(text), "5 %") | {"span": " (1 to 2)"})
        assert stray(filled) == "", key


def stray(markdown: str) -> str:
    """What is left of stars and tildes in the text that a person sees."""
    seen = "".join(
        leaf.content
        for block in MARKDOWN.parse(markdown.replace("\\~", ""))
        for leaf in block.children or []
        if leaf.type == "text"
    )
    return "".join(sign for sign in ("**", "~") if sign in seen)


def said(app: AppTest) -> list[str]:
    return [str(element.value) for element in (*app.markdown, *app.caption, *app.warning)]


@pytest.mark.parametrize(
    ("name", "title", "query"),
    [
        ("overview", "개요", {}),
        ("runs", "실행", {}),
        ("run", None, {"run": "latest"}),
        ("compare", "비교", {}),
        ("tradeoff", "득실 비교", {}),
        ("estimate", "사전 추정", {}),
        ("who_pays", "누가 부담하는가", {}),
        ("scoreboard", "추정 성적표", {}),
    ],
)
def test_a_page_speaks_korean(name: str, title: str | None, query: dict[str, Any], filled: Path, show: Show) -> None:
    app = show(name, lang="ko", **query)
    assert not app.exception
    assert not app.error
    if title:
        assert app.title[0].value == title
    assert "니다" in said(app)[0] or "배출량" in said(app)[0]
    assert [text for text in said(app) if stray(text)] == []


@pytest.mark.parametrize("name", ["compare", "tradeoff", "who_pays"])
def test_an_answer_is_kept_for_readers_of_its_language_alone(name: str, filled: Path, show: Show) -> None:
    korean, english = (said(show(name, lang=language))[0] for language in ("ko", "en"))
    assert "니다" in korean
    assert "니다" not in english


def test_the_language_stays_when_a_page_is_opened_without_it(filled: Path, show: Show) -> None:
    app = show("overview", lang="ko")
    app.query_params.clear()
    app.switch_page("views/runs.py").run()
    assert app.title[0].value == "실행"
    assert app.query_params["lang"] == "ko"


def test_a_copied_link_names_the_language_of_its_words(filled: Path, show: Show) -> None:
    assert "runs_sort=Oldest+first&lang=en" in show("runs", runs_sort="Oldest first").code[0].value
    assert show("runs", lang="ko").code[0].value.endswith("?lang=ko")


def test_an_unknown_language_is_english(filled: Path, show: Show) -> None:
    assert show("runs", lang="xx").title[0].value == "Runs"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9_994, "9\u202f994"),
        (12_345, "1.23만"),
        (7_960_000, "796만"),
        (12_300_000, "1230만"),
        (99_996_000, "1억"),
        (1.23e9, "12.3억"),
        (1.5e13, "15조"),
        (4e17, "4.00e+17"),
    ],
)
def test_the_books_count_in_steps_of_ten_thousand(value: float, text: str) -> None:
    assert number(value, "ko") == text


@pytest.fixture
def korean(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fmt, texts):
        monkeypatch.setattr(module, "current_language", lambda: "ko")


def test_the_page_counts_in_steps_of_ten_thousand(korean: None) -> None:
    assert fmt.with_range(7.96e6, 4.5e6, 2.31e7, "count") == "796만 (450만∼2310만)"
    assert fmt.amount(8e9, "count") == "80억"
    assert fmt.amount(1.23e7, "count") == "1230만"
    assert fmt.amount(4_200, "count") == "4\u202f200"
    assert fmt.amount(4.6e7, "money") == "4600만 USD"
    assert fmt.amount(118 * 3.6e6, "energy") == "118\u00a0kWh"


def test_the_page_writes_dates_as_korean_does(korean: None) -> None:
    when = datetime(2027, 2, 10, 14, 3, tzinfo=UTC)
    assert fmt.day(when) == "2027년 2월 10일"
    assert fmt.moment(when) == "2027년 2월 10일 14:03"
    assert sentence("2027-02-10") == "2027년 2월 10일"


def test_an_answer_says_no_english_number_or_month(filled: Path, show: Show) -> None:
    """The trade-off as typed: millions of requests, and the day on which they are reached."""
    text = " ".join(said(show("tradeoff", lang="ko")))
    assert "만 건" in text
    assert not re.search(r"million|billion|\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b", text)


@pytest.mark.parametrize(
    ("boundary", "said"),
    [
        ("IT", "IT 장비"),
        ("facility, with PUE", "시설, PUE 포함"),
        ("IT without cpu, ram", "IT 장비, 제외: CPU, 메모리"),
        ("above idle: gpu", "유휴 초과분: GPU"),
        ("my own words", "my own words"),
    ],
)
def test_a_boundary_is_said_by_its_parts(korean: None, boundary: str, said: str) -> None:
    assert boundary_word(boundary) == said


def test_a_kind_of_somebodys_own_stays(korean: None) -> None:
    assert [kind_word(kind) for kind in ("training", "distil", "red-team")] == ["학습", "증류", "red-team"]


def test_every_term_of_weights_has_its_word(korean: None) -> None:
    said = {catalogue.weights_text(model) for model in models()}
    assert {"예", "아니요", "예 (비상업용)", "예 (CC BY-NC-ND 4.0)", "미상"} <= said


def test_work_is_counted_with_its_counter(korean: None) -> None:
    counts = {"requests": 90, "total_requests": 400, "tokens_out": 18_000, "pages": 3}
    document = {"counts": counts}
    assert work_done(document) == "요청 400 중 90건, 출력 토큰 18\u202f000개, 3 pages"


def test_the_language_is_chosen_by_hand(filled: Path, show: Show) -> None:
    """Each language in itself; what the page was asked stays asked."""
    links = show("runs", lang="ko", runs_models="a&b").sidebar.get("html")[0].proto.body
    assert "<strong>한국어</strong>" in links
    assert 'href="?lang=en&amp;runs_models=a%26b"' in links
    assert ">English</a>" in links
