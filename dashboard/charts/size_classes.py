"""Large and small: for each size class of models, its share of the energy beside its share of the work done."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from joulebook.dashboard import format as fmt
from joulebook.dashboard.charts.template import blank
from joulebook.dashboard.escape import label as as_label
from joulebook.dashboard.palette import Palette
from joulebook.dashboard.texts import t

BOUNDS = (("under_1b", 0.0, 1e9), ("to_10b", 1e9, 1e10), ("to_100b", 1e10, 1e11), ("over_100b", 1e11, float("inf")))


def shares(models: pd.DataFrame) -> pd.DataFrame:
    """Shares by size class: columns size_class, energy_share, work_share (0 to 1), smallest class first.

    Args:
        models: One row a model: parameters, energy_j, work (units of one kind). Models of unknown size are left out.
    """
    known = models.dropna(subset=["parameters", "energy_j"])
    known = known[known["work"].fillna(0) > 0]
    rows = []
    for name, low, high in BOUNDS:
        of_class = known[(known["parameters"] >= low) & (known["parameters"] < high)]
        if len(of_class):
            rows.append(
                {
                    "size_class": name,
                    "energy_share": of_class["energy_j"].sum() / known["energy_j"].sum(),
                    "work_share": of_class["work"].sum() / known["work"].sum(),
                }
            )
    return pd.DataFrame(rows, columns=["size_class", "energy_share", "work_share"])


def shares_of_models(models: pd.DataFrame, most: int = 5) -> pd.DataFrame:
    """The same by model, columns model, energy_share, work_share: the smallest of those with the most energy first."""
    known = models.dropna(subset=["parameters", "energy_j"])
    known = known[known["work"].fillna(0) > 0]
    found = known.assign(
        energy_share=known["energy_j"] / known["energy_j"].sum(), work_share=known["work"] / known["work"].sum()
    )
    largest = found.nlargest(most, "energy_j").sort_values("parameters").reset_index(drop=True)
    return largest[["model", "energy_share", "work_share"]]


def figure(frame: pd.DataFrame, palette: Palette, *, names: list[str], work: str) -> go.Figure:
    """Two bars a name with their shares written at the ends; `work` names the unit of work."""
    names = [as_label(name, 16) for name in names]
    left = max(84, 12 + 8 * max(map(len, names)))
    chart = blank(palette, height=60 + 66 * len(frame), left=left, right=12, top=6, bottom=6)
    layers = (
        ("energy_share", palette.accent, t("overview.of_energy")),
        ("work_share", palette.quiet, t("overview.of_work", work=work)),
    )
    for column, colour, label in layers:
        texts = [f"{fmt.percent(share)} {label}" for share in frame[column]]
        chart.add_bar(
            y=names,
            x=frame[column],
            orientation="h",
            marker={"color": colour, "line": {"width": 0}},
            text=texts,
            textposition="outside",
            textfont={"color": palette.muted, "size": 12},
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
            name=label,
        )
    chart.update_layout(barmode="group", bargap=0.42, bargroupgap=0.06)
    chart.update_xaxes(visible=False, range=[0, max(frame[["energy_share", "work_share"]].max().max() * 1.75, 0.1)])
    chart.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": palette.text, "size": 13})
    return chart
