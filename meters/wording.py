"""Numbers as a person reads them in a terminal: three figures, the range, the method."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from joulebook.meters.summary import Rate, Rates, Summary

JOULES_PER_KWH = 3.6e6
THIN_SPACE = "\u202f"  # narrow and no-break
_NAMES = {"gpu": "GPU", "cpu": "CPU", "ram": "memory", "other": "other"}


def grouped(value: float, decimals: int = 0) -> str:
    """A number as people read it everywhere: thousands apart by a narrow no-break space, as the SI brochure asks."""
    return f"{value:,.{decimals}f}".replace(",", THIN_SPACE)


def counted(n: float, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{grouped(n)} {noun}{'' if n == 1 else 's'}"


def figure(value: float) -> str:
    """Three significant figures without an exponent where that reads well."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return _printable(grouped(value, min(digits, 6))) if 1e-4 <= abs(value) < 1e6 else f"{value:.3g}"


def _printable(number: str) -> str:
    """With plain spaces where standard output has no narrow ones: printing a summary must not end a program."""
    try:
        number.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return number.replace(THIN_SPACE, " ")
    return number


def energy(joules: float) -> str:
    """Joules, or kWh from 0.1 kWh on."""
    return f"{figure(joules)} J" if joules < 0.1 * JOULES_PER_KWH else f"{figure(joules / JOULES_PER_KWH)} kWh"


def energy_range(value: float, low: float, high: float) -> str:
    """A value with its range, in one unit."""
    scale, unit = (1.0, "J") if value < 0.1 * JOULES_PER_KWH else (JOULES_PER_KWH, "kWh")
    return f"{figure(value / scale)} {unit} ({figure(low / scale)} to {figure(high / scale)})"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, the largest two that matter."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def summary_text(summary: Summary) -> str:
    """The whole summary, a few lines."""
    if not summary.metered:
        return f"{summary.name or 'run'}: not metered (is JOULEBOOK_DISABLED set?), so nothing is known of it"
    lines = [f"{summary.name or 'run'} ({summary.run_id[:12]}): {duration(summary.duration_s)}"]
    if not summary.components:
        lines.append("  energy: nothing on this machine could be measured; `joulebook show` has the modelled figures,")
        lines.append("  `joulebook doctor` says what would make it measurable")
    else:
        lines += _energy_lines(summary)
        lines += rate_lines(summary)
    lines += [f"  warning: {text}" for text in summary.warnings]
    return "\n".join(lines)


def one_line(summary: Summary) -> str:
    """The summary in one line, for the end of `joulebook run`."""
    head = f"{summary.name or 'run'} ({summary.run_id[:12]}), {duration(summary.duration_s)}"
    if summary.energy_j is None or summary.energy_range_j is None:
        return (
            f"{head}: nothing could be measured here; `joulebook show {summary.run_id[:12]}` has the modelled figures"
        )
    parts = ", ".join(f"{_NAMES[name]} {energy(part.energy_j)}" for name, part in summary.components.items())
    return f"{head}: {energy_range(summary.energy_j, *summary.energy_range_j)} measured, {parts}{emissions(summary)}"


def emissions(summary: Summary) -> str:
    """What a line about energy goes on with: grams, their range and the place; empty where they are unknown."""
    found = converted(summary, summary.rates.intensity_g_per_kwh)
    if found is None:
        return ""
    value, low, high = (figure(number) for number in found)
    return f", {value} gCO2e ({low} to {high}, {_place(summary.rates)})"


def _place(rates: Rates) -> str:
    return f"{rates.zone}{' assumed' if rates.assumed else ''}"


def _energy_lines(summary: Summary) -> list[str]:
    total, ends = summary.energy_j or 0.0, summary.energy_range_j or (0.0, 0.0)
    lines = [f"  energy: {energy_range(total, *ends)}, 90 % range"]
    for name, part in summary.components.items():
        count = f" of {part.devices} devices" if part.devices > 1 else ""
        how = f"{part.method} by {', '.join(part.sensors)}"
        lines.append(f"    {_NAMES[name]}{count}: {energy_range(part.energy_j, part.low_j, part.high_j)}, {how}")
    if summary.above_idle_j is not None:
        down, up = total - ends[0], ends[1] - total
        above = summary.above_idle_j
        above_range = energy_range(above, max(0.0, above - down), above + up)
        lines.append(f"    above idle, which was measured before the run: {above_range}")
    if summary.missing:
        lines.append(f"    not measured here: {', '.join(summary.missing)}; `joulebook show` has the modelled figures")
    return lines


def converted(summary: Summary, rate: Rate | None) -> tuple[float, float, float] | None:
    """Facility energy times a rate per kWh; None where either is unknown.

    The range is that of a product of independent lognormal terms, as the books work it out.
    """
    if rate is None or summary.energy_j is None or summary.energy_range_j is None:
        return None
    pue = summary.rates.pue
    factors = [(rate.value, rate.low, rate.high), (pue.value, pue.low, pue.high) if pue else (1.0, 1.0, 1.0)]
    kwh = [joules / JOULES_PER_KWH for joules in (summary.energy_j, *summary.energy_range_j)]
    value = kwh[0] * factors[0][0] * factors[1][0]
    terms = [(kwh[0], kwh[1], kwh[2]), *factors]
    down = math.hypot(*(math.log(middle / low) if low > 0 else math.inf for middle, low, _ in terms if middle))
    up = math.hypot(*(math.log(high / middle) for middle, _, high in terms if middle))
    return value, value * math.exp(-down), value * math.exp(up)


def rate_lines(summary: Summary) -> list[str]:
    """gCO2e and USD, where the face found rates."""
    rates: Rates = summary.rates
    lines = []
    for rate, label, unit in (
        (rates.intensity_g_per_kwh, "emissions", "gCO2e"),
        (rates.price_usd_per_kwh, "electricity", "USD"),
    ):
        found = converted(summary, rate)
        if found is not None and rate is not None:
            value, low, high = (figure(number) for number in found)
            pue = f", PUE {rates.pue.value:g}" if rates.pue else ""
            lines.append(f"  {label}: {value} {unit} ({low} to {high}), {_place(rates)}, {rate.vintage}{pue}")
    return lines
