"""Where a run came from: command, machine, software and factors, as its document tells them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import plain
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.factors import Factors

Document = Mapping[str, Any]


def command(document: Document) -> str:
    """What to type to do it again, metered: the recorded command (secrets are masked in it) under `joulebook run`."""
    words = [str(word) for word in document["details"].get("command") or []]
    options = [
        f"--{name} {shlex.quote(str(document[name]))}"
        for name in ("name", "project", "kind", "stage", "model", "task")
        if document[name]
    ]
    size = [f"--parameters {document['parameters']:g}"] if document["parameters"] else []
    tail = shlex.join(words) if words else t("run.command_unknown")
    return " ".join(["joulebook run", *options, *size, "--", tail])


def software(document: Document) -> dict[str, str]:
    """Machines and versions as words."""
    rows: dict[str, str] = {}
    for found in document["details"].get("machines") or []:
        machine = found.get("machine") or {}
        memory = machine.get("memory_bytes")
        words = [
            str(machine.get("cpu_model") or ""),
            t("run.threads", n=machine["threads"]) if machine.get("threads") else "",
            f"{memory / 2**30:.0f} GiB" if memory else "",
            " ".join(str(machine[key]) for key in ("os", "arch") if machine.get(key)),
        ]
        rows[plain(found.get("host") or t("figure.unknown"))] = plain(", ".join(word for word in words if word))
    versions = document["details"].get("software") or {}
    return rows | {plain(name): plain(number) for name, number in versions.items() if number}


def factor_lines(document: Document, factors: Factors) -> list[str]:
    """The factors behind the run's figures, one line of Markdown each; the set must be the one that the run is on."""
    lines = []
    for key in document["details"]["factor_set"]["keys"]:
        factor = factors.get(key)
        if factor is not None:
            span = fmt.span(fmt.shown(factor.value, factor.low, factor.high, "count"))
            lines.append(
                t(
                    "run.factor",
                    key=plain(key),
                    value=fmt.number(factor.value),
                    span=f" ({span})" if span else "",
                    unit=plain(factor.unit),
                    vintage=plain(factor.vintage, limit=200),
                    source=plain(factor.source),
                )
            )
    return lines
