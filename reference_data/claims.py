"""What the five source articles claim, held against what is published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim in our words, and a verdict.

    Attributes:
        kind: quantitative, qualitative, quote or derived by us.
        independent_value: What another source says.
        verdict: confirmed, supported, plausible, partly, contested, overtaken, untested, wrong, misattributed, missed.
        verdict_text: The verdict in full.
        testable_with: The tables or the chart that test it.
        source_key: The article; `other_source_keys` are what it was held against.
    """

    claim_id: str
    outlet: str
    published: str
    topic: str
    subject: str
    claim: str
    claimed_value: str
    unit: str
    kind: str
    independent_value: str
    verdict: str
    verdict_text: str
    testable_with: str
    source_key: str
    other_source_keys: tuple[str, ...]
    verified: str


@forgettable
@cache
def claims() -> tuple[Claim, ...]:
    """All claims, in the order of the articles."""
    return records("claims.csv", Claim)
