"""A formula as it is shown: what it says, its symbols with units, its source and an example worked by the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Symbol(NamedTuple):
    """One symbol of a formula."""

    name: str
    meaning: str
    unit: str


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example.

    Attributes:
        text: What is worked out, in a sentence.
        compute: The function that the product itself uses.
        given: Its arguments.
        unit: Of the shown result.
        scale: Exact factor from the function's unit to the shown one.
        digits: Significant digits to show.
        published: What the source prints, where it prints one.
    """

    text: str
    compute: Callable[..., float]
    given: Mapping[str, object]
    unit: str
    scale: float = 1.0
    digits: int = 4
    published: str = ""

    @property
    def value(self) -> float:
        """The result in the shown unit."""
        return self.compute(**self.given) * self.scale

    @property
    def shown(self) -> str:
        """The result as it is printed, with its unit."""
        return f"{shown_number(self.value, self.digits)} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula.

    Attributes:
        key: Stable name, for links.
        title: What it gives.
        expression: In plain signs, `x · y`.
        symbols: Every sign in it.
        source: Where it comes from, with an identifier that can be looked up.
        note: What a reader must know before trusting it.
    """

    key: str
    title: str
    expression: str
    symbols: tuple[Symbol, ...]
    source: str
    example: Example
    note: str = ""


def shown_number(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, without trailing noise: 8930000.0 -> `8,930,000`."""
    text = f"{value:.{digits}g}"
    return f"{float(text):,.0f}" if abs(float(text)) >= 1000 else text if "e" not in text else f"{float(text):.3g}"


def as_markdown(formula: Formula) -> str:
    """One formula as a section of docs/method.md."""
    lines = [f"### {formula.title}", "", f"    {formula.expression}", "", "| | | |", "|---|---|---|"]
    lines += [f"| `{name}` | {meaning} | {unit} |" for name, meaning, unit in formula.symbols]
    lines += ["", f"Source: {formula.source}."]
    lines += [formula.note] if formula.note else []
    published = f" (published: {formula.example.published})" if formula.example.published else ""
    lines += ["", f"Example: {formula.example.text} **{formula.example.shown}**{published}.", ""]
    return "\n".join(lines)
