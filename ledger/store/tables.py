"""The tables of the books. Migrations make them; a test holds the two together.

Three layers, never mixed in one column: what journals said (`journals` to `latencies`; only ever added to), what
follows from it (`run_devices`, `run_hosts`, `run_zones`, derived columns of `runs` and `phases`, `rollups`; worked out
again whenever something under it changes), and what persons and factor files said (`edits`, `factor_sets`, ...).
Times are Unix seconds (`_at`) or boot-clock seconds (`_b`, only comparable within one boot id); days count from 1970.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from joulebook.ledger.accounting.observations import COMPONENTS

metadata = MetaData()

# SQLite counts up by itself only in a column that is called INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")
_FIGURES = (
    ("energy", "j"),
    ("gpu", "j"),
    ("cpu", "j"),
    ("ram", "j"),
    ("other", "j"),
    ("facility_energy", "j"),
    ("emissions", "g"),
    ("emissions_market_annual", "g"),
    ("emissions_market_hourly_draft", "g"),
    ("water", "l"),
    ("embodied", "g"),
    ("cost", "usd"),
)
COUNT_NAMES = ("requests", "tokens_in", "tokens_out", "samples")
# Joules of each component that a device measured; the rest of the component was modelled.
MEASURED_NAMES = tuple(f"{component}_measured_j" for component in COMPONENTS)


def figure_names() -> list[tuple[str, str, str]]:
    """The columns of each headline figure: value, low end, high end; the unit is the last part of the name."""
    return [(f"{name}_{unit}", f"{name}_low_{unit}", f"{name}_high_{unit}") for name, unit in _FIGURES]


def _figure_columns() -> list[Column[float]]:
    return [Column(name, Double) for names in figure_names() for name in names]


def _journal_key() -> Column[int]:
    return Column("journal_no", _Number, ForeignKey("journals.journal_no"), nullable=False, index=True)


ledger_state = Table(
    "ledger_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("factor_hash", Text),
)

# --- what journals said -----------------------------------------------------------------------------------------

journals = Table(
    "journals",
    metadata,
    Column("journal_no", _Number, primary_key=True),
    Column("journal_id", Text, nullable=False, unique=True),
    Column("run_id", Text, nullable=False, index=True),
    Column("position", BigInteger, nullable=False),  # bytes read so far
    Column("state", Text, nullable=False),  # open, interrupted, closed
    Column("boot_id", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("opened_b", Double, nullable=False),
    Column("last_b", Double, nullable=False),
    Column("close_status", Text),
    Column("exit_status", Integer),
    Column("bad_lines", Integer, nullable=False),
    Column("opening", JSON, nullable=False),  # the whole `open` record
)

journal_devices = Table(
    "journal_devices",
    metadata,
    Column("journal_no", _Number, ForeignKey("journals.journal_no"), primary_key=True),
    Column("device_no", Integer, primary_key=True),
    Column("device_id", Text, nullable=False, index=True),
    Column("component", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("sensor_kind", Text, nullable=False),
    Column("sensor_class", Text),
    Column("tick_s", Double),
    Column("rel_error", Double, nullable=False),
    Column("visible", Boolean, nullable=False),
    Column("power_limit_w", Double),
    Column("mig", Text),
    Column("late_s", Double),
    Column("baseline_w", Double),
    Column("own_contexts", Integer),  # the most ever seen; null where none was ever told
)

# Readings as compressed columns, some thousands a row; the end values let a trace skip what it need not unpack.
chunks = Table(
    "chunks",
    metadata,
    Column("journal_no", _Number, ForeignKey("journals.journal_no"), primary_key=True),
    Column("stream", Text, primary_key=True),  # r<device>, u<device>, m, qs
    Column("seq", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("from_b", Double, nullable=False),
    Column("to_b", Double, nullable=False),
    Column("first", Double),  # first and last known value of the first column (cumulative joules, CPU seconds)
    Column("last", Double),
    Column("power_min_w", Double),
    Column("power_max_w", Double),
    Column("power_mean_w", Double),
    Column("data", LargeBinary, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("gap_no", _Number, primary_key=True),
    _journal_key(),
    Column("device_no", Integer),
    Column("from_b", Double, nullable=False),
    Column("to_b", Double, nullable=False),
    Column("why", Text),
)

phases = Table(
    "phases",
    metadata,
    Column("journal_no", _Number, ForeignKey("journals.journal_no"), primary_key=True),
    Column("phase_no", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent_no", BigInteger),
    Column("ordinal", BigInteger, nullable=False),
    Column("begin_b", Double, nullable=False),
    Column("end_b", Double),
    Column("failed", Boolean),
    # Derived: observed amounts of the phase's window and of its own part of it (windows.py has their form).
    Column("inclusive", JSON),
    Column("own", JSON),
)

absences = Table(
    "absences",
    metadata,
    Column("absence_no", _Number, primary_key=True),
    _journal_key(),
    Column("source", Text),
    Column("component", Text),
    Column("why", Text),
    Column("hint", Text),
    Column("device_id", Text),
)

warnings = Table(
    "warnings",
    metadata,
    Column("warning_no", _Number, primary_key=True),
    _journal_key(),
    Column("code", Text),
    Column("text", Text),
    Column("at", Double),
)

counts = Table(
    "counts",
    metadata,
    Column("journal_no", _Number, ForeignKey("journals.journal_no"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("amount", Double, nullable=False),
)

latencies = Table(
    "latencies",
    metadata,
    Column("journal_no", _Number, ForeignKey("journals.journal_no"), primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

qualities = Table(
    "qualities",
    metadata,
    Column("quality_no", _Number, primary_key=True),
    _journal_key(),
    Column("at", Double, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("n", Double),
    Column("sd", Double),
    Column("higher_is_better", Boolean),
    Column("language", Text),
)

children = Table(
    "children",
    metadata,
    Column("parent_run_id", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
)

# --- what follows from it ---------------------------------------------------------------------------------------

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("parent_run_id", Text, index=True),
    Column("top_level", Boolean, nullable=False),
    Column("dirty", Integer, nullable=False, index=True),  # 0 settled, 1 work out again, 2 its own data changed
    Column("revision", BigInteger, nullable=False),
    Column("factor_hash", Text),
    Column("name", Text, index=True),
    Column("project", Text, index=True),
    Column("kind", Text, index=True),
    Column("stage", Text, index=True),
    Column("model", Text, index=True),
    Column("parameters", Double),
    Column("task", Text, index=True),
    Column("tags", JSON),
    Column("status", Text, nullable=False, index=True),
    Column("exit_status", Integer),
    Column("day", Integer, nullable=False),
    Column("month", Integer, nullable=False),  # the first of its month, as a day
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("duration_s", Double, nullable=False),
    Column("hosts", Integer, nullable=False),
    Column("energy_method", Text),
    Column("measured_share", Double),
    *_figure_columns(),
    *(Column(name, Double) for name in COUNT_NAMES),
    Column("quality_name", Text),
    Column("quality_value", Double),
    Column("details", JSON, nullable=False),  # what accounting needs beside devices and hosts: declared, hours, counts
    Column("zone", Text),
    Column("zone_assumed", Boolean),
    Column("warnings", Integer, nullable=False),
    *(Column(name, Double) for name in MEASURED_NAMES),
)
Index("ix_runs_day", runs.c.day, runs.c.top_level)
Index("ix_runs_energy_j", runs.c.energy_j)
# Whether any run is on another factor set is asked by every command.
Index("ix_runs_factor_hash", runs.c.factor_hash, runs.c.started_at)
# A page by time and a text search are answered from this alone, without touching the wide rows.
Index(
    "ix_runs_search",
    *(runs.c[name] for name in ("started_at", "top_level", "name", "project", "model", "task", "run_id")),
)

run_devices = Table(
    "run_devices",
    metadata,
    Column("run_id", Text, ForeignKey("runs.run_id"), primary_key=True),
    Column("device_id", Text, primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("from_b", Double, nullable=False),
    Column("to_b", Double, nullable=False),
    Column("windows", JSON, nullable=False),  # [[from_b, to_b], ...]: when the run could see the device
    Column("energy_j", Double),
    Column("low_j", Double),
    Column("high_j", Double),
    Column("method", Text),
    Column("coverage", Double, nullable=False),
    Column("share", Double, nullable=False),
    Column("share_how", Text, nullable=False),
    Column("reserved", Boolean, nullable=False),
    Column("why_unknown", Text),
)
Index("ix_run_devices_overlap", run_devices.c.device_id, run_devices.c.boot_id, run_devices.c.from_b)

run_hosts = Table(
    "run_hosts",
    metadata,
    Column("run_id", Text, ForeignKey("runs.run_id"), primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("zone_how", Text, nullable=False),
    Column("zone_assumed", Boolean, nullable=False),
    Column("from_b", Double, nullable=False),
    Column("to_b", Double, nullable=False),
    Column("windows", JSON, nullable=False),
    Column("use", JSON, nullable=False),  # the fields of HostUse
)
Index("ix_run_hosts_overlap", run_hosts.c.boot_id, run_hosts.c.from_b)

run_zones = Table(
    "run_zones",
    metadata,
    Column("run_id", Text, ForeignKey("runs.run_id"), primary_key=True),
    Column("zone", Text, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("energy_j", Double),
    Column("energy_low_j", Double),
    Column("energy_high_j", Double),
    Column("assumed", Boolean),
)

rollups = Table(
    "rollups",
    metadata,
    Column("rollup_no", _Number, primary_key=True),
    Column("span", Text, nullable=False),  # day, week or month: each summed by itself, so that long times are few rows
    Column("day", Integer, nullable=False),  # its first day
    Column("week", Integer, nullable=False),  # the Monday of that, as a day
    Column("month", Integer, nullable=False),  # the first of its month, as a day
    *(Column(name, Text) for name in ("project", "model", "kind", "stage", "zone", "task")),
    Column("n", BigInteger, nullable=False),
    Column("n_known", BigInteger, nullable=False),
    Column("duration_s", Double),
    Column("measured_j", Double),
    *_figure_columns(),
    *(Column(name, Double) for name in COUNT_NAMES),
    *(Column(name, Double) for name in MEASURED_NAMES),
)

Index("ix_rollups_span", rollups.c.span, rollups.c.day)

dirty_days = Table("dirty_days", metadata, Column("day", Integer, primary_key=True, autoincrement=False))

# --- what persons and factor files said -------------------------------------------------------------------------

edits = Table(
    "edits",
    metadata,
    Column("edit_no", _Number, primary_key=True),
    Column("run_id", Text, nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("old", JSON),
    Column("new", JSON),
)

factor_sets = Table(
    "factor_sets",
    metadata,
    Column("content_hash", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kept_at", Double, nullable=False),
    Column("rows", LargeBinary, nullable=False),  # zlib of JSON
)

calibrations = Table(
    "calibrations",
    metadata,
    Column("calibration_no", _Number, primary_key=True),
    Column("host", Text, nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("details", JSON, nullable=False),
)
