"""What a demonstration found, from the ledger: quality, energy and emissions by model, and the payback."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from joulebook.demo.steps import Demonstration

if TYPE_CHECKING:
    from joulebook.ledger.accounting.comparison import Comparison
    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.accounting.tradeoff import Tradeoff
    from joulebook.ledger.store import Ledger

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The comparison of CPU and GPU per prediction, memory apart where it is modelled, and the trade-off in kWh."""

    comparison: Comparison
    memory_j: dict[str, Figure | None]
    tradeoff: Tradeoff | None


def newest_runs(books: Ledger, demonstration: Demonstration) -> dict[tuple[str, str], Document]:
    """The newest finished run of each step, by stage and model; a step without one is missing."""
    from joulebook.ledger.store import RunFilter, list_runs, run_document

    wanted = {(step.stage, step.model) for step in demonstration.steps}
    chosen = RunFilter(projects=(demonstration.project,), tasks=(demonstration.task,), statuses=("finished",))
    newest: dict[tuple[str, str], str] = {}
    for row in list_runs(books, chosen).to_dict("records"):
        newest.setdefault((row["stage"], row["model"]), row["run_id"])
    return {key: run_document(books, run_id) for key, run_id in newest.items() if key in wanted}


def is_done(runs: dict[tuple[str, str], Document], demonstration: Demonstration) -> bool:
    """Whether every step has a finished run."""
    return all((step.stage, step.model) in runs for step in demonstration.steps)


def answer(books: Ledger, demonstration: Demonstration) -> Answer:
    """Compare the models that served, and work out after how many predictions the small one has paid for its making."""
    from joulebook.commands.decisions import site
    from joulebook.ledger.accounting.comparison import compare
    from joulebook.ledger.candidates_runs import candidate_of
    from joulebook.ledger.store import RunFilter, list_runs

    runs = newest_runs(books, demonstration)
    serving = {model: runs["serve", model] for model in demonstration.models}
    rows = {
        row["run_id"]: row
        for row in list_runs(books, RunFilter(run_ids=tuple(run["run_id"] for run in serving.values()))).to_dict(
            "records"
        )
    }
    candidates = [
        replace(
            candidate_of(demonstration.task, "sample", [rows[run["run_id"]]], [run]),
            energy_per_unit_j=_per_sample(run, _compute_energy(run)),
        )
        for run in serving.values()
    ]
    zone = next((zone for run in serving.values() for zone in run["zones"]), {"zone": None, "assumed": True})
    return Answer(
        comparison=compare(candidates, replace(site(zone["zone"]), assumed=zone["assumed"])),
        memory_j={model: _per_sample(run, _modelled_memory(run)) for model, run in serving.items()},
        tradeoff=_payback(runs, demonstration),
    )


def _payback(runs: dict[tuple[str, str], Document], demonstration: Demonstration) -> Tradeoff | None:
    from joulebook.ledger.accounting.tradeoff import Costs, tradeoff

    large, small = (
        _per_sample(runs["serve", model], _compute_energy(runs["serve", model]))
        for model in (demonstration.large, demonstration.small)
    )
    labelling = _compute_energy(runs["label", demonstration.large])
    distilling = _compute_energy(runs["distil", demonstration.small])
    if large is None or small is None or labelling is None or distilling is None:
        return None
    kwh = [_with_spread(figure.scaled(1 / 3.6e6)) for figure in (large, small, distilling, labelling)]
    return tradeoff(Costs("kwh", kwh[0], kwh[1], distillation=kwh[2], labelling=kwh[3], shared_gsd=_shared_gsd(large)))


def _shared_gsd(energy: Figure) -> float:
    """One machine, one meter: where energy is modelled, what the model errs by is the same for every model that ran."""
    from joulebook.ledger.accounting.comparison_draws import log_sd

    return math.exp(log_sd(energy)) if energy.method == "modelled" else 1.0


def _with_spread(energy: Figure) -> Figure:
    """Each step ran once: what another run of it would differ by comes on top of what the meter errs by."""
    from joulebook.ledger.accounting.comparison_draws import log_sd
    from joulebook.ledger.accounting.uncertainty import Z90
    from joulebook.ledger.candidates_runs import SINGLE_RUN_GSD

    widen = math.exp(Z90 * math.hypot(log_sd(energy), math.log(SINGLE_RUN_GSD)))
    return replace(energy, low=energy.value / widen, high=energy.value * widen)


def _compute_energy(run: Document) -> Figure | None:
    """Energy of the run, less memory where that is only modelled."""
    from joulebook.ledger.accounting.uncertainty import sum_figures

    parts = {name: _figure(part) for name, part in run["energy_by_component"].items()}
    if _modelled_memory(run):
        parts.pop("ram")
    known = [part for part in parts.values() if part is not None]
    return sum_figures(known, boundary="IT") if known else None


def _modelled_memory(run: Document) -> Figure | None:
    memory = _figure(run["energy_by_component"].get("ram"))
    return memory if memory is not None and memory.method == "modelled" else None


def _per_sample(run: Document, energy: Figure | None) -> Figure | None:
    samples = run["counts"].get("samples")
    return energy.scaled(1 / samples) if energy is not None and samples else None


def _figure(document: Document | None) -> Figure | None:
    from joulebook.ledger.accounting.figure import Figure

    return Figure(**document) if document else None
