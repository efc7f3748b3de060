"""What Overview shows, worked out from the ledger's sums: sentence, headline figures, bars, shares."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from joulebook.dashboard import data, periods, saving
from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts import energy_bars, size_classes
from joulebook.dashboard.components.headline import Headline, Working
from joulebook.dashboard.escape import plain
from joulebook.dashboard.palette import Palette
from joulebook.dashboard.texts import t
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.observations import COMPONENTS
from joulebook.ledger.store import RunFilter, RunTotals
from joulebook.ledger.tradeoff_inputs import STAGES

_BARS_OF_RUNS = 30
_GROUPS = 4


@dataclass(frozen=True, slots=True)
class Bars:
    """The energy chart: labels of the bars, their layers, range of each total, and what it says."""

    labels: list[str]
    parts: list[energy_bars.Part]
    low_j: np.ndarray
    high_j: np.ndarray
    title: str
    subtitle: str


@dataclass(frozen=True, slots=True)
class SizeShares:
    """Shares by size class, or by model where all are of one; names of the bars, of the unit of work, of the split."""

    frame: pd.DataFrame
    names: list[str]
    work: str
    by: str


def sentence(totals: RunTotals, period: periods.Period) -> str:
    """Say `In the last 30 days, 42 runs used 118 kWh (97 to 141): 49 kg CO2e and 16 USD. 71 % was measured`."""
    energy = totals.facility_energy_j or totals.energy_j
    if energy is None:
        return t("overview.answer_unknown", period=t(f"period_in.{period.name}"), n=fmt.whole(totals.n))
    known = t(
        "overview.answer",
        period=t(f"period_in.{period.name}"),
        n=_runs(totals.n),
        energy=bold_range(energy, "energy"),
        boundary=t(f"boundary.{energy.boundary}"),
        emissions=_amount(totals.emissions_g, "emissions"),
        cost=_amount(totals.cost_usd, "money"),
    )
    share = _measured_share(totals)
    measured = t("overview.answer_measured", share=fmt.percent(share)) if share != 0 else t("overview.answer_modelled")
    missing = t("overview.answer_missing", n=_runs(totals.n_unknown_energy)) if totals.n_unknown_energy else ""
    return " ".join(part for part in (known, measured, missing) if part)


def bold_range(figure: Figure, quantity: fmt.Quantity) -> str:
    """`**118 kWh** (97 to 141)` in Markdown."""
    parts = fmt.shown(figure.value, figure.low, figure.high, quantity)
    bold = f"**{fmt.amount(figure.value, quantity)}**"
    return f"{bold} ({fmt.span(parts)})" if parts.low else bold


def _amount(figure: Figure | None, quantity: fmt.Quantity) -> str:
    return fmt.amount(figure.value if figure else None, quantity)


def _runs(n: int) -> str:
    return t("word.one_run") if n == 1 else t("word.n_runs", n=fmt.whole(n))


def _measured_share(totals: RunTotals) -> float | None:
    return totals.energy_j.measured_share if totals.energy_j else None


def saving_sentence(books: data.Books, asked: RunFilter) -> str:
    """What would have saved most, with the quality of both where it is known; empty where there is no choice."""
    frame = served(books, ("task", "model"), asked)
    best = saving.largest_saving(frame) if len(frame) else None
    if best is None:
        return ""
    saved = Figure(best.saved_j, best.low_j, best.high_j, "modelled", "facility")
    return t(
        "overview.saving",
        task=plain(best.task),
        small=plain(best.small),
        large=plain(best.large),
        saved=bold_range(saved, "energy"),
        quality=_qualities(books, best),
    )


def served(books: data.Books, by: tuple[str, ...], asked: RunFilter) -> pd.DataFrame:
    """Sums of inference that answered somebody: labelling and evaluation are costs of making a model, not its use."""
    frame = data.rollup(books, (*by, "stage"), run_filter=replace(asked, kinds=("inference",)))
    used = frame[~frame["stage"].isin(list(STAGES))].drop(columns="stage")
    return used.groupby(list(by), dropna=False, as_index=False).sum(min_count=1, numeric_only=True)


def _qualities(books: data.Books, best: saving.Saving) -> str:
    small, large = (_quality(books, best.task, model) for model in (best.small, best.large))
    if small is None or large is None or small[0] != large[0]:
        return t("overview.quality_unknown")
    return t("overview.quality", name=plain(small[0]), small=fmt.number(small[1]), large=fmt.number(large[1]))


def _quality(books: data.Books, task: str, model: str) -> tuple[str, float] | None:
    frame = data.runs(books, RunFilter(tasks=(task,), models=(model,)), limit=50)
    known = frame.dropna(subset=["quality_name", "quality_value"])
    if known.empty:
        return None
    newest = known.iloc[0]
    return str(newest["quality_name"]), float(newest["quality_value"])


def headlines(totals: RunTotals, earlier: RunTotals | None) -> list[Headline]:
    """Energy, emissions, cost, water, and how much was measured."""
    energy = totals.facility_energy_j or totals.energy_j
    past = None if earlier is None else earlier.facility_energy_j or earlier.energy_j
    rows: tuple[tuple[str, Figure | None, Figure | None, fmt.Quantity, str], ...] = (
        ("energy", energy, past, "energy", t("boundary." + (energy.boundary if energy else "facility"))),
        ("emissions", totals.emissions_g, earlier and earlier.emissions_g, "emissions", t("note.location_based")),
        ("cost", totals.cost_usd, earlier and earlier.cost_usd, "money", t("note.electricity")),
        ("water", totals.water_l, earlier and earlier.water_l, "volume", t("note.water")),
    )
    cards = [
        Headline(
            key,
            t(f"word.{key}"),
            figure,
            quantity,
            note=note,
            change=_change(figure, past_figure),
            working=Working(t(f"working.total_{key}")),
        )
        for key, figure, past_figure, quantity, note in rows
    ]
    return [*cards, _measured(totals, earlier)]


def _change(figure: Figure | None, past: Figure | None) -> str | None:
    phrase = fmt.change(figure.value if figure else None, past.value if past else None)
    return t("overview.than_before", change=phrase) if phrase else None


def _measured(totals: RunTotals, earlier: RunTotals | None) -> Headline:
    share, past = _measured_share(totals), _measured_share(earlier) if earlier else None
    change = None
    if share is not None and past is not None and abs(share - past) >= 0.005:
        key = "change.points_more" if share > past else "change.points_less"
        change = t(key, points=fmt.number(abs(share - past) * 100, 0))
    figure = None if share is None else Figure(share, share, share, "measured", "IT")
    return Headline(
        "measured",
        t("word.measured_share"),
        figure,
        "share",
        note=t("note.rest_modelled" if share else "note.all_modelled"),
        change=change,
        working=Working(t("working.total_measured")),
        unit_suffix=t("note.of_energy"),
    )


def bars(books: data.Books, period: periods.Period, asked: RunFilter, by: str, palette: Palette) -> Bars:
    """Energy per day, week or month of the period; per run where all runs lie within two days."""
    size = periods.bucket(period.start, period.end)
    frame = data.rollup(books, (size,), run_filter=asked)
    if len(frame) <= 2 and (size == "day" or frame["n"].sum() <= _BARS_OF_RUNS):
        return _bars_of_runs(books, asked, by, palette)
    days = _every(frame, size, period)
    if by == "project":
        grouped = data.rollup(books, (size, "project"), run_filter=asked)
        parts = energy_bars.by_group(_groups(grouped, "project", size, days[size]), palette)
    else:
        parts = _by_component(days, palette)
    labels = _unique([_label(day, size) for day in days[size]])
    return _said(labels, parts, days, t(f"overview.subtitle_{size}"), "overview.energy_title")


def _by_component(frame: pd.DataFrame, palette: Palette) -> list[energy_bars.Part]:
    """The layers of one component after another, each with its own measured joules; last the overhead, alone."""
    none = {f"{name}_j": 0.0 for name in COMPONENTS}
    it_j = frame["energy_j"]
    parts = []
    for name in COMPONENTS:
        own = {f"{name}_j": frame[f"{name}_j"], "measured_j": frame[f"{name}_measured_j"]}
        parts += energy_bars.by_component(frame.assign(facility_energy_j=it_j, **{**none, **own}), palette)
    return parts + energy_bars.by_component(frame.assign(measured_j=0.0, **none), palette)


def _bars_of_runs(books: data.Books, asked: RunFilter, by: str, palette: Palette) -> Bars:
    frame = data.runs(books, asked, limit=_BARS_OF_RUNS).iloc[::-1].reset_index(drop=True)
    frame["measured_j"] = frame["energy_j"] * frame["measured_share"]
    if by == "project":
        names = list(frame.groupby("project", dropna=False)["facility_energy_j"].sum().sort_values().index[::-1])
        groups = {
            str(n) if pd.notna(n) else t("figure.unknown"): frame.where(_is(frame["project"], n))
            for n in names[:_GROUPS]
        }
        parts = energy_bars.by_group(groups, palette)
    else:
        parts = _by_component(frame, palette)
    names_of_bars = _unique([str(name) for name in frame["name"]])
    return _said(names_of_bars, parts, frame, t("overview.subtitle_run"), "overview.energy_title_run")


def _is(column: pd.Series, value: object) -> pd.Series:
    return column.isna() if pd.isna(value) else column == value


def _said(labels: list[str], parts: list[energy_bars.Part], frame: pd.DataFrame, subtitle: str, title_key: str) -> Bars:
    total_j = frame["facility_energy_j"].fillna(0.0).to_numpy(float)
    title = t("overview.energy_unknown")
    if parts and total_j.sum() > 0:
        sums: dict[str, float] = {}
        for part in parts:
            sums[part.label] = sums.get(part.label, 0.0) + float(part.energy_j.sum())
        largest = max(sums, key=lambda label: sums[label])
        share = fmt.percent(sums[largest] / sum(sums.values()))
        title = t(title_key, part=largest, share=share, peak=labels[int(np.argmax(total_j))])
    return Bars(
        labels,
        parts,
        frame["facility_energy_low_j"].to_numpy(float),
        frame["facility_energy_high_j"].to_numpy(float),
        title,
        subtitle,
    )


def _every(frame: pd.DataFrame, size: str, period: periods.Period) -> pd.DataFrame:
    """One row for every day (week, month) from the first to the last, also those without a run."""
    frequency = {"day": "D", "week": "W-MON", "month": "MS"}[size]
    first = (
        frame[size].min()
        if period.start is None or size != "day"
        else max(pd.Timestamp(period.start), frame[size].min())
    )
    steps = pd.date_range(first, frame[size].max(), freq=frequency)
    return frame.set_index(size).reindex(steps).rename_axis(size).reset_index()


def _groups(frame: pd.DataFrame, column: str, size: str, steps: pd.Series) -> dict[str, pd.DataFrame]:
    """The largest groups in full and the rest as one, each with a row for every step."""
    order = frame.groupby(column, dropna=False)["facility_energy_j"].sum().sort_values(ascending=False).index
    keep = list(order[: _GROUPS - 1]) if len(order) > _GROUPS else list(order)
    named = {str(n) if pd.notna(n) else t("figure.unknown"): frame[_is(frame[column], n)] for n in keep}
    if len(order) > len(keep):
        named[t("word.rest")] = frame[~frame[column].isin([n for n in keep if pd.notna(n)])]
    values = ["facility_energy_j", "measured_j"]
    return {
        name: part.groupby(size)[values].sum(min_count=1).reindex(steps).reset_index() for name, part in named.items()
    }


def _label(day: pd.Timestamp, size: str) -> str:
    return f"{day:{t('date.month' if size == 'month' else 'date.short')}}"


def _unique(labels: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    for i, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        labels[i] = label if seen[label] == 1 else f"{label} {seen[label]}"
    return labels


def size_shares(books: data.Books, asked: RunFilter) -> SizeShares | None:
    """Shares of energy and of work of the models that served, by size; None where sizes or work are not known."""
    frame = served(books, ("model",), asked)
    if frame.empty:
        return None
    unit = next((name for name in saving.WORK_UNITS if frame[name].fillna(0).sum() > 0), None)
    if unit is None:
        return None
    frame["parameters"] = frame["model"].map(data.model_sizes(books)).astype(float)
    work, models = t(f"work.{unit}"), frame.rename(columns={unit: "work"})
    shares = size_classes.shares(models)
    if len(shares) == 1:
        shares = size_classes.shares_of_models(models)
        return SizeShares(shares, [str(name) for name in shares["model"]], work, "model")
    return (
        SizeShares(shares, [t(f"size.{name}") for name in shares["size_class"]], work, "size") if len(shares) else None
    )


def size_title(found: SizeShares) -> str:
    """The finding: the class (or model) with the most energy, and its share of the work."""
    row = found.frame.loc[found.frame["energy_share"].idxmax()]
    return t(
        f"overview.{found.by}_finding",
        name=t(f"size_long.{row['size_class']}") if found.by == "size" else str(row["model"]),
        energy=fmt.percent(row["energy_share"]),
        work_share=fmt.percent(row["work_share"]),
        work=found.work,
    )


def largest_uses(books: data.Books, asked: RunFilter, n: int = 5) -> pd.DataFrame:
    """The largest uses by model and task, with energy per unit of work (text) and share of all energy."""
    frame = data.rollup(books, ("model", "task"), run_filter=asked)
    if frame.empty or not frame["facility_energy_j"].notna().any():
        return frame.head(0)
    frame["share"] = frame["facility_energy_j"] / frame["facility_energy_j"].sum()
    largest = frame.nlargest(n, "facility_energy_j").reset_index(drop=True)
    uses = served(books, ("model", "task"), asked)
    largest["per_unit"] = [_per_unit(row, uses) for _, row in largest.iterrows()]
    keep = ("model", "task", "n", "share", "per_unit", *saving.WORK_UNITS)
    energies = [f"facility_energy{end}_j" for end in ("", "_low", "_high")]
    return largest[[*keep[:3], *energies, *keep[3:]]]


def _per_unit(row: pd.Series, uses: pd.DataFrame) -> str:
    """Energy per unit of what was served; where nothing was, of the work of all its runs."""
    own = uses[_is(uses["model"], row["model"]) & _is(uses["task"], row["task"])]
    row = own.iloc[0] if len(own) else row
    unit = next((name for name in saving.WORK_UNITS if row[name] > 0), None)
    if unit is None:
        return ""
    return t("word.per", amount=fmt.amount(row["facility_energy_j"] / row[unit], "joules"), unit=t(f"work_one.{unit}"))
