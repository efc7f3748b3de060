"""Scoreboard: predicted against measured, ours and EcoLogits."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from joulebook.dashboard import format as fmt
from joulebook.dashboard import scoreboard
from joulebook.dashboard.charts import scoreboard as panels
from joulebook.dashboard.components.chart import chart
from joulebook.dashboard.components.page import answer, header, page_footer
from joulebook.dashboard.components.phone_labels import hide_on_phone
from joulebook.dashboard.components.table import table
from joulebook.dashboard.escape import plain
from joulebook.dashboard.palette import current_palette
from joulebook.dashboard.texts import t

KINDS = (scoreboard.INFERENCE, scoreboard.TRAINING)


def panel(
    frame: pd.DataFrame, ends: tuple[float, float], *, title: str, subtitle: str, unit: str, key: str, columns: int = 2
) -> None:
    """One panel in its frame."""
    drawn = panels.panel(
        frame, current_palette(), ends=ends, unit=t("scoreboard.axis_predicted", unit=unit),
        x_note=t("scoreboard.axis_known", unit=unit), width_px=820 / columns - 60,
    )  # fmt: skip
    chart(drawn.figure, title=title, subtitle=subtitle, alt=title, key=key)
    hide_on_phone(key, drawn.crowded)


def show_inference() -> str:
    """Ours and EcoLogits in two panels, one scale; returns the group that is shown."""
    names = scoreboard.groups(scoreboard.INFERENCE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = st.selectbox(t("scoreboard.group"), names, key="scoreboard_group", bind="query-params", width=330)
        told = st.checkbox(t("scoreboard.told"), key="scoreboard_told", bind="query-params")
    found, score = scoreboard.of_group(group), scoreboard.score_of(group)
    frame = scoreboard.frame_of(found, other="ecologits_true_batch" if told else "ecologits")
    other = score.ecologits_true_batch if told else score.ecologits
    with slot:
        key = "scoreboard.answer" if other else "scoreboard.answer_alone"
        answer(
            t(
                key, n=fmt.whole(score.cases), group=plain(group), ours=fmt.number(score.ours.typical),
                inside=fmt.percent(score.inside_range), other=fmt.number(other.typical) if other else "",
            )
        )  # fmt: skip
    ends = panels.shared_ends(frame)
    left, right = st.columns(2, gap="large")
    with left:
        title = t("scoreboard.ours_title", typical=fmt.number(score.ours.typical))
        panel(frame, ends, title=title, subtitle=t("scoreboard.ours_subtitle"), unit="J/token", key="scoreboard-ours")
    with right:
        if other is None:
            st.caption(t("scoreboard.not_installed"))
        else:
            title = t("scoreboard.ecologits_title", typical=fmt.number(other.typical))
            subtitle = t("scoreboard.ecologits_told" if told else "scoreboard.ecologits_shipped")
            panel(
                scoreboard.others_frame(frame), ends, title=title, subtitle=subtitle, unit="J/token",
                key="scoreboard-ecologits",
            )  # fmt: skip
    return group


def show_training() -> str:
    """Measured, rated power x hours, and device hours: three panels, never one."""
    names = scoreboard.groups(scoreboard.TRAINING)
    by_letter = {letter: next(name for name in names if f"({letter})" in name) for letter in "MTH"}
    measured, rated = scoreboard.score_of(by_letter["M"]), scoreboard.score_of(by_letter["T"])
    with slot:
        answer(
            t(
                "scoreboard.training_answer", measured=fmt.whole(measured.cases),
                factor=fmt.number(measured.ours.typical), rated=fmt.whole(rated.cases),
            )
        )  # fmt: skip
    for column, (letter, group) in zip(st.columns(3, gap="medium"), by_letter.items(), strict=True):
        with column:
            found, score = scoreboard.of_group(group), scoreboard.score_of(group)
            frame = scoreboard.frame_of(found)
            title = t(f"scoreboard.training_{letter.lower()}", typical=fmt.number(score.ours.typical))
            panel(
                frame, panels.shared_ends(frame), title=title,
                subtitle=t(f"scoreboard.training_{letter.lower()}_subtitle"),
                unit="h" if letter == "H" else "MWh", key=f"scoreboard-{letter.lower()}", columns=3,
            )  # fmt: skip
    picked = st.segmented_control(
        t("scoreboard.worst_of"), list(by_letter.values()), default=by_letter["M"], required=True,
        key="scoreboard_training", bind="query-params",
    )  # fmt: skip
    return str(picked)


with header(t("nav.scoreboard")):
    words = {t(f"scoreboard.{kind}"): kind for kind in KINDS}
    picked_kind = words[
        st.segmented_control(
            t("scoreboard.kind"), list(words), default=next(iter(words)), required=True, key="scoreboard_kind",
            bind="query-params", label_visibility="collapsed",
        )
    ]  # fmt: skip
slot = st.container()
shown = show_inference() if picked_kind == scoreboard.INFERENCE else show_training()
table(
    scoreboard.table_of(picked_kind), key="scoreboard-groups", alt=t("scoreboard.groups_alt"),
    export=scoreboard.export_of([case for case in scoreboard.cases() if case.group.startswith(picked_kind)]),
    file_name="scoreboard.csv",
)  # fmt: skip
st.subheader(t("scoreboard.worst_title"), anchor=False)
worst = scoreboard.worst_of(shown)
table(
    scoreboard.worst_table(worst), key="scoreboard-worst", alt=t("scoreboard.worst_title"),
    export=scoreboard.export_of(worst), file_name="worst-cases.csv",
)  # fmt: skip
for line in scoreboard.scores().notes:
    st.caption(plain(line, limit=400))
page_footer(None, boundary=t("scoreboard.boundary"))
