"""`joulebook tradeoff` on the terminal: the table, what decides the break-even, and what was taken as given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from joulebook.commands.decisions import in_unit, with_range
from joulebook.commands.tables import common_unit, show_table

if TYPE_CHECKING:
    from rich.console import Console

    from joulebook.ledger.accounting.figure import Figure
    from joulebook.ledger.accounting.tradeoff import BreakEven, TornadoBar, Tradeoff

PER = 1000.0  # requests: one alone is too small a number to hold beside the one-time cost
# The unit that each quantity is worked out in, as steps of units know it, and how much of that it is.
_SI: dict[str, tuple[str, float]] = {"kwh": ("J", 3.6e6), "kg": ("g", 1e3), "usd": ("USD", 1.0), "l": ("L", 1.0)}
_WORDS = {"kwh": "energy", "kg": "CO2e", "usd": "money", "l": "water"}
_INPUTS = {
    "large": "a request, large",
    "small": "a request, small",
    "both": "a request, both alike",
    "distillation": "distillation",
    "labelling": "labelling",
    "evaluation": "evaluation",
    "development": "development",
}
_ONCE = "one-time cost"
_BARS = 5
_LEAST_BAR, _MOST_BAR = 10, 40


def show_result(console: Console, results: Sequence[Tradeoff]) -> None:
    """The sentence, every quantity in a unit of its own, and what decides the first."""
    console.print(results[0].verdict, highlight=False, markup=False, soft_wrap=True)
    show_quantities(console, f"{requests()} on each model, and once, with 90 % ranges", name_of, results)
    show_tornado(console, results[0])


def requests() -> str:
    """The requests that a row is for."""
    from joulebook.ledger.accounting.sentences import number

    return f"{number(PER)} requests"


def name_of(result: Tradeoff) -> str:
    """Energy, CO2e, money or water."""
    return _WORDS[result.costs.quantity]


# --- the table --------------------------------------------------------------------------------------------------


def show_quantities(console: Console, title: str, names: Any, results: Sequence[Tradeoff]) -> None:
    """A row a trade-off, one unit in each.

    Args:
        console: Where to.
        title: Of the table.
        names: A function that gives the name of a row.
        results: The trade-offs.
    """
    some = {
        "verifier": any(result.costs.verifier for result in results),
        "reached on": any(result.break_even.date for result in results),
    }
    columns = ["", "large", "small", "verifier", "once", "break-even requests", "reached on", "cascade pays below"]
    kept = [i for i, name in enumerate(columns) if some.get(name, True)]
    rows = [_cells(names(result), result) for result in results]
    show_table(console, title, [columns[i] for i in kept], [[row[i] for i in kept] for row in rows])


def _cells(name: str, result: Tradeoff) -> tuple[str, ...]:
    costs, even, cascade = result.costs, result.break_even, result.cascade
    unit, si = _SI[costs.quantity]
    requests = [figure and figure.scaled(PER) for figure in (costs.large, costs.small, costs.verifier)]
    known, size = common_unit([*requests, result.once], unit, si)
    return (
        f"{name}, {known}",
        *(in_unit(figure, size / si) if figure else "none" for figure in requests),
        in_unit(result.once, size / si),
        even_text(even),
        _days(even),
        _share(cascade.threshold) if cascade.threshold.value > 0 else "never",
    )


def even_text(even: BreakEven) -> str:
    """Break-even in requests, its range underneath; `never` where it never comes or may not."""
    if even.requests is None:
        return "never"
    if even.latest_is_never:
        value, low = _counts(even.requests.value, even.requests.low)
        return f"{value}\n{low} to never"
    return count_text(even.requests)


def count_text(figure: Figure | None) -> str:
    """A number of requests, its range underneath: `7.96 million`, `7.1-8.9 million`."""
    if figure is None:
        return "never"
    value, low, high = _counts(figure.value, figure.low, figure.high)
    if value == low == high:
        return value
    word = high.partition(" ")[1] + high.partition(" ")[2]
    return f"{value}\n{low.removesuffix(word) if word else low}-{high}"


def _counts(*values: float) -> list[str]:
    from joulebook.ledger.accounting.sentences import number

    return [number(value) for value in values]


def _days(even: BreakEven) -> str:
    if even.requests is None:
        return "never"
    if even.date is None:
        return "no day"  # beyond what a calendar holds
    late = "never" if even.latest_is_never else even.date_late or "no day"
    if even.date_early == late:
        return str(even.date)
    return f"{even.date}\n{even.date_early} to\n{late}"


def _share(figure: Figure) -> str:
    """A threshold in percent; an end at or below 0 is never."""
    from joulebook.ledger.accounting.sentences import bare_percent

    value, low, high = (bare_percent(share, 1) for share in (figure.value, figure.low, figure.high))
    if value == low == high:
        return f"{value} %"
    return f"{value} %\n" + (f"{low}-{high} %" if figure.low > 0 else f"never to {high} %")


# --- the tornado ------------------------------------------------------------------------------------------------


def show_tornado(console: Console, result: Tradeoff) -> None:
    """What each input alone does to the break-even, the widest first; nothing where nothing is paid once."""
    if result.once.high <= 0 or not result.tornado:
        return
    console.print("\nWhat decides it: break-even requests at the low and the high end of each input", style="bold")
    even = result.break_even.requests
    for line in tornado_lines(result.tornado, even.value if even else None, console.width):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def tornado_lines(bars: Sequence[TornadoBar], centre: float | None, width: int) -> list[str]:
    """Text bars on one linear scale from 0, with the two ends of each in words.

    Args:
        bars: The widest first; an end that is None is never.
        centre: Break-even with all inputs where they are; None is never.
        width: Of the terminal.
    """
    shown = [bar for bar in bars if len(set(_ends(bar))) > 1 or None in (bar.at_low, bar.at_high)][:_BARS]
    ends = [[end for end in (bar.at_low, bar.at_high) if end is not None] for bar in shown]
    if not shown:
        return ["  None of them moves it by as much as can be read here."]
    if not any(ends):
        return ["  None of them lets the small model pay off, within its range or, without one, 20 % less or more."]
    once = [bar.name for bar in bars if bar.name not in ("large", "small", "both")]
    names = [(_ONCE if [bar.name] == once else _INPUTS[bar.name]) + ("*" if bar.assumed_range else "") for bar in shown]
    texts = [" to ".join(_ends(bar)) for bar in shown]
    far = max(end for some in ends for end in some)
    sizes = max(map(len, names)), max(map(len, texts))
    room = max(_LEAST_BAR, min(_MOST_BAR, width - sum(sizes) - 6))
    lines = [
        f"  {name:<{sizes[0]}}  {text:<{sizes[1]}}  {_bar(bar, centre, far, room)}".rstrip()
        for name, text, bar in zip(names, texts, shown, strict=True)
    ]
    left = len(bars) - len(shown)
    lines += [f"  and {left} more of less effect (--json has all)"] if left else []
    return [*lines, "  * given without a range: 20 % less and more are tried"] if "*" in "".join(names) else lines


def _ends(bar: TornadoBar) -> list[str]:
    """The two ends in the order of the input: at its low end, then at its high one."""
    return ["never" if end is None else _counts(end)[0] for end in (bar.at_low, bar.at_high)]


def _bar(bar: TornadoBar, centre: float | None, far: float, room: int) -> str:
    """A bar between both ends with the break-even marked in it; it goes on to the right where one end is never."""
    known = [end for end in (bar.at_low, bar.at_high) if end is not None]
    if not known or far <= 0:
        return ""
    first, last = (round(end / far * (room - 1)) for end in (min(known), max(known)))
    drawn = " " * first + "█" * ((last if len(known) > 1 else room - 1) - first + 1)
    if centre is not None:
        at = min(len(drawn) - 1, round(centre / far * (room - 1)))
        drawn = f"{drawn[:at]}│{drawn[at + 1 :]}"
    return drawn if len(known) > 1 else f"{drawn}→"


# --- what else is said ------------------------------------------------------------------------------------------


def more_lines(result: Tradeoff, extra: Mapping[str, Any]) -> list[str]:
    """Training's share, the quality of a mix, and the quality gate."""
    from joulebook.ledger.accounting.sentences import percent

    lines = []
    if result.training_per_request:
        unit, si = _SI[result.costs.quantity]
        known, size = common_unit([result.training_per_request], unit, si)
        each, share = with_range(result.training_per_request, si / size), percent(result.training_share or 0.0)
        lines.append(f"Training, spread over its life, adds {each} {known} to a large request: {share} of the whole.")
    if "mixture_quality" in extra:
        lines.append(f"Quality of the mix: {extra['mixture_quality']:.4g}.")
    gate = extra.get("quality_gate")
    if gate:
        lines.append(_gate_line(gate))
    return lines


def _gate_line(gate: Mapping[str, Any]) -> str:
    """Whether the small model is good enough, and by how much."""
    asked = f"Quality gate, at most {gate['margin']:g} worse: "
    word = {True: "passed", False: "not passed", None: "can't be told"}[gate["passes"]]
    difference, low, high = gate.get("difference"), gate.get("low"), gate.get("high")
    if difference is None:
        return f"{asked}{word}, as a quality is unknown."
    ends = f" ({low:+.3g} to {high:+.3g})" if low is not None and high is not None else ", its range unknown"
    return f"{asked}{word}; the small model differs by {difference:+.3g}{ends}."
