"""What the next step in size buys: loss per kWh by published scaling laws, and by one's own runs.

Chinchilla: L = 1.69 + 406.4/N^0.34 + 410.7/D^0.28 (Hoffmann et al. 2022, arXiv:2203.15556, approach 3).
Kaplan: L ~ N^-0.076, D^-0.095, C^-0.050 (Kaplan et al. 2020, arXiv:2001.08361). Both say how cheaply a model of a size
can be reached, not what it is worth.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from joulebook.ledger.accounting.comparison_types import Candidate
from joulebook.ledger.errors import LedgerError

TOKENS_PER_PARAMETER = 20.0  # the compute optimum of Hoffmann et al., about
FLOP_PER_PARAMETER_AND_TOKEN = 6.0  # forward and backward pass of a dense model (Kaplan et al. 2020)
J_PER_KWH = 3.6e6
# What tells the sizes of a family apart in a name: 1b7, 560m, 3b, 70B, xl, large, ...
_SIZE_WORDS = re.compile(r"(?<![a-z0-9])(\d+(\.\d+)?[bm]\d*|xxl|xl|large|base|small|mini|tiny)(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class SizeStep:
    """One size of model, trained at the compute optimum, against the size before it.

    Attributes:
        tokens: Training tokens.
        training_kwh: Energy of the training.
        loss: Nats per token.
        loss_drop: Against the size before; None for the first.
        loss_drop_per_mwh: Drop for each extra MWh of training; None for the first.
        inference_ratio: Energy per token against the first size, by the floor of 2 FLOP a parameter and token.
    """

    parameters: float
    tokens: float
    training_kwh: float
    loss: float
    loss_drop: float | None
    loss_drop_per_mwh: float | None
    inference_ratio: float


@dataclass(frozen=True, slots=True)
class OwnStep:
    """One size of a family in one's own books against the next smaller one, in the caller's units."""

    smaller_parameters: float
    larger_parameters: float
    benefit: float
    energy_ratio: float
    exponent: float


def chinchilla_loss(parameters: float, tokens: float) -> float:
    """Loss in nats per token of a model with N parameters after D tokens."""
    _check(parameters=parameters, tokens=tokens)
    return float(1.69 + 406.4 / parameters**0.34 + 410.7 / tokens**0.28)


def kaplan_loss_ratio(parameter_ratio: float = 1.0, token_ratio: float = 1.0) -> float:
    """Loss over the loss before, where parameters and tokens grow by these factors and neither is the only bottleneck.

    Each power law holds where the other is not limiting; together they are a rough guide, as Chinchilla showed later.
    """
    _check(parameter_ratio=parameter_ratio, token_ratio=token_ratio)
    return float(parameter_ratio**-0.076 * token_ratio**-0.095)


def kaplan_compute_ratio(compute_ratio: float) -> float:
    """Loss over the loss before, where optimally used compute grows by this factor: C^-0.050."""
    _check(compute_ratio=compute_ratio)
    return float(compute_ratio**-0.050)


def training_kwh(parameters: float, tokens: float, flop_per_j: float) -> float:
    """Energy of training, 6 N D FLOP at so many useful FLOP a joule.

    Args:
        parameters: Active per token.
        tokens: Seen in training.
        flop_per_j: Peak dense FLOP/s times the share of it that is reached, over the watts drawn.
    """
    _check(parameters=parameters, tokens=tokens, flop_per_j=flop_per_j)
    return FLOP_PER_PARAMETER_AND_TOKEN * parameters * tokens / flop_per_j / J_PER_KWH


def size_steps(parameters: Sequence[float], flop_per_j: float) -> list[SizeStep]:
    """What each size buys over the one before it, each trained at the compute optimum.

    Args:
        parameters: Sizes, in any order.
        flop_per_j: As in `training_kwh`.
    """
    sizes = sorted(set(parameters))
    steps: list[SizeStep] = []
    for size in sizes:
        tokens = TOKENS_PER_PARAMETER * size
        kwh, loss = training_kwh(size, tokens, flop_per_j), chinchilla_loss(size, tokens)
        before = steps[-1] if steps else None
        drop = before.loss - loss if before else None
        extra_mwh = (kwh - before.training_kwh) / 1000 if before else None
        per_mwh = drop / extra_mwh if drop is not None and extra_mwh else None
        steps.append(SizeStep(size, tokens, kwh, loss, drop, per_mwh, size / sizes[0]))
    return steps


def cheapest_way(loss: float, flop_per_j: float) -> SizeStep:
    """The compute-optimal size that reaches a loss, by bisection on 20 tokens a parameter.

    Raises:
        LedgerError: The loss lies at or below 1.69, which no size reaches, or above what one million parameters have.
    """
    low, high = 6.0, 16.0  # decimal logarithms of the size
    if (
        not chinchilla_loss(10**high, TOKENS_PER_PARAMETER * 10**high)
        < loss
        <= chinchilla_loss(10**low, TOKENS_PER_PARAMETER * 10**low)
    ):
        raise LedgerError(f"no size between a million and 10^16 parameters has a loss of {loss:g}: it lies above 1.69")
    for _ in range(80):
        middle = (low + high) / 2
        if chinchilla_loss(10**middle, TOKENS_PER_PARAMETER * 10**middle) > loss:
            low = middle
        else:
            high = middle
    return size_steps([10**high], flop_per_j)[0]


def own_steps(sizes: Sequence[tuple[float, float, float]]) -> list[OwnStep]:
    """What each step in size bought within one family of one's own runs.

    Args:
        sizes: (parameters, benefit, energy per unit), benefit in any unit of which more is better.

    Returns:
        Steps by size; `exponent` is d ln(energy) / d ln(parameters).
    """
    found = []
    for (small, benefit, energy), (large, more, dearer) in pairwise(sorted(sizes)):
        if small <= 0 or energy <= 0 or large == small:
            continue
        ratio = dearer / energy
        found.append(OwnStep(small, large, more - benefit, ratio, math.log(ratio) / math.log(large / small)))
    return found


def families(candidates: Sequence[Candidate]) -> dict[str, list[tuple[float, float, float]]]:
    """Sizes of one family among candidates, for `own_steps`: by name without its size, where there are two or more.

    Only candidates of known size, energy and quality, of one metric a family; a metric where less is better is negated.
    """
    found: dict[str, list[tuple[float, float, float]]] = {}
    for candidate in candidates:
        quality, energy = candidate.quality, candidate.energy_per_unit_j
        if quality is None or energy is None or not candidate.parameters:
            continue
        stem = _SIZE_WORDS.sub("", candidate.model_id.split("/")[-1].casefold()).strip(" -_.")
        benefit = quality.value if quality.higher_is_better else -quality.value
        key = f"{stem} on {quality.name}"
        found.setdefault(key, []).append((candidate.parameters, benefit, energy.value))
    return {name: sorted(sizes) for name, sizes in found.items() if len({size for size, _, _ in sizes}) > 1}


def _check(**amounts: float) -> None:
    for name, amount in amounts.items():
        if not (amount > 0 and math.isfinite(amount)):
            raise LedgerError(f"{name.replace('_', ' ')} must be above 0, got {amount:g}")
