"""`joulebook doctor`: what can be metered on this machine, how well, and how to do better."""

from __future__ import annotations

import json

import click

_MARKS = {"measuring": "✓", "set": "✓", "assumed": "~", "modelled": "~", "unknown": "~"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say of every source whether it measures, what it is worth, and the exact command that would improve it."""
    from joulebook.meters.examination import examine, to_json
    from joulebook.meters.settings import load_settings

    findings = examine(load_settings()).findings
    if as_json:
        click.echo(json.dumps([to_json(finding) for finding in findings], indent=2, ensure_ascii=False))
        return
    for finding in findings:
        mark = _MARKS.get(finding.state, "✗")
        click.echo(f"{mark} {finding.component:<6} {finding.what}: {finding.state} ({finding.source})")
        click.echo(f"         {finding.how_well}")
        if finding.improve:
            click.echo(f"         better: {finding.improve}")
