"""Runs on the terminal: a table of many, and one in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.forecasts import fraction_done, is_total, to_do, whole_run
from joulebook.meters.wording import duration, grouped

if TYPE_CHECKING:
    import pandas as pd

Shown = Mapping[str, Any]
# Largest step first; the first that leaves a number of 1 or more is taken.
_UNITS = {
    "J": (("GWh", 3.6e12), ("MWh", 3.6e9), ("kWh", 3.6e6), ("Wh", 3.6e3), ("J", 1.0), ("mJ", 1e-3), ("µJ", 1e-6)),
    "g": (("t", 1e6), ("kg", 1e3), ("g", 1.0), ("mg", 1e-3), ("µg", 1e-6)),
    "L": (("m³", 1e3), ("L", 1.0), ("mL", 1e-3), ("µL", 1e-6)),
    "USD": (("USD", 1.0), ("¢", 1e-2), ("µUSD", 1e-6), ("nUSD", 1e-9)),
    "n": (("billion", 1e9), ("million", 1e6), ("", 1.0)),
    "h": (("h", 1.0),),
    "s": (("h", 3600.0), ("s", 1.0)),
}
# Money is said in whole units for longer: 0.05 USD, 0.5 ¢.
_FROM = {"USD": 1e-2, "¢": 1e-4}
_TEXTS = ("name", "project", "model")
_WIDE = 130  # columns from which every figure of a table stands with range and method
# Below a thousandth of the smallest unit nobody wants the digits.
_LEAST = 1e-3
# An input that brings less of a range's width is not named.
_LEAST_SHARE = 0.01


def quantity(value: float | None, unit: str) -> str:
    """A number with three significant digits in a fitting unit; a dash where unknown."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    name, size = unit_for(value, unit)
    return f"{_three_digits(value / size)} {name}"


def unit_for(value: float, unit: str) -> tuple[str, float]:
    """Name and size of the step of a unit (`J`, `g`, `L`, `USD`, `s`) in which a number reads best."""
    steps = _UNITS[unit]
    if value == 0:
        return next(step for step in steps if step[1] == 1.0)
    return next((step for step in steps if abs(value) >= _FROM.get(step[0], step[1])), steps[-1])


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) < _LEAST:
        return f"<{_LEAST:g}"
    return grouped(float(f"{value:.3g}") if abs(value) >= 1e4 else value) if abs(value) >= 100 else f"{value:.3g}"


def figure(shown: Shown | None, unit: str, *, method: bool = True) -> str:
    """A figure with its range, and its method where there is room for it."""
    if shown is None:
        return "unknown"
    name, size = unit_for(shown["value"] or shown["high"], unit)
    how = f", {shown['method']}" if method else ""
    if 0 < shown["high"] / size < _LEAST:
        return f"<{_LEAST:g} {name} ({shown['method']})" if method else f"<{_LEAST:g} {name}"
    value, low, high = (_three_digits(shown[key] / size) for key in ("value", "low", "high"))
    return f"{value} {name} ({low} to {high}{how})"


def print_runs(frame: pd.DataFrame, total: int) -> None:
    """One line a run."""
    console = _console()
    if frame.empty:
        console.print("No runs yet. Meter one: joulebook run -- CMD")
        return
    # A narrow terminal gets fewer columns rather than cut numbers.
    wide = console.width >= 140
    table = Table(box=None, header_style="bold", pad_edge=False)
    cells = [_cells({str(key): value for key, value in row.items()}, wide=wide) for row in frame.to_dict("records")]
    widths = {
        name: max(len(name), *(len(line) for row in cells for line in row[name].split("\n"))) for name in cells[0]
    }
    longest = _longest_text(widths, console.width)
    for name, width in widths.items():
        right = name in {"duration", "energy", "measured", "CO2e", "cost"}
        table.add_column(
            name,
            justify="right" if right else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=min(width, longest) if name in _TEXTS else width,
        )
    for row in cells:
        table.add_row(*(escape(text) for text in row.values()))
    console.print(table)
    console.print(
        "Under each its 90 % range; energy of the IT equipment, CO2e and cost of the facility.", highlight=False
    )
    if total > len(frame):
        console.print(f"{len(frame)} of {total} runs; --limit shows more")


def _longest_text(widths: Mapping[str, int], console_width: int) -> int:
    """What is left for each of the texts, once the numbers stand in full."""
    texts = [name for name in widths if name in _TEXTS]
    numbers = sum(width for name, width in widths.items() if name not in _TEXTS)
    return max(8, (console_width - numbers - 2 * (len(widths) - 1)) // max(1, len(texts)))


def _console() -> Console:
    """As wide as the terminal; wide enough for all where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def _cells(row: Shown, *, wide: bool) -> dict[str, str]:
    share = row["measured_share"]
    cells = {
        **_names(row, wide=wide),
        **({"project": row["project"] or "–", "model": row["model"] or "–"} if wide else {}),
        "status": row["status"],
        **({"started (UTC)": f"{row['started_at']:%Y-%m-%d %H:%M}"} if wide else {}),
        "duration": duration(row["duration_s"]),
        "energy": _ranged(row, "energy", "J"),
        **({"measured": "–" if share is None or share != share else f"{share:.0%}"} if wide else {}),  # noqa: PLR0124 - NaN
        "CO2e": _ranged(row, "emissions", "g"),
        **({"cost": _ranged(row, "cost", "USD")} if wide else {}),
    }
    return {name: str(text) for name, text in cells.items()}


def _names(row: Shown, *, wide: bool) -> dict[str, str]:
    """Id and name; on a narrow terminal the name stands under the id, as far as it fits."""
    run_id, name = row["run_id"], row["name"] or "–"
    if wide:
        return {"run": run_id, "name": name}
    room = max(len(run_id), 20)
    return {"run": f"{run_id}\n{name if len(name) <= room else name[: room - 1] + '…'}"}


def _ranged(row: Shown, name: str, unit: str) -> str:
    """A value, and its range under it."""
    value, low, high = (row[f"{name}{end}_{unit.lower()}"] for end in ("", "_low", "_high"))
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    shown, _, ends = figure({"value": value, "low": low, "high": high}, unit, method=False).partition(" (")
    return f"{shown}\n{ends.removesuffix(')')}"


def print_run(document: Shown, notes: Sequence[str] = ()) -> None:
    """One run: what it was, what it cost, by component, device and phase; then notes on where it ran."""
    console = _console()
    name = document["name"] or document["run_id"]
    console.print(f"[bold]{escape(str(name))}[/bold]  {escape(document['run_id'])}  {document['status']}")
    console.print(_headline(document, console.width))
    if document["devices"]:
        console.print(_devices(document, wide=console.width >= _WIDE))
    if document["phases"]:
        console.print(_phases(document["phases"], wide=console.width >= _WIDE))
    for text in (*notes, *document["warnings"]):
        console.print(f"[yellow]![/yellow] {escape(text)}")


def _counts(document: Shown) -> list[tuple[str, str]]:
    """What was done, of how much where the run said it, and what the whole run will have used."""
    totals = to_do(document)
    rows = [
        (name, f"{_amount(n)} of {_amount(totals[name])}" if name in totals else _amount(n))
        for name, n in document["counts"].items()
        if not is_total(name)
    ]
    done = fraction_done(document) if document["status"] == "running" else None
    if done and document["energy_j"]:
        whole = whole_run(Figure(**document["energy_j"]), done)
        rows.append(("energy (IT), all of it", figure(asdict(whole), "J")))
    return rows


def _amount(n: float) -> str:
    """A count, which has no smaller unit to go to: 3.21e-05 stays as it is."""
    if isinstance(n, int):
        return grouped(n)
    return f"{n:.3g}" if abs(n) < _LEAST else _three_digits(n)


def _headline(document: Shown, width: int) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    emissions = document["emissions_g"]
    zones = ", ".join(f"{zone['zone']}{' (assumed)' if zone['assumed'] else ''}" for zone in document["zones"])
    facts = ("project", "kind", "stage", "model", "task")
    rows = [(fact, document[fact]) for fact in facts if document[fact]]
    rows += [
        ("started", document["started_at"]),
        ("duration", duration(document["duration_s"])),
        ("hosts", ", ".join(document["hosts"])),
        ("energy (IT)", figure(document["energy_j"], "J")),
    ]
    rows += [(f"  {part}", figure(shown, "J")) for part, shown in document["energy_by_component"].items() if shown]
    rows += _above_idle(document)
    rows += [("  missing", ", ".join(document["missing"]))] if document["missing"] else []
    rows += [
        ("energy (facility)", figure(document["facility_energy_j"], "J")),
        ("CO2e, location", figure(emissions["location"], "g")),
        *_widest_inputs(document),
        ("CO2e, market", figure(emissions["market_annual"], "g")),
        *_by_hour(emissions["market_hourly_draft"]),
        ("water", figure(document["water_l"], "L")),
        ("embodied CO2e", figure(document["embodied_g"], "g")),
        *_by_source(document),
        ("cost", figure(document["cost_usd"], "USD")),
        ("place", zones or "unknown"),
    ]
    rows += _counts(document)
    rows += [(item["name"], _score(item)) for item in document["quality"]]
    rows += (
        [("tags", ", ".join(f"{key}={value}" for key, value in document["tags"].items()))] if document["tags"] else []
    )
    rows += _worked_out_with(document)
    room = max(20, width - 2 - max(len(key) for key, _ in rows))
    for key, value in rows:  # rich would break a number at its narrow spaces
        table.add_row(key, escape(fill(str(value), room, break_on_hyphens=False)))
    return table


def _worked_out_with(document: Shown) -> list[tuple[str, str]]:
    """The vintage of every figure's factors: whose they are, and what stands in for what."""
    emissions = document["emissions_g"]
    figures = {
        "energy": document["energy_j"],
        "facility": document["facility_energy_j"],
        "CO2e, location": emissions["location"],
        "CO2e, market": emissions["market_annual"],
        "water": document["water_l"],
        "embodied": document["embodied_g"],
        "cost": document["cost_usd"],
    }
    said = [(f"  {name}", shown["vintage"]) for name, shown in figures.items() if shown and shown["vintage"]]
    return [("worked out with", ""), *said] if said else []


def _above_idle(document: Shown) -> list[tuple[str, str]]:
    """What the run used above the idle power that was measured before it, and of which devices."""
    shown = document["energy_above_idle_j"]
    if shown is None:
        return []
    return [("  above idle", f"{figure(shown, 'J')}, {shown['boundary'].removeprefix('above idle: ')}")]


def _widest_inputs(document: Shown) -> list[tuple[str, str]]:
    """What makes the range of the emissions wide, where it is known."""
    shares = [(name, share) for name, share in document["details"]["tornado"].items() if share >= _LEAST_SHARE]
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares)
    return [("  range is from", said)] if said and document["emissions_g"]["location"] else []


def _by_hour(shown: Shown | None) -> list[tuple[str, str]]:
    return [("  by hour (draft)", figure(shown, "g"))] if shown else []


def _by_source(document: Shown) -> list[tuple[str, str]]:
    """Embodied carbon by each source that knows the devices: they differ by more than threefold."""
    sources = sorted(document["details"]["embodied_by_source_g"].items(), key=lambda item: float(item[1]["value"]))
    said = ", ".join(f"{quantity(shown['value'], 'g')} {source}" for source, shown in sources)
    return [("  by source", said)] if len(sources) > 1 else []


def _score(item: Shown) -> str:
    from joulebook.ledger.reports.run_facts import quality_shown

    known = quality_shown(item)
    evidence = [] if known.low is None else [f"{known.low:.3g} to {known.high:.3g}"]
    evidence += [] if known.n is None else [f"n = {grouped(known.n)}"]
    evidence += [known.language] if known.language else []
    return f"{known.value:.4g}" + (f" ({', '.join(evidence)})" if evidence else "")


def _devices(document: Shown, *, wide: bool) -> Table:
    """The run's part comes last; a narrow terminal has room for one range alone, which is that one."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("device", "component", "of all of it", "of this run"):
        table.add_column(name, no_wrap=name != "device", overflow="fold")
    for device in document["devices"]:
        table.add_row(*_device(device, wide=wide), figure(device["energy_j"], "J", method=wide))
    for device in document["reserved_devices"]:
        table.add_row(*_device(device, wide=wide), "reserved, not used")
    return table


def _device(device: Shown, *, wide: bool) -> tuple[str, str, str]:
    whole = device["device_energy_j"]
    value = figure(whole, "J") if wide or whole is None else quantity(whole["value"], "J")
    return escape(f"{device['name']} {device['id']}"), device["component"], value


def _phases(phases: list[Shown], *, wide: bool) -> Table:
    """Energy with its range; the own part too where the terminal is wide enough for both."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("phase", "duration", "energy", "own part"):
        table.add_column(name, no_wrap=name != "phase", overflow="fold")
    shown = phases if len(phases) <= 40 else [*phases[:39], phases[-1]]
    for phase in shown:
        index = "" if phase["index"] is None else f" {phase['index']}"
        rank = "" if phase["rank"] is None else f" (rank {phase['rank']})"
        energy, own = figure(phase["energy_j"], "J", method=wide), phase["own_energy_j"]
        own_text = figure(own, "J") if wide or own is None else quantity(own["value"], "J")
        table.add_row(escape(f"{phase['name']}{index}{rank}"), duration(phase["duration_s"]), energy, own_text)
    if len(shown) < len(phases):
        table.caption = f"{len(shown)} of {len(phases)} phases; --json has all"
    return table
