"""The formulas of estimates before there is a run, and of the next step in size."""

from __future__ import annotations

from joulebook.ledger.accounting.estimate_training import accelerator_hours, training_flop, utilisation
from joulebook.ledger.accounting.formula import Example, Formula, Symbol
from joulebook.ledger.accounting.inference_model import Serving, touched_billion
from joulebook.ledger.accounting.scaling import chinchilla_loss

# Qwen3 235B with 22 billion active, 8 sequences in flight.
_EXPERTS = Serving(235.0, 22.0, 16.0, 8.0, 8.0, 500.0, 500.0)

ESTIMATE = (
    Formula(
        "training-compute",
        "Computation of a training",
        "C = 6 · N_a · D",
        (Symbol("N_a", "active parameters", "1"), Symbol("D", "training tokens", "1")),
        "Kaplan et al. 2020, arXiv 2001.08361 (2 for the forward pass, 4 for the backward pass)",
        Example(
            "Llama 3.1 405B on 15.6 trillion tokens",
            training_flop,
            {"active_parameters": 405e9, "tokens": 15.6e12},
            "10^25 FLOP",
            1e-25,
            3,
            "3.8 x 10^25",
        ),
    ),
    Formula(
        "training-hours",
        "Accelerator hours of a training",
        "H = C / (peak · u · 3600)",
        (
            Symbol("peak", "dense BF16 peak of the device", "FLOP/s"),
            Symbol("u", "effective utilisation over the whole run, restarts included", "1"),
        ),
        "fitted on public trainings with known hours (docs/estimators.md)",
        Example(
            "3.79 x 10^25 FLOP on H100 at 34.5 %",
            accelerator_hours,
            {"flop": 3.7908e25, "peak_tflops": 989.0, "utilisation_share": 0.345},
            "million hours",
            1e-6,
            3,
            "30.84 million",
        ),
        "Energy is hours times mean power, a share of rated power with its range; the host and development runs are "
        "their own "
        "lines.",
    ),
    Formula(
        "utilisation",
        "Effective utilisation of a training that was",
        "u = 6 · N_a · D / (peak · H · 3600)",
        (Symbol("H", "accelerator hours", "h"),),
        "the same, turned round; one's own runs become the prior of the next estimate",
        Example(
            "Llama 3.1 8B: 15 trillion tokens in 1.46 million H100 hours",
            utilisation,
            {"active_billion": 8.03, "tokens_billion": 15_000.0, "hours": 1.46e6, "peak_tflops": 989.0},
            "",
            digits=3,
        ),
    ),
    Formula(
        "experts-touched",
        "Parameters read in one step of a mixture of experts",
        "N_touched = N_t · (1 - (1 - c · N_a/N_t)^B)",
        (
            Symbol("N_t, N_a", "total and active parameters", "billions"),
            Symbol("B", "sequences in flight", "1"),
            Symbol("c", "share of the active parameters that lies in experts; fitted", "1"),
        ),
        "expected number of distinct experts; the whole model of energy per token is in docs/estimators.md",
        Example(
            "235 billion with 22 active, 8 sequences, c = 1",
            touched_billion,
            {"serving": _EXPERTS, "coverage": 1.0},
            "billion",
            digits=3,
        ),
    ),
    Formula(
        "scaling-law",
        "Loss of a model by size and data",
        "L = 1.69 + 406.4 / N^0.34 + 410.7 / D^0.28",
        (Symbol("N", "parameters", "1"), Symbol("D", "training tokens", "1"), Symbol("L", "loss per token", "nats")),
        "Hoffmann et al. 2022, arXiv 2203.15556 (Chinchilla), approach 3",
        Example(
            "70 billion parameters on 1.4 trillion tokens",
            chinchilla_loss,
            {"parameters": 70e9, "tokens": 1.4e12},
            "nats",
            digits=4,
        ),
        "The cheapest way to a loss, not what the loss is worth.",
    ),
)
