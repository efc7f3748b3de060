"""A table with its CSV beside it: what is shown is what is exported, as numbers in SI units."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from joulebook.dashboard import format as fmt
from joulebook.dashboard.escape import cell
from joulebook.dashboard.limits import EXPORT_INLINE_MAX_ROWS
from joulebook.dashboard.texts import t

if TYPE_CHECKING:
    import pandas as pd

_CHARACTER_PX, _PADDING_PX = 7, 24


def table(
    frame: pd.DataFrame,
    *,
    key: str,
    alt: str,
    columns: Mapping[str, Any] | None = None,
    export: pd.DataFrame | None = None,
    file_name: str = "joulebook.csv",
    height: int | str = "auto",
) -> None:
    """A read-only table and its download.

    Args:
        frame: What is shown, formatted text allowed.
        key: Unique on the page.
        alt: One sentence for a screen reader.
        columns: `st.column_config` by column; a column mapped to None is hidden.
        export: What the CSV holds, if other than `frame` (raw numbers with units in the column names).
        file_name: Of the CSV.
        height: In pixels, or as `st.dataframe` has it.
    """
    st.dataframe(frame, key=key, hide_index=True, alt=alt, column_config=columns, lazy=False, height=height)  # type: ignore[arg-type]
    rows = frame if export is None else export
    download_csv(lambda: rows, n=len(rows), file_name=file_name, key=f"{key}-csv")


def name_width_px(names: Iterable[str], most: int = 190) -> int:
    """Width of a column of names: no more than they need, so that a phone shows the figures beside them."""
    return min(most, _PADDING_PX + _CHARACTER_PX * max(map(len, names), default=0))


def download_csv(
    read: Callable[[], pd.DataFrame], *, n: int, file_name: str, key: str, label: str | None = None
) -> None:
    """A button that reads the rows and makes the CSV when it is pressed; too many are referred to the command line.

    Args:
        read: Gives the rows; called outside of the page, so it must not use Streamlit.
        n: How many rows there will be.
        file_name: Of the CSV.
        key: Unique on the page.
        label: Of the button.
    """
    if n > EXPORT_INLINE_MAX_ROWS:
        st.caption(t("table.too_many", n=fmt.whole(n)))
        return
    st.download_button(
        label or t("table.download"),
        data=lambda: csv_bytes(read()),
        file_name=file_name,
        mime="text/csv",
        key=key,
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte-order mark (spreadsheets need it), no cell that would run as a formula."""
    safe = frame.rename(columns=lambda name: cell(str(name)))
    for name in safe.columns[safe.dtypes.map(lambda kind: kind.kind not in "biufcmM")]:
        safe[name] = safe[name].map(cell)
    buffer = io.StringIO()
    safe.to_csv(buffer, index=False)
    return buffer.getvalue().encode("utf-8-sig")
