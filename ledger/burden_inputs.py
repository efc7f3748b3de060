"""What the question of who benefits and who pays stands on, gathered from the reference data."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path

from joulebook.ledger.accounting.burden import BurdenData, Country
from joulebook.ledger.errors import LedgerError
from joulebook.reference_data.tables import forgettable

VINTAGE = "country social cost of carbon 2018; AI use Q1 2026; income 2021 to 2023; vulnerability 2023"
_NOT_COUNTRIES = ("WLD", "EU27")
_SHARES = "country_damage_shares.csv"


@forgettable
@cache
def burden_data() -> BurdenData:
    """All countries with any figure, and their damage shares in all published specifications."""
    import numpy as np

    from joulebook.reference_data import countries, damages, people, tables

    known, use = people.people(), people.ai_use()
    names = {c.alpha3: c.name for c in countries.countries()}
    specifications = damages.specifications()
    # one pass over the file: a column at a time would read it 160 times
    shares = {row["iso3"]: [float(row[name]) for name in specifications] for row in tables.rows(_SHARES)}
    codes = sorted((known.keys() | use.keys() | shares.keys()) - set(_NOT_COUNTRIES))
    nan = float("nan")
    return BurdenData(
        countries=tuple(_country(code, names.get(code, code), known.get(code), use.get(code)) for code in codes),
        specifications=specifications,
        net_shares=np.array([shares.get(code, [nan] * len(specifications)) for code in codes]),
        vintage=VINTAGE,
    )


def country_code(text: str) -> str:
    """The alpha-3 code of a country typed as a code or a name.

    Raises:
        LedgerError: There is no such country.
    """
    from joulebook.reference_data.countries import country

    found = country(text)
    if found is None or found.alpha3 in _NOT_COUNTRIES:
        raise LedgerError(f"unknown country {text!r}: use a code of ISO 3166 such as KOR or IN, or the country's name")
    return found.alpha3


def typed_users(text: str) -> dict[str, float]:
    """Shares of users by country from `USA=0.6,KOR=0.4`.

    Raises:
        LedgerError: Not of that form, or a country that there is not.
    """
    shares: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        code, equals, share = part.partition("=")
        if not equals:
            raise LedgerError(f"users {part!r} must be written COUNTRY=share, for example USA=0.6,KOR=0.4")
        iso3 = country_code(code)
        try:
            shares[iso3] = shares.get(iso3, 0.0) + float(share)
        except ValueError:
            raise LedgerError(f"users {part!r}: {share!r} is no share between 0 and 1") from None
    return shares


def imported_users(path: Path) -> dict[str, float]:
    """Shares of users by country from a CSV file, as `users_of_csv` reads it.

    Raises:
        LedgerError: The file can't be read or understood.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path}: the file of users can't be read ({error})") from None
    return users_of_csv(text, str(path))


def users_of_csv(text: str, path: str) -> dict[str, float]:
    """Shares of users by country from CSV text with the columns `country` and `users` (a count) or `share`.

    Args:
        text: With a header row.
        path: What to call it in an error.

    Raises:
        LedgerError: It lacks a column, or a row holds no country or number; row and column are named.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline="")))
    except csv.Error as error:
        raise LedgerError(f"{path}: the file of users can't be read ({error})") from None
    column = next((name for name in ("share", "users") if rows and name in rows[0]), None)
    if column is None or "country" not in rows[0]:
        raise LedgerError(f"{path}: needs a header row with country and users (a count) or share, and rows under it")
    amounts: dict[str, float] = {}
    for number, row in enumerate(rows, start=2):
        try:
            iso3 = country_code(row["country"] or "")
        except LedgerError as error:
            raise LedgerError(f"{path}, row {number}: {error}") from None
        amounts[iso3] = amounts.get(iso3, 0.0) + _amount(row[column], f"{path}, row {number}, {column}")
    total = sum(amounts.values())
    if not total > 0:
        raise LedgerError(f"{path}: there are no users in it")
    return amounts if column == "share" else {code: amount / total for code, amount in amounts.items()}


def _amount(text: str | None, where: str) -> float:
    try:
        amount = float(text or "")
    except ValueError:
        amount = float("nan")
    if not 0 <= amount < float("inf"):
        raise LedgerError(f"{where}: {text!r} is no number of at least 0")
    return amount


def _country(code: str, name: str, people: object, use: object) -> Country:
    rate = getattr(use, "users_percent", None)
    intensity = getattr(use, "usage_percent", None)
    return Country(
        iso3=code,
        name=name,
        population=getattr(people, "population", None),
        working_age=getattr(people, "working_age_population", None),
        use_rate=None if rate is None else rate / 100,
        use_intensity_share=None if intensity is None else intensity / 100,
        income_ppp_usd=getattr(people, "gdp_ppp_usd_per_head", None),
        income_year=getattr(people, "gdp_year", None),
        vulnerability=getattr(people, "vulnerability", None),
    )
