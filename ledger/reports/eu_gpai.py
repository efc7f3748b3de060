"""`joulebook report eu-gpai`: the energy and compute items of the EU's Model Documentation Form for general-purpose AI.

Code of Practice, Transparency chapter (2025-07-10), on Annex XI, section 1, 2 (d) and (e) of Regulation (EU)
2024/1689. The form sets no boundary for energy, so ours is written out; inference is asked for as compute, not energy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from joulebook.ledger.errors import LedgerError
from joulebook.ledger.reports.run_facts import full_documents, gpus, hardware, total
from joulebook.ledger.store import Ledger, RunFilter
from joulebook.meters.wording import counted, grouped

TITLE = "Energy and compute items of the EU GPAI Model Documentation Form"
SUFFIX = ".md"
_UNKNOWN = "unknown"
Documents = Sequence[Mapping[str, Any]]


def text(ledger: Ledger, run_filter: RunFilter) -> str:
    """One form a model that was trained.

    Raises:
        LedgerError: No training passes the filter.
    """
    made: dict[str, list[Mapping[str, Any]]] = {}
    served: dict[str, list[Mapping[str, Any]]] = {}
    for document in full_documents(ledger, run_filter):
        group = made if document["kind"] == "training" else served
        group.setdefault(document["model"] or _UNKNOWN, []).append(document)
    if not made:
        raise LedgerError("no training passes the filter; the form is about models that were trained")
    return "\n".join(_form(model, documents, served.get(model, [])) for model, documents in made.items())


def _form(model: str, documents: Documents, served: Documents) -> str:
    """The items; AIO is the AI Office, NCAs are the national competent authorities."""
    seconds = sum(document["duration_s"] for document in documents)
    device_days = sum(document["duration_s"] * max(1, len(gpus(document))) for document in documents) / 86400
    flop = _training_flop(documents)
    energy = total(document["energy_j"] for document in documents)
    rows = [
        ("Total number of parameters", two_digits(_parameters(documents)), "AIO, NCAs"),
        ("Training time, range", _time_range(documents), "NCAs"),
        ("Training time, wall clock", f"{two_digits(seconds / 86400)} days", "AIO"),
        ("Training time, hardware", f"{two_digits(device_days)} device-days on {_hardware(documents)}", "AIO"),
        ("Computation used for training, order of magnitude", _order(flop), "NCAs"),
        ("Computation used for training", f"{two_digits(flop)} FLOP" if flop else _UNKNOWN, "AIO"),
        ("Computation, methodology", _compute_method(documents), "AIO, NCAs"),
        ("Energy used for training", _energy(energy), "AIO, NCAs"),
        ("Energy, methodology", _energy_method(energy, documents), "AIO, NCAs"),
        ("Benchmarked computation used for inference", _inference(served), "AIO, NCAs"),
        ("Inference, methodology", _inference_method(served), "AIO, NCAs"),
    ]
    lines = [f"# Model Documentation Form: {model}", "", "| item | entry | for |", "|---|---|---|"]
    lines += [f"| {item} | {entry} | {whom} |" for item, entry, whom in rows]
    return "\n".join([*lines, ""])


def two_digits(value: float | None) -> str:
    """At least two significant digits, as the form asks."""
    if value is None:
        return _UNKNOWN
    text = f"{value:.3g}"
    return grouped(float(text)) if 1000 <= abs(value) < 1e6 else text


def _parameters(documents: Documents) -> float | None:
    return next((document["parameters"] for document in documents if document["parameters"]), None)


def _time_range(documents: Documents) -> str:
    """From the first start to the last end, in the form's steps of months."""
    moments = [m for document in documents for m in (document["started_at"], document["ended_at"]) if m]
    ends = [datetime.fromisoformat(moment).timestamp() for moment in moments]
    months = (max(ends) - min(ends)) / (86400 * 365.25 / 12)
    steps = ((1, "less than 1 month"), (3, "1 to 3 months"), (6, "3 to 6 months"))
    return next((name for most, name in steps if months < most), "more than 6 months")


def _hardware(documents: Documents) -> str:
    return "; ".join(dict.fromkeys(hardware(document) for document in documents))


def _training_flop(documents: Documents) -> float | None:
    """6 operations a parameter and token (Kaplan et al. 2020, arXiv 2001.08361), where both were told."""
    flop = [
        6 * d["parameters"] * d["counts"]["tokens_in"]
        for d in documents
        if d["parameters"] and d["counts"].get("tokens_in")
    ]
    return math.fsum(flop) if flop else None


def _order(flop: float | None) -> str:
    return _UNKNOWN if not flop else f"10^{math.floor(math.log10(flop))} FLOP"


def _compute_method(documents: Documents) -> str:
    known = sum(bool(d["parameters"] and d["counts"].get("tokens_in")) for d in documents)
    if not known:
        return "no run counts its training tokens (`run.count(tokens_in=...)`), so 6ND can't be worked out"
    of = counted(len(documents), "run")
    return f"6 operations per parameter and training token (arXiv 2001.08361) over {known} of {of}"


def _energy(energy: Any) -> str:
    if energy is None:
        return "N/A"
    mwh = [end / 3.6e9 for end in (energy.value, energy.low, energy.high)]
    return f"{two_digits(mwh[0])} MWh ({two_digits(mwh[1])} to {two_digits(mwh[2])})"


def _energy_method(energy: Any, documents: Documents) -> str:
    """About a hundred words, since no delegated act under Article 53(5) says how."""
    if energy is None:
        return "energy is unknown; it may be derived from computation (Annex XI)"
    share = (
        "" if energy.measured_share is None else f" {energy.measured_share:.0%} of it was read from device counters."
    )
    missing = sorted({part for document in documents for part in document["missing"]})
    left_out = f" Not included: {', '.join(missing)}." if missing else ""
    return (
        f"Sum over {counted(len(documents), 'training run')}, failed and repeated ones included as far as metered."
        f"{share} "
        "Accelerators are read through NVML, processors and memory through RAPL where the system allows; what has no "
        "counter is modelled from CPU seconds, load, processor family and memory held. A device shared with other jobs "
        f"counts by this job's share. Boundary: {energy.boundary} (IT equipment of the nodes), before cooling and "
        f"power distribution of the facility. The range covers 90 % for the mean.{left_out} In absence of a "
        "delegated act under Article 53(5)."
    )


def _inference(served: Documents) -> str:
    flop = _inference_flop(served)
    return _UNKNOWN if flop is None else f"{two_digits(flop)} FLOP for {grouped(100_000)} output tokens"


def _inference_flop(served: Documents) -> float | None:
    """2 operations a parameter and token, prompt and answer, scaled to 100,000 output tokens."""
    known = [d for d in served if d["parameters"] and d["counts"].get("tokens_out")]
    tokens_out = math.fsum(d["counts"]["tokens_out"] for d in known)
    if not tokens_out:
        return None
    flop = math.fsum(2 * d["parameters"] * (d["counts"].get("tokens_in", 0) + d["counts"]["tokens_out"]) for d in known)
    return flop / tokens_out * 100_000


def _inference_method(served: Documents) -> str:
    if _inference_flop(served) is None:
        return "no metered inference of this model counts its tokens"
    where = f"{counted(len(served), 'metered run')} on {_hardware(served)}"
    return f"2 operations per parameter and token, prompts included, as in {where}"
