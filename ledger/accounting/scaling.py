"""What the next step in size buys: loss per kWh by published scaling laws, and by one's own runs.

Chinchilla: L = 1.69 + 406.4/N^0.34 + 410.7/D^0.28 (Hoffmann et al. 2022, arXiv:2203.15556, approach 3).
Kaplan: L ~ N^-0.076, D^-0.095, C^-0.050 (Kaplan et al. 2020, arXiv:2001.08361). Both say how cheaply a model of a size
can be reached, not what it is worth.
"""

from __future__ import annotations

from dataclasses import dataclass


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


def chinchilla_loss(parameters: float, tokens: float) -> float:
    """Loss in nats per token of a model with N parameters after D tokens."""
    return 1.69 + 406.4 / parameters**0.34 + 410.7 / tokens**0.28
