"""Published candidates: measured inference energy joined with quality, one task at a time."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

from joulebook.ledger.accounting.comparison import Candidate, Quality, Unit
from joulebook.ledger.accounting.comparison_quality import quality_of
from joulebook.ledger.accounting.figure import Figure
from joulebook.reference_data.inference import InferenceConfig, SmallLargeRun
from joulebook.reference_data.offline_models import OfflineModel
from joulebook.reference_data.tables import forgettable

J_PER_KWH = 3.6e6
# A GPU's energy counter, from one device or meter to another (NVML's own accuracy: 3 to 5 %).
METER_GSD = 1.05
# CPU and memory watts that CodeCarbon 2.3.1 assumed as constants for the whole node.
ASSUMED_WATTS_GSD = 1.3
# One steady-state measurement, repeated on the same machine.
REPEAT_GSD = 1.03
Z95 = 1.96  # half width of a 95 % interval in standard errors
BATCH = 64.0  # of each model the measured configuration nearest to this many sequences in flight

_KINDS = (
    ("text_classif_", "sentiment"),
    ("zeroshot_sentiment_", "sentiment"),
    ("zeroshot_qa_", "question answering"),
    ("qa_", "question answering"),
    ("zeroshot_summarize_", "summarization"),
    ("summarize_", "summarization"),
    ("fillmask_", "fill mask"),
    ("textgen_", "text generation"),
    ("token_classif_", "token classification"),
    ("image_class_", "image classification"),
    ("obj_detection_", "object detection"),
    ("itt_", "image captioning"),
    ("tti_", "image generation"),
)
_SAME_DATA = {"squad2": "squadv2"}
# ML.ENERGY's tasks and the benchmark that says how well a model does them.
BENCHMARKS = {"lm-arena-chat": "LMArena text Elo", "gpqa": "GPQA"}
LANGUAGE_BENCHMARKS = {"lm-arena-chat": (("ko", "LMArena text Elo (Korean)"),)}
OFFLINE_TASK = "movie review sentiment"
# What guessing gets right on a task of equally frequent answers.
CHANCE = {OFFLINE_TASK: 0.5}


def small_large_task(task: str) -> str:
    """A readable name of a task of Power Hungry Processing; tuned and zero-shot on one data set are one task."""
    for prefix, kind in _KINDS:
        if task.startswith(prefix):
            data = task.removeprefix(prefix).removesuffix("_15").replace("_", " ")
            return f"{_SAME_DATA.get(data, data)} {kind}"
    return task.replace("_", " ")


@forgettable
@cache
def published_tasks() -> tuple[str, ...]:
    """Every task that published candidates are known for."""
    from joulebook.reference_data.inference import inference_configs, small_large_measured

    tasks = {small_large_task(row.task) for row in small_large_measured()}
    return tuple(sorted(tasks | {row.task for row in inference_configs()} | {OFFLINE_TASK}))


def is_measured_task(task: str) -> bool:
    """Whether the task is one of Power Hungry Processing or of the offline models: whole machines, few tokens."""
    from joulebook.reference_data.inference import small_large_measured

    return task == OFFLINE_TASK or any(small_large_task(row.task) == task for row in small_large_measured())


def published_candidates(task: str, unit: Unit, *, gpu_only: bool = False) -> list[Candidate]:
    """All published candidates of one task per unit of work; empty where there are none.

    Args:
        task: One of `published_tasks()`.
        unit: `request` and `sample` are one item; 1,000 output tokens are known for ML.ENERGY's tasks alone.
        gpu_only: Only what the GPU's counter measured, without assumed CPU and memory watts.
    """
    return list(_published(task, unit, gpu_only))


@forgettable
@cache
def _published(task: str, unit: Unit, gpu_only: bool) -> tuple[Candidate, ...]:
    found = [*_small_large(task, unit, gpu_only), *_served(task, unit), *([] if gpu_only else _offline(task, unit))]
    return tuple(_with_labels(found))


def _small_large(task: str, unit: Unit, gpu_only: bool) -> list[Candidate]:
    from joulebook.reference_data.inference import small_large_measured

    if unit == "1k-tokens":
        return []
    rows = [row for row in small_large_measured() if small_large_task(row.task) == task]
    return [_of_small_large(row, task, unit, gpu_only) for row in rows]


def _of_small_large(row: SmallLargeRun, task: str, unit: Unit, gpu_only: bool) -> Candidate:
    per_request = J_PER_KWH / row.requests_per_run
    kwh, sd = (row.gpu_kwh, row.gpu_sd_kwh) if gpu_only else (row.energy_kwh, row.energy_sd_kwh)
    measured = 1.0 if gpu_only else row.gpu_kwh / row.energy_kwh
    energy_j = kwh * per_request
    return Candidate(
        model=row.model_id,
        model_id=row.model_id,
        origin="published",
        task=task,
        unit=unit,
        energy_per_unit_j=Figure(
            energy_j, energy_j, energy_j, "published", "accelerators" if gpu_only else "IT", "2024", measured
        ),
        own_gsd=math.exp(sd / kwh / math.sqrt(row.runs)),
        shared_gsd=(("meter of an eight-A100 node", _node_gsd(measured)),),
        run_to_run_sd_j=sd * per_request,
        runs=row.runs,
        quality=None
        if row.quality is None
        else quality_of(row.quality_metric, row.quality, n=int(row.quality_n) if row.quality_n else None),
        latency_s=_spread(row.duration_s, row.duration_sd_s / math.sqrt(row.runs)).scaled(1 / row.requests_per_run),
        parameters=row.parameters,
        hardware="1 of 8 A100-SXM4-80GB",
        batch=1.0,
        place="own server",
        prompts_leave=False,
        components_j=tuple(
            (name, kwh * per_request)
            for name, kwh in (("gpu", row.gpu_kwh), ("cpu", row.cpu_kwh), ("ram", row.ram_kwh))
        ),
        source=f"{row.source_key}: {row.setting}, {row.runs} x {row.requests_per_run} requests; test size assumed",
    )


def _node_gsd(measured: float) -> float:
    """Spread that all models on the node share: the counter's part and the assumed watts' part, in squares."""
    return math.exp(math.hypot(measured * math.log(METER_GSD), (1 - measured) * math.log(ASSUMED_WATTS_GSD)))


def _spread(value: float, standard_error: float) -> Figure:
    half = 1.645 * standard_error
    return Figure(value, value - half, value + half, "published", "request", "2024")


def _served(task: str, unit: Unit) -> list[Candidate]:
    """ML.ENERGY v3: of each model the configuration nearest to the common batch, on H100 where that was measured."""
    from joulebook.reference_data.inference import inference_configs

    if unit == "sample":
        unit = "request"
    by_model: dict[str, list[InferenceConfig]] = {}
    for row in inference_configs():
        if row.task == task:
            by_model.setdefault(row.model_id, []).append(row)
    return [_of_config(min(rows, key=_distance), task, unit) for rows in by_model.values()]


def _distance(row: InferenceConfig) -> tuple[bool, float, int, str]:
    return row.accelerator != "H100", abs(math.log(row.batch / BATCH)), row.accelerators, row.precision


def _of_config(row: InferenceConfig, task: str, unit: Unit) -> Candidate:
    tokens = 1000.0 if unit == "1k-tokens" else row.output_tokens
    energy_j = row.energy_j_per_token * tokens
    seconds = row.output_tokens * row.median_inter_token_ms / 1000
    return Candidate(
        model=row.model_id,
        model_id=row.model_id,
        origin="published",
        task=task,
        unit=unit,
        energy_per_unit_j=Figure(energy_j, energy_j, energy_j, "published", "accelerators", "2026", 1.0),
        own_gsd=REPEAT_GSD,
        shared_gsd=((f"meter of {row.accelerator}", METER_GSD),),
        runs=1,
        quality=benchmark_quality(row.model_id, BENCHMARKS.get(task)),
        latency_s=Figure(seconds, seconds / 1.1, seconds * 1.1, "published", "request", "2026"),
        parameters=row.parameters_billion * 1e9,
        hardware=f"{row.accelerators} x {row.accelerator}",
        batch=row.batch,
        place="own server",
        prompts_leave=False,
        by_language=tuple(
            found
            for language, benchmark in LANGUAGE_BENCHMARKS.get(task, ())
            if (found := benchmark_quality(row.model_id, benchmark, language)) is not None
        ),
        source=f"{row.source_key}: {row.precision}, {row.output_tokens:.0f} output tokens, latency of the median token",
    )


def benchmark_quality(model_id: str, benchmark: str | None, language: str | None = None) -> Quality | None:
    """The newest score that is not from memory; per cent become a share. Without an interval its range is unknown."""
    from joulebook.reference_data.quality import quality_scores

    rows = [
        row
        for row in quality_scores()
        if row.model_id == model_id and row.benchmark == benchmark and row.verified != "recall"
    ]
    if not rows:
        return None
    row = max(rows, key=lambda r: (r.year, r.score))
    scale = 0.01 if row.unit == "%" else 1.0
    known = row.low_95 is not None and row.high_95 is not None
    error = (row.high_95 - row.low_95) / (2 * Z95) * scale if known else None  # type: ignore[operator]
    return quality_of(row.benchmark, row.score * scale, sd=error, language=language)


def _offline(task: str, unit: Unit) -> list[Candidate]:
    """Models that run without a network on two virtual CPUs, English and Korean side by side."""
    from joulebook.reference_data.offline_models import offline_models

    if task != OFFLINE_TASK or unit == "1k-tokens":
        return []
    by_model: dict[str, list[OfflineModel]] = {}
    for row in offline_models():
        if ("sentiment" in row.task and row.accuracy is not None) or "logistic regression on 4,000" in row.task:
            by_model.setdefault(f"{row.package}", []).append(row)
    return [_of_offline(name, rows, unit) for name, rows in by_model.items()]


def _of_offline(name: str, rows: list[OfflineModel], unit: Unit) -> Candidate:
    qualities = [
        quality_of("accuracy", row.accuracy, n=int(row.test_items) if row.test_items else None, language=row.language)
        for row in rows
        if row.accuracy is not None
    ]
    first = rows[0]
    return Candidate(
        model=name,
        model_id=f"{name} ({first.model})",
        origin="published",
        task=OFFLINE_TASK,
        unit=unit,
        energy_per_unit_j=_cpu_energy(first),
        own_gsd=1.1,
        shared_gsd=(("watts per CPU thread", 1.5),),
        runs=1,
        quality=next((q for q in qualities if q.language == "en"), None),
        latency_s=_wall(first),
        parameters=None if first.parameters_million is None else first.parameters_million * 1e6,
        hardware="2 virtual CPUs, no accelerator",
        batch=1.0,
        place="laptop",
        prompts_leave=False,
        by_language=tuple(qualities),
        source=f"{first.source_key}: {first.how_tested}; joules from CPU seconds times modelled watts",
    )


def _cpu_energy(row: OfflineModel) -> Figure | None:
    """CPU seconds of one item times the watts of a busy thread; unknown without a time."""
    from joulebook.reference_data.cpus import cpu_power

    if row.cpu_ms_per_item is None:
        return None
    watts, seconds = cpu_power(None), row.cpu_ms_per_item / 1000
    joules = Figure(
        watts.full_w_per_thread,
        watts.full_low_w_per_thread,
        watts.full_high_w_per_thread,
        "modelled",
        "CPU only",
        "2026",
    )
    return joules.scaled(seconds)


def _wall(row: OfflineModel) -> Figure | None:
    if row.wall_ms_per_item is None:
        return None
    seconds = row.wall_ms_per_item / 1000
    return Figure(seconds, seconds / 1.2, seconds * 1.2, "published", "request", "2026")


def _with_labels(candidates: list[Candidate]) -> list[Candidate]:
    """Short labels (the name without its maker) where they are unique, else the full name and what sets it apart."""
    short = [c.model.split("/")[-1] for c in candidates]
    full = [c.model_id for c in candidates]
    labelled = []
    for candidate, label in zip(candidates, short, strict=True):
        name = label if short.count(label) == 1 else candidate.model_id
        if full.count(candidate.model_id) > 1:
            name = f"{name} ({candidate.source.split(':')[1].split(',')[0].strip()})"
        labelled.append(replace(candidate, model=name))
    return labelled
