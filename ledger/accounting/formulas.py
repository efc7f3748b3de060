"""Every formula once: the one place that docs/method.md and the dashboard's Method page are made from.

for formula in FORMULAS:
    print(formula.title, formula.expression, formula.source, formula.example.shown)
"""

from __future__ import annotations

from joulebook.ledger.accounting.formula import Example, Formula, Symbol, as_markdown
from joulebook.ledger.accounting.formulas_burden import BURDEN
from joulebook.ledger.accounting.formulas_decision import DECISION
from joulebook.ledger.accounting.formulas_energy import ENERGY
from joulebook.ledger.accounting.formulas_estimate import ESTIMATE
from joulebook.ledger.accounting.formulas_impact import IMPACT

__all__ = ["FORMULAS", "SECTIONS", "Example", "Formula", "Symbol", "as_markdown", "markdown"]

SECTIONS: dict[str, tuple[Formula, ...]] = {
    "Energy": ENERGY,
    "Emissions, water, making, money": IMPACT,
    "Decisions": DECISION,
    "Estimates": ESTIMATE,
    "Who benefits, who pays": BURDEN,
}
FORMULAS: tuple[Formula, ...] = tuple(formula for formulas in SECTIONS.values() for formula in formulas)


def markdown() -> str:
    """All formulas as the middle part of docs/method.md."""
    parts = []
    for title, formulas in SECTIONS.items():
        parts += [f"## {title}", "", *(as_markdown(formula) for formula in formulas)]
    return "\n".join(parts)
