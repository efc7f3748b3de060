"""A run that nobody ends is ended with the program, by how the program ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", "finished"),
        ("1 / 0", "failed"),
        ("raise KeyboardInterrupt", "interrupted"),
        ("sys.exit(0)", "finished"),
    ],
)
def test_a_client_without_a_run_of_its_own(told: Callable[[], list[Any]], end: str, status: str) -> None:
    program = f"""
import sys
from types import SimpleNamespace
from joulebook.meters.integrations.openai import meter_client
usage = SimpleNamespace(prompt_tokens=3, completion_tokens=4)
completions = SimpleNamespace(create=lambda: SimpleNamespace(usage=usage))
client = meter_client(SimpleNamespace(chat=SimpleNamespace(completions=completions)), project="bot")
client.chat.completions.create()
{end}
"""
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)

    [run] = told()
    assert (run.status, run.opening["project"]) == (status, "bot")
    assert (run.requests["n"], run.requests["tokens_in"], run.requests["tokens_out"]) == (1, 3, 4)
