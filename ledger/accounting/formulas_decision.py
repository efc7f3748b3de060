"""The formulas of decisions: when the small model has paid, and when a cascade or a router pays."""

from __future__ import annotations

from joulebook.ledger.accounting.comparison_quality import wilson
from joulebook.ledger.accounting.formula import Example, Formula, Symbol
from joulebook.ledger.accounting.tradeoff import break_even_requests
from joulebook.ledger.accounting.tradeoff_cascade import cascade_threshold, mixture_quality
from joulebook.ledger.accounting.tradeoff_money import parity_requests

# Llama 3.1 70B on 4 H100 and 8B on 1 H100, batch 64, 400 output tokens (ML.ENERGY v3), in kWh a request.
_LARGE_KWH, _SMALL_KWH = 0.797 * 400 / 3.6e6, 0.119 * 400 / 3.6e6


def _low_end(successes: float, n: float) -> float:
    return wilson(successes, n)[0]


DECISION = (
    Formula(
        "break-even",
        "Requests after which the small model has paid for its making",
        "N* = X_once / (x_L - r · x_S)",
        (
            Symbol("X_once", "distillation, labelling by the teacher, evaluation, development", "J, g or USD"),
            Symbol("x_L, x_S", "large and small model, per request", "J, g or USD"),
            Symbol("r", "rebound: how many times as many requests come to the cheaper model", "1"),
        ),
        "accounting identity; infinite where the small one saves nothing",
        Example(
            "600 kWh once, Llama 3.1 70B against 8B at 400 tokens",
            break_even_requests,
            {"once_cost": 600.0, "large": _LARGE_KWH, "small": _SMALL_KWH},
            "requests",
            digits=7,
        ),
    ),
    Formula(
        "parity",
        "Requests whose energy equals that of training",
        "N = (E_train + E_finetune) / e",
        (Symbol("E_train, E_finetune", "energy of making the model", "kWh"), Symbol("e", "energy of a request", "kWh")),
        "Luccioni et al. 2024, Power Hungry Processing, arXiv 2311.16863, table 5",
        Example(
            "BLOOMz-7B",
            parity_requests,
            {"training": 51_686.0, "finetuning": 7_571.0, "per_request": 1.0e-4},
            "requests",
            digits=9,
            published="592,570,000",
        ),
    ),
    Formula(
        "cascade",
        "Escalation rate below which a cascade pays",
        "p* = 1 - (x_S + x_V) / x_L",
        (
            Symbol("x_V", "verifier, per request", "J, g or USD"),
            Symbol("x_S, x_L", "small and large model", "J, g or USD"),
        ),
        "cf. Chen et al. 2023, FrugalGPT, arXiv 2305.05176",
        Example(
            "the same two models, no verifier",
            cascade_threshold,
            {"small": _SMALL_KWH, "verifier": 0.0, "large": _LARGE_KWH},
            "",
            digits=3,
        ),
    ),
    Formula(
        "cascade-quality",
        "Quality of a cascade",
        "Q = (1 - p) · q_S|kept + p · q_L|passed on",
        (
            Symbol("p", "escalation rate", "1"),
            Symbol("q_S|kept", "quality of the small model on what it kept", "score"),
            Symbol("q_L|passed on", "quality of the large model on what was passed on", "score"),
        ),
        "law of total expectation; not the average of the models' averages",
        Example(
            "30 % passed on, 0.95 on what is kept, 0.80 on the rest",
            mixture_quality,
            {"escalation_rate": 0.3, "small_on_accepted": 0.95, "large_on_escalated": 0.8},
            "",
        ),
    ),
    Formula(
        "wilson",
        "Range of a share that was counted",
        "(p + z^2/2n ± z · sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)",
        (
            Symbol("p", "hits over trials", "1"),
            Symbol("n", "trials", "1"),
            Symbol("z", "1.645 for 90 %", "1"),
        ),
        "Wilson 1927, doi 10.2307/2276774",
        Example("low end of 912 right of 1,000", _low_end, {"successes": 912.0, "n": 1000.0}, ""),
        "For accuracies and measured escalation rates.",
    ),
)
