"""Phases of a run as rows whose own energies, with what lies outside of all of them, add up to the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from joulebook.ledger.accounting.factors import Factors
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import COMPONENTS, WindowUse
from joulebook.ledger.accounting.run_account import RunFigures, account_window
from joulebook.ledger.accounting.uncertainty import sum_figures
from joulebook.ledger.store.observing import device_use, host_from_row
from joulebook.ledger.store.phase_energy import ROWS_OF_ONE_NAME, SAMPLE
from joulebook.ledger.store.phase_scaling import linear
from joulebook.ledger.store.sights import Row, rank_of
from joulebook.ledger.store.tables import phases

OUTSIDE = "outside phases"
EXACT_ROWS = 500
_EQUAL = 1e-9
Amount = dict[str, Any]
ByComponent = dict[str, Figure | None]


class _Machine:
    """One machine of the run, for turning amounts of a part of the run there into energies."""

    def __init__(self, devices: Sequence[Row], host: Row, factors: Factors) -> None:
        self.devices = [row for row in devices if row["boot_id"] == host["boot_id"] and not row["reserved"]]
        self.host = host
        self.use = host_from_row(host)
        self.factors = factors
        self._quick: Callable[[Amount], ByComponent] | None = None

    def quicken(self) -> None:
        """Answer from the slopes of the whole from now on, where the models are linear."""
        self._quick = linear(self._accounted, self.amount, self.devices)

    @property
    def amount(self) -> Amount:
        """What was observed in all the time that the run was there."""
        use = self.use
        host = [use.duration_s, use.machine_busy_s, use.tree_cpu_s, use.memory_used_byte_s, use.tree_rss_byte_s]
        known = {
            row["device_id"]: [row["energy_j"], row["low_j"], row["high_j"]]
            for row in self.devices
            if row["energy_j"] is not None
        }
        return {"d": known, "h": [value or 0.0 for value in host]}

    def energies(self, amount: Amount) -> ByComponent:
        """Energy by component of a part of the run."""
        return self._quick(amount) if self._quick is not None else self._accounted(amount)

    def _accounted(self, amount: Amount) -> ByComponent:
        seconds, busy, tree, memory, rss = amount["h"]
        use = self.use
        host = replace(
            use,
            duration_s=seconds,
            machine_busy_s=None if use.machine_busy_s is None else busy,
            tree_cpu_s=None if use.tree_cpu_s is None else tree,
            memory_used_byte_s=None if use.memory_used_byte_s is None else memory,
            tree_rss_byte_s=None if use.tree_rss_byte_s is None else rss,
        )
        devices = tuple(device_use(row, self._ends(row, amount["d"].get(row["device_id"]))) for row in self.devices)
        figures = account_window(WindowUse(seconds, devices, (host,)), self.factors)
        return {name: figures.energy_by_component.get(name) for name in COMPONENTS}

    def _ends(self, row: Row, amount: Any) -> tuple[float | None, float | None, float | None]:
        """Joules of a device with their range: as kept, or to the same relative width as the run's."""
        if row["energy_j"] is None or amount is None:
            return None, None, None
        if isinstance(amount, list):
            return amount[0], amount[1], amount[2]
        whole = row["energy_j"]
        if whole <= 0:
            return amount, amount, amount
        return amount, amount * row["low_j"] / whole, amount * row["high_j"] / whole


def phase_rows(
    connection: Connection,
    run: Row,
    *,
    devices: Sequence[Row],
    hosts: Sequence[Row],
    own: Sequence[Row],
    figures: RunFigures,
    factors: Factors,
) -> list[dict[str, Any]]:
    """All phases in order of time, then what is outside of them; empty where the run has none.

    Of names with more than 10,000 phases there is one row with their sums, a histogram and a sample of them.
    """
    rows = _load(connection, own)
    if not rows:
        return []
    machines = {host["boot_id"]: _Machine(devices, host, factors) for host in hosts}
    if len(rows) > EXACT_ROWS:
        for machine in machines.values():
            machine.quicken()
    table = _Table(run, own, machines, rows)
    totals = Counter(row["name"] for row in rows)
    found = [table.row(row) for row in rows if totals[row["name"]] <= ROWS_OF_ONE_NAME]
    for name, n in totals.items():
        if n > ROWS_OF_ONE_NAME:
            found.append(table.crowd([row for row in rows if row["name"] == name]))
    found.sort(key=lambda item: (item["started_at"], item["id"]))
    found.append(table.outside())
    _add_up(found, figures)
    return [_shown(item) for item in found]


def _load(connection: Connection, own: Sequence[Row]) -> list[Row]:
    numbers = [journal["journal_no"] for journal in own]
    query = select(phases).where(phases.c.journal_no.in_(numbers)).order_by(phases.c.begin_b, phases.c.phase_no)
    return [dict(row) for row in connection.execute(query).mappings() if row["inclusive"] is not None]


class _Table:
    """Rows of phases with figures, before they are made to add up."""

    def __init__(self, run: Row, own: Sequence[Row], machines: dict[str, _Machine], rows: Sequence[Row]) -> None:
        self.run = run
        self.journals = {journal["journal_no"]: journal for journal in own}
        self.machines = machines
        self.names = {(row["journal_no"], row["phase_no"]): row["name"] for row in rows}
        self.rest = {boot: machine.amount for boot, machine in machines.items()}

    def row(self, phase: Row, *, take: bool = True) -> dict[str, Any]:
        """One phase; `take` its own part off what is left outside of all phases."""
        journal = self.journals[phase["journal_no"]]
        machine = self.machines[journal["boot_id"]]
        if take:
            _take_off(self.rest[journal["boot_id"]], phase["own"])
        return self._described(phase, journal) | {
            "inclusive": machine.energies(phase["inclusive"]),
            "own": machine.energies(phase["own"]),
        }

    def _described(self, phase: Row, journal: Row) -> dict[str, Any]:
        upper = None if phase["parent_no"] is None else (phase["journal_no"], phase["parent_no"])
        running = phase["end_b"] is None
        end = journal["last_b"] if running else phase["end_b"]
        return {
            "id": f"{journal['journal_id']}:{phase['phase_no']}",
            "name": phase["name"],
            "index": phase["ordinal"],
            "parent": self.names.get(upper) if upper else None,
            "parent_id": f"{journal['journal_id']}:{upper[1]}" if upper and upper in self.names else None,
            "host": journal["host"],
            "rank": rank_of(journal),
            "started_at": journal["opened_at"] + phase["begin_b"] - journal["opened_b"],
            "duration_s": max(0.0, end - phase["begin_b"]),
            "failed": phase["failed"],
        }

    def crowd(self, rows: list[Row]) -> dict[str, Any]:
        """Very many phases of one name in one row: their sums, a histogram, and a sample spread over them."""
        parts: dict[str, list[Row]] = {}
        for row in rows:
            parts.setdefault(self.journals[row["journal_no"]]["boot_id"], []).append(row)
        inclusive, own = [], []
        for boot, here in parts.items():
            mine = _summed([row["own"] for row in here])
            _take_off(self.rest[boot], mine)
            own.append(self.machines[boot].energies(mine))
            inclusive.append(self.machines[boot].energies(_summed([row["inclusive"] for row in here])))
        sample = [self.row(row, take=False) for row in rows[:: len(rows) // SAMPLE][:SAMPLE]]
        first = self._described(rows[0], self.journals[rows[0]["journal_no"]])
        seconds = np.array([row["inclusive"]["h"][0] for row in rows])
        return first | {
            "index": None,
            "host": first["host"] if len(parts) == 1 else None,
            "rank": None,
            "duration_s": float(seconds.sum()),
            "inclusive": {name: _sum([part[name] for part in inclusive]) for name in COMPONENTS},
            "own": {name: _sum([part[name] for part in own]) for name in COMPONENTS},
            "n": len(rows),
            "histogram_duration_s": _histogram(seconds),
            "histogram_device_energy_j": _histogram(np.array([_device_energy(row["inclusive"]) for row in rows])),
            "sample": [_shown(item) for item in sample],
        }

    def outside(self) -> dict[str, Any]:
        """What belongs to no phase."""
        parts = [self.machines[boot].energies(amount) for boot, amount in self.rest.items()]
        energies = {name: _sum([part[name] for part in parts]) for name in COMPONENTS}
        return {
            **dict.fromkeys(("index", "parent", "parent_id", "host", "rank", "failed")),
            "id": OUTSIDE,
            "name": OUTSIDE,
            "started_at": self.run["started_at"],
            "duration_s": sum(amount["h"][0] for amount in self.rest.values()),
            "inclusive": energies,
            "own": dict(energies),
        }


def _device_energy(amount: Amount) -> float:
    values: list[float] = [value[0] if isinstance(value, list) else value for value in amount["d"].values()]
    return sum(values)


def _take_off(rest: Amount, part: Amount) -> None:
    for device, joules in part["d"].items():
        if device in rest["d"]:
            value, low, high = rest["d"][device]
            left = max(0.0, value - joules)
            scale = left / value if value > 0 else 0.0
            rest["d"][device] = [left, low * scale, high * scale]
    rest["h"] = [max(0.0, whole - mine) for whole, mine in zip(rest["h"], part["h"], strict=True)]


def _summed(amounts: Sequence[Amount]) -> Amount:
    devices: Counter[str] = Counter()
    for amount in amounts:
        for device, value in amount["d"].items():
            devices[device] += value[0] if isinstance(value, list) else value
    return {"d": dict(devices), "h": [float(x) for x in np.sum([amount["h"] for amount in amounts], axis=0)]}


def _histogram(values: Any) -> dict[str, list[float]]:
    n, edges = np.histogram(values, bins=40)
    return {"edges": [float(edge) for edge in edges], "n": [int(count) for count in n]}


def _sum(figures: Sequence[Figure | None]) -> Figure | None:
    known = [figure for figure in figures if figure is not None]
    if not known:
        return None
    return known[0] if len(known) == 1 else sum_figures(known, boundary=known[0].boundary, shared=True)


def _add_up(rows: list[dict[str, Any]], figures: RunFigures) -> None:
    """Scale the own parts of each component so that they make the run's figure (a model need not be linear)."""
    for name in COMPONENTS:
        whole = figures.energy_by_component.get(name)
        known = [row["own"][name].value for row in rows if row["own"][name] is not None]
        together = sum(known)
        if whole is None or not known or together <= 0:
            continue
        for row in rows:
            _scale(row, name, whole.value / together)
    rows[-1]["inclusive"] = dict(rows[-1]["own"])


def _scale(row: dict[str, Any], name: str, by: float) -> None:
    """Scale an own part, and with it the whole of a phase that has none inside: own is never more than the whole."""
    own, whole = row["own"][name], row["inclusive"][name]
    if own is None:
        return
    if whole is None or own.value < whole.value * (1 - _EQUAL):
        row["own"][name] = own.scaled(by)
        if whole is not None and own.value * by > whole.value:
            row["inclusive"][name] = row["own"][name]
        return
    both = whole.scaled(own.value / whole.value) if whole.value > 0 else own
    row["own"][name] = row["inclusive"][name] = both.scaled(by)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    from joulebook.ledger.store.documents import moment, shown

    inclusive, own = row.pop("inclusive"), row.pop("own")
    return {
        **row,
        "started_at": moment(row["started_at"]),
        "energy_j": shown(_total(inclusive)),
        "own_energy_j": shown(_total(own)),
        "energy_by_component": {name: shown(inclusive[name]) for name in COMPONENTS},
        "own_energy_by_component": {name: shown(own[name]) for name in COMPONENTS},
    }


def _total(parts: ByComponent) -> Figure | None:
    known = [figure for figure in parts.values() if figure is not None]
    if not known:
        return None
    alone = len(known) == 1 and parts["gpu"] is not None
    return sum_figures(known, boundary="accelerators" if alone else "IT")
