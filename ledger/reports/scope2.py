"""`joulebook report scope2`: electricity by grid zone, location- and market-based (GHG Protocol Scope 2)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from joulebook.ledger.accounting.factors import Contract, Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.hourly import hour_weights, matched_share
from joulebook.ledger.accounting.uncertainty import Range, of_figure, sum_figures
from joulebook.ledger.reports import figure_cells
from joulebook.ledger.reports.run_facts import country_name, figure_of
from joulebook.ledger.reports.scope2_market import Market, covers, day, market_of
from joulebook.ledger.store import Ledger, RunFilter, each_document
from joulebook.ledger.store.accounts import factors_now
from joulebook.ledger.store.tables import runs

TITLE = "Scope 2 by grid zone, location- and market-based side by side (GHG Protocol)"
J_PER_KWH, J_PER_MWH = 3.6e6, 3.6e9
# Rented accelerators are the user's Scope 3 (category 1, or 8 for leased assets); owned ones its Scope 2.
_SCOPE = "2 if the machines are yours; 3 category 1 (8 if leased) if they are rented"
_EXCLUDED = (
    "scope 1 (diesel, refrigerants); scope 3 categories 1 and 2 (hardware: see embodied_g of `report runs`) and 3 "
    "(fuel upstream, grid losses: inside life-cycle grid factors)"
)


@dataclass
class _Place:
    """Runs of one zone: facility energy, by the hour too, location-based emissions, and what of each is unknown."""

    zone: str
    facility: list[Figure] = field(default_factory=list)
    location: list[Figure] = field(default_factory=list)
    intensities: set[str] = field(default_factory=set)
    per_kwh: list[Figure] = field(default_factory=list)
    rated_kwh: float = 0.0
    moments: list[float] = field(default_factory=list)
    load_kwh: dict[float, float] = field(default_factory=dict)
    runs: int = 0
    unknown: int = 0
    incomplete: int = 0


def rows(ledger: Ledger, run_filter: RunFilter) -> Iterator[dict[str, object]]:
    """One row a zone and one for all of them. Runs without a known energy are counted, not guessed."""
    factors = ledger.factors or factors_now()
    places: dict[str, _Place] = {}
    for document in each_document(ledger, run_filter):
        for zone in document["zones"]:
            _add(places.setdefault(zone["zone"], _Place(zone["zone"])), document, zone)
    if any(contract.hourly_kwh for contract in factors.contracts):
        _load_by_hour(ledger, run_filter, places)
    ordered = [place for _, place in sorted(places.items())]
    markets = [_market(place, factors) for place in ordered]
    made = [_row(place, market, factors) for place, market in zip(ordered, markets, strict=True)]
    yield from made
    if made:
        yield _total_row(made, ordered, markets)


def header() -> list[str]:
    """The columns, for a report in which there is no run."""
    nowhere, factors = _Place("WLD", moments=[0.0]), factors_now()
    return list(_row(nowhere, _market(nowhere, factors), factors))


def _add(place: _Place, document: Mapping[str, Any], zone: Mapping[str, Any]) -> None:
    place.runs += 1
    place.moments.append(datetime.fromisoformat(document["started_at"]).timestamp())
    facility, energy, part = document["facility_energy_j"], document["energy_j"], zone["energy_j"]
    if facility is None or energy is None or part is None or energy["value"] <= 0:
        place.unknown += 1
        return
    place.incomplete += bool(document["missing"])
    share = part["value"] / energy["value"]
    whole = figure_of(facility)
    location = figure_of(document["emissions_g"]["location"])
    if whole is not None:
        place.facility.append(whole.scaled(share))
    intensity = zone["intensity_g_per_kwh"]
    if whole is not None and location is not None and intensity is not None:
        grams = whole.value * share / 3.6e6 * intensity["value"]
        place.location.append(location.scaled(grams / location.value) if location.value else location)
        place.intensities.add(intensity["vintage"])
        kwh = whole.value * share / J_PER_KWH
        place.per_kwh.append(Figure(**intensity).scaled(kwh))
        place.rated_kwh += kwh


def _market(place: _Place, factors: Factors) -> Market:
    facility, location = _sum(place.facility), _sum(place.location)
    energy_kwh = facility.scaled(1 / J_PER_KWH) if facility else None
    period = min(place.moments), max(place.moments)
    return market_of(
        place.zone,
        period,
        factors,
        energy_kwh=energy_kwh,
        location_g=location,
        intensity_g_per_kwh=_mean_intensity(place),
    )


def _sum(figures: Sequence[Figure]) -> Figure | None:
    return sum_figures(figures, boundary="facility", shared=True)


def _row(place: _Place, market: Market, factors: Factors) -> dict[str, object]:
    facility = _sum(place.facility)
    return {
        "zone": place.zone,
        "country": country_name(place.zone),
        "from": day(min(place.moments)),
        "to": day(max(place.moments)),
        "runs": place.runs,
        "runs_without_energy": place.unknown,
        "runs_with_missing_components": place.incomplete,
        **figure_cells("electricity_mwh", _shown(facility, 1 / J_PER_MWH)),
        **_ends("location", _mean_intensity(place)),
        "location_factor_source": "; ".join(sorted(place.intensities)),
        **figure_cells("location_t", _shown(_sum(place.location), 1e-6)),
        "instruments": "; ".join(market.instruments),
        "instruments_mwh": market.covered_kwh / 1000,
        **_ends("residual_or_supplier", market.rest if market.grams else None),
        **figure_cells("market_t", _shown(market.grams, 1e-6)),
        **_ends("market", market.per_kwh),
        "quality_flags": "; ".join([*market.flags, *_lower_bound(place)]),
        "hourly_matched_share_draft": _matched(place, factors),
        "gases": "CO2e, GWP-100 as in the factors' sources",
        "scope": _SCOPE,
        "excluded": _EXCLUDED,
    }


def _mean_intensity(place: _Place) -> Range | None:
    """Of the grid, weighted by what was used under each factor; they err together."""
    total = _sum(place.per_kwh)
    return Range(*(end / place.rated_kwh for end in of_figure(total))) if total and place.rated_kwh else None


def _ends(name: str, per_kwh: Range | None) -> dict[str, object]:
    """The columns of grams per kWh with their range."""
    value, low, high = per_kwh or (None, None, None)
    return {f"{name}_g_per_kwh": value, f"{name}_low_g_per_kwh": low, f"{name}_high_g_per_kwh": high}


def _load_by_hour(ledger: Ledger, run_filter: RunFilter, places: Mapping[str, _Place]) -> None:
    """Facility energy of every clock hour, spread over a run by its own course where that is known."""
    for document in each_document(ledger, run_filter):
        facility, energy = document["facility_energy_j"], document["energy_j"]
        if facility is None or not energy or energy["value"] <= 0 or document["ended_at"] is None:
            continue
        ends = [datetime.fromisoformat(document[name]).timestamp() for name in ("started_at", "ended_at")]
        starts, weights = hour_weights(ends[0], ends[1], _course(ledger, document["run_id"]))
        for zone in document["zones"]:
            share = zone["energy_j"]["value"] / energy["value"] if zone["energy_j"] else 0.0
            load = places[zone["zone"]].load_kwh
            for hour, weight in zip(starts, weights, strict=True):
                load[float(hour)] = load.get(float(hour), 0.0) + facility["value"] * share * float(weight) / 3.6e6


def _course(ledger: Ledger, run_id: str) -> tuple[tuple[float, float], ...]:
    with ledger.reading() as connection:
        details = connection.execute(select(runs.c.details).where(runs.c.run_id == run_id)).scalar() or {}
    return tuple((hour, weight) for hour, weight in details.get("hours", []))


def _matched(place: _Place, factors: Factors) -> float | None:
    """Share of the zone's use that contracts made in its own hour (draft method); None where no generation is known."""
    known = [c for c in factors.contracts if c.hourly_kwh and covers(c, place.zone)]
    if not known or not place.load_kwh:
        return None
    hours = sorted(place.load_kwh)
    made = [math.fsum(_generation(contract, hour) for contract in known) for hour in hours]
    return matched_share([place.load_kwh[hour] for hour in hours], made)


def _generation(contract: Contract, hour: float) -> float:
    index = int((hour - contract.start) // 3600)
    return contract.hourly_kwh[index] if 0 <= index < len(contract.hourly_kwh) else 0.0


def _shown(figure: Figure | None, unit: float) -> dict[str, object] | None:
    return None if figure is None else figure.scaled(unit).to_json()


def _total_row(
    made: Sequence[dict[str, object]], places: Sequence[_Place], markets: Sequence[Market]
) -> dict[str, object]:
    """Sums of what adds up; the rest is empty."""
    facility = _sum([figure for place in places for figure in place.facility])
    location = _sum([figure for place in places for figure in place.location])
    by_market = _sum([market.grams for market in markets if market.grams])
    row: dict[str, object] = dict.fromkeys(made[0])
    row |= {"zone": "all", "from": min(str(r["from"]) for r in made), "to": max(str(r["to"]) for r in made)}
    for name in ("runs", "runs_without_energy", "runs_with_missing_components", "instruments_mwh"):
        values = [value for r in made if isinstance(value := r[name], int | float)]
        row[name] = sum(values) if values else None
    row |= figure_cells("electricity_mwh", _shown(facility, 1 / J_PER_MWH))
    row |= figure_cells("location_t", _shown(location, 1e-6))
    row |= figure_cells("market_t", _shown(by_market, 1e-6))
    flags = [flag for place in places for flag in _lower_bound(place)]
    return row | {"quality_flags": "; ".join(dict.fromkeys(flags)), "scope": _SCOPE, "excluded": _EXCLUDED}


def _lower_bound(place: _Place) -> list[str]:
    """What a reader must know where some of the energy is unknown."""
    if not place.unknown + place.incomplete:
        return []
    return [
        f"{place.zone}: {place.unknown} runs without a known energy and {place.incomplete} with unknown components are "
        "in no sum or only in part: the sums are lower bounds"
    ]
