"""How much of each component was measured, and whether a zone was assumed.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COMPONENTS = ("gpu", "cpu", "ram", "other")


def upgrade() -> None:
    for table in ("runs", "rollups"):
        for component in _COMPONENTS:
            op.add_column(table, sa.Column(f"{component}_measured_j", sa.Double(), nullable=True))
    op.add_column("run_zones", sa.Column("assumed", sa.Boolean(), nullable=True))
    op.create_index("ix_runs_factor_hash", "runs", ["factor_hash", "started_at"], unique=False)
    for component in _COMPONENTS:
        op.execute(_BACKFILL.format(component=component))
    op.execute(_ASSUMED)
    op.execute(
        "INSERT INTO dirty_days (day) SELECT DISTINCT day FROM runs WHERE day NOT IN (SELECT day FROM dirty_days)"
    )


# What the devices that were read gave to a run, as accounting counts it: a part that is a convention is not measured.
_BACKFILL = """
    UPDATE runs SET {component}_measured_j = COALESCE((
        SELECT SUM(run_devices.energy_j * run_devices.share) FROM run_devices
        WHERE run_devices.run_id = runs.run_id AND run_devices.component = '{component}'
          AND run_devices.energy_j IS NOT NULL AND run_devices.method IN ('measured', 'sampled')
          AND NOT run_devices.reserved AND NOT (run_devices.share_how = 'time' AND run_devices.share < 1.0)
    ), 0.0)
    WHERE {component}_j IS NOT NULL
"""
_ASSUMED = """
    UPDATE run_zones SET assumed = NOT EXISTS (
        SELECT 1 FROM run_hosts WHERE run_hosts.run_id = run_zones.run_id AND run_hosts.zone = run_zones.zone
          AND NOT run_hosts.zone_assumed
    ) OR EXISTS (
        SELECT 1 FROM run_hosts WHERE run_hosts.run_id = run_zones.run_id AND run_hosts.zone = run_zones.zone
          AND run_hosts.zone_assumed
    )
"""
