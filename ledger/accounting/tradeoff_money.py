"""Money on three bases, training's share of a request, and when inference has used as much as training."""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulebook.ledger.accounting.comparison_site import times
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import sum_figures
from joulebook.ledger.errors import LedgerError

HOURS_PER_YEAR = 8766.0


@dataclass(frozen=True, slots=True)
class MoneyBases:
    """The same work on three bases, USD, never added: a rent includes hardware and power. None where unknown."""

    rented: Figure | None
    electricity: Figure | None
    owned: Figure | None


@dataclass(frozen=True, slots=True)
class OwnedHardware:
    """Hardware written off from its price.

    Attributes:
        price_usd: Of one accelerator with its share of the server.
        life_years: Time of writing off.
        utilisation: Share (0..1] of that time in which it works; idle time is paid by the work.
    """

    price_usd: Figure
    life_years: float = 4.0
    utilisation: float = 0.5

    def usd_per_hour(self) -> Figure:
        """What one working hour of it costs, without power."""
        if not 0 < self.utilisation <= 1 or self.life_years <= 0:
            raise LedgerError("hardware needs a life above 0 years and a utilisation above 0 and at most 1")
        return self.price_usd.scaled(1 / (self.life_years * HOURS_PER_YEAR * self.utilisation))


def money_bases(
    accelerator_hours: Figure | None,
    facility_kwh: Figure | None,
    *,
    rent_usd_per_hour: Figure | None = None,
    price_usd_per_kwh: Figure | None = None,
    hardware: OwnedHardware | None = None,
) -> MoneyBases:
    """Rented by the hour, electricity alone, and owned hardware with its electricity."""
    rented = times(accelerator_hours, rent_usd_per_hour) if accelerator_hours and rent_usd_per_hour else None
    electricity = times(facility_kwh, price_usd_per_kwh) if facility_kwh and price_usd_per_kwh else None
    owned = None
    if accelerator_hours and hardware and electricity:
        owned = sum_figures([times(accelerator_hours, hardware.usd_per_hour()), electricity], boundary="facility")
    return MoneyBases(rented, electricity, owned)


def amortised_per_request(training: Figure, requests_over_life: float) -> Figure:
    """Training's share in one request over the life of the model."""
    if requests_over_life <= 0:
        raise LedgerError(f"the life of a model needs requests, got {requests_over_life:g}")
    return training.scaled(1 / requests_over_life)


def parity_requests(training: float, finetuning: float, per_request: float) -> float:
    """Requests whose inference has used as much as training: (E_train + E_finetune) / e_request.

    Luccioni et al. 2024, table 5: BLOOMz-7B (51,686 + 7,571) / 1.0e-4 kWh = 592,570,000.
    """
    return (training + finetuning) / per_request if per_request > 0 else math.inf
