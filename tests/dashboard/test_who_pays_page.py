"""Who pays: shares, maps without a server, wrong shares in words, caveats always there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from joulebook.dashboard import limits, who_pays
from joulebook.dashboard.charts import world
from joulebook.dashboard.palette import DARK, LIGHT
from joulebook.ledger.accounting.burden import burden
from joulebook.ledger.burden_inputs import burden_data

Show = Callable[..., AppTest]


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def said(app: AppTest) -> str:
    return "\n".join(line.value for line in app.markdown).replace("\\", "")


def test_three_quarters_fall_on_people_who_use_no_ai(show: Show) -> None:
    app = show("who_pays", who_pays_for="United States")
    assert not app.exception
    assert not app.error
    assert "76\u00a0% (71 to 83\u00a0% over 160 specifications) falls on people who don't use AI" in said(app)
    assert "89\u00a0%" in said(app)


def test_the_caveats_stand_on_the_page_and_in_the_export(show: Show) -> None:
    assert "sea-level rise" in said(show("who_pays"))
    result = burden(burden_data())
    export = who_pays.export_of(result)
    assert [caveat for caveat in export["caveats"] if caveat] == list(result.caveats)
    for name in ("damage_share", "use_share", "relative_burden"):
        assert {f"{name}_{part}" for part in ("low", "high", "method", "vintage")} <= set(export.columns)
    india = export.set_index("iso3").loc["IND"]
    assert (india["relative_burden_low"], india["relative_burden_high"]) == pytest.approx((0.488, 5.44), rel=2e-3)


def test_groups_and_countries_show_the_range_of_all_specifications() -> None:
    result = burden(burden_data())
    title = who_pays.group_title(result)
    assert "and 41\u00a0% (11 to 72\u00a0%) of the damages in dollars" in title
    assert title.endswith("2.0 to 2.5 times the world's mean (0.45 to 20 over all specifications)")
    figures, texts = who_pays.group_panels(result.income_groups)["damages"]
    assert texts[-1] == "41\u00a0% (10 to 75\u00a0%)"
    assert figures[-1].high == pytest.approx(0.751, abs=1e-3)
    table = who_pays.table_of(result).set_index("Country")
    assert table.loc["India", "Loss per income, world = 1"] == "2.6 (0.49 to 5.4)"


def test_countries_without_an_estimate_are_last_but_present() -> None:
    table = who_pays.table_of(burden(burden_data()))
    maldives = table[table["Country"] == "Maldives"].iloc[0]
    assert maldives["Share of damages"] == "no estimate"
    assert maldives["Vulnerability, 0 to 1"] == "0.56"
    first_without = table.index[table["Share of damages"] == "no estimate"][0]
    assert set(table["Share of damages"].iloc[first_without:]) == {"no estimate"}
    assert first_without == 169


def test_income_weight_moves_the_share_of_poor_countries(show: Show) -> None:
    assert "**41\u00a0% (11 to 72\u00a0%)** of it falls in countries under 20 000 USD" in said(show("who_pays"))
    assert "Weighted by income, **78\u00a0% (43 to 94\u00a0%)** of it" in said(show("who_pays", who_pays_eta="1.0"))


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ("USA=0.6,KOR=0.5", "add up to 1.1"),
        ("XQX=1", "unknown country"),
        ("USA", "must be written"),
        ("", "add up to 0"),
    ],
)
def test_typed_users_that_cannot_be_get_a_sentence(users: str, message: str, show: Show) -> None:
    app = show("who_pays", who_pays_by="Typed", who_pays_users=users)
    assert not app.exception
    assert len(app.error) == 1
    assert message in app.error[0].value.replace("\\", "")


def test_own_emissions_come_first(filled: Path, show: Show) -> None:
    app = show("who_pays")
    assert not app.exception
    assert app.selectbox(key="who_pays_of").value == "All runs in the ledger"


def test_a_broken_ledger_gets_one_clear_message(broken: Path, show: Show) -> None:
    app = show("who_pays")
    assert not app.exception
    assert len(app.error) == 1


def test_maps_are_filled_outlines_within_the_limits(show: Show) -> None:
    use, damage = charts(show("who_pays"))[:2]
    for spec in (use, damage):
        assert {found["type"] for found in spec["data"]} == {"scatter"}
        assert "geo" not in spec["layout"]
        assert len(json.dumps(spec)) < limits.FIGURE_JSON_MAX_BYTES
        assert sum(points(found["x"]) for found in spec["data"]) < limits.MAX_POINTS_PER_FIGURE
    assert {found["fillcolor"] for found in use["data"] if found.get("fill")} <= {
        found["fillcolor"] for found in damage["data"] if found.get("fill")
    } | {"rgba(0,0,0,0)"}


def points(values: Any) -> int:
    if isinstance(values, dict):  # plotly's packed arrays
        return len(np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"])))
    return len(values)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_place_is_drawn_once_and_small_islands_get_a_ring(palette: Any) -> None:
    codes = list(world.outlines())
    frame = pd.DataFrame({"iso3": codes, "value": [np.nan if c == "MDV" else 0.05 for c in codes], "text": codes})
    drawn = world.figure(frame, palette)
    by_name = {found.name: found for found in drawn.data}
    assert set(by_name) == {"4", "4 dots", "no estimate", "no estimate dots", "names"}
    assert len(by_name["no estimate dots"].x) == 1
    assert by_name["no estimate dots"].marker.color == palette.background
    assert set(by_name["names"].text) == set(codes)


def test_outlines_hold_all_countries_of_the_data() -> None:
    missing = {c.iso3 for c in burden_data().countries} - set(world.outlines())
    assert missing <= {"GLP", "GUF", "MTQ", "MYT", "REU", "BES", "TKL", "SJM", "CXR", "CCK", "CHI", "ANT"}
    russia = world.outlines()["RUS"].xy
    steps = np.abs(np.diff(russia[0]))
    assert np.nanmax(steps) < 400  # no ring runs across the map at the date line


@pytest.mark.parametrize(
    ("value", "shade"), [(0.0, 0), (0.000999, 0), (0.001, 1), (0.05, 4), (0.1, 5), (0.9, 5), (None, None)]
)
def test_shades_are_bins(value: float | None, shade: int | None) -> None:
    assert world.shade_of(value) == shade


def imported(show: Show, content: bytes) -> AppTest:
    app = show("who_pays", who_pays_by="Typed")
    return app.file_uploader(key="who_pays_file").set_value(("users.csv", content, "text/csv")).run()


def test_users_by_country_come_from_a_file(show: Show) -> None:
    app = imported(show, b"country,users\nUSA,600\nSouth Korea,300\nKOR,100\n")
    assert not app.exception
    assert not app.error
    table = app.dataframe[0].value.set_index("Country")
    assert table.loc[["United States", "South Korea"], "Share of use"].tolist() == ["60\u00a0%", "40\u00a0%"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"country,users\nUSA,600\nKOR,many\n", "users.csv, row 3, users: 'many' is no number of at least 0"),
        (b"place,users\nUSA,600\n", "needs a header row with country and users"),
        (b"country,users\nAtlantis,1\n", "users.csv, row 2: unknown country 'Atlantis'"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(content: bytes, message: str, show: Show) -> None:
    app = imported(show, content)
    assert not app.exception
    (said,) = app.error
    assert message in said.value.replace("\\", "")
