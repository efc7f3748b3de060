"""What an estimate costs at its place: money, by electricity or by the rented hour, and water. Pure."""

from __future__ import annotations

from joulebook.ledger.accounting.factors import Factor, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.money import electricity_cost, rental_cost
from joulebook.ledger.accounting.observations import Zone
from joulebook.ledger.accounting.uncertainty import Range, multiply
from joulebook.ledger.accounting.water import facility_water_figure, water_figure


def cost(hours: Figure | None, facility: Figure | None, factors: Factors, zone: Zone) -> Figure | None:
    """Dollars: device hours where a rate is set, else electricity; None where what it takes is unknown.

    Args:
        hours: Of accelerators; None where unknown.
        facility: Energy of the facility in joules; None where unknown.
        factors: With `gpu_hour`, `price`, `price/<zone>`.
        zone: Where.
    """
    rate = factors.get("gpu_hour")
    if rate is not None:
        return _rented(hours, rate) if hours else None
    price = factors.get("price") or factors.get(f"price/{zone.zone}") or factors.get(f"price/{zone.zone[:3]}")
    return electricity_cost(facility, price) if price and facility else None


def water(energy: Figure, factors: Factors, zone: Zone) -> Figure | None:
    """Litres for an energy of IT or of the facility; None where a factor is unknown."""
    pue, wue, grid = factors.get("pue"), factors.get("wue"), factors.get(f"water/{zone.zone[:3]}")
    if not (pue and wue and grid):
        return None
    return (
        facility_water_figure(energy, pue, wue, grid)
        if energy.boundary == "facility"
        else water_figure(energy, pue, wue, grid)
    )


def _rented(hours: Figure, rate: Factor) -> Figure:
    rented = rental_cost(1.0, rate)
    an_hour = Range(rented.value, rented.low, rented.high)
    return multiply(hours, an_hour, method=rented.method, boundary=rented.boundary, vintage=rented.vintage)
