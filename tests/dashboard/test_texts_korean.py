"""The app in Korean: complete, said by every part of a page, kept through the navigation, and marked up as meant."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import texts
from joulebook.ledger.accounting.burden_caveats import CAVEATS
from joulebook.ledger.accounting.sentences import SENTENCES

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
