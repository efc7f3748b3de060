"""Fit the prior of effective training utilisation on public runs, leave one run out, and print the report.

    python benchmarks/fit_training.py            # prints the report of docs/estimators.md
    python benchmarks/fit_training.py --write    # and writes reference_data/training_prior.json

Effective means over all device hours of the final run: restarts, evaluation and idle time count, so it is below the
utilisation in flight that papers quote. FLOP are 6 x active parameters x tokens.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from joulebook.ledger.accounting.estimate_training import CENTRE_BILLION, SMALL_BILLION, is_new_device, utilisation
from joulebook.reference_data.accelerators import Accelerator, accelerator
from joulebook.reference_data.models import Model, models

Array = NDArray[np.float64]

# Rows whose hours, tokens or active parameters are not those of one full run.
NOT_ONE_RUN = {
    "LaMDA (137B)": "tokens are the corpus, not what was seen",
    "Switch Transformer (1.6T)": "active parameters unknown",
    "OpenBA 15B": "hours of one of several stages",
    "BLOOM 176B (LLaMA paper estimate)": "the same run as BLOOM 176B",
    "Llama 3.3 70B (corrected)": "the same hours as Llama 3.1 70B",
}
LEAST_TOKENS_BILLION = 100
RIDGE = 0.3
SMALL_RANGE_FACTOR = 3.0  # small, distilled and pruned models reach from 0.05 to 0.5
CENTRE = math.log(CENTRE_BILLION)


def usable() -> list[tuple[Model, Accelerator, float]]:
    """Public language-model runs with hours, tokens and size, and their effective utilisation."""
    found = []
    for model in models():
        device = accelerator(model.hardware) if model.hardware else None
        tokens, hours, size = model.training_tokens_billion, model.accelerator_hours, model.parameters_billion
        if not (model.comparable and model.modality == "language" and tokens and hours and size and device):
            continue
        if model.source_key == "epoch-models-2026" or model.name in NOT_ONE_RUN or tokens < LEAST_TOKENS_BILLION:
            continue
        if device.peak_bf16_tflops:
            active = model.active_parameters_billion or size
            found.append((model, device, utilisation(active, tokens, hours, device.peak_bf16_tflops)))
    return found


def design(rows: list[tuple[Model, Accelerator, float]]) -> Array:
    """The columns of `UtilisationPrior`: 1; older device by log size and its square; newer device, and by log size."""
    new = np.array([float(is_new_device(device.peak_bf16_tflops or 0.0)) for _, device, _ in rows])
    size = np.log([model.active_parameters_billion or model.parameters_billion or 1.0 for model, _, _ in rows]) - CENTRE
    return np.stack([np.ones(len(rows)), (1 - new) * size, (1 - new) * size**2, new, new * size], axis=1)


def solve(columns: Array, target: Array) -> Array:
    """Ridge regression; the intercept is free."""
    return np.linalg.solve(columns.T @ columns + RIDGE * np.diag([0.0, 1.0, 1.0, 1.0, 1.0]), columns.T @ target)


def held_out(columns: Array, target: Array) -> Array:
    """Each run predicted by a fit that never saw it."""
    others = [np.arange(len(target)) != i for i in range(len(target))]
    return np.array([columns[i] @ solve(columns[rest], target[rest]) for i, rest in enumerate(others)])


def show(parts: dict[str, Array]) -> None:
    """Print the report of docs/estimators.md: errors (absolute logs) by part."""
    print("| runs | n | typical factor | p90 | worst |")
    print("|---|---|---|---|---|")
    for name, error in parts.items():
        middle, p90, worst = np.exp([np.median(error), np.quantile(error, 0.9), error.max()])
        print(f"| {name} | {len(error)} | {middle:.2f} | {p90:.2f} | {worst:.2f} |")


def main() -> None:
    """Fit, print, and write where asked to."""
    rows = usable()
    columns, target = design(rows), np.log([value for _, _, value in rows])
    predicted = held_out(columns, target)
    error = np.abs(predicted - target)
    sizes = np.array([model.active_parameters_billion or model.parameters_billion or 0 for model, _, _ in rows])
    large, small = error[sizes >= SMALL_BILLION], error[sizes < SMALL_BILLION]
    show({"all": error, "2 billion active parameters or more": large, "fewer": small})
    if "--write" in sys.argv[1:]:
        names = [model.name for model, _, _ in rows]
        content = {
            "name": "joulebook-training-2026-11",
            "vintage": "public runs to 2026",
            "log_utilisation": [float(f"{value:.5g}") for value in solve(columns, target)],
            "range_factor": round(float(np.exp(np.quantile(large, 0.9))), 3),
            "small_range_factor": round(max(float(np.exp(np.quantile(small, 0.9))), SMALL_RANGE_FACTOR), 3),
            "held_out": {name: float(f"{np.exp(log):.4g}") for name, log in zip(names, predicted, strict=True)},
        }
        path = Path(__file__).parents[1] / "reference_data" / "training_prior.json"
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"written: {path.name}")


if __name__ == "__main__":
    main()
