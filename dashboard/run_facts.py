"""What a run's page says of the run beside its figures: facts, notes, and what was corrected by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import plain
from joulebook.dashboard.run_page import when, work_done
from joulebook.dashboard.texts import t

Document = Mapping[str, Any]
_NOTES = ("note", "notes")


def notes(document: Document) -> list[str]:
    """What people wrote down about the run (tags `note` and `notes`), a line each."""
    tags = document["tags"] or {}
    return [plain(str(tags[key]), 600) for key in _NOTES if tags.get(key)]


def corrections(document: Document) -> list[str]:
    """What was changed by hand, newest first: the field, from what to what, who and when."""
    return [
        t(
            "run.correction",
            field=plain(edit["field"]),
            old=_plain_value(edit["old"]),
            new=_plain_value(edit["new"]),
            who=plain(edit["who"]),
            when=fmt.moment(when(edit["at"])),
        )
        for edit in reversed(document["details"].get("edits") or [])
    ]


def _plain_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return plain(", ".join(f"{key} = {said}" for key, said in value.items()), 300) or t("figure.unknown")
    return t("figure.unknown") if value in (None, "") else plain(str(value), 300)


def facts(document: Document) -> dict[str, str]:
    """Name, project, place, work, quality, latency: what is known of the run, as a list of words."""
    latency, tags = document["latency_s"], document["tags"] or {}
    rows = {
        t("word.state"): t("status." + document["status"])
        + (f" ({document['exit_status']})" if document["exit_status"] not in (None, 0) else ""),
        t("run.started"): fmt.moment(when(document["started_at"])) + " UTC",
        t("run.ended"): fmt.moment(when(document["ended_at"])) + " UTC" if document["ended_at"] else "",
        t("word.project"): plain(document["project"] or ""),
        t("word.model"): plain(document["model"] or "") + _parameters(document),
        t("word.task"): plain(document["task"] or ""),
        t("run.hosts"): plain(", ".join(_hosts(document))),
        t("run.work"): plain(work_done(document), 300),
        t("word.quality"): "; ".join(_quality(q) for q in document["quality"]),
        t("run.latency"): t(
            "run.latencies",
            p50=fmt.duration(latency["p50"]),
            p95=fmt.duration(latency["p95"]),
            n=fmt.whole(latency["n"]),
        )
        if latency
        else "",
        t("run.tags"): ", ".join(f"{plain(k)} = {plain(v)}" for k, v in tags.items() if k not in _NOTES),
        t("run.run_id"): plain(document["run_id"]),
    }
    return {key: value for key, value in rows.items() if value}


def _hosts(document: Document) -> list[str]:
    hosts = document["hosts"]
    return [str(host) for host in hosts] if isinstance(hosts, list) else []


def _parameters(document: Document) -> str:
    n = document["parameters"]
    return f" ({t('run.parameters', n=fmt.amount(n, 'count'))})" if n else ""


def _quality(quality: Mapping[str, Any]) -> str:
    language = f", {plain(quality['language'])}" if quality.get("language") else ""
    n = (
        f" (n = {fmt.whole(quality['n'])}{language})"
        if quality.get("n")
        else (f" ({language[2:]})" if language else "")
    )
    return f"{plain(quality['name'])} {fmt.number(quality['value'])}{n}"
