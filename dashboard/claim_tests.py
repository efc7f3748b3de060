"""Claims that our own data can test: the claimed figure beside what the data say, worked out when asked.

Each test gives rows for `charts.models_claim` and one sentence. A claim without a test has its verdict in words only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import markup
from joulebook.dashboard.texts import t
from joulebook.reference_data.inference import inference_configs
from joulebook.reference_data.models import model, models
from joulebook.reference_data.quality import quality_scores

ROWS = ["label", "value", "low", "high", "claimed", "text"]


@dataclass(frozen=True, slots=True)
class ClaimTest:
    """What the data say about a claim.

    Attributes:
        rows: Columns `label, value, low, high, claimed, text`, values in the unit of `x_note`.
        sentence: The finding, in words, from the data.
    """

    rows: pd.DataFrame
    x_note: str
    sentence: str


def _row(label: str, value: float, text: str, *, claimed: bool = False) -> tuple[object, ...]:
    return markup(label), value, np.nan, np.nan, claimed, text


def _frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=ROWS)


def _parameters(claim_key: str, claimed_billion: float, names: tuple[str, ...]) -> ClaimTest:
    rows = [_row(t("models.test_claimed"), claimed_billion, _billions(claimed_billion), claimed=True)]
    for name in names:
        found = model(name)
        if found and found.parameters_billion:
            rows.append(_row(name, found.parameters_billion, _billions(found.parameters_billion)))
    return ClaimTest(_frame(rows), t("models.test_parameters_axis"), t(f"models.{claim_key}"))


def _billions(billions: float) -> str:
    return fmt.amount(billions * 1e9, "count")


def gpt4_size() -> ClaimTest:
    """100 trillion parameters for GPT-4, beside the largest models with a known size."""
    return _parameters("test_gpt4", 100_000, ("GPT-3 (175B)", "Switch Transformer (1.6T)", "Wu Dao 2.0 (1.75T)"))


def kogpt_size() -> ClaimTest:
    """30 billion parameters for KoGPT, beside what its repository says."""
    return _parameters("test_kogpt", 30, ("KoGPT (KoGPT6B-ryan1.5b)",))


def gpt3_size() -> ClaimTest:
    """175 billion parameters for GPT-3."""
    return _parameters("test_gpt3_size", 175, ("GPT-3 (175B)",))


def gpt3_cost() -> ClaimTest:
    """46 million USD for GPT-3, beside published estimates."""
    gpt3 = model("GPT-3 (175B)")
    published = gpt3.training_cost_usd if gpt3 and gpt3.training_cost_usd else 4.6e6
    rows = [
        _row(t("models.test_claimed"), 46.0, fmt.amount(46e6, "money"), claimed=True),
        _row(t("models.test_lambda"), published / 1e6, fmt.amount(published, "money")),
        _row(t("models.test_estimate_2020"), 12.0, fmt.amount(12e6, "money")),
        _row(t("models.test_epoch"), 2.1, fmt.amount(2.1e6, "money")),
    ]
    sentence = t("models.test_gpt3_cost", times=fmt.number(46e6 / published))
    return ClaimTest(_frame(rows), t("models.test_money_axis"), sentence)


def seven_billion_in_hours() -> ClaimTest:
    """A 7-billion model trained in 3 to 4 hours, beside Llama 2 7B on 1,024 accelerators."""
    hours = _hours("Llama 2 7B")
    rows = [("", 3.5, 3.0, 4.0, True, t("models.test_hours", hours="3–4"))]
    rows[0] = (markup(t("models.test_claimed")), *rows[0][1:])
    for name, accelerators in (("Llama 2 7B", 1024), ("Llama 2 70B", 1024)):
        wall = _hours(name) / accelerators
        label = t("models.test_on", model=name, n=fmt.whole(accelerators))
        rows.append(_row(label, wall, t("models.test_hours", hours=fmt.number(wall))))
    sentence = t(
        "models.test_seven", hours=fmt.whole(hours), days=fmt.number(hours / 1024 / 24), times=fmt.whole(hours / 8 / 4)
    )
    return ClaimTest(_frame(rows), t("models.test_hours_axis"), sentence)


def _hours(name: str) -> float:
    found = model(name)
    if found is None or found.accelerator_hours is None:
        raise LookupError(name)
    return found.accelerator_hours


LLAMAS = (
    ("8B", "meta-llama/Llama-3.1-8B-Instruct"),
    ("70B", "meta-llama/Llama-3.1-70B-Instruct"),
    ("405B", "meta-llama/Llama-3.1-405B-Instruct-FP8"),
)


def energy_per_token() -> ClaimTest:
    """Bigger is more efficient: energy per token of three sizes of one family, largest to smallest batch."""
    rows, lowest = [], {}
    for label, model_id in LLAMAS:
        found = [c for c in inference_configs() if c.model_id == model_id and c.task == "lm-arena-chat"]
        energies = [c.energy_j_per_token for c in found if c.accelerator == "H100"]
        at_64 = [c.energy_j_per_token for c in found if c.accelerator == "H100" and 60 <= c.batch <= 68]
        middle = at_64[0] if at_64 else float(np.median(energies))
        lowest[label] = middle
        low, high = min(energies), max(energies)
        text = fmt.with_range(middle, low, high, "joules")
        rows.append((f"Llama 3.1 {label}", middle, low, high, False, text))
    sentence = t(
        "models.test_per_token",
        seventy=fmt.number(lowest["70B"] / lowest["8B"]),
        largest=fmt.number(lowest["405B"] / lowest["8B"]),
    )
    return ClaimTest(_frame(rows), t("models.test_token_axis"), sentence)


def size_and_quality() -> ClaimTest:
    """More parameters, better: rank correlation of size and Elo, and of size and energy, over models with all three."""
    energy = _lowest_energy()
    scored = _arena_scores()
    both = [model_id for model_id in scored if model_id in energy]
    size = pd.Series({i: energy[i][0] for i in both})
    elo, joules = pd.Series({i: scored[i] for i in both}), pd.Series({i: energy[i][1] for i in both})
    with_quality = float(size.rank().corr(elo.rank()))
    with_energy = float(size.rank().corr(joules.rank()))
    rows = [
        _row(t("models.test_rank_claim"), 1.0, "1", claimed=True),
        _ranked(t("models.test_rank_quality"), with_quality, len(both)),
        _ranked(t("models.test_rank_energy"), with_energy, len(both)),
    ]
    sentence = t(
        "models.test_rank",
        n=fmt.whole(len(both)),
        quality=fmt.number(with_quality, 2),
        energy=fmt.number(with_energy, 2),
    )
    return ClaimTest(_frame(rows), t("models.test_rank_axis"), sentence)


def _ranked(label: str, correlation: float, n: int) -> tuple[object, ...]:
    """A rank correlation with its 90 % range (Fisher's z, good enough for ranks)."""
    z, half = np.arctanh(correlation), 1.645 / np.sqrt(n - 3)
    low, high = float(np.tanh(z - half)), float(np.tanh(z + half))
    ends = {"low": fmt.number(low, 2), "high": fmt.number(high, 2)}
    text = t("compare.value_with_range", value=fmt.number(correlation, 2), **ends)
    return markup(label), correlation, low, high, False, text


def _lowest_energy() -> dict[str, tuple[float, float]]:
    """Parameters in billions and the lowest measured energy per token, by model."""
    found: dict[str, tuple[float, float]] = {}
    for row in inference_configs():
        if row.task == "lm-arena-chat" and row.accelerator == "H100":
            before = found.get(row.model_id)
            energy = min(row.energy_j_per_token, before[1]) if before else row.energy_j_per_token
            found[row.model_id] = (row.parameters_billion, energy)
    return found


def _arena_scores() -> dict[str, float]:
    return {
        row.model_id: row.score
        for row in quality_scores()
        if row.benchmark.startswith("LMArena text Elo") and row.model_id and row.score is not None
    }


def overlooked() -> ClaimTest:
    """The climate cost is mostly overlooked: how many of the models here come with a published energy figure."""
    every = [m for m in models() if m.comparable]
    by_makers = [m for m in every if m.energy_evidence in ("measured", "stated")]
    worked_out = [m for m in every if m.energy_evidence in ("tdp", "epoch")]
    rows = [
        _row(t("models.test_all_models"), float(len(every)), fmt.whole(len(every))),
        _row(t("models.test_worked_out"), float(len(worked_out)), fmt.whole(len(worked_out))),
        _row(t("models.test_measured_models"), float(len(by_makers)), fmt.whole(len(by_makers))),
    ]
    sentence = t("models.test_overlooked", n=fmt.whole(len(by_makers)), all=fmt.whole(len(every)))
    return ClaimTest(_frame(rows), t("models.test_count_axis"), sentence)


TESTS: dict[str, Callable[[], ClaimTest]] = {
    "003-01": energy_per_token,
    "002-06": energy_per_token,
    "002-08": seven_billion_in_hours,
    "004-13": gpt3_cost,
    "004-09": gpt4_size,
    "002-05": size_and_quality,
    "003-11": overlooked,
    "001-17": kogpt_size,
    "000-05": gpt3_size,
}
LINEAR = {"002-05", "003-11"}  # drawn on a linear axis: correlations and counts


def available() -> tuple[str, ...]:
    """The claims that have a live figure, the most telling first."""
    return tuple(TESTS)


def run(claim_id: str) -> ClaimTest:
    """The test of one claim.

    Raises:
        LookupError: No data to test it with.
    """
    try:
        return TESTS[claim_id]()
    except (KeyError, IndexError, ValueError) as error:
        raise LookupError(claim_id) from error
