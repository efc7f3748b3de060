"""Money: electricity by the kilowatt-hour, or accelerators by the hour; never both, since a rate includes the power."""

from __future__ import annotations

from joulebook.ledger.accounting.energy import J_PER_KWH
from joulebook.ledger.accounting.factors import Factor
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import multiply, times

RENTAL = "accelerator rental"  # the boundary of money that was paid for accelerators by the hour


def electricity_cost_usd(facility_kwh: float, price_usd_per_kwh: float) -> float:
    """Cost of the electricity that the facility drew for the run."""
    return facility_kwh * price_usd_per_kwh


def accelerator_cost_usd(accelerator_hours: float, rate_usd_per_hour: float) -> float:
    """Cost of rented accelerators, used or only held; the rate includes their power."""
    return accelerator_hours * rate_usd_per_hour


def electricity_cost(facility: Figure, price: Factor) -> Figure:
    """Dollars of a run's electricity in one zone."""
    return multiply(
        facility,
        price.range,
        method=price.method,
        boundary=facility.boundary,
        vintage=f"electricity {price.value:g} USD/kWh ({price.source} {price.vintage})",
        unit=1 / J_PER_KWH,
    )


def rental_cost(accelerator_hours: float, rate: Factor) -> Figure:
    """Dollars of accelerators rented for the run's time."""
    cost = times(rate.range, accelerator_cost_usd(accelerator_hours, 1.0))
    vintage = f"{rate.value:g} USD per GPU-hour ({rate.source} {rate.vintage})"
    return Figure(*cost, method=rate.method, boundary=RENTAL, vintage=vintage)
