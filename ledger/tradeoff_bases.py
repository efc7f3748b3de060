"""A trade-off in money where accelerators are paid for: rented by the hour, or owned and written off.

Electricity alone is `tradeoff_inputs.costs_at`. The three are never added: a rent holds hardware and power.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joulebook.ledger.accounting.comparison import Site
from joulebook.ledger.accounting.comparison_draws import log_sd
from joulebook.ledger.accounting.comparison_site import facility_kwh
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff import Costs
from joulebook.ledger.accounting.tradeoff_money import OwnedHardware, money_bases
from joulebook.ledger.accounting.uncertainty import sum_figures
from joulebook.ledger.errors import LedgerError

_PARTS = ("distillation", "labelling", "evaluation", "development")
SECONDS_PER_HOUR = 3600.0
_Usd = Callable[[Figure | None, Figure | None], Figure | None]


@dataclass(frozen=True, slots=True)
class Hours:
    """Accelerator hours: of a request on the `large` and the `small` model (perhaps the `verifier`), and once."""

    per_request: Mapping[str, Figure]
    once: Figure | None = None


def rented(
    per_request_j: Mapping[str, Figure], once_j: Mapping[str, Figure], hours: Hours, rent_usd_per_hour: Figure
) -> Costs | None:
    """The trade-off in USD of rented hours; None where the hours of a request are unknown.

    Args:
        per_request_j: `large`, `small` and perhaps `verifier`, J per request.
        once_j: One-time costs by part, J.
        hours: Of accelerators.
        rent_usd_per_hour: Of one accelerator; its spread is shared by all, so it cancels in the break-even.

    Raises:
        LedgerError: There is a one-time cost whose hours are unknown.
    """

    def usd(_energy_j: Figure | None, its_hours: Figure | None) -> Figure | None:
        return money_bases(its_hours, None, rent_usd_per_hour=rent_usd_per_hour).rented

    return _costs(per_request_j, once_j, hours, usd, shared_sd=log_sd(rent_usd_per_hour))


def owned(
    per_request_j: Mapping[str, Figure],
    once_j: Mapping[str, Figure],
    hours: Hours,
    hardware: OwnedHardware,
    site: Site,
) -> Costs | None:
    """The trade-off in USD of hardware written off and its electricity; None where the price of that is unknown.

    Args:
        per_request_j: `large`, `small` and perhaps `verifier`, J per request.
        once_j: One-time costs by part, J.
        hours: Of accelerators.
        hardware: What one costs, and over which time it is written off.
        site: Gives the overhead and the price of electricity.

    Raises:
        LedgerError: There is a one-time cost of which the hours or the energy are unknown.
    """

    def usd(energy_j: Figure | None, its_hours: Figure | None) -> Figure | None:
        kwh = facility_kwh(energy_j, site) if energy_j else None
        return money_bases(its_hours, kwh, price_usd_per_kwh=site.price_usd_per_kwh, hardware=hardware).owned

    return _costs(per_request_j, once_j, hours, usd, shared_sd=log_sd(hardware.price_usd))


def _costs(
    per_request_j: Mapping[str, Figure],
    once_j: Mapping[str, Figure],
    hours: Hours,
    usd: _Usd,
    *,
    shared_sd: float,
) -> Costs | None:
    found: dict[str, Any] = {role: usd(energy, hours.per_request.get(role)) for role, energy in per_request_j.items()}
    if any(figure is None for figure in found.values()):
        return None
    parts = [once_j[part] for part in _PARTS if part in once_j]
    whole_j = sum_figures(parts, boundary=per_request_j["large"].boundary, shared=True)
    once = usd(whole_j, hours.once)
    if once is None and (whole_j or hours.once):
        raise LedgerError("the one-time cost in USD needs its energy and its accelerator hours: give --once-gpu-hours")
    return Costs("usd", **found, distillation=once, shared_gsd=math.exp(shared_sd))
