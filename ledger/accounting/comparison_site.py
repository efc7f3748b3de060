"""What one candidate costs at one place: emissions, water and money per unit of work, ranges multiplied out."""

from __future__ import annotations

import math
from dataclasses import replace

from joulebook.ledger.accounting.comparison_types import Candidate, Site
from joulebook.ledger.accounting.figure import Figure, weakest
from joulebook.ledger.accounting.uncertainty import Z90, of_figure, range_of_product

J_PER_KWH = 3.6e6
_BEYOND_PUE = ("facility", "life cycle")  # boundaries that hold the building's overhead already


def times(figure: Figure, *factors: Figure, boundary: str | None = None, vintage: str | None = None) -> Figure:
    """Product of independent figures, their ranges multiplied out; the method is the weakest of all."""
    whole = range_of_product([of_figure(figure), *(of_figure(f) for f in factors)])
    return replace(
        figure,
        value=whole.value,
        low=whole.low,
        high=whole.high,
        method=weakest([figure.method, *(f.method for f in factors)]),
        boundary=boundary or figure.boundary,
        vintage=vintage or figure.vintage,
    )


def facility_kwh(energy_j: Figure, site: Site) -> Figure:
    """Energy with the building's overhead, in kWh; what holds the overhead already is only turned into kWh."""
    kwh = energy_j.scaled(1 / J_PER_KWH)
    if energy_j.boundary in _BEYOND_PUE:
        return kwh
    return times(kwh, site.pue, boundary="facility" if energy_j.boundary == "IT" else f"{energy_j.boundary}, with PUE")


def emissions_g(energy_j: Figure, site: Site) -> Figure:
    """Location-based gCO2e: facility kWh times grid intensity."""
    return times(facility_kwh(energy_j, site), site.intensity_g_per_kwh, vintage=site.vintage)


def water_l(energy_j: Figure, site: Site) -> Figure | None:
    """Litres: IT kWh times litres per IT kWh (on site and at the power plants); None where the factor is unknown."""
    if site.water_l_per_it_kwh is None:
        return None
    it_kwh = energy_j.scaled(1 / J_PER_KWH)
    if energy_j.boundary in _BEYOND_PUE:
        it_kwh = it_kwh.scaled(1 / site.pue.value)
    return times(it_kwh, site.water_l_per_it_kwh, vintage=site.vintage)


def cost_usd(energy_j: Figure, site: Site) -> Figure | None:
    """Electricity bill in USD; None where the price is unknown."""
    if site.price_usd_per_kwh is None:
        return None
    return times(facility_kwh(energy_j, site), site.price_usd_per_kwh, vintage=site.vintage)


def with_range(candidate: Candidate) -> Candidate:
    """The candidate with the range of its energy made from its own and shared spreads, where it came as a point."""
    figure = candidate.energy_per_unit_j
    if figure is None or figure.high > figure.low:
        return candidate
    sd = math.hypot(math.log(candidate.own_gsd), *(math.log(gsd) for _, gsd in candidate.shared_gsd))
    spread = math.exp(Z90 * sd)
    ranged = replace(figure, low=figure.value / spread, high=figure.value * spread)
    return replace(candidate, energy_per_unit_j=ranged)
