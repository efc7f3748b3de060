"""Wall calibrations in the books: fitted from runs whose wall energy somebody read, kept with their date."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, insert, select

from joulebook.ledger.accounting.calibration import Calibration, calibrated, fit
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.store import Ledger, find_run, run_document
from joulebook.ledger.store.tables import calibrations


def calibrate(ledger: Ledger, readings: Mapping[str, float]) -> dict[str, Any]:
    """Fit the machine of some runs to what a wall meter read over them, and keep it.

    Args:
        ledger: Open for writing.
        readings: Joules at the wall by run (id, prefix or name).

    Raises:
        LedgerError: Runs of several machines, of unknown energy, or readings that can't be fitted.
    """
    documents = [run_document(ledger, find_run(ledger, name)) for name in readings]
    hosts = {host for document in documents for host in document["hosts"]}
    if len(hosts) != 1:
        raise LedgerError(f"a calibration is of one machine, not of {', '.join(sorted(hosts)) or 'none'}")
    found = _fit(documents, list(readings.values()))
    row = {
        "host": next(iter(hosts)),
        "at": time.time(),
        "details": {**asdict(found), "runs": [document["run_id"] for document in documents]},
    }
    with ledger.writing() as connection:
        connection.execute(insert(calibrations).values(**row))
    return row


def _fit(documents: Sequence[Mapping[str, Any]], wall_j: Sequence[float]) -> Calibration:
    unknown = [document["run_id"] for document in documents if not document["energy_j"] or document["duration_s"] <= 0]
    if unknown:
        raise LedgerError(f"the energy of {', '.join(unknown)} is unknown, so there is nothing to fit")
    ours_w = [document["energy_j"]["value"] / document["duration_s"] for document in documents]
    wall_w = [joules / document["duration_s"] for joules, document in zip(wall_j, documents, strict=True)]
    try:
        return fit(ours_w, wall_w)
    except ValueError as error:
        raise LedgerError(str(error)) from None


def all_calibrations(ledger: Ledger) -> list[dict[str, Any]]:
    """Every calibration, newest first."""
    with ledger.reading() as connection:
        rows = connection.execute(select(calibrations).order_by(calibrations.c.at.desc())).mappings()
        return [{"host": row["host"], "at": row["at"], "details": row["details"]} for row in rows]


def calibrated_energy(connection: Connection, host: str, duration_s: float, energy: Figure | None) -> Figure | None:
    """A run's energy at the wall by the newest calibration of its machine; None where there is none."""
    query = select(calibrations.c.details).where(calibrations.c.host == host).order_by(calibrations.c.at.desc())
    details = connection.execute(query.limit(1)).scalar()
    if details is None or energy is None:
        return None
    names = ("offset_w", "gain", "spread", "n")
    return calibrated(energy, duration_s, Calibration(**{name: details[name] for name in names}))
