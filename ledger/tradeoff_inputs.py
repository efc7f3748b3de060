"""The inputs of a trade-off from models and runs: one quantity each, from joules at one place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from joulebook.ledger.accounting.comparison import Candidate, Site
from joulebook.ledger.accounting.comparison_draws import log_sd
from joulebook.ledger.accounting.comparison_site import J_PER_KWH, cost_usd, emissions_g, times, water_l
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff import Costs, Quantity
from joulebook.ledger.accounting.tradeoff_elsewhere import Chip
from joulebook.ledger.accounting.uncertainty import sum_figures
from joulebook.ledger.errors import LedgerError

# What a run of each stage is for in a trade-off; a stage that is none of these is development.
STAGES: Mapping[str, str] = {
    "distil": "distillation",
    "finetune": "distillation",
    "label": "labelling",
    "evaluate": "evaluation",
    "search": "development",
}


def pair_gsd(large: Candidate | None, small: Candidate | None) -> float:
    """What the energies of two candidates share (one meter), as a geometric standard deviation; 1 where nothing."""
    if large is None or small is None:
        return 1.0
    theirs = dict(small.shared_gsd)
    common = [math.log(min(gsd, theirs[key])) for key, gsd in large.shared_gsd if key in theirs]
    return math.exp(math.hypot(*common))


def energy_costs(
    per_request_j: Mapping[str, Figure],
    once_j: Mapping[str, Figure],
    *,
    pair_gsd: float = 1.0,
    one_meter: bool = False,
) -> Costs:
    """A trade-off in kWh from joules.

    Args:
        per_request_j: `large`, `small` and perhaps `verifier`, J per request.
        once_j: One-time costs by part (`distillation`, `labelling`, `evaluation`, `development`), J; also `training` of
            the large model.
        pair_gsd: As from `pair_gsd`.
        one_meter: Whether the one-time costs were read on the same meter as the requests, and so share its error.

    Raises:
        LedgerError: The large or the small model is missing.
    """
    _check(per_request_j)
    parts: dict[str, Any] = {name: figure.scaled(1 / J_PER_KWH) for name, figure in {**per_request_j, **once_j}.items()}
    return Costs("kwh", **parts, **_sharing(1.0, pair_gsd, one_meter=one_meter))


def costs_at(
    quantity: Quantity,
    per_request_j: Mapping[str, Figure],
    once_j: Mapping[str, Figure],
    site: Site,
    *,
    pair_gsd: float = 1.0,
    one_meter: bool = False,
) -> Costs | None:
    """The same trade-off in kgCO2e, USD of electricity or litres at one place; None where a factor is unknown.

    What the place adds to the ranges (grid, PUE, price) is shared by all inputs, so it cancels in the break-even.
    """
    _check(per_request_j)
    if quantity == "kwh":
        return energy_costs(per_request_j, once_j, pair_gsd=pair_gsd, one_meter=one_meter)
    parts: dict[str, Any] = {name: _at(quantity, figure, site) for name, figure in {**per_request_j, **once_j}.items()}
    if any(figure is None for figure in parts.values()):
        return None
    return Costs(quantity, **parts, **_sharing(_place_gsd(quantity, site), pair_gsd, one_meter=one_meter))


def is_one_meter(models: Sequence[Candidate], once_j: Mapping[str, Figure]) -> bool:
    """Whether own runs known in one way stand behind the models and the one-time costs alike."""
    methods = {c.energy_per_unit_j.method for c in models if c.energy_per_unit_j} | {f.method for f in once_j.values()}
    return bool(models) and bool(once_j) and all(c.origin == "runs" for c in models) and len(methods) == 1


def _sharing(place_gsd: float, pair_gsd: float, *, one_meter: bool) -> dict[str, Any]:
    if not one_meter:
        return {"shared_gsd": place_gsd, "pair_gsd": pair_gsd}
    return {"shared_gsd": math.exp(math.hypot(math.log(place_gsd), math.log(pair_gsd))), "pair_gsd": 1.0}


def once_from_runs(documents: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """One-time costs in joules from runs in full, by the stage that each was for.

    Raises:
        LedgerError: The energy of a run is unknown.
    """
    parts: dict[str, list[Figure]] = {}
    for document in documents:
        if not document.get("energy_j"):
            raise LedgerError(f"run {document.get('name') or document['run_id']}: its energy is unknown")
        parts.setdefault(STAGES.get(document.get("stage") or "", "development"), []).append(
            Figure(**document["energy_j"])
        )
    return {name: total for name, figures in parts.items() if (total := _total(figures)) is not None}


def _total(figures: list[Figure]) -> Figure | None:
    return sum_figures(figures, boundary=" and ".join(sorted({figure.boundary for figure in figures})), shared=True)


def chip_of(name: str) -> Chip:
    """An accelerator by any name that people use, as `tradeoff_elsewhere.on_accelerator` takes it.

    Raises:
        LedgerError: It is not known, or its rated power is not.
    """
    from joulebook.reference_data.accelerators import accelerator

    found = accelerator(name)
    if found is None or found.tdp_w is None:
        raise LedgerError(f"no rated power is known of the accelerator {name!r}; try a name such as H100 or A100")
    peak = found.peak_bf16_tflops if found.peak_kind != "vector" else None
    return Chip(found.name, found.tdp_w, peak, found.memory_bandwidth_gb_per_s)


def boundaries(per_request: Mapping[str, Figure], once: Mapping[str, Figure]) -> tuple[str, ...]:
    """The different boundaries among the inputs; more than one is no sound comparison."""
    return tuple(sorted({figure.boundary for figure in (*per_request.values(), *once.values())}))


def _at(quantity: Quantity, energy_j: Figure, site: Site) -> Figure | None:
    """The figure at the place, exactly as a comparison has it."""
    if quantity == "kg":
        return emissions_g(energy_j, site).scaled(1e-3)
    return cost_usd(energy_j, site) if quantity == "usd" else water_l(energy_j, site)


def _place_gsd(quantity: Quantity, site: Site) -> float:
    factor = {"kg": site.intensity_g_per_kwh, "usd": site.price_usd_per_kwh, "l": site.water_l_per_it_kwh}[quantity]
    factors = [factor] if factor else []
    if quantity != "l":
        factors.append(site.pue)
    return math.exp(log_sd(times(*factors))) if factors else 1.0


def _check(per_request_j: Mapping[str, Figure]) -> None:
    missing = [name for name in ("large", "small") if name not in per_request_j]
    if missing:
        raise LedgerError(f"a trade-off needs the energy of a request on the {' and the '.join(missing)} model")
