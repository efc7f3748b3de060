"""Who benefits and who pays: the published country costs as golden case, a small world by hand, and the caveats."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulebook.ledger.accounting.burden import (
    BurdenData,
    Country,
    burden,
    externalised_share,
    non_user_share,
    to_json,
    world_use_rate,
)
from joulebook.ledger.accounting.burden_caveats import caveats
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.burden_inputs import burden_data, country_code, imported_users, typed_users
from joulebook.ledger.errors import LedgerError

NAN = float("nan")


@pytest.fixture(scope="module")
def world():
    return burden_data()


@pytest.fixture(scope="module")
def central(world):
    return burden(world)


@pytest.fixture
def small_world():
    """Rich (100 people, half use AI), poor (300 people, none known to), cold (gains), island (no estimate)."""
    countries = (
        Country("RIC", "Rich", 100, 60, 0.5, 0.9, 40_000, 2023, 0.3),
        Country("POO", "Poor", 300, 200, None, 0.1, 5_000, 2023, 0.5),
        Country("COL", "Cold", 100, 60, 0.5, None, 40_000, 2023, 0.25),
        Country("ISL", "Island", 1, 0.6, None, None, 20_000, 2023, 0.6),
    )
    shares = np.array([[0.75, 0.5], [0.25, 0.5], [-0.125, 0.0], [NAN, NAN]])
    return BurdenData(countries, ("s2111", "s1111"), shares, "test")


def test_a_small_world_by_hand(small_world):
    result = burden(small_world, beneficiaries=("RIC",))
    # 0.75 · 0.5 + 0.25 · 1, and in the other specification 0.5 · 0.5 + 0.5 · 1
    assert (result.non_user_share.value, result.non_user_share.high) == (0.625, 0.75)
    assert (result.externalised_share.value, result.externalised_share.high) == (0.25, 0.5)
    rows = {row.iso3: row for row in result.countries}
    # cost over income: 30 / 4e6, 10 / 1.5e6, world 35 / 9.5e6 with the gains counted
    rich, poor = rows["RIC"].relative_burden, rows["POO"].relative_burden
    assert (rich.value, poor.value) == pytest.approx((30 / 4e6 / (35 / 9.5e6), 10 / 1.5e6 / (35 / 9.5e6)))
    # in the other specification nobody gains: 20 / 4e6 and 20 / 1.5e6 of 40 / 9.5e6
    assert (rich.low, poor.high) == pytest.approx((20 / 4e6 / (40 / 9.5e6), 20 / 1.5e6 / (40 / 9.5e6)))
    assert rows["COL"].gains_in_model is True
    assert (rows["RIC"].use_share.value, rows["COL"].use_share.value, rows["POO"].use_share) == (0.5, 0.5, None)
    assert rows["ISL"].damage_share is None
    assert rows["ISL"].vulnerability == 0.6
    assert result.countries[-1].iso3 == "ISL"
    # a dollar in Poor weighs 8 times as much at eta 1: 0.25 · 8 of 0.75 + 0.25 · 8
    poor_share = burden(small_world, eta=1.0).poor_share
    assert (poor_share.value, poor_share.high) == pytest.approx((2 / 2.75, 4 / 4.5))


def test_groups_of_a_small_world_by_hand(small_world):
    """5,000 USD is the least of the second band, both rich countries are in the last; the island has no estimate."""
    groups = {group.group: group for group in burden(small_world).income_groups}
    poor, rich = groups["5k to 10k"], groups["over 35k"]
    assert (poor.people.value, rich.people.value) == (0.6, 0.4)
    assert (poor.damages.value, poor.damages.high, rich.damages.low) == (0.25, 0.5, 0.5)
    # 30 less 5 gained of 35, on 8 of 9.5 million USD; 20 of 40 in the other specification
    assert rich.relative_loss.value == pytest.approx(25 / 8e6 / (35 / 9.5e6))
    assert rich.relative_loss.low == pytest.approx(20 / 8e6 / (40 / 9.5e6))
    assert groups["under 5k"].relative_loss.value == 0


class TestPublished:
    def test_non_user_share(self, central):
        share = central.non_user_share
        assert share.value == pytest.approx(0.762, abs=5e-4)
        assert (share.low, share.high) == pytest.approx((0.713, 0.835), abs=1e-3)

    def test_externalised_shares(self, world):
        shares = {code: externalised_share(world, (code,)).value for code in ("USA", "CHN", "IND", "DEU")}
        assert shares == pytest.approx({"USA": 0.894, "CHN": 0.947, "IND": 0.811, "DEU": 1.0}, abs=5e-4)

    def test_join_check_gives_the_published_use_rate(self, world):
        assert world_use_rate(world) == pytest.approx(0.178, abs=5e-4)

    def test_income_groups(self, central):
        found = [
            [round(100 * share.value, 1) for share in (g.people, g.users, g.damages)]
            + [round(g.relative_loss.value, 2)]
            for g in central.income_groups
        ]
        expected = [
            [10.7, 4.9, 2.9, 2.50],
            [13.6, 7.1, 7.8, 2.07],
            [31.8, 31.9, 30.7, 1.96],
            [25.2, 25.0, 17.6, 0.72],
            [18.6, 31.1, 41.0, 0.69],
        ]
        assert np.array(found) == pytest.approx(np.array(expected), abs=0.11)

    @pytest.mark.parametrize(
        ("eta", "poor", "non_users"),
        [(0, 0.41, 0.762), (0.5, 0.61, None), (1, 0.78, 0.837), (1.24, 0.84, None), (1.5, 0.89, 0.86)],
    )
    def test_income_weights(self, world, eta, poor, non_users):
        weighted = burden(world, eta=eta)
        assert weighted.poor_share.value == pytest.approx(poor, abs=0.005)
        if non_users:
            assert weighted.non_user_share.value == pytest.approx(non_users, abs=0.002)

    def test_relative_burden_is_on_purchasing_power_and_never_on_nominal_income(self, central):
        """With nominal GDP India would bear 13.8 and Nigeria 20.9 times what the USA does."""
        over = {row.iso3: row.relative_burden for row in central.countries}
        ratios = {code: over[code].value / over["USA"].value for code in ("IND", "NGA", "SDN", "CHN", "QAT")}
        assert ratios == pytest.approx({"IND": 3.4, "NGA": 5.2, "SDN": 13.7, "CHN": 0.4, "QAT": 25.3}, rel=0.013)
        assert over["VEN"] is None  # its last income is of 2011

    def test_damage_and_use_of_the_largest(self, central):
        rows = {row.iso3: row for row in central.countries}
        found = {code: (rows[code].damage_share.value, rows[code].use_share.value) for code in ("IND", "USA", "CHN")}
        assert found["IND"] == pytest.approx((0.189, 0.188), abs=6e-4)
        assert found["USA"] == pytest.approx((0.106, 0.074), abs=6e-4)
        assert found["CHN"] == pytest.approx((0.053, 0.162), abs=6e-4)
        assert (rows["USA"].damage_share.low, rows["USA"].damage_share.high) == pytest.approx((0.03, 0.39), abs=0.01)

    def test_the_maldives_have_no_estimate_but_a_vulnerability(self, central):
        maldives = next(row for row in central.countries if row.iso3 == "MDV")
        assert maldives.damage_share is None
        assert maldives.vulnerability == pytest.approx(0.564, abs=5e-4)
        assert any("Maldives" in warning for warning in central.warnings)

    def test_count_and_intensity_disagree(self, world):
        by_count, by_intensity = (
            {row.iso3: row.use_share for row in burden(world, use_kind=kind).countries}
            for kind in ("count", "intensity")
        )
        assert by_count["IND"].value > 2 * by_intensity["IND"].value
        assert by_intensity["USA"].value > 2 * by_count["USA"].value

    def test_shares_add_up_in_every_specification(self, world):
        for specification in world.specifications[::40]:
            for eta in (0.0, 1.0):
                result = burden(world, specification=specification, eta=eta)
                total = sum(row.damage_share.value for row in result.countries if row.damage_share)
                assert total == pytest.approx(1.0)
                for column in ("people", "users", "damages"):
                    assert sum(getattr(group, column).value for group in result.income_groups) == pytest.approx(1.0)

    def test_groups_have_the_range_of_all_specifications(self, world, central):
        for at, group in enumerate(central.income_groups):
            every = [burden(world, specification=name).income_groups[at] for name in world.specifications[::16]]
            for column in ("damages", "relative_loss"):
                figure = getattr(group, column)
                values = [getattr(one, column).value for one in every]
                assert figure.low <= min(values) < max(values) <= figure.high
        poorest, richest = central.income_groups[0], central.income_groups[-1]
        assert (poorest.damages.low, poorest.damages.high) == pytest.approx((0.0068, 0.2374), abs=1e-4)
        assert (poorest.relative_loss.low, poorest.relative_loss.high) == pytest.approx((0.524, 19.6), rel=1e-3)
        assert richest.relative_loss.low < 0  # in some specifications the rich gain by themselves

    def test_verdict(self, world):
        emitted = Figure(49_000, 38_000, 61_000, "measured", "facility", "2026")
        assert burden(world, emissions_g=emitted, beneficiaries=("USA",)).verdict == (
            "Of the damage of 49 kgCO2e (38 to 61), 76 % (71 to 83 % over 160 specifications) falls on people who "
            "don't use AI; 89 % (61 to 97 %) falls outside the United States."
        )


def test_no_group_or_country_is_told_without_its_range(small_world):
    told = to_json(burden(small_world))
    for row, names in (
        *((group, ("people", "users", "damages", "relative_loss")) for group in told["income_groups"]),
        *((country, ("use_share", "relative_burden")) for country in told["countries"]),
    ):
        assert set(row["figures"]) == set(names)
        for name, figure in row["figures"].items():
            assert row[name] == (figure["value"] if figure else None)
            assert figure is None or {"low", "high", "method", "boundary", "vintage"} <= set(figure)


def test_caveats_stand_in_every_output(small_world):
    result = burden(small_world)
    assert to_json(result)["caveats"] == list(caveats())
    text = " ".join(caveats())
    for word in (
        "sea-level",
        "Maldives",
        "160",
        "negative",
        "taken to fall alike",
        "2100",
        "marginal",
        "ethical choice",
    ):
        assert word in text
    for word in ("rebound", "near the data centres", "median of a sum", "No benefit in dollars"):
        assert word in text


def test_without_beneficiaries_the_outside_is_unknown_and_said(small_world):
    result = burden(small_world)
    assert result.externalised_share is None
    assert any("Nobody said who benefits" in warning for warning in result.warnings)
    typed = burden(small_world, users={"RIC": 0.4, "POO": 0.6})
    assert (typed.use_kind, typed.beneficiaries) == ("typed", ("RIC", "POO"))
    assert typed.externalised_share.value == 0.0


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"users": {"RIC": 0.5}}, "add up to 0.5"),
        ({"users": {"XXX": 1.0}}, "unknown country XXX"),
        ({"users": {"RIC": 1.5, "POO": -0.5}}, "negative"),
        ({"beneficiaries": ("ZZZ",)}, "unknown country ZZZ"),
        ({"specification": "s9999"}, "unknown specification 's9999'"),
        ({"eta": 2.0}, "eta lies between 0 and 1.5"),
    ],
)
def test_wrong_input_gets_one_clear_line(small_world, wish, said):
    with pytest.raises(LedgerError, match=said) as caught:
        burden(small_world, **wish)
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 100), min_size=3, max_size=3).filter(lambda c: sum(c) > 1), st.floats(0, 1.5))
def test_shares_are_shares(costs, eta):
    positive = np.array([*costs, NAN])
    countries = tuple(
        Country(f"C{i}", f"C{i}", 100.0, 60.0, rate, None, income, 2023)
        for i, (rate, income) in enumerate(((0.2, 1e3), (None, 1e4), (1.0, 5e4), (0.5, 1e4)))
    )
    data = BurdenData(countries, ("s2111",), (positive / np.nansum(positive))[:, None], "test")
    result = burden(data, eta=eta, beneficiaries=("C0", "C2"))
    assert sum(row.damage_share.value for row in result.countries if row.damage_share) == pytest.approx(1.0)
    assert 0 <= result.non_user_share.value <= 1
    inside = sum(row.damage_share.value for row in result.countries if row.iso3 in ("C0", "C2"))
    assert result.externalised_share.value == pytest.approx(1 - inside)
    nobody = replace(data, countries=tuple(replace(c, use_rate=0.0) for c in countries))
    assert non_user_share(nobody, eta=eta).value == pytest.approx(1.0)


class TestUsers:
    def test_typed(self):
        assert typed_users("usa=0.6, South Korea=0.4") == {"USA": 0.6, "KOR": 0.4}
        assert country_code("kr") == "KOR"
        for text, said in (
            ("USA", "COUNTRY=share"),
            ("USA=x", "no share"),
            ("Atlantis=1", "unknown country 'Atlantis'"),
        ):
            with pytest.raises(LedgerError, match=said):
                typed_users(text)

    @pytest.mark.parametrize("column", ["users", "share"])
    def test_imported(self, tmp_path, column):
        path = tmp_path / "users.csv"
        scale = 1000 if column == "users" else 1
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["country", column], ["USA", 0.75 * scale], ["KOR", 0.25 * scale]])
        assert imported_users(path) == {"USA": 0.75, "KOR": 0.25}

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("land,users\nUSA,1\n", "needs a header"),
            ("country,users\nUSA,many\n", "row 2, users: 'many'"),
            ("country,users\nUSA,0\n", "no users"),
            ("", "needs a header"),
            ("country,users\nNowhere,1\n", "unknown country 'Nowhere'"),
        ],
    )
    def test_a_bad_file_is_named_with_its_row(self, tmp_path, content, said):
        path = tmp_path / "users.csv"
        path.write_text(content)
        with pytest.raises(LedgerError, match=said):
            imported_users(path)
