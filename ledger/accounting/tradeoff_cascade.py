"""Cascades and routers: the escalation rate at which they stop paying, the quality of the mix, and the rebound.

Cascade: every request runs on the small model and its verifier, a share p also on the large one; cost per request
x_S + x_V + p x_L. Router: one of the two runs; cost x_R + (1 - p) x_S + p x_L (cf. FrugalGPT, arXiv:2305.05176).
"""

from __future__ import annotations

import math

from joulebook.ledger.accounting.comparison_quality import wilson
from joulebook.ledger.accounting.tradeoff_types import Escalation
from joulebook.ledger.errors import LedgerError


def cascade_cost(small: float, verifier: float, large: float, escalation_rate: float) -> float:
    """Cost of one request through a cascade, in the unit of its inputs."""
    return small + verifier + escalation_rate * large


def router_cost(small: float, router: float, large: float, escalation_rate: float) -> float:
    """Cost of one request through a router, in the unit of its inputs."""
    return router + (1 - escalation_rate) * small + escalation_rate * large


def cascade_threshold(small: float, verifier: float, large: float) -> float:
    """p*: a cascade beats large alone if and only if p < 1 - (x_S + x_V) / x_L; negative where it never does."""
    if large <= 0:
        return -math.inf
    return 1 - (small + verifier) / large


def router_threshold(small: float, router: float, large: float) -> float:
    """The same for a router: p < 1 - x_R / (x_L - x_S); -infinity where the small model saves nothing."""
    saving = large - small
    return 1 - router / saving if saving > 0 else -math.inf


def measured_escalation(escalated: int, requests: int) -> Escalation:
    """A counted escalation rate with its 90 % Wilson interval."""
    low, high = wilson(escalated, requests)
    return Escalation(escalated / requests, low, high, requests)


def mixture_quality(escalation_rate: float, small_on_accepted: float, large_on_escalated: float) -> float:
    """Quality of a mix: (1 - p) q_S|accepted + p q_L|escalated.

    The two are the qualities on the requests that each really answered, not the models' averages: what the small one
    keeps is easier than what it passes on.
    """
    if not 0 <= escalation_rate <= 1:
        raise LedgerError(f"an escalation rate lies between 0 and 1, got {escalation_rate:g}")
    return (1 - escalation_rate) * small_on_accepted + escalation_rate * large_on_escalated


def rebound_break_even(large: float, mix: float) -> float:
    """Volume multiplier r above which the saving is gone: x_large / x_mix; infinite where the mix costs nothing."""
    return large / mix if mix > 0 else math.inf
