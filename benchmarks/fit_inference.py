"""Fit the inference estimator on measured serving configurations, leave one model out, and print the report.

    python benchmarks/fit_inference.py            # prints the report of docs/estimators.md
    python benchmarks/fit_inference.py --write    # and writes reference_data/inference_coefficients.json

The model is the sum that physics suggests (docs/estimators.md); its terms are positive, and every coefficient starts
from a prior worked out from data sheets, so that it holds beyond the data. Predictions are made by
`joulebook.ledger.accounting.inference_model`; the vectorised twin here serves the fit, and a test holds them equal.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from joulebook.reference_data.inference import InferenceConfig, inference_configs

Array = NDArray[np.float64]

# Left out of every fit, by name: kept for checks that nobody fitted on.
EXCLUDED = ("gemma-3-27b", "llama-4-scout")
TASKS = {
    "lm-arena-chat": "chat",
    "gpqa": "reasoning",
    "sourcegraph-fim": "code",
    "image-chat": "image",
    "video-chat": "video",
}
BITS = {"bfloat16": 16.0, "fp8": 8.0, "mxfp4": 4.25}
PRIOR_WEIGHT = 6.0  # strength of the priors, in standardised residuals
RESIDUAL_SCALE = 0.2


@dataclass(frozen=True)
class Coefficient:
    """One coefficient: the centre of its prior and its log (or, for exponents, plain) standard deviation."""

    name: str
    prior: float
    spread: float
    plain: bool = False


# Priors: H100 data sheet (700 W, 3.35 TB/s, 989 TFLOP/s): 700/3350 = 0.21 J per GB read, 2e9 FLOP at half the peak and
# 650 W = 0.0026 J per billion active parameters and token; about 5 ms of latency a step at 200 W = 1 J.
COEFFICIENTS = (
    Coefficient("step_j", 1.0, 0.7),
    Coefficient("step_devices_exponent", 1.0, 0.15, plain=True),
    Coefficient("step_size_exponent", 0.2, 0.15, plain=True),
    Coefficient("step_moe_factor", 1.5, 0.4),
    Coefficient("step_b200_factor", 1.3, 0.3),
    Coefficient("weights_j_per_gb", 0.16, 0.3),
    Coefficient("weights_b200_factor", 0.8, 0.25),
    Coefficient("expert_coverage", 0.7, 0.4),
    Coefficient("compute_j_per_billion", 0.004, 0.4),
    Coefficient("compute_b200_factor", 0.6, 0.3),
    Coefficient("compute_low_precision_factor", 0.7, 0.3),
    Coefficient("cache_j_per_thousand_tokens", 0.003, 0.7),
    Coefficient("cache_size_exponent", 0.45, 0.15, plain=True),
    Coefficient("hybrid_j_per_token", 0.02, 0.7),
    Coefficient("token_j", 0.01, 1.0),
    Coefficient("token_b200_factor", 1.0, 0.3),
    Coefficient("prefill_j_per_billion", 0.003, 0.3),
    Coefficient("fp8_moe_factor", 1.3, 0.3),
    Coefficient("fp8_dense_factor", 1.0, 0.3),
    Coefficient("four_bit_factor", 1.0, 0.3),
    Coefficient("prompt_tokens_chat", 100, 0.5),
    Coefficient("prompt_tokens_reasoning", 250, 0.4),
    Coefficient("prompt_tokens_code", 3000, 0.6),
    Coefficient("prompt_tokens_image", 1200, 0.5),
    Coefficient("prompt_tokens_video", 6000, 0.6),
)
PLAIN = np.array([one.plain for one in COEFFICIENTS])
SPREADS = np.array([one.spread for one in COEFFICIENTS])
PRIOR = np.array([one.prior if one.plain else np.log(one.prior) for one in COEFFICIENTS])
HYBRID_CACHE_SHARE = 0.3  # attention layers of a Mamba hybrid that keep a cache (about a third or fewer)


class Table:
    """The configurations as columns."""

    def __init__(self, rows: tuple[InferenceConfig, ...]) -> None:
        self.rows = [row for row in rows if not any(name in row.model_id.casefold() for name in EXCLUDED)]
        self.model = np.array([row.model_id for row in self.rows])
        self.task = np.array([TASKS[row.task] for row in self.rows])
        self.bits = np.array([BITS[row.precision] for row in self.rows])
        self.b200 = np.array([row.accelerator == "B200" for row in self.rows])
        self.moe = np.array([row.architecture == "moe" for row in self.rows])
        self.hybrid = np.array([row.architecture == "hybrid" for row in self.rows])
        self.devices = np.array([float(row.accelerators) for row in self.rows])
        self.total = np.array([row.parameters_billion for row in self.rows])
        self.active = np.array([row.active_parameters_billion for row in self.rows])
        self.batch = np.array([row.batch for row in self.rows])
        self.output = np.array([row.output_tokens for row in self.rows])
        self.measured = np.log([row.energy_j_per_token for row in self.rows])
        self.family = np.array([f"{a}/{t}/{h}" for a, t, h in zip(self.active, self.total, self.hybrid, strict=True)])

    @property
    def text(self) -> NDArray[np.bool_]:
        """Rows of text tasks."""
        return np.isin(self.task, ["chat", "reasoning", "code"])

    @property
    def ecologits_domain(self) -> NDArray[np.bool_]:
        """What EcoLogits 0.11.3 says that it is for: H100, BF16, batch to 512, to 200 billion parameters."""
        return self.text & ~self.b200 & (self.bits == 16) & (self.batch <= 512) & (self.total <= 200)


def values(parameters: Array) -> dict[str, float]:
    """Coefficients by name from the fit's transformed vector."""
    plain = np.where(PLAIN, parameters, np.exp(np.where(PLAIN, 0.0, parameters)))
    return {one.name: float(value) for one, value in zip(COEFFICIENTS, plain, strict=True)}


def predict(parameters: Array, table: Table, rows: NDArray[np.intp]) -> Array:
    """Log of J per output token (accelerators) of the rows."""
    c = values(parameters)
    active, total, batch = table.active[rows], table.total[rows], table.batch[rows]
    devices, output, bits = table.devices[rows], table.output[rows], table.bits[rows]
    moe, hybrid, b200 = table.moe[rows], table.hybrid[rows], table.b200[rows]
    prompt = np.array([c[f"prompt_tokens_{task}"] for task in table.task[rows]])

    def on_b200(name: str) -> Array:
        return np.where(b200, c[name], 1.0)

    low = np.where(bits < 16, c["compute_low_precision_factor"], 1.0)
    chosen = np.clip(c["expert_coverage"] * active / total, 0.0, 1.0)
    touched = np.where(moe, active + (total - active) * (1 - (1 - chosen) ** batch), total)
    step = c["step_j"] * on_b200("step_b200_factor") * devices ** c["step_devices_exponent"]
    step = step * total ** c["step_size_exponent"] * np.where(moe, c["step_moe_factor"], 1.0) / batch
    weights = c["weights_j_per_gb"] * on_b200("weights_b200_factor") * touched * bits / 8 / batch
    compute = c["compute_j_per_billion"] * on_b200("compute_b200_factor") * low * active
    prefill = c["prefill_j_per_billion"] * on_b200("compute_b200_factor") * low * active * prompt / output
    context = (prompt + output / 2) / 1000
    cache = c["cache_j_per_thousand_tokens"] * on_b200("weights_b200_factor") * context
    cache = cache * total ** c["cache_size_exponent"] * np.where(hybrid, HYBRID_CACHE_SHARE, 1.0)
    token = c["token_j"] * on_b200("token_b200_factor") * devices + np.where(hybrid, c["hybrid_j_per_token"], 0.0)
    penalty = np.where(bits == 8, np.where(moe, c["fp8_moe_factor"], c["fp8_dense_factor"]), 1.0)
    penalty = np.where(bits < 8, c["four_bit_factor"], penalty)
    return np.log((step + weights + compute + prefill) * penalty + cache + token)


def fit(table: Table, rows: NDArray[np.intp]) -> Array:
    """Maximum a posteriori, robust, each model with the same weight however many configurations it has."""
    counts = Counter(table.model[rows])
    weight = np.sqrt(20 / np.array([counts[name] for name in table.model[rows]]))

    def residuals(parameters: Array) -> Array:
        misfit = (predict(parameters, table, rows) - table.measured[rows]) * weight / RESIDUAL_SCALE
        return np.concatenate([misfit, PRIOR_WEIGHT * (parameters - PRIOR) / SPREADS])

    return np.asarray(least_squares(residuals, PRIOR, loss="soft_l1", f_scale=1.5, max_nfev=80).x)


def held_out(table: Table, groups: NDArray[np.str_]) -> tuple[Array, dict[str, Array]]:
    """Log of predicted over measured, each group predicted by a fit that never saw it; and those fits by group."""
    error = np.full(len(table.rows), np.nan)
    fits: dict[str, Array] = {}
    for group in np.unique(groups):
        inside = groups == group
        fits[str(group)] = fit(table, np.flatnonzero(~inside))
        error[inside] = predict(fits[str(group)], table, np.flatnonzero(inside)) - table.measured[inside]
    return error, fits


def classes(table: Table) -> NDArray[np.str_]:
    """What sets the width of the range: plain (dense, 16 bit, text), other text, image and video."""
    plain = ~table.moe & ~table.hybrid & (table.bits == 16)
    return np.where(~table.text, "media", np.where(plain, "plain", "other"))


def widths(error: Array, kind: NDArray[np.str_]) -> dict[str, float]:
    """Factor within which 90 % of the held-out points of a class lie."""
    return {str(name): float(np.exp(np.quantile(np.abs(error[kind == name]), 0.9))) for name in np.unique(kind)}


def coverage(table: Table, error: Array, kind: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Whether each held-out point lies in a range that was set without its model."""
    inside = np.zeros(len(error), bool)
    for model in np.unique(table.model):
        own = table.model == model
        factor = widths(error[~own], kind[~own])
        inside[own] = np.abs(error[own]) <= np.log([factor[name] for name in kind[own]])
    return inside


def typical_and_p90(error: Array) -> tuple[float, float]:
    """Typical error factor exp(median |ln|) and its 90th percentile."""
    size = np.abs(error)
    return float(np.exp(np.median(size))), float(np.exp(np.quantile(size, 0.9)))


def rounded(parameters: Array) -> dict[str, float]:
    """Coefficients by name, to five figures."""
    return {name: float(f"{value:.5g}") for name, value in values(parameters).items()}


def scores(table: Table, by_model: Array, by_family: Array) -> dict[str, list[float]]:
    """For each part of the table: rows, typical factor, p90, share inside the range, the two factors by family."""
    inside = coverage(table, by_model, classes(table))
    parts = {
        "EcoLogits' domain": table.ecologits_domain,
        "all text": table.text,
        "image and video": ~table.text,
        "text, H100": table.text & ~table.b200,
        "text, B200": table.text & table.b200,
    }
    return {
        name: [
            float(rows.sum()),
            *typical_and_p90(by_model[rows]),
            float(inside[rows].mean()),
            *typical_and_p90(by_family[rows]),
        ]
        for name, rows in parts.items()
    }


def show(table: Table, found: dict[str, list[float]]) -> None:
    """Print the report of docs/estimators.md."""
    print(f"{len(table.rows)} configurations of {len(np.unique(table.model))} models")
    print("| configurations | n | typical | p90 | in the 90 % range | typical, family out | p90, family out |")
    print("|---|---|---|---|---|---|---|")
    for name, (n, typical, p90, inside, strict, strict_p90) in found.items():
        print(f"| {name} | {n:.0f} | {typical:.2f} | {p90:.2f} | {inside:.0%} | {strict:.2f} | {strict_p90:.2f} |")


def fitted(table: Table) -> tuple[dict[str, object], dict[str, dict[str, float]]]:
    """What is shipped: the fit on everything with its report, and the fits that leave one model out."""
    by_model, fits = held_out(table, table.model)
    by_family, _ = held_out(table, table.family)
    found = scores(table, by_model, by_family)
    show(table, found)
    medians = {str(task): round(float(np.median(table.output[table.task == task]))) for task in np.unique(table.task)}
    shipped: dict[str, object] = {
        "name": "joulebook-inference-2026-11",
        "source_key": "ml-energy-v3",
        "vintage": "ML.ENERGY v3, data of 2026-02-16",
        "excluded": list(EXCLUDED),
        "coefficients": rounded(fit(table, np.arange(len(table.rows)))),
        "output_tokens": medians,
        "range_factors": {name: round(value, 3) for name, value in widths(by_family, classes(table)).items()},
        "held_out": {name: [round(value, 4) for value in row] for name, row in found.items()},
    }
    return shipped, {model: rounded(parameters) for model, parameters in fits.items()}


def main() -> None:
    """Fit, print, and write where asked to."""
    shipped, left_out = fitted(Table(inference_configs()))
    if "--write" in sys.argv[1:]:
        folder = Path(__file__).parents[1] / "reference_data"
        for name, content in (("inference_coefficients.json", shipped), ("inference_held_out.json", left_out)):
            (folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            print(f"written: {name}")


if __name__ == "__main__":
    main()
