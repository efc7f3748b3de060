"""Where the users are: by count of people, by intensity of use, or as typed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.burden_types import BurdenData, Country, UseKind
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.errors import LedgerError

Floats = npt.NDArray[np.float64]

_SLACK = 0.005  # typed shares may be rounded
_BOUNDARY: dict[UseKind, str] = {"count": "people who use AI", "intensity": "use of AI", "typed": "users, as given"}


def use_shares(data: BurdenData, kind: UseKind, typed: dict[str, float] | None) -> Floats:
    """Share (0..1) of all use in each country, shape (countries,); NaN where nothing is known. Adds up to 1.

    Args:
        data: The countries.
        kind: `count` of people who use AI, `intensity` of use, or `typed`.
        typed: Shares by ISO3, for `typed` only.

    Raises:
        LedgerError: An unknown country, a negative share, or shares that don't add up to 1.
    """
    if kind == "typed":
        return _typed(data, typed or {})
    raw = np.array([_count(c) if kind == "count" else _number(c.use_intensity_share) for c in data.countries])
    total: Floats = raw / np.nansum(raw)
    return total


def as_published(share: float, kind: UseKind, vintage: str) -> Figure:
    """A share of the users as a figure: as published or as typed, either of them without a range.

    Args:
        share: Between 0 and 1.
        kind: What was counted.
        vintage: Of the data.
    """
    if kind == "typed":
        return Figure(share, share, share, "declared", _BOUNDARY[kind])
    return Figure(share, share, share, "published", _BOUNDARY[kind], vintage)


def use_rates(data: BurdenData) -> Floats:
    """Share (0..1) of people who use AI, shape (countries,); NaN where unknown."""
    return np.array([_number(c.use_rate) for c in data.countries])


def world_use_rate(data: BurdenData) -> float:
    """Mean use rate over all people of working age: 17.8 % for the first quarter of 2026, as Microsoft publishes it."""
    weights = np.array([_number(c.working_age) for c in data.countries])
    rates = use_rates(data)
    known = np.isfinite(rates) & np.isfinite(weights)
    return float(np.sum(rates[known] * weights[known]) / np.sum(weights[known]))


def check_countries(data: BurdenData, codes: tuple[str, ...]) -> None:
    """Make sure that each code is a country of the data.

    Raises:
        LedgerError: Names the codes that are not.
    """
    known = {c.iso3 for c in data.countries}
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise LedgerError(
            f"unknown country {', '.join(unknown)}: use three-letter codes of ISO 3166 such as KOR or IND"
        )


def _typed(data: BurdenData, typed: dict[str, float]) -> Floats:
    check_countries(data, tuple(typed))
    if any(share < 0 for share in typed.values()):
        raise LedgerError("a share of users can't be negative")
    total = sum(typed.values())
    if abs(total - 1) > _SLACK:
        raise LedgerError(f"the users' shares add up to {total:.4g}, not to 1: give shares such as USA=0.6,KOR=0.4")
    return np.array([typed.get(c.iso3, 0.0) / total for c in data.countries])


def _count(country: Country) -> float:
    return _number(country.use_rate) * _number(country.working_age)


def _number(value: float | None) -> float:
    return np.nan if value is None else value
