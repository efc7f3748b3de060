"""The first books.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("calibration_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("calibration_no"),
    )
    op.create_index(op.f("ix_calibrations_host"), "calibrations", ["host"], unique=False)
    op.create_table(
        "children",
        sa.Column("parent_run_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("parent_run_id", "run_id"),
    )
    op.create_table(
        "dirty_days",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "edits",
        sa.Column("edit_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", sa.JSON(), nullable=True),
        sa.Column("new", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("edit_no"),
    )
    op.create_index(op.f("ix_edits_run_id"), "edits", ["run_id"], unique=False)
    op.create_table(
        "factor_sets",
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.Double(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash"),
    )
    op.create_table(
        "journals",
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("opened_b", sa.Double(), nullable=False),
        sa.Column("last_b", sa.Double(), nullable=False),
        sa.Column("close_status", sa.Text(), nullable=True),
        sa.Column("exit_status", sa.Integer(), nullable=True),
        sa.Column("bad_lines", sa.Integer(), nullable=False),
        sa.Column("opening", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("journal_no"),
        sa.UniqueConstraint("journal_id"),
    )
    op.create_index(op.f("ix_journals_run_id"), "journals", ["run_id"], unique=False)
    op.create_table(
        "ledger_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("factor_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rollups",
        sa.Column("rollup_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("project", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("n_known", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("measured_j", sa.Double(), nullable=True),
        sa.Column("energy_j", sa.Double(), nullable=True),
        sa.Column("energy_low_j", sa.Double(), nullable=True),
        sa.Column("energy_high_j", sa.Double(), nullable=True),
        sa.Column("gpu_j", sa.Double(), nullable=True),
        sa.Column("gpu_low_j", sa.Double(), nullable=True),
        sa.Column("gpu_high_j", sa.Double(), nullable=True),
        sa.Column("cpu_j", sa.Double(), nullable=True),
        sa.Column("cpu_low_j", sa.Double(), nullable=True),
        sa.Column("cpu_high_j", sa.Double(), nullable=True),
        sa.Column("ram_j", sa.Double(), nullable=True),
        sa.Column("ram_low_j", sa.Double(), nullable=True),
        sa.Column("ram_high_j", sa.Double(), nullable=True),
        sa.Column("other_j", sa.Double(), nullable=True),
        sa.Column("other_low_j", sa.Double(), nullable=True),
        sa.Column("other_high_j", sa.Double(), nullable=True),
        sa.Column("facility_energy_j", sa.Double(), nullable=True),
        sa.Column("facility_energy_low_j", sa.Double(), nullable=True),
        sa.Column("facility_energy_high_j", sa.Double(), nullable=True),
        sa.Column("emissions_g", sa.Double(), nullable=True),
        sa.Column("emissions_low_g", sa.Double(), nullable=True),
        sa.Column("emissions_high_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_annual_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_annual_low_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_annual_high_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_hourly_draft_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_hourly_draft_low_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_hourly_draft_high_g", sa.Double(), nullable=True),
        sa.Column("water_l", sa.Double(), nullable=True),
        sa.Column("water_low_l", sa.Double(), nullable=True),
        sa.Column("water_high_l", sa.Double(), nullable=True),
        sa.Column("embodied_g", sa.Double(), nullable=True),
        sa.Column("embodied_low_g", sa.Double(), nullable=True),
        sa.Column("embodied_high_g", sa.Double(), nullable=True),
        sa.Column("cost_usd", sa.Double(), nullable=True),
        sa.Column("cost_low_usd", sa.Double(), nullable=True),
        sa.Column("cost_high_usd", sa.Double(), nullable=True),
        sa.Column("requests", sa.Double(), nullable=True),
        sa.Column("tokens_in", sa.Double(), nullable=True),
        sa.Column("tokens_out", sa.Double(), nullable=True),
        sa.Column("samples", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("rollup_no"),
    )
    op.create_index("ix_rollups_span", "rollups", ["span", "day"], unique=False)
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("parent_run_id", sa.Text(), nullable=True),
        sa.Column("top_level", sa.Boolean(), nullable=False),
        sa.Column("dirty", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("factor_hash", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("project", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("parameters", sa.Double(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("exit_status", sa.Integer(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("hosts", sa.Integer(), nullable=False),
        sa.Column("energy_method", sa.Text(), nullable=True),
        sa.Column("measured_share", sa.Double(), nullable=True),
        sa.Column("energy_j", sa.Double(), nullable=True),
        sa.Column("energy_low_j", sa.Double(), nullable=True),
        sa.Column("energy_high_j", sa.Double(), nullable=True),
        sa.Column("gpu_j", sa.Double(), nullable=True),
        sa.Column("gpu_low_j", sa.Double(), nullable=True),
        sa.Column("gpu_high_j", sa.Double(), nullable=True),
        sa.Column("cpu_j", sa.Double(), nullable=True),
        sa.Column("cpu_low_j", sa.Double(), nullable=True),
        sa.Column("cpu_high_j", sa.Double(), nullable=True),
        sa.Column("ram_j", sa.Double(), nullable=True),
        sa.Column("ram_low_j", sa.Double(), nullable=True),
        sa.Column("ram_high_j", sa.Double(), nullable=True),
        sa.Column("other_j", sa.Double(), nullable=True),
        sa.Column("other_low_j", sa.Double(), nullable=True),
        sa.Column("other_high_j", sa.Double(), nullable=True),
        sa.Column("facility_energy_j", sa.Double(), nullable=True),
        sa.Column("facility_energy_low_j", sa.Double(), nullable=True),
        sa.Column("facility_energy_high_j", sa.Double(), nullable=True),
        sa.Column("emissions_g", sa.Double(), nullable=True),
        sa.Column("emissions_low_g", sa.Double(), nullable=True),
        sa.Column("emissions_high_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_annual_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_annual_low_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_annual_high_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_hourly_draft_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_hourly_draft_low_g", sa.Double(), nullable=True),
        sa.Column("emissions_market_hourly_draft_high_g", sa.Double(), nullable=True),
        sa.Column("water_l", sa.Double(), nullable=True),
        sa.Column("water_low_l", sa.Double(), nullable=True),
        sa.Column("water_high_l", sa.Double(), nullable=True),
        sa.Column("embodied_g", sa.Double(), nullable=True),
        sa.Column("embodied_low_g", sa.Double(), nullable=True),
        sa.Column("embodied_high_g", sa.Double(), nullable=True),
        sa.Column("cost_usd", sa.Double(), nullable=True),
        sa.Column("cost_low_usd", sa.Double(), nullable=True),
        sa.Column("cost_high_usd", sa.Double(), nullable=True),
        sa.Column("requests", sa.Double(), nullable=True),
        sa.Column("tokens_in", sa.Double(), nullable=True),
        sa.Column("tokens_out", sa.Double(), nullable=True),
        sa.Column("samples", sa.Double(), nullable=True),
        sa.Column("quality_name", sa.Text(), nullable=True),
        sa.Column("quality_value", sa.Double(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("zone_assumed", sa.Boolean(), nullable=True),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("ix_runs_day", "runs", ["day", "top_level"], unique=False)
    op.create_index(op.f("ix_runs_dirty"), "runs", ["dirty"], unique=False)
    op.create_index("ix_runs_energy_j", "runs", ["energy_j"], unique=False)
    op.create_index(op.f("ix_runs_kind"), "runs", ["kind"], unique=False)
    op.create_index(op.f("ix_runs_model"), "runs", ["model"], unique=False)
    op.create_index(op.f("ix_runs_name"), "runs", ["name"], unique=False)
    op.create_index(op.f("ix_runs_parent_run_id"), "runs", ["parent_run_id"], unique=False)
    op.create_index(op.f("ix_runs_project"), "runs", ["project"], unique=False)
    op.create_index(
        "ix_runs_search",
        "runs",
        ["started_at", "top_level", "name", "project", "model", "task", "run_id"],
        unique=False,
    )
    op.create_index(op.f("ix_runs_stage"), "runs", ["stage"], unique=False)
    op.create_index(op.f("ix_runs_status"), "runs", ["status"], unique=False)
    op.create_index(op.f("ix_runs_task"), "runs", ["task"], unique=False)
    op.create_table(
        "absences",
        sa.Column("absence_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("component", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("absence_no"),
    )
    op.create_index(op.f("ix_absences_journal_no"), "absences", ["journal_no"], unique=False)
    op.create_table(
        "chunks",
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("from_b", sa.Double(), nullable=False),
        sa.Column("to_b", sa.Double(), nullable=False),
        sa.Column("first", sa.Double(), nullable=True),
        sa.Column("last", sa.Double(), nullable=True),
        sa.Column("power_min_w", sa.Double(), nullable=True),
        sa.Column("power_max_w", sa.Double(), nullable=True),
        sa.Column("power_mean_w", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("journal_no", "stream", "seq"),
    )
    op.create_table(
        "counts",
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("journal_no", "name"),
    )
    op.create_table(
        "gaps",
        sa.Column("gap_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_no", sa.Integer(), nullable=True),
        sa.Column("from_b", sa.Double(), nullable=False),
        sa.Column("to_b", sa.Double(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("gap_no"),
    )
    op.create_index(op.f("ix_gaps_journal_no"), "gaps", ["journal_no"], unique=False)
    op.create_table(
        "journal_devices",
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_no", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sensor_kind", sa.Text(), nullable=False),
        sa.Column("sensor_class", sa.Text(), nullable=True),
        sa.Column("tick_s", sa.Double(), nullable=True),
        sa.Column("rel_error", sa.Double(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("power_limit_w", sa.Double(), nullable=True),
        sa.Column("mig", sa.Text(), nullable=True),
        sa.Column("late_s", sa.Double(), nullable=True),
        sa.Column("baseline_w", sa.Double(), nullable=True),
        sa.Column("own_contexts", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("journal_no", "device_no"),
    )
    op.create_index(op.f("ix_journal_devices_device_id"), "journal_devices", ["device_id"], unique=False)
    op.create_table(
        "latencies",
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("journal_no", "bucket"),
    )
    op.create_table(
        "phases",
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phase_no", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_no", sa.BigInteger(), nullable=True),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("begin_b", sa.Double(), nullable=False),
        sa.Column("end_b", sa.Double(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=True),
        sa.Column("inclusive", sa.JSON(), nullable=True),
        sa.Column("own", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("journal_no", "phase_no"),
    )
    op.create_table(
        "qualities",
        sa.Column("quality_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("n", sa.Double(), nullable=True),
        sa.Column("sd", sa.Double(), nullable=True),
        sa.Column("higher_is_better", sa.Boolean(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("quality_no"),
    )
    op.create_index(op.f("ix_qualities_journal_no"), "qualities", ["journal_no"], unique=False)
    op.create_table(
        "run_devices",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("from_b", sa.Double(), nullable=False),
        sa.Column("to_b", sa.Double(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("energy_j", sa.Double(), nullable=True),
        sa.Column("low_j", sa.Double(), nullable=True),
        sa.Column("high_j", sa.Double(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("share_how", sa.Text(), nullable=False),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.Column("why_unknown", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["runs.run_id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "device_id", "boot_id"),
    )
    op.create_index("ix_run_devices_overlap", "run_devices", ["device_id", "boot_id", "from_b"], unique=False)
    op.create_table(
        "run_hosts",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("zone_how", sa.Text(), nullable=False),
        sa.Column("zone_assumed", sa.Boolean(), nullable=False),
        sa.Column("from_b", sa.Double(), nullable=False),
        sa.Column("to_b", sa.Double(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("use", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["runs.run_id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "boot_id"),
    )
    op.create_index("ix_run_hosts_overlap", "run_hosts", ["boot_id", "from_b"], unique=False)
    op.create_table(
        "run_zones",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("energy_j", sa.Double(), nullable=True),
        sa.Column("energy_low_j", sa.Double(), nullable=True),
        sa.Column("energy_high_j", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["runs.run_id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "zone"),
    )
    op.create_table(
        "warnings",
        sa.Column("warning_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["journal_no"],
            ["journals.journal_no"],
        ),
        sa.PrimaryKeyConstraint("warning_no"),
    )
    op.create_index(op.f("ix_warnings_journal_no"), "warnings", ["journal_no"], unique=False)
    op.execute("INSERT INTO ledger_state (id, revision) VALUES (1, 0)")
