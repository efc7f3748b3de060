"""What a site's own runs say of the next estimate, and how an estimate would have fared on a run that was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joulebook.ledger import estimates
from joulebook.ledger.accounting.estimate_inference import TASKS, InferenceWork
from joulebook.ledger.accounting.estimate_training import TrainingWork, site_prior, utilisation
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import Range, multiply
from joulebook.ledger.store import Ledger, RunFilter, list_runs, run_documents
from joulebook.ledger.store.model_uses import telling
from joulebook.reference_data.accelerators import accelerator

Document = Mapping[str, Any]

MAX_RUNS = 50  # the newest: a site changes
# Outside of this a run's parameters, tokens or devices are not those of its training (a test, a wrong count).
PLAUSIBLE_UTILISATION = (0.005, 0.8)


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What a metered training run says: device, hours of it, effective utilisation, share of rated power."""

    run_id: str
    device: str
    accelerator_hours: float
    tokens: float
    parameters: float
    utilisation: float
    power_share: float | None


@dataclass(frozen=True, slots=True)
class SitePrior:
    """Ranges from own runs on one kind of device; None where no run tells."""

    utilisation: Range | None
    power_share: Range | None
    runs: int


# What each compared quantity is called.
WORDS = {
    "accelerator_hours": "time of accelerators",
    "energy_j": "energy",
    "energy_per_token_j": "energy per output token",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One quantity as it would have been predicted, and as it was; its unit is the end of its name."""

    name: str
    predicted: Figure
    actual: Figure

    @property
    def factor(self) -> float:
        """Predicted over actual."""
        return self.predicted.value / self.actual.value

    @property
    def ratio(self) -> Figure:
        """The factor with the range that both sides give it."""
        was = Range(1 / self.actual.value, 1 / self.actual.high, 1 / self.actual.low)
        return multiply(self.predicted, was, method=self.actual.method, boundary=self.predicted.boundary)

    @property
    def what(self) -> str:
        """The quantity in words."""
        return WORDS[self.name]

    @property
    def inside(self) -> bool:
        """Whether what was lies in the range that would have been printed."""
        return self.predicted.low <= self.actual.value <= self.predicted.high


def site_prior_of(ledger: Ledger, device_name: str) -> SitePrior:
    """The prior of the newest training runs on this kind of device."""
    return prior_of(newest_trainings(ledger), device_name)


def newest_trainings(ledger: Ledger) -> list[dict[str, Any]]:
    """The newest finished training runs with their devices, which lists of documents otherwise come without."""
    frame = list_runs(ledger, RunFilter(kinds=("training",), statuses=("finished",)), limit=MAX_RUNS)
    run_ids = [str(run_id) for run_id in frame["run_id"]]
    said = telling(ledger, run_ids)
    return [one | {"devices": said[one["run_id"]]["devices"]} for one in run_documents(ledger, run_ids)]


def prior_of(documents: Iterable[Document], device_name: str) -> SitePrior:
    """The same from run documents."""
    found = [run for run in map(training_run, documents) if run is not None and run.device == device_name]
    shares = [run.power_share for run in found if run.power_share]
    return SitePrior(site_prior([run.utilisation for run in found]), site_prior(shares), len(found))


def training_run(document: Document) -> TrainingRun | None:
    """What a run document says of training; None where size, tokens or devices are unknown or mixed."""
    parameters, tokens = document.get("parameters"), (document.get("counts") or {}).get("tokens_in")
    gpus = _gpus(document)
    names = {device["name"] for device in gpus}
    found = accelerator(names.pop()) if len(names) == 1 else None
    duration_s = document.get("duration_s")
    if not (parameters and tokens and duration_s and found and found.peak_bf16_tflops and found.tdp_w):
        return None
    hours = len(gpus) * float(duration_s) / 3600
    used = utilisation(float(parameters) / 1e9, float(tokens) / 1e9, hours, found.peak_bf16_tflops)
    if document.get("kind") != "training" or not PLAUSIBLE_UTILISATION[0] <= used <= PLAUSIBLE_UTILISATION[1]:
        return None
    energy = _figure((document.get("energy_by_component") or {}).get("gpu"))
    share = energy.value / (hours * 3600 * found.tdp_w) if energy else None
    return TrainingRun(str(document["run_id"]), found.name, hours, float(tokens), float(parameters), used, share)


def predicted_against_actual(document: Document, around: estimates.Surroundings) -> tuple[Verdict, ...]:
    """What the public estimators would have said of a run before it, beside what it took; empty where they can't."""
    run = training_run(document)
    if run is not None:
        return _training_verdicts(run, document, around)
    return _inference_verdicts(document)


def _training_verdicts(run: TrainingRun, document: Document, around: estimates.Surroundings) -> tuple[Verdict, ...]:
    work = TrainingWork(run.parameters, run.tokens, estimates.training_device(run.device))
    found = estimates.training(work, around)
    took = run.accelerator_hours
    hours = Figure(took, took, took, "measured", "accelerators")
    verdicts = [Verdict("accelerator_hours", found.accelerator_hours, hours)]
    energy = _figure(document.get("energy_j"))
    if energy is not None:
        verdicts.append(Verdict("energy_j", found.energy_j, energy))
    return tuple(verdicts)


def _inference_verdicts(document: Document) -> tuple[Verdict, ...]:
    parameters, tokens = document.get("parameters"), (document.get("counts") or {}).get("tokens_out")
    energy = _figure((document.get("energy_by_component") or {}).get("gpu"))
    gpus = _gpus(document)
    if document.get("kind") != "inference" or not (parameters and tokens and energy and gpus):
        return ()
    task = str(document.get("task") or "")
    work = InferenceWork(
        float(parameters),
        estimates.serving_device(gpus[0]["name"]),
        task=task if task in TASKS else "chat",
        count=len(gpus),
    )
    predicted = estimates.token_energy(work, estimates.token_model())
    return (Verdict("energy_per_token_j", predicted, energy.scaled(1 / float(tokens))),)


def _gpus(document: Document) -> list[Mapping[str, Any]]:
    return [device for device in document.get("devices") or () if device.get("component") == "gpu"]


def _figure(shown: Mapping[str, Any] | None) -> Figure | None:
    return Figure(**shown) if shown and shown.get("value") else None
