"""Water: on site (cooling) on IT energy, off site (generation) on facility energy."""

from __future__ import annotations

from joulebook.ledger.accounting.energy import J_PER_KWH, wider
from joulebook.ledger.accounting.factors import Factor
from joulebook.ledger.accounting.figure import Figure, weakest
from joulebook.ledger.accounting.uncertainty import Range, multiply, range_of_product, range_of_sum


def site_water_l(it_kwh: float, wue_l_per_kwh: float) -> float:
    """On-site water: WUE is defined per kWh of IT energy (ISO/IEC 30134-9), so PUE has no part in it."""
    return it_kwh * wue_l_per_kwh


def water_l(it_kwh: float, pue: float, wue_l_per_kwh: float, grid_l_per_kwh: float) -> float:
    """Water on and off site: `E_IT * (WUE + PUE * EWIF)` (Li et al. 2023, arXiv 2304.03271)."""
    return site_water_l(it_kwh, wue_l_per_kwh) + it_kwh * pue * grid_l_per_kwh


def water_figure(energy: Figure, pue: Factor, wue: Factor, grid: Factor) -> Figure:
    """Litres of a run's part in one zone.

    Args:
        energy: IT energy in joules.
        pue: Facility over IT energy.
        wue: Litres per IT kWh on site.
        grid: Litres per kWh generated (electricity water intensity factor).
    """
    off_site = range_of_product([f.range for f in (pue, grid)])
    per_kwh = range_of_sum([wue.range, off_site])
    return multiply(
        energy,
        per_kwh,
        method=weakest([pue.method, wue.method, grid.method]),
        boundary=wider(energy.boundary, "facility"),
        vintage=f"WUE {_shown(wue)}, grid {_shown(grid)} L/kWh",
        unit=1 / J_PER_KWH,
    )


def facility_water_figure(facility: Figure, pue: Factor, wue: Factor, grid: Factor) -> Figure:
    """Litres of a facility's energy, of which one part in PUE is IT's: `E_facility * (WUE / PUE + EWIF)`.

    Args:
        facility: Energy of the facility in joules.
        pue: Facility over IT energy.
        wue: Litres per IT kWh on site.
        grid: Litres per kWh generated.
    """
    it_share = Range(1 / pue.value, 1 / pue.high, 1 / pue.low)
    per_kwh = range_of_sum([range_of_product([wue.range, it_share]), grid.range])
    return multiply(
        facility,
        per_kwh,
        method=weakest([pue.method, wue.method, grid.method]),
        boundary=facility.boundary,
        vintage=f"WUE {_shown(wue)}, grid {_shown(grid)} L/kWh",
        unit=1 / J_PER_KWH,
    )


def _shown(factor: Factor) -> str:
    """The factor with its source's key, and the vintage where the key lacks it; the vintage alone without a key."""
    if " " in factor.source:
        return f"{factor.value:g} ({factor.vintage})"
    said = factor.source if factor.vintage in factor.source else f"{factor.source} {factor.vintage}"
    return f"{factor.value:g} ({said})"
