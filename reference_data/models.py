"""Published models, what their training took, and what the source articles say of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from joulebook.reference_data.tables import forgettable, records


@dataclass(frozen=True, slots=True)
class Model:
    """One model, service or system; None where unknown.

    Attributes:
        parameters_billion: Total parameters.
        active_parameters_billion: Those used per token in a mixture of experts; None for a dense model.
        training_tokens_billion: Tokens seen in training.
        accelerator_hours: Device hours of the final run.
        energy_evidence: How `training_energy_mwh` is known: `measured` (metered or measured mean power), `tdp` (rated
            power x hours), `stated` (a figure without its method), `epoch` (Epoch AI's power x time), `rumour`, empty.
        emissions_basis: Emissions are comparable only within one basis.
        in_article: Whether a source article names it; then `article`, `article_claim`, `published_value` and `agrees`.
        comparable: False for services, families and rows that must not be plotted beside single models.
    """

    name: str
    developer: str
    country_iso3: str
    released: str
    parameters_billion: float | None
    active_parameters_billion: float | None
    training_tokens_billion: float | None
    training_flop: float | None
    hardware: str
    accelerators: float | None
    accelerator_hours: float | None
    training_energy_mwh: float | None
    energy_basis: str
    energy_evidence: str
    pue: float | None
    training_emissions_t: float | None
    emissions_basis: str
    training_cost_usd: float | None
    cost_basis: str
    open_weights: str
    modality: str
    in_article: bool
    article: str
    article_claim: str
    published_value: str
    agrees: str
    comparable: bool
    source_key: str
    other_source_keys: tuple[str, ...]
    verified: str
    note: str


@forgettable
@cache
def models() -> tuple[Model, ...]:
    """All models; those of the source articles first."""
    return records("models.csv", Model)


def model(name: str) -> Model | None:
    """The model of that name, in any case; None if there is none."""
    wanted = name.strip().casefold()
    return next((row for row in models() if row.name.casefold() == wanted), None)
