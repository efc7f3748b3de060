"""Numbers as options take them: finite, and sizes of models as people write them."""

from __future__ import annotations

import math
from typing import Any

import click

_SIZES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


class Number(click.types.FloatParamType):
    """Any number that is neither infinite nor "not a number"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or wrong usage."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class FiniteRange(click.FloatRange):
    """The same in a range; click's own lets nan through everywhere, and inf where an end is open."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or wrong usage."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class Amount(FiniteRange):
    """The same, and `7B` and `2T` are taken too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or wrong usage."""
        text = str(value).strip().upper()
        if text[-1:] in _SIZES and text[:-1].replace(".", "", 1).isdecimal():
            value = float(text[:-1]) * _SIZES[text[-1]]
        return super().convert(value, param, ctx)


NUMBER = Number()
AT_LEAST_0 = FiniteRange(min=0)
ABOVE_0 = FiniteRange(min=0, min_open=True)
SIZE = Amount(min=0, min_open=True, max=1e18)  # of a model, in parameters
