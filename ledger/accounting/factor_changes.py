"""What a newer factor set changes against an older one, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joulebook.ledger.accounting.factors import Factors


@dataclass(frozen=True, slots=True)
class Change:
    """One row that differs; a side is None where the set has no such row."""

    key: str
    old: float | str | None
    new: float | str | None
    unit: str
    note: str

    @property
    def ratio(self) -> float | None:
        """New over old, where both are numbers above 0."""
        if isinstance(self.old, float) and isinstance(self.new, float) and self.old > 0:
            return self.new / self.old
        return None


def changes(old: Factors, new: Factors) -> list[Change]:
    """Rows whose value, range or source differs, by key; then choices, processor families, contracts and series."""
    found = [_of_factor(key, old, new) for key in sorted({*old.table, *new.table})]
    others = {side: _others(factors) for side, factors in (("old", old), ("new", new))}
    for key in sorted({*others["old"], *others["new"]}):
        before, after = others["old"].get(key), others["new"].get(key)
        if before != after:
            found.append(Change(key, _short(before), _short(after), "", _what(before, after)))
    return [change for change in found if change is not None]


def _of_factor(key: str, old: Factors, new: Factors) -> Change | None:
    before, after = old.get(key), new.get(key)
    if before == after:
        return None
    row = after or before
    assert row is not None  # noqa: S101  (the key is in one of the sets)
    if before is None or after is None or before.value != after.value:
        note = _what(before, after)
    else:
        note = "range" if before.range != after.range else "source or vintage"
    return Change(key, before.value if before else None, after.value if after else None, row.unit, note)


def _what(before: object, after: object) -> str:
    return "added" if before is None else "gone" if after is None else "value"


def _others(factors: Factors) -> dict[str, Mapping[str, Any]]:
    """Rows that are no factors, by a name of their own."""
    named: dict[str, Mapping[str, Any]] = {}
    for i, row in enumerate(factors.rows()):
        if row["row"] != "factor":
            name = row.get("choice") or row.get("name") or row.get("model") or row.get("zone") or str(i)
            named[f"{row['row']}/{name}"] = row
    return named


def _short(row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return None
    return str(row.get("value", row.get("share", row.get("full_w", "present"))))
