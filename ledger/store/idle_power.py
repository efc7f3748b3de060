"""Energy of a run above the idle power that its journals measured before it, from what the tables hold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from joulebook.ledger.accounting.above_idle import IdleDevice, above_idle
from joulebook.ledger.accounting.energy import device_figures
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.store.intervals import length
from joulebook.ledger.store.observing import device_use
from joulebook.ledger.store.sights import Row
from joulebook.ledger.store.tables import journal_devices


def energy_above_idle(connection: Connection, own: Sequence[Row], devices: Sequence[Row]) -> Figure | None:
    """Energy above idle of the run's devices; None where no idle power was measured before it.

    Args:
        connection: To the books.
        own: The run's own journals: before a run inside it, its devices were not idle.
        devices: Its `run_devices` rows.
    """
    baselines = _baselines(connection, own)
    if not baselines:
        return None
    known, others = [], []
    for row in devices:
        if row["reserved"]:
            continue
        figures, baseline = device_figures(device_use(row)), baselines.get((row["device_id"], row["boot_id"]))
        if baseline is None:
            others.append(figures)
        else:
            known.append(IdleDevice(figures, *baseline, length(row["windows"]) * row["coverage"]))
    return above_idle(known, others)


def _baselines(connection: Connection, own: Sequence[Row]) -> dict[tuple[str, str], tuple[float, float]]:
    """Idle watts and the sensor's error by device and boot; of several ranks' the least, for others may have begun."""
    boots = {journal["journal_no"]: journal["boot_id"] for journal in own}
    query = select(*(journal_devices.c[name] for name in ("journal_no", "device_id", "baseline_w", "rel_error"))).where(
        journal_devices.c.journal_no.in_(list(boots)), journal_devices.c.baseline_w.is_not(None)
    )
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for number, device_id, watts, rel_error in connection.execute(query):
        key = (device_id, boots[number])
        found[key] = min(found.get(key, (watts, rel_error)), (watts, rel_error))
    return found
