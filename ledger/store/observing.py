"""From a run's journals to what was observed of it: each device and each machine once, and this run's part of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from joulebook.ledger.accounting.observations import DeviceUse, HostUse, Reading, RunUse, WindowUse, Zone
from joulebook.ledger.store.accounts import zone_of
from joulebook.ledger.store.cleaning import Record, amount_of, flag_of, integer_of, table_of, text_of
from joulebook.ledger.store.intervals import Cumulative, length
from joulebook.ledger.store.sharing import idle_share_of, of_slices, share_of
from joulebook.ledger.store.sights import Family, Machine, Row, Seen
from joulebook.ledger.store.tables import absences

_HOST_FIELDS = tuple(item.name for item in fields(HostUse))
_DECLARABLE = ("pue", "wue_l_per_kwh", "price_usd_per_kwh")


def device_rows(connection: Connection, family: Family, lineage: Sequence[str]) -> list[Row]:
    """The `run_devices` rows of a run: what each device used in its window, and this run's share of it.

    GPUs are those visible to the run; where contexts of its processes were seen on some, the others are reserved.
    """
    used = {seen.device["device_id"] for seen in family.seen if seen.own_contexts}
    rows = []
    for seen in family.seen:
        device_id, is_gpu = seen.device["device_id"], seen.device["component"] == "gpu"
        if not seen.windows or (is_gpu and not seen.visible and device_id not in used):
            continue
        reserved = bool(is_gpu and used and device_id not in used)
        rows.append(_device_row(connection, lineage, seen, reserved=reserved))
    return rows + _unread_devices(connection, family, {row["device_id"] for row in rows})


def _device_row(connection: Connection, lineage: Sequence[str], seen: Seen, *, reserved: bool) -> Row:
    found = seen.energy(seen.windows[0][0], seen.windows[-1][1])
    share = share_of(
        connection,
        lineage,
        device=seen.device,
        boot_id=seen.boot_id,
        windows=seen.windows,
        energy=seen.cumulative if found else Cumulative(np.empty(0), np.empty(0)),
    )
    share = of_slices(share, seen.slices)
    energy, low, high, coverage = found or (None, None, None, 0.0)
    return {
        "run_id": lineage[0],
        "device_id": seen.device["device_id"],
        "boot_id": seen.boot_id,
        "host": seen.host,
        "name": seen.device["name"],
        "component": seen.device["component"],
        "source": seen.device["source"],
        "from_b": seen.windows[0][0],
        "to_b": seen.windows[-1][1],
        "windows": [list(window) for window in seen.windows],
        "energy_j": energy,
        "low_j": low,
        "high_j": high,
        "method": seen.method if found else None,
        "coverage": coverage,
        "share": share.share,
        "share_how": share.how,
        "reserved": reserved,
        "why_unknown": None if found else "no reading of it in the run's time",
    }


def _unread_devices(connection: Connection, family: Family, known: set[str]) -> list[Row]:
    """Devices that a source named and could not read: unknown, not 0."""
    by_number = {journal["journal_no"]: journal for journal in family.journals}
    query = (
        select(absences)
        .where(absences.c.journal_no.in_(list(by_number)), absences.c.device_id.is_not(None))
        .order_by(absences.c.journal_no, absences.c.absence_no)
    )
    rows: dict[str, Row] = {}
    for absent in connection.execute(query).mappings():
        journal, device_id = by_number[absent["journal_no"]], absent["device_id"]
        if device_id in known or device_id in rows or absent["component"] not in {"gpu", "cpu", "ram", "other"}:
            continue
        window = [journal["opened_b"], journal["last_b"]]
        rows[device_id] = {
            "run_id": family.own[0]["run_id"],
            "device_id": device_id,
            "boot_id": journal["boot_id"],
            "host": journal["host"],
            "name": device_id,
            "component": absent["component"],
            "source": absent["source"] or "unknown",
            "from_b": window[0],
            "to_b": window[1],
            "windows": [window],
            **dict.fromkeys(("energy_j", "low_j", "high_j", "method")),
            "coverage": 0.0,
            "share": 1.0,
            "share_how": "whole",
            "reserved": False,
            "why_unknown": absent["why"] or "it could not be read",
        }
    return list(rows.values())


def host_rows(connection: Connection, family: Family, lineage: Sequence[str], edited_zone: str | None) -> list[Row]:
    """The `run_hosts` rows of a run: CPU seconds and memory of each machine, and where it stood."""
    rows = []
    for machine in family.machines:
        zone = _place(machine, edited_zone)
        share = idle_share_of(connection, lineage, machine.boot_id, machine.windows)
        bounds = _bounds(machine)
        rows.append(
            {
                "run_id": lineage[0],
                "boot_id": machine.boot_id,
                "host": machine.host,
                "zone": zone.zone,
                "zone_how": zone.how,
                "zone_assumed": zone.assumed,
                "from_b": bounds[0],
                "to_b": bounds[1],
                "windows": [list(window) for window in machine.windows],
                "use": asdict(host_use(machine, idle_share=share)),
            }
        )
    return rows


def _place(machine: Machine, edited_zone: str | None) -> Zone:
    """Where a machine stood: whatever one journal knows holds for all on it, and what was declared beats a guess."""
    zones = [zone_of(location, edited_zone) for location in machine.locations]
    guesses = [zone for zone in zones if zone.how != "unknown"]
    return next((zone for zone in zones if not zone.assumed), (guesses or zones)[0])


def _bounds(machine: Machine) -> tuple[float, float]:
    if machine.windows:
        return machine.windows[0][0], machine.windows[-1][1]
    return 0.0, 0.0


def host_use(machine: Machine, *, idle_share: float) -> HostUse:
    """What was observed of a machine over all the time that the run was there."""
    described, limits = table_of(machine.opening.get("machine")), table_of(machine.opening.get("limits"))
    start, end = _bounds(machine)
    seconds = length(machine.windows)
    busy = _over(machine.busy_s, start, end)
    used = _over(machine.mem_byte_s, start, end)
    return HostUse(
        host=machine.host,
        boot_id=machine.boot_id,
        duration_s=seconds,
        cpu_model=text_of(described.get("cpu_model")),
        sockets=integer_of(described.get("sockets")),
        cores=integer_of(described.get("cores")),
        threads=integer_of(described.get("threads")),
        virtual=_virtual(described),
        memory_bytes=amount_of(described.get("memory_bytes")),
        cpu_limit_cores=amount_of(limits.get("cpu_cores")),
        memory_limit_bytes=amount_of(limits.get("memory_bytes")),
        machine_busy_s=busy,
        tree_cpu_s=_at_most(_over(machine.tree_s, start, end), busy),
        memory_used_byte_s=used,
        tree_rss_byte_s=_at_most(_over(machine.rss_byte_s, start, end), used),
        coverage=min(1.0, length(machine.read) / seconds) if seconds > 0 else 0.0,
        idle_share=idle_share,
    )


def _virtual(described: Record) -> bool | None:
    value = described.get("virtual")
    return True if isinstance(value, str) and value else flag_of(value)


def _over(amount: Cumulative, start: float, end: float) -> float | None:
    return amount.over(start, end) if amount.known else None


def _at_most(part: float | None, whole: float | None) -> float | None:
    """A process tree can't have used more than its machine; memory counted twice by shared pages can."""
    return part if part is None or whole is None else min(part, whole)


def details_of(family: Family, counts: dict[str, float], starts: dict[str, float]) -> Row:
    """What accounting needs beside devices and hosts: what the caller declared, work done, energy by hour."""
    declared: dict[str, float] = {}
    for journal in family.own:
        for key in _DECLARABLE:
            value = amount_of(table_of(journal["opening"].get("declared")).get(key))
            if value is not None:
                declared.setdefault(key, value)
    return {"declared": declared, "counts": counts, "hours": _hours(family, starts), "warnings": _parted(family)}


def _parted(family: Family) -> list[str]:
    """GPUs of which the run has a part only: no counter tells parts apart."""
    return [
        f"{seen.device['name']} ({seen.device['device_id']}) is parted (MIG): {_part_told(seen)}"
        for seen in family.seen
        if seen.slices is not None
    ]


def _part_told(seen: Seen) -> str:
    share = None if seen.slices is None else seen.slices.share
    if seen.slices is None or share is None:
        return "its figures are those of the whole GPU, and what this run's part of it used is an estimate"
    return (
        f"the run's part of its energy is an estimate by {seen.slices.n:g} of {seen.slices.of} slices, within a factor "
        "of two; what the other parts did can't be seen"
    )


def _hours(family: Family, starts: dict[str, float]) -> list[list[float]]:
    """Joules of the run's devices by hour of the clock; empty where it lies within one hour or none was read."""
    found: dict[float, float] = {}
    for seen in family.seen:
        if not seen.parts:
            continue
        wall = starts[seen.boot_id]
        first, last = seen.windows[0][0] + wall, seen.windows[-1][1] + wall
        if last // 3600 == first // 3600 or last - first > 10 * 366 * 86400:
            continue
        hours = np.arange(first // 3600, last // 3600 + 1) * 3600.0
        steps = np.diff(seen.cumulative.at(np.append(hours, hours[-1] + 3600) - wall))
        for hour, joules in zip(hours, steps, strict=True):
            found[float(hour)] = found.get(float(hour), 0.0) + float(joules)
    return [[hour, joules] for hour, joules in sorted(found.items()) if joules > 0] if len(found) > 1 else []


def run_use(run: Row, devices: Sequence[Row], hosts: Sequence[Row]) -> RunUse:
    """What accounting takes, from the rows of the books."""
    device_uses = [(row["boot_id"], device_use(row)) for row in devices]
    host_uses = [(row["boot_id"], host_from_row(row)) for row in hosts]
    seconds = run["duration_s"]
    whole = WindowUse(seconds, tuple(use for _, use in device_uses), tuple(use for _, use in host_uses))
    boots_of: dict[str, list[Row]] = {}
    for row in sorted(hosts, key=lambda row: (row["host"], row["boot_id"])):
        boots_of.setdefault(row["zone"], []).append(row)
    parts = []
    for rows in boots_of.values():
        boots = {row["boot_id"] for row in rows}
        part = WindowUse(
            seconds,
            tuple(use for boot, use in device_uses if boot in boots),
            tuple(use for boot, use in host_uses if boot in boots),
        )
        if part == whole:  # all in one zone: the same object says so, and its energy is worked out once
            part = whole
        names = tuple(dict.fromkeys(row["host"] for row in rows))
        assumed = any(row["zone_assumed"] for row in rows)
        parts.append((Zone(rows[0]["zone"], rows[0]["zone_how"], assumed, names), part))
    details = run["details"]
    return RunUse(
        run_id=run["run_id"],
        started_at=run["started_at"],
        ended_at=run["ended_at"],
        window=whole,
        zone_windows=tuple(parts),
        kind=run["kind"],
        counts=dict(details.get("counts", {})),
        declared=dict(details.get("declared", {})),
        hours=tuple((hour, weight) for hour, weight in details.get("hours", [])),
        notes=tuple(details.get("warnings", [])),
    )


def device_use(row: Row, amounts: Sequence[float | None] | None = None) -> DeviceUse:
    """One device as accounting takes it; `amounts` (energy, low, high) stand in for a part of the run's window."""
    energy, low, high = amounts or (row["energy_j"], row["low_j"], row["high_j"])
    reading = None
    if energy is not None and low is not None and high is not None:
        reading = Reading(energy, min(low, energy), max(high, energy), row["method"] or "measured")
    return DeviceUse(
        device_id=row["device_id"],
        host=row["host"],
        name=row["name"],
        component=row["component"],
        source=row["source"],
        reading=reading,
        share=row["share"],
        share_how=row["share_how"],
        reserved=row["reserved"],
        coverage=row["coverage"],
        why_unknown=row["why_unknown"],
    )


def host_from_row(row: Row) -> HostUse:
    """One machine as accounting takes it; fields of a newer version are passed over."""
    use: dict[str, Any] = row["use"]
    return HostUse(**{name: use[name] for name in _HOST_FIELDS if name in use})
