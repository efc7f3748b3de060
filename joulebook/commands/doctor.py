"""`joulebook doctor`: what can be metered on this machine, how well, and how to do better."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from joulebook.meters.examination import Finding

_MARKS = {"measuring": "✓", "set": "✓", "assumed": "~", "modelled": "~", "unknown": "~"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say of every source whether it measures, what it is worth, and the exact command that would improve it."""
    from joulebook.meters.examination import examine, to_json
    from joulebook.meters.settings import load_settings

    findings = [_known(finding) for finding in examine(load_settings()).findings]
    if as_json:
        click.echo(json.dumps([to_json(finding) for finding in findings], indent=2, ensure_ascii=False))
        return
    for finding in findings:
        mark = _MARKS.get(finding.state, "✗")
        click.echo(f"{mark} {finding.component:<6} {finding.what}: {finding.state} ({finding.source})")
        click.echo(f"         {finding.how_well}")
        if finding.improve:
            click.echo(f"         better: {finding.improve}")


def _known(finding: Finding) -> Finding:
    """A place that is set, unless there is no such country or no figure of the region: the meters don't know them."""
    if finding.component != "place" or finding.source != "location" or finding.state != "set":
        return finding
    from dataclasses import replace

    from joulebook.commands.decisions import stand_ins
    from joulebook.reference_data.places import zone_of_cloud_region, zone_of_code

    provider, of_cloud, region = finding.what.partition(" ")
    zone = zone_of_cloud_region(provider, region) if of_cloud else zone_of_code(finding.what)
    if zone is None and of_cloud:
        return finding
    if zone is None:
        why = f"set {finding.how_well}, but no such country is known: the world average stands in for it"
        improve = "export JOULEBOOK_LOCATION=KOR   (your country's code, with a region where known: US-CA)"
        return replace(finding, state="unknown", how_well=why, improve=improve)
    return replace(finding, how_well=". ".join((finding.how_well, *stand_ins([zone]))))
