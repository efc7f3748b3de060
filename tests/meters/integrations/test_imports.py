"""Reading an integration's file costs no import of its framework."""

from __future__ import annotations

import subprocess
import sys

import pytest

FRAMEWORKS = ("torch", "transformers", "lightning", "keras", "openai", "IPython", "mlflow", "codecarbon", "pandas")


@pytest.mark.parametrize(
    "name", ["transformers", "generation", "lightning", "keras", "openai", "vllm", "notebook", "mlflow", "codecarbon"]
)
def test_an_integration_imports_its_framework_only_when_used(name: str) -> None:
    program = f"import sys, joulebook.meters.integrations.{name}; print([m for m in {FRAMEWORKS} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
