"""Who benefits and who pays: where the damage of a tonne falls, against where its users are.

Shares only, from the country social cost of carbon (Ricke et al. 2018, 160 specifications); the magnitude in money is
another matter, and no benefit in dollars is ever set against it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.burden_caveats import caveats
from joulebook.ledger.accounting.burden_groups import income_groups
from joulebook.ledger.accounting.burden_json import to_json
from joulebook.ledger.accounting.burden_shares import (
    damage_shares,
    incomes,
    over_specifications,
    poor_share,
    relative_burdens,
)
from joulebook.ledger.accounting.burden_types import (
    DEFAULT_SPECIFICATION,
    Burden,
    BurdenData,
    Country,
    CountryRow,
    IncomeGroup,
    UseKind,
)
from joulebook.ledger.accounting.burden_users import (
    as_published,
    check_countries,
    use_rates,
    use_shares,
    world_use_rate,
)
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.sentences import bare_percent, fitting, others, percent, say, the
from joulebook.ledger.errors import LedgerError

__all__ = [
    "DEFAULT_SPECIFICATION",
    "Burden",
    "BurdenData",
    "Country",
    "CountryRow",
    "IncomeGroup",
    "UseKind",
    "burden",
    "externalised_share",
    "non_user_share",
    "to_json",
    "world_use_rate",
]

Floats = npt.NDArray[np.float64]
MAX_ETA = 1.5


def burden(
    data: BurdenData,
    *,
    emissions_g: Figure | None = None,
    users: dict[str, float] | None = None,
    use_kind: UseKind = "count",
    beneficiaries: tuple[str, ...] = (),
    specification: str = DEFAULT_SPECIFICATION,
    eta: float = 0.0,
    language: str = "en",
) -> Burden:
    """All indicators of who benefits and who pays.

    Args:
        data: Countries and their costs in all specifications.
        emissions_g: Of the selection; only said in the sentence, the shares don't depend on it.
        users: Typed or imported shares by ISO3 that add up to 1 (`use_kind` is then `typed`).
        use_kind: `count` (people who use AI) or `intensity` (how much they use it).
        beneficiaries: ISO3 of the countries that benefit; with typed users and none named, the users' countries.
        specification: `sABCD`, the central one; the range is that of all of them.
        eta: Weight of income, 0 (a dollar is a dollar) to 1.5.
        language: Key of the sentences.

    Raises:
        LedgerError: Unknown country, shares that don't add up, unknown specification or eta out of range.
    """
    _check(data, specification, eta)
    check_countries(data, beneficiaries)
    kind: UseKind = "typed" if users else use_kind
    uses = use_shares(data, kind, users)
    chosen = beneficiaries or tuple(code for code, share in (users or {}).items() if share > 0)
    non_users = non_user_share(data, specification, eta)
    outside = externalised_share(data, chosen, specification, eta) if chosen else None
    result = Burden(
        emissions_g=emissions_g,
        specification=specification,
        eta=eta,
        use_kind=kind,
        beneficiaries=chosen,
        non_user_share=non_users,
        externalised_share=outside,
        poor_share=poor_share(data, specification, eta),
        income_groups=income_groups(data, specification, eta, uses, kind),
        countries=_rows(data, specification, eta, uses, kind),
        caveats=caveats(language),
        warnings=_warnings(data, specification, chosen, eta, language),
        verdict="",
    )
    return replace(result, verdict=_verdict(data, result, language))


def non_user_share(data: BurdenData, specification: str = DEFAULT_SPECIFICATION, eta: float = 0.0) -> Figure:
    """Share of damages on people who don't use AI: sum of s_i (1 - d_i). People of unknown use count as non-users."""
    non_users = 1 - np.nan_to_num(use_rates(data))
    return over_specifications(data, np.nansum(damage_shares(data, eta) * non_users[:, None], axis=0), specification)


def externalised_share(
    data: BurdenData, beneficiaries: tuple[str, ...], specification: str = DEFAULT_SPECIFICATION, eta: float = 0.0
) -> Figure:
    """Share of damages outside the countries that benefit: 1 - sum of s_i over them."""
    inside = np.array([c.iso3 in beneficiaries for c in data.countries])
    outside = 1 - np.nansum(damage_shares(data, eta)[inside], axis=0)
    return over_specifications(data, np.clip(outside, 0.0, 1.0), specification)


def _rows(data: BurdenData, specification: str, eta: float, uses: Floats, use_kind: UseKind) -> tuple[CountryRow, ...]:
    """Largest damage first, those without an estimate last."""
    at = data.specifications.index(specification)
    shares, burdens = damage_shares(data, eta), relative_burdens(data)

    def over_all(values: Floats) -> Figure | None:
        return over_specifications(data, values, specification) if np.isfinite(values).all() else None

    rows = [
        CountryRow(
            iso3=country.iso3,
            name=country.name,
            damage_share=over_all(shares[i]),
            use_share=as_published(float(uses[i]), use_kind, data.vintage) if np.isfinite(uses[i]) else None,
            relative_burden=over_all(burdens[i]),
            vulnerability=country.vulnerability,
            gains_in_model=_gains(data.net_shares[i, at]),
            non_user_rate=None if country.use_rate is None else 1 - country.use_rate,
            income_ppp_usd=_known(incomes(data)[i]),
        )
        for i, country in enumerate(data.countries)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.damage_share.value if row.damage_share else 1.0, row.name)))


def _gains(cost: float) -> bool | None:
    return bool(cost < 0) if np.isfinite(cost) else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _warnings(
    data: BurdenData, specification: str, beneficiaries: tuple[str, ...], eta: float, language: str
) -> tuple[str, ...]:
    shares = damage_shares(data)[:, data.specifications.index(specification)]
    estimated, income = np.isfinite(shares), incomes(data)
    no_use = [i for i, c in enumerate(data.countries) if estimated[i] and c.use_rate is None]
    missing = [c.name for c, known in zip(data.countries, estimated, strict=True) if not known]
    no_income = [c.name for i, c in enumerate(data.countries) if estimated[i] and not np.isfinite(income[i])]
    found = []
    if not beneficiaries:
        found.append(say("no_beneficiaries", language))
    if no_use:
        found.append(say("no_use_rate", language, n=str(len(no_use)), share=percent(float(shares[no_use].sum()), 1)))
    if missing:
        named = [the(name, language) for name in ("Maldives", "Singapore") if name in missing] or missing[:2]
        found.append(say("no_estimate", language, n=str(len(missing)), names=", ".join(named)))
    if no_income:
        key = "no_income_weighted" if eta else "no_income"
        found.append(say(key, language, n=str(len(no_income)), names=", ".join(no_income)))
    return tuple(found)


def _verdict(data: BurdenData, result: Burden, language: str) -> str:
    what, specifications = _what(result.emissions_g, language), str(len(data.specifications))
    sentence = say("burden", language, what=what, n=specifications, **_ends(result.non_user_share))
    if result.externalised_share is not None:
        names = {c.iso3: the(c.name, language) for c in data.countries}
        shown, more = result.beneficiaries[:2], len(result.beneficiaries) - 2
        where = (", " if more > 0 else say("and", language)).join(names[code] for code in shown)
        where += others(more, language)
        sentence += say("burden_outside", language, where=where, **_ends(result.externalised_share))
    return sentence + say("burden_end", language)


def _what(emissions_g: Figure | None, language: str) -> str:
    if emissions_g is None:
        return say("burden_what", language)
    kilograms = (g / 1000 for g in (emissions_g.value, emissions_g.low, emissions_g.high))
    value, unit, low, high = fitting("kgCO2e", *kilograms, language=language)
    key = "burden_what_exact" if low == high else "burden_what_figure"
    return say(key, language, value=value, unit=unit, low=low, high=high)


def _ends(figure: Figure) -> dict[str, str]:
    return {"share": percent(figure.value), "low": bare_percent(figure.low), "high": percent(figure.high)}


def _check(data: BurdenData, specification: str, eta: float) -> None:
    if specification not in data.specifications:
        raise LedgerError(
            f"unknown specification {specification!r}: it is s and 4 digits, SSP (1 to 5), damage function (1 to 4), "
            "discounting (1 or 2) and RCP (1 to 4), such as s2111"
        )
    if not 0 <= eta <= MAX_ETA:
        raise LedgerError(f"eta lies between 0 and {MAX_ETA:g}, got {eta:g}")
