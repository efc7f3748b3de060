"""`%%joulebook` in a real IPython shell."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from joulebook.meters.integrations.notebook import CellFigure, _words
from joulebook.meters.summary import ComponentEnergy, Rates, Summary


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # of whoever runs the tests: IPython would warn of another one
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_line_magic("load_ext", "joulebook")
    yield shell
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)


@pytest.mark.framework("IPython")
def test_a_cell_is_a_run(shell: Any, told: Callable[[], list[Any]], capfd: pytest.CaptureFixture[str]) -> None:
    outcome = shell.run_cell("%%joulebook finetune project=bot kind=training\nx = 20\nx + 22")

    assert outcome.success
    assert shell.user_ns["x"] == 20
    printed = capfd.readouterr().out
    assert "42" in printed
    assert "finetune" in printed
    [run] = told()
    assert (run.status, run.opening["name"], run.opening["project"]) == ("finished", "finetune", "bot")


@pytest.mark.framework("IPython")
@pytest.mark.parametrize(
    ("cell", "status"), [("1 / 0", "failed"), ("raise KeyboardInterrupt", "interrupted"), ("x = (", "failed")]
)
def test_a_cell_that_raises_still_raises(
    shell: Any, told: Callable[[], list[Any]], capfd: pytest.CaptureFixture[str], cell: str, status: str
) -> None:
    outcome = shell.run_cell(f"%%joulebook\n{cell}")

    [run] = told()
    assert run.status == status
    assert not outcome.success
    assert capfd.readouterr().out.count("Traceback") <= 1


def test_the_figure_shows_each_component_and_escapes_names() -> None:
    parts = {
        "gpu": ComponentEnergy(300.0, 290.0, 310.0, "measured", ("nvml-counter",), 1),
        "cpu": ComponentEnergy(100.0, 99.0, 101.0, "measured", ("rapl",), 1),
    }
    figure = CellFigure(Summary("0123456789abcdef", "<script>", 4.0, parts, (), Rates()))

    page = figure._repr_html_()
    assert 'width="240.0" height="10" fill="#0072b2"' in page
    assert 'width="80.0" height="10" fill="#e69f00"' in page
    assert "<script>" not in page
    assert "400 J" in repr(figure)


def test_words_of_the_line() -> None:
    assert _words("my run project=bot model='a b'") == {"name": "my run", "project": "bot", "model": "a b"}
    assert _words("it's") == {"name": "it's"}
    assert _words("") == {"name": "cell"}
