"""One run in full: the JSON contract of `joulebook show RUN --json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.figures import DeviceFigures
from joulebook.ledger.accounting.observations import COMPONENTS
from joulebook.ledger.accounting.run_account import RunFigures, account_run
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store.accounts import factors_now, kept_factors
from joulebook.ledger.store.conditions import conditions
from joulebook.ledger.store.filters import RunFilter
from joulebook.ledger.store.idle_power import energy_above_idle
from joulebook.ledger.store.observing import run_use
from joulebook.ledger.store.opening import Ledger
from joulebook.ledger.store.phase_rows import phase_rows
from joulebook.ledger.store.reaccounting import load_uses
from joulebook.ledger.store.sights import Row, load_journals
from joulebook.ledger.store.tables import absences, edits, latencies, qualities, runs, warnings

_PLAIN = (
    *("run_id", "parent_run_id", "name", "project", "kind", "stage", "model", "parameters", "task", "tags", "status"),
    "exit_status",
)
_FIGURE_NAMES = tuple(item.name for item in dataclasses.fields(Figure))
_BUCKET = 1.05
_BUCKET_ZERO_S = 1e-4


def run_document(ledger: Ledger, run_id: str) -> dict[str, Any]:
    """Everything about one run, ready for JSON.

    Figures are `{value, low, high, method, measured_share, boundary, vintage}`, or None where unknown; units are in the
    names. What the contract does not name (software, machines, what could not be read, ...) is under `details`.

    Raises:
        LedgerError: There is no run with this id.
    """
    with ledger.reading() as connection:
        found = load_uses(connection, [run_id])
        if not found:
            raise LedgerError(f"no run has the id {run_id!r}; `joulebook runs` lists them")
        run, devices, hosts = found[0]
        chosen = ledger.factors or factors_of(connection, run)
        figures = account_run(run_use(run, devices, hosts), chosen)
        own = load_journals(connection, [run_id])
        document = _document(connection, found[0], figures, own)
        document["phases"] = phase_rows(
            connection, run, devices=devices, hosts=hosts, own=own, figures=figures, factors=chosen
        )
        document["details"] = _details(connection, run, own, figures, chosen)
    return document


def run_documents(ledger: Ledger, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The documents of some runs in their order, without phases and details."""
    with ledger.reading() as connection:
        by_id = {found[0]["run_id"]: found for found in load_uses(connection, run_ids)}
        sets: dict[str | None, Factors] = {}
        documents = []
        for run_id in run_ids:
            if run_id not in by_id:
                continue
            run, devices, hosts = by_id[run_id]
            if run["factor_hash"] not in sets:
                sets[run["factor_hash"]] = ledger.factors or factors_of(connection, run)
            figures = account_run(run_use(run, devices, hosts), sets[run["factor_hash"]])
            documents.append(_document(connection, by_id[run_id], figures, load_journals(connection, [run_id])))
    return documents


def each_document(ledger: Ledger, run_filter: RunFilter | None = None) -> Iterator[dict[str, Any]]:
    """The documents of all runs that pass a filter, oldest first, a few hundred in memory at a time; for reports.

    Top-level runs only, unless the filter asks for others: a sum over the rows counts each joule once.
    """
    wanted = run_filter or RunFilter()
    where = conditions(wanted, children=wanted.include_children or bool(wanted.run_ids))
    with ledger.reading() as connection:
        query = select(runs.c.run_id).where(*where).order_by(runs.c.started_at, runs.c.run_id)
        ids = list(connection.execute(query).scalars())
    for i in range(0, len(ids), 300):
        yield from run_documents(ledger, ids[i : i + 300])


def factors_of(connection: Connection, run: Row) -> Factors:
    """The set that the run's row was worked out with, so that list and document agree."""
    try:
        factors = factors_now()
    except LedgerError:  # the settings name a file that can't be used: what the books keep can still be shown
        if run["factor_hash"] is None:
            raise
        return kept_factors(connection, run["factor_hash"])
    if run["factor_hash"] in {None, factors.content_hash}:
        return factors
    try:
        return kept_factors(connection, run["factor_hash"])
    except LedgerError:
        return factors


def _document(
    connection: Connection, found: tuple[Row, list[Row], list[Row]], figures: RunFigures, own: Sequence[Row]
) -> dict[str, Any]:
    run, devices, hosts = found
    numbers = [journal["journal_no"] for journal in own]
    return {
        **{name: run[name] for name in _PLAIN},
        "tags": run["tags"] or {},
        "started_at": moment(run["started_at"]),
        "ended_at": moment(run["ended_at"]),
        "duration_s": run["duration_s"],
        "hosts": list(dict.fromkeys(host["host"] for host in hosts)),
        "ledger_revision": run["revision"],
        "energy_j": shown(figures.energy_j),
        "energy_by_component": {name: shown(figures.energy_by_component.get(name)) for name in COMPONENTS},
        "energy_above_idle_j": shown(energy_above_idle(connection, own, devices)),
        "missing": list(figures.missing),
        "facility_energy_j": shown(figures.facility_energy_j),
        "counts": _counts(run),
        "latency_s": latency(connection, numbers),
        "quality": _quality(connection, numbers),
        "zones": [
            {
                "zone": part.zone.zone,
                "assumed": part.zone.assumed,
                "how": part.zone.how,
                "hosts": list(part.zone.hosts),
                "energy_j": shown(part.energy_j),
                "intensity_g_per_kwh": shown(part.intensity_g_per_kwh),
            }
            for part in figures.zones
        ],
        "emissions_g": {
            "location": shown(figures.emissions_location_g),
            "market_annual": shown(figures.emissions_market_annual_g),
            "market_hourly_draft": shown(figures.emissions_market_hourly_draft_g),
        },
        "water_l": shown(figures.water_l),
        "embodied_g": shown(figures.embodied_g),
        "cost_usd": shown(figures.cost_usd),
        "warnings": _warnings(connection, own, figures),
        "devices": [_device(part) for part in figures.devices],
        "reserved_devices": [_device(part) for part in figures.reserved],
    }


def shown(figure: Figure | None) -> dict[str, object] | None:
    """A figure as JSON has it; unknown is null."""
    if figure is None:
        return None
    return {name: getattr(figure, name) for name in _FIGURE_NAMES}  # `asdict` copies deeply: thirty times slower


def moment(seconds: float | None) -> str | None:
    """ISO 8601 in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _device(part: DeviceFigures) -> dict[str, object]:
    device = part.device
    return {
        "id": device.device_id,
        "host": device.host,
        "name": device.name,
        "component": device.component,
        "device_energy_j": shown(part.device_energy_j),
        "energy_j": shown(part.energy_j),
        "share": device.share,
        "share_how": device.share_how,
        "coverage": device.coverage,
        "source": device.source,
    }


def _counts(run: Row) -> dict[str, float]:
    counts: dict[str, float] = run["details"].get("counts", {})
    return {name: int(amount) if amount == int(amount) else amount for name, amount in counts.items()}


def latency(connection: Connection, numbers: Sequence[int]) -> dict[str, float] | None:
    """Quantiles of request latencies from the histogram, to within the 5 % of a bucket; None without requests."""
    query = select(latencies.c.bucket, func.sum(latencies.c.n)).where(latencies.c.journal_no.in_(numbers))
    buckets = [(int(bucket), int(n)) for bucket, n in connection.execute(query.group_by(latencies.c.bucket)).all()]
    total = sum(n for _, n in buckets)
    if not total:
        return None
    buckets.sort()
    quantiles = {f"p{share}": _quantile(buckets, total * share / 100) for share in (50, 95, 99)}
    return {**quantiles, "n": total}


def _quantile(buckets: Sequence[tuple[int, int]], wanted: float) -> float:
    below = 0
    for bucket, n in buckets:
        if below + n >= wanted:
            return float(_BUCKET_ZERO_S * _BUCKET ** (bucket + (wanted - below) / n))
        below += n
    return float(_BUCKET_ZERO_S * _BUCKET ** (buckets[-1][0] + 1))


def _quality(connection: Connection, numbers: Sequence[int]) -> list[dict[str, object]]:
    names = ("name", "value", "n", "sd", "higher_is_better", "language")
    query = select(*(qualities.c[name] for name in names)).where(qualities.c.journal_no.in_(numbers))
    rows = connection.execute(query.order_by(qualities.c.at, qualities.c.name, qualities.c.value)).mappings()
    return [dict(row) for row in rows]


def _warnings(connection: Connection, own: Sequence[Row], figures: RunFigures) -> list[str]:
    numbers = [journal["journal_no"] for journal in own]
    query = select(warnings.c.code, warnings.c.text).where(warnings.c.journal_no.in_(numbers)).order_by(warnings.c.at)
    texts = [text or code or "warning" for code, text in connection.execute(query)]
    texts += [
        f"{journal['bad_lines']} lines of the journal {journal['journal_id']} were no records and were passed over"
        for journal in own
        if journal["bad_lines"]
    ]
    return list(dict.fromkeys([*texts, *figures.warnings]))


def _details(
    connection: Connection, run: Row, own: Sequence[Row], figures: RunFigures, factors: Factors
) -> dict[str, Any]:
    numbers = [journal["journal_no"] for journal in own]
    inner = (
        select(runs.c.run_id).where(runs.c.parent_run_id == run["run_id"]).order_by(runs.c.started_at, runs.c.run_id)
    )
    changed = select(edits.c.at, edits.c.who, edits.c.field, edits.c.old, edits.c.new).where(
        edits.c.run_id == run["run_id"]
    )
    unread = select(*(absences.c[name] for name in ("source", "component", "why", "hint", "device_id"))).where(
        absences.c.journal_no.in_(numbers)
    )
    first: Mapping[str, Any] = own[0]["opening"] if own else {}
    return {
        "children": list(connection.execute(inner).scalars()),
        "command": first.get("command"),
        "software": first.get("software"),
        "machines": _machines(own),
        "ranks": len(own),
        "absent": _distinct(connection, unread),
        "edits": [
            {**row, "at": moment(row["at"])} for row in connection.execute(changed.order_by(edits.c.edit_no)).mappings()
        ],
        "factor_set": {"name": factors.name, "content_hash": factors.content_hash, "keys": list(figures.factor_keys)},
        "full_stack_energy_j": shown(figures.full_stack_energy_j),
        "embodied_by_source_g": {key: shown(value) for key, value in figures.embodied_by_source_g.items()},
        "social_cost_usd": {key: shown(value) for key, value in figures.social_cost_usd.items()},
        "tornado": _plain(figures.tornado),
        "calibrated_energy_j": shown(_at_the_wall(connection, run, own, figures)),
    }


def _at_the_wall(connection: Connection, run: Row, own: Sequence[Row], figures: RunFigures) -> Figure | None:
    """The energy by the wall calibration of the run's one machine: a figure beside the raw one, never in its place."""
    from joulebook.ledger.calibrations import calibrated_energy

    hosts = {journal["host"] for journal in own}
    if len(hosts) != 1:
        return None
    return calibrated_energy(connection, hosts.pop(), run["duration_s"], figures.energy_j)


def _distinct(connection: Connection, query: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return list({tuple(row.values()): row for row in rows}.values())


def _machines(own: Sequence[Row]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for journal in own:
        opening = journal["opening"]
        row = {"host": journal["host"], "machine": opening.get("machine"), "limits": opening.get("limits")}
        found.setdefault(journal["boot_id"], {**row, "location": opening.get("location")})
    return list(found.values())


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
