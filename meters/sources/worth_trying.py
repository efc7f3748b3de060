"""The sources worth trying on this machine."""

from __future__ import annotations

import os

from joulebook.meters.sources import Source


def all_sources() -> list[Source]:
    """The sources worth trying on this machine."""
    from joulebook.meters.sources.nvml import NvmlSource
    from joulebook.meters.sources.powercap import PowercapSource

    sources: list[Source] = [NvmlSource(), PowercapSource()]
    if os.environ.get("JOULEBOOK_REPLAY"):
        from joulebook.meters.sources.replay import ReplaySource

        sources.append(ReplaySource())
    from joulebook.meters.sources import codecarbon_counters

    if codecarbon_counters.may_apply():
        sources.append(codecarbon_counters.CodeCarbonSource())
    return sources
