"""The requests of a trade-off elsewhere or later: another region, hour of the day, accelerator, batch, precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from joulebook.ledger.accounting.comparison import Site
from joulebook.ledger.accounting.estimate_inference import InferenceWork
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff_elsewhere import (
    Elsewhere,
    StartHour,
    by_start_hour,
    in_regions,
    on_accelerator,
    served_otherwise,
)
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.estimates import serving_device, token_model
from joulebook.ledger.sites import WORLD
from joulebook.ledger.tradeoff_inputs import chip_of

Role = str  # `large`, `small`


@dataclass(frozen=True, slots=True)
class Region:
    """One request on each model, and the one-time cost, at one place."""

    zone: str
    per_request: Mapping[Role, Elsewhere]
    once: Elsewhere | None


@dataclass(frozen=True, slots=True)
class Served:
    """How both models are served; None is assumed as `joulebook estimate inference` does.

    Attributes:
        parameters: By role; only needed for another batch or precision.
    """

    accelerator: str = "H100"
    batch: float | None = None
    precision: str = "bf16"
    parameters: Mapping[Role, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One request on each model, served in one other way; `kind` is `accelerator`, `batch` or `precision`."""

    kind: str
    name: str
    per_request_j: Mapping[Role, Figure]


@dataclass(frozen=True, slots=True)
class Day:
    """The mean day of a zone: where a piece of work of so many hours would best begin, by local standard time.

    Attributes:
        utc_offset_h: Of that time; there is no summer time in it.
    """

    zone: str
    year: int
    duration_h: float
    hours: tuple[StartHour, ...]
    utc_offset_h: float = 0.0

    @property
    def time_zone(self) -> str:
        """`UTC+9`, or `UTC-3:30`."""
        hours, minutes = divmod(round(abs(self.utc_offset_h) * 60), 60)
        sign = "-" if self.utc_offset_h < 0 else "+"
        return f"UTC{sign}{hours}{f':{minutes:02d}' if minutes else ''}"


def regions(per_request_j: Mapping[Role, Figure], once_j: Figure | None, sites: Sequence[Site]) -> list[Region]:
    """The same requests at each place, least emissions of the large model first."""
    by_role = {
        role: {place.zone: place for place in in_regions(energy, sites)} for role, energy in per_request_j.items()
    }
    once = {place.zone: place for place in in_regions(once_j, sites)} if once_j else {}
    order = [place.zone for place in in_regions(per_request_j["large"], sites)]
    return [
        Region(zone, {role: places[zone] for role, places in by_role.items()}, once.get(zone))
        for zone in dict.fromkeys(order)
    ]


def mean_day(zone: str, duration_h: float) -> Day:
    """Every start hour of the mean day of a zone.

    Raises:
        LedgerError: There is no hourly profile for the zone.
    """
    from joulebook.reference_data.hourly import profile, profiles

    found = profile(zone)
    if found is None:
        known = sorted({row.zone for row in profiles()})
        of_country = [name for name in known if name.startswith(zone[:2])]
        hint = f"; try {', '.join(of_country[:5])}" if of_country else f"; {len(known)} zones have one"
        if zone == WORLD:
            raise LedgerError("no hour of the day holds for the whole world: name a place with --location, such as KOR")
        raise LedgerError(f"no hourly profile is known for {zone}{hint}")
    hours = by_start_hour(found.intensity_g_per_kwh, duration_h)
    return Day(found.zone, found.year, duration_h, tuple(hours), found.utc_offset_h)


def variants(
    per_request_j: Mapping[Role, Figure],
    now: Served,
    *,
    accelerators: Sequence[str] = (),
    batches: Sequence[float] = (),
    precisions: Sequence[str] = (),
) -> list[Variant]:
    """The same requests on other accelerators, at other batches and in other precisions, one change at a time.

    Raises:
        LedgerError: An accelerator or the size of a model that is needed is not known.
    """
    return [
        *_on_accelerators(per_request_j, now, accelerators),
        *_otherwise(per_request_j, now, "batch", {f"{batch:g} at once": {"batch": batch} for batch in batches}),
        *_otherwise(per_request_j, now, "precision", {name: {"precision": name} for name in precisions}),
    ]


def _on_accelerators(per_request_j: Mapping[Role, Figure], now: Served, names: Sequence[str]) -> Iterator[Variant]:
    for name in names:
        here, there = chip_of(now.accelerator), chip_of(name)
        energies = {role: on_accelerator(energy, here, there) for role, energy in per_request_j.items()}
        yield Variant("accelerator", there.name, energies)


def _otherwise(
    per_request_j: Mapping[Role, Figure], now: Served, kind: str, changes: Mapping[str, Mapping[str, object]]
) -> Iterator[Variant]:
    if not changes:
        return
    works = {role: _work(role, now) for role in per_request_j}
    model = token_model()
    for name, change in changes.items():
        energies = {
            role: served_otherwise(energy, works[role], replace(works[role], **change), model)  # type: ignore[arg-type]
            for role, energy in per_request_j.items()
        }
        yield Variant(kind, name, energies)


def _work(role: Role, now: Served) -> InferenceWork:
    parameters = (now.parameters or {}).get(role)
    if not parameters:
        raise LedgerError(f"another batch or precision needs the size of the {role} model: give --{role}-parameters")
    return InferenceWork(parameters, serving_device(now.accelerator), precision=now.precision, batch=now.batch)
