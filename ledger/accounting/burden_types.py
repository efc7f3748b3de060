"""What the question of who benefits and who pays takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.figure import Figure

Floats = npt.NDArray[np.float64]
UseKind = Literal["count", "intensity", "typed"]
DEFAULT_SPECIFICATION = "s2111"


@dataclass(frozen=True, slots=True)
class Country:
    """What is known of one country; None where it is not.

    Attributes:
        use_rate: Share of people (0..1) who use AI.
        working_age: People of working age.
        use_intensity_share: Share (0..1) of the world's use by volume.
        income_ppp_usd: GDP per head in purchasing-power dollars, never nominal.
        income_year: Its year.
        vulnerability: ND-GAIN vulnerability, 0 to 1.
    """

    iso3: str
    name: str
    population: float | None = None
    working_age: float | None = None
    use_rate: float | None = None
    use_intensity_share: float | None = None
    income_ppp_usd: float | None = None
    income_year: int | None = None
    vulnerability: float | None = None


@dataclass(frozen=True, slots=True)
class BurdenData:
    """Countries and where the damage of a tonne falls among them, in every specification.

    Attributes:
        countries: In the order of the rows of both arrays.
        specifications: Names `sABCD`, in the order of the columns of `net_shares`.
        net_shares: Shape (countries, specifications), cost of one tonne over the sum of all positive costs; the
            positive ones of a column add up to 1, gains are negative, NaN where there is no estimate.
        vintage: Name and year of the data.
    """

    countries: tuple[Country, ...]
    specifications: tuple[str, ...]
    net_shares: Floats
    vintage: str


@dataclass(frozen=True, slots=True)
class CountryRow:
    """One country of the table; damage_share and relative_burden are None where there is no estimate."""

    iso3: str
    name: str
    damage_share: Figure | None
    use_share: Figure | None
    relative_burden: Figure | None
    vulnerability: float | None
    gains_in_model: bool | None
    non_user_rate: float | None
    income_ppp_usd: float | None = None


@dataclass(frozen=True, slots=True)
class IncomeGroup:
    """Countries of one income band: shares (0..1) of people, users and damages, and loss over income (world = 1).

    Damages and loss have the range of all specifications; people and users are as published, which is without one.
    """

    group: str
    people: Figure
    users: Figure
    damages: Figure
    relative_loss: Figure


@dataclass(frozen=True, slots=True)
class Burden:
    """The indicators, in their order, with the caveats that always stand beside them.

    Attributes:
        emissions_g: Of the selection; None where only shares were asked for.
        non_user_share: Share of damages on people who don't use AI; range over all specifications.
        externalised_share: Share outside the beneficiary countries; None where nobody named any.
        poor_share: Share of damages in countries under 20,000 USD a head, at this eta; range over all specifications.
    """

    emissions_g: Figure | None
    specification: str
    eta: float
    use_kind: UseKind
    beneficiaries: tuple[str, ...]
    non_user_share: Figure
    externalised_share: Figure | None
    poor_share: Figure
    income_groups: tuple[IncomeGroup, ...]
    countries: tuple[CountryRow, ...]
    caveats: tuple[str, ...]
    warnings: tuple[str, ...]
    verdict: str
