"""One unit for figures that are held against each other, however far apart they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence

from joulebook.dashboard import format as fmt
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.figure import Figure


def common_unit(values: Sequence[float | None], quantity: fmt.Quantity) -> fmt.Unit:
    """The unit in which the smallest and the largest of them read best together; unknown ones don't count.

    Args:
        values: In SI units.
        quantity: What they are of.
    """
    sizes = [abs(value) for value in values if value]
    return fmt.unit_for(quantity, math.sqrt(min(sizes)) * math.sqrt(max(sizes)) if sizes else None)


def texts(figures: Sequence[Figure | None], quantity: fmt.Quantity) -> list[str]:
    """Each figure with its range, all in their common unit."""
    unit = common_unit([figure.value if figure else None for figure in figures], quantity)
    return [
        fmt.with_range(figure.value, figure.low, figure.high, quantity, unit) if figure else t("figure.unknown")
        for figure in figures
    ]
