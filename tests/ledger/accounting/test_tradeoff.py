"""When the small model pays off: published and hand-worked vectors, and what must always hold."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulebook.ledger.accounting.comparison import Site
from joulebook.ledger.accounting.comparison_quality import quality_of
from joulebook.ledger.accounting.comparison_site import emissions_g
from joulebook.ledger.accounting.estimate_inference import InferenceWork
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.tradeoff import (
    Costs,
    Escalation,
    break_even_date,
    break_even_requests,
    curves,
    tradeoff,
)
from joulebook.ledger.accounting.tradeoff_cascade import (
    cascade_cost,
    cascade_threshold,
    measured_escalation,
    mixture_quality,
    rebound_break_even,
    router_cost,
    router_threshold,
)
from joulebook.ledger.accounting.tradeoff_elsewhere import (
    Chip,
    by_start_hour,
    in_regions,
    on_accelerator,
    served_otherwise,
)
from joulebook.ledger.accounting.tradeoff_gate import gate_from_quality, gate_from_scores
from joulebook.ledger.accounting.tradeoff_json import to_json
from joulebook.ledger.accounting.tradeoff_money import (
    OwnedHardware,
    amortised_per_request,
    money_bases,
    parity_requests,
)
from joulebook.ledger.accounting.uncertainty import Z90
from joulebook.ledger.errors import LedgerError
from joulebook.ledger.estimates import serving_device, token_model
from joulebook.ledger.tradeoff_inputs import chip_of, costs_at, energy_costs, once_from_runs, pair_gsd

# Llama 3.1 70B and 8B on H100 at 64 requests at once, 400 tokens (ML.ENERGY v3), in kWh.
LARGE, SMALL, ONCE = 0.797 * 400 / 3.6e6, 0.119 * 400 / 3.6e6, 600.0


def figure(value, spread=1.0, boundary="IT"):
    return Figure(value, value / spread, value * spread, "declared", boundary)


def costs(large=LARGE, small=SMALL, once=ONCE, *, spread=1.0, **more):
    return Costs("kwh", figure(large, spread), figure(small, spread), distillation=figure(once, spread), **more)


def test_break_even_of_8b_against_70b():
    result = tradeoff(costs(), requests_per_day=10_000, start=date(2026, 11, 22))
    assert result.break_even.requests.value == pytest.approx(7_964_602, abs=0.5)
    assert result.break_even.date == date(2029, 1, 27)  # 797 days later
    assert result.cascade.threshold.value == pytest.approx(0.8507, abs=5e-5)
    assert result.rebound_break_even == pytest.approx(0.797 / 0.119)
    assert result.verdict.startswith("The small model pays for its 600 kWh after 7.96 million requests, on 2029-01-27")
    document = to_json([result])
    assert document["break_even_requests"]["value"] == pytest.approx(7_964_602, abs=0.5)
    assert (document["break_even_date"], document["never"]) == ("2029-01-27", False)


@pytest.mark.parametrize(
    ("training", "finetuning", "per_request", "published"),
    [
        (51_686, 7_571, 1.0e-4, 592_570_000),
        (17_052, 1_081, 6.2e-5, 292_467_741),
        (10_505, 543, 5.4e-5, 204_592_592),
    ],
)
def test_parity_reproduces_the_published_table(training, finetuning, per_request, published):
    """Luccioni et al. 2024, table 5."""
    assert math.floor(parity_requests(training, finetuning, per_request)) == published


def test_the_fourth_row_of_the_published_table_is_likely_a_misprint():
    assert round(parity_requests(25_634, 3_242, 7.3e-5)) == 395_561_644  # printed: 395,602,740
    assert round(parity_requests(25_634, 3_245, 7.3e-5)) == 395_602_740  # 3,242 looks like a misread 3,245


def test_where_nothing_is_saved_it_never_comes():
    result = tradeoff(costs(large=1.0, small=1.0), requests_per_day=1.0, start=date(2026, 1, 1))
    assert break_even_requests(1.0, 1.0, 1.0) == math.inf
    assert (result.break_even.requests, result.break_even.date) == (None, None)
    assert result.break_even.probability_never == 1.0
    assert "never pays off" in result.verdict
    assert to_json([result])["break_even_requests"] is None


def test_a_range_that_reaches_never_says_so():
    result = tradeoff(costs(large=1.0, small=0.9, once=10.0, spread=1.2))
    even = result.break_even
    assert even.latest_is_never
    assert even.probability_never == pytest.approx(0.25, abs=0.02)  # P(z > ln(1/0.9) / (0.1108 · √2)) = 0.251
    assert "to never" in result.verdict


def test_nothing_to_pay_pays_off_at_once():
    result = tradeoff(Costs("usd", figure(2.0), figure(1.0)))
    assert result.break_even.requests.value == 0
    assert "from the first request: it saves 1 USD" in result.verdict


def test_what_the_place_adds_to_all_inputs_cancels():
    wide = tradeoff(costs(spread=1.5)).break_even.requests
    shared = tradeoff(costs(spread=1.5, shared_gsd=1.5 ** (1 / Z90))).break_even.requests
    assert wide.high / wide.low > 2
    assert shared.high / shared.low == pytest.approx(1.0, abs=0.01)


def test_one_meter_for_both_models_widens_the_break_even_but_not_the_threshold():
    gsd = 1.3 ** (1 / Z90)
    both = Costs("kwh", figure(10, 1.3), figure(2, 1.3), distillation=figure(100.0), pair_gsd=gsd)
    result = tradeoff(both)
    assert result.cascade.threshold.high - result.cascade.threshold.low < 0.005
    assert result.break_even.requests.high / result.break_even.requests.value == pytest.approx(1.3, rel=0.02)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.01, 100), st.floats(0.01, 0.99), st.floats(0.1, 1e4), st.floats(0, 1e3))
def test_break_even_is_where_the_curves_cross(large, part, once, switch):
    inputs = costs(large, large * part, once)
    crossing = switch + break_even_requests(once, large, large * part)
    lines = {c.route: c.value for c in curves(inputs, np.array([crossing, 2 * crossing]), switch_at=switch, draws=2)}
    assert lines["large first"][0] == pytest.approx(lines["always large"][0], rel=1e-9)
    assert lines["large first"][1] < lines["always large"][1]


def test_curves_of_all_routes_by_hand():
    inputs = Costs("kwh", figure(10.0), figure(2.0), verifier=figure(1.0), distillation=figure(100.0))
    at = np.array([0.0, 10.0, 100.0])
    lines = {c.route: c for c in curves(inputs, at, escalation=Escalation(0.25, 0.2, 0.3), switch_at=10.0)}
    assert lines["always large"].value.tolist() == [0, 100, 1000]
    assert lines["always small"].value.tolist() == [0, 20, 200]
    assert lines["large first"].value.tolist() == [0, 200, 380]  # 100 at the switch, then 2 each
    assert lines["cascade"].value.tolist() == [0, 55, 550]  # 2 + 1 + 0.25 · 10
    assert lines["router"].value.tolist() == [0, 50, 500]  # 1 + 0.75 · 2 + 0.25 · 10
    assert lines["cascade"].low[2] < 550 < lines["cascade"].high[2]


def test_cascade_router_and_rebound():
    assert cascade_cost(2, 1, 10, 0.25) == 5.5
    assert router_cost(2, 1, 10, 0.25) == 5.0
    assert cascade_threshold(2, 1, 10) == pytest.approx(0.7)
    assert router_threshold(2, 1, 10) == pytest.approx(0.875)
    assert cascade_cost(2, 1, 10, cascade_threshold(2, 1, 10)) == pytest.approx(10)
    assert router_cost(2, 1, 10, router_threshold(2, 1, 10)) == pytest.approx(10)
    assert mixture_quality(0.25, 0.95, 0.80) == pytest.approx(0.9125)
    assert rebound_break_even(10, 5.5) == pytest.approx(1.818, abs=1e-3)
    with pytest.raises(LedgerError, match="between 0 and 1"):
        mixture_quality(1.2, 0.9, 0.9)


@pytest.mark.parametrize(("escalated", "pays"), [(20, True), (95, False), (85, None)])
def test_a_measured_escalation_rate_is_held_against_the_threshold(escalated, pays):
    assert tradeoff(costs(), escalation=measured_escalation(escalated, 100)).cascade.pays is pays


def test_rebound_eats_the_saving():
    assert break_even_requests(100, 10, 2, rebound=2) == pytest.approx(100 / 6)
    assert break_even_requests(100, 10, 2, rebound=5) == math.inf


def test_the_tornado_says_what_decides_it():
    inputs = Costs("kwh", figure(10.0, 1.5), figure(2.0, 1.01), distillation=figure(100.0, 1.1), evaluation=figure(1.0))
    bars = tradeoff(inputs).tornado
    assert [bar.name for bar in bars] == ["large", "distillation", "small", "evaluation"]
    assert bars[0].at_low == pytest.approx(101 / (10 / 1.5 - 2))
    assert [bar.assumed_range for bar in bars] == [False, False, False, True]


def test_what_inputs_share_moves_no_bar_but_that_of_both_models():
    alone = Costs("kwh", figure(10.0, 1.3), figure(2.0, 1.2), distillation=figure(100.0, 1.1), evaluation=figure(1.0))
    place, meter = 1.8, 1.4  # geometric standard deviations: a grid for all of them, a meter for both models

    def wider(found, *gsds):
        spread = math.hypot(math.log(found.high / found.value), *(Z90 * math.log(gsd) for gsd in gsds))
        return replace(found, low=found.value * math.exp(-spread), high=found.value * math.exp(spread))

    together = Costs(
        "kg", wider(alone.large, place, meter), wider(alone.small, place, meter),
        distillation=wider(alone.distillation, place), evaluation=wider(alone.evaluation, place),
        shared_gsd=place, pair_gsd=meter,
    )  # fmt: skip
    bars = {bar.name: bar for bar in tradeoff(together).tornado}
    both = bars.pop("both")
    assert both.at_low == pytest.approx(101 / (8 * meter**-Z90))
    assert both.at_high == pytest.approx(101 / (8 * meter**Z90))
    for bar in tradeoff(alone).tornado:
        found = bars.pop(bar.name)
        assert (found.at_low, found.at_high) == pytest.approx((bar.at_low, bar.at_high), rel=1e-6)
        assert found.assumed_range == bar.assumed_range
    assert not bars


def test_quality_gate():
    same = [1.0, 0.0, 1.0, 1.0] * 100
    assert gate_from_scores(same, same, margin=0.01, paired=True).passes is True
    assert gate_from_scores([0.0] * 50, [1.0] * 50, margin=0.1, paired=True).passes is False
    assert gate_from_scores(same[:40], same[:40], margin=0.01, paired=False).passes is None
    near = gate_from_quality(quality_of("a", 0.90, n=10_000), quality_of("a", 0.91, n=10_000), margin=0.02)
    assert near.difference == pytest.approx(-0.01)
    assert near.low == pytest.approx(-0.01 - 1.645 * math.sqrt(0.09 / 1e4 + 0.0819 / 1e4), abs=3e-4)
    assert near.passes is True
    unknown = gate_from_quality(quality_of("a", 0.9), quality_of("a", 0.9, n=100), margin=0.01)
    assert (unknown.passes, unknown.difference, unknown.low) == (None, 0.0, None)


def test_money_on_three_bases():
    bases = money_bases(
        figure(100.0),
        figure(70.0),
        rent_usd_per_hour=figure(2.5),
        price_usd_per_kwh=figure(0.1),
        hardware=OwnedHardware(figure(35_064.0), life_years=4, utilisation=0.5),
    )
    assert bases.rented.value == 250
    assert bases.electricity.value == pytest.approx(7)
    assert bases.owned.value == pytest.approx(207)  # 35,064 USD over 17,532 working hours is 2 USD an hour
    assert amortised_per_request(figure(1000.0), 4e6).value == pytest.approx(2.5e-4)
    assert money_bases(None, figure(1.0)).owned is None


def test_training_over_the_life_of_the_model():
    inputs = Costs("kwh", figure(2e-4), figure(1e-5), training=figure(1000.0))
    result = tradeoff(inputs, life_requests=2e7)
    assert result.training_per_request.value == pytest.approx(5e-5)
    assert result.training_share == pytest.approx(0.2)
    assert tradeoff(inputs).training_per_request is None


def test_dates():
    assert break_even_date(100, 10, date(2026, 1, 1)) == date(2026, 1, 11)
    assert break_even_date(101, 10, date(2026, 1, 1)) == date(2026, 1, 12)
    assert break_even_date(1e15, 1, date(2026, 1, 1)) is None
    assert break_even_date(math.inf, 1, date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("inputs", "more", "said"),
    [
        (costs(large=-1), {}, "can't be below 0"),
        (costs(), {"requests_per_day": 0}, "above 0 requests a day"),
        (costs(), {"rebound": 0}, "rebound"),
        (costs(), {"escalation": Escalation(1.5, 1.5, 1.5)}, "between 0 and 1"),
    ],
)
def test_inputs_that_can_not_be(inputs, more, said):
    with pytest.raises(LedgerError, match=said):
        tradeoff(inputs, **more)


SITE = Site("KOR", figure(400.0, 1.3), figure(1.5, 1.2), None, figure(0.1, 1.4), "test")


def test_at_one_place_carbon_and_money_break_even_where_energy_does():
    per_request, once = {"large": figure(3.6e6), "small": figure(1.8e6)}, {"labelling": figure(3.6e8)}
    energy = tradeoff(energy_costs(per_request, once)).break_even.requests
    assert energy.value == pytest.approx(200)
    for quantity in ("kg", "usd"):
        requests = tradeoff(costs_at(quantity, per_request, once, SITE)).break_even.requests
        assert requests.value == pytest.approx(200)
        assert requests.high / requests.low < 1.05
    assert costs_at("l", per_request, once, SITE) is None
    with pytest.raises(LedgerError, match="small"):
        energy_costs({"large": figure(1.0)}, {})
    assert pair_gsd(None, None) == 1.0


def test_a_place_with_uneven_ranges_has_one_range_in_comparison_and_tradeoff_and_cancels():
    exact = Figure(3.6e6, 3.6e6, 3.6e6, "measured", "IT", "test")
    uneven = Figure(3.6e6, 3.0e6, 6e6, "measured", "IT", "test")
    site = replace(SITE, intensity_g_per_kwh=Figure(400, 380, 700, "modelled", "facility", "test"))
    placed = costs_at("kg", {"large": uneven, "small": exact}, {}, site)
    assert placed.large == emissions_g(uneven, site).scaled(1e-3)
    (curve,) = (c for c in curves(placed, np.array([1.0])) if c.route == "always large")
    assert (curve.low[0], curve.high[0]) == pytest.approx((placed.large.low, placed.large.high), rel=0.02)
    half = exact.scaled(0.5)
    known = tradeoff(costs_at("kg", {"large": exact, "small": half}, {"labelling": exact}, site)).break_even.requests
    assert known.high / known.low == pytest.approx(1, abs=1e-6)


def test_one_time_costs_come_from_the_stages_of_runs():
    energy = {"value": 5.0, "low": 4.0, "high": 6.0, "method": "measured", "boundary": "IT"}
    runs = [
        {"run_id": f"r{i}", "stage": stage, "energy_j": energy} for i, stage in enumerate(("distil", "label", None))
    ]
    parts = once_from_runs(runs)
    assert {name: part.value for name, part in parts.items()} == {
        "distillation": 5.0,
        "labelling": 5.0,
        "development": 5.0,
    }
    with pytest.raises(LedgerError, match="r9: its energy is unknown"):
        once_from_runs([{"run_id": "r9", "energy_j": None}])


class TestElsewhere:
    def test_regions_in_order_of_emissions(self):
        clean = Site("FRA", figure(40.0), figure(1.2))
        found = in_regions(figure(3.6e6), [SITE, clean])
        assert [(place.zone, round(place.emissions_g.value, 6)) for place in found] == [("FRA", 48), ("KOR", 600)]

    def test_start_hours(self):
        day = [100.0] * 12 + [300.0] * 12
        hours = {start.hour: start for start in by_start_hour(day, 12)}
        assert (hours[0].intensity_g_per_kwh, hours[12].intensity_g_per_kwh) == (100, 300)
        assert (hours[6].intensity_g_per_kwh, hours[0].saving) == (200, 0.5)
        assert {start.intensity_g_per_kwh for start in by_start_hour(day, 48)} == {200}
        assert by_start_hour(day, 0.5)[11].intensity_g_per_kwh == 100
        with pytest.raises(LedgerError, match="24 hours"):
            by_start_hour([1.0], 1)

    def test_another_accelerator_lies_between_arithmetic_and_memory(self):
        a100, h100 = Chip("A100", 400, 312, 2039), Chip("H100", 700, 989, 3350)
        assert (chip_of("H100").tdp_w, chip_of("H100").peak_tflops) == (700, pytest.approx(989, rel=1e-3))
        moved = on_accelerator(figure(100.0), a100, h100)
        assert moved.low == pytest.approx(100 * (700 / 989) / (400 / 312))
        assert moved.high == pytest.approx(100 * (700 / 3350) / (400 / 2039))
        with pytest.raises(LedgerError, match="no rated power is known of the accelerator 'abacus'"):
            chip_of("abacus")
        with pytest.raises(LedgerError, match="no figure in common"):
            on_accelerator(figure(1.0), Chip("x", 1, None, 1), Chip("y", 1, 1, None))

    def test_another_batch_follows_what_was_measured(self):
        """ML.ENERGY v3, Llama 3.1 70B on four H100: 3.759 J a token at batch 8, 0.797 at 64."""
        now, then = (InferenceWork(70.6e9, serving_device("H100"), batch=batch, count=4) for batch in (8.0, 64.0))
        moved = served_otherwise(figure(3.759), now, then, token_model())
        assert moved.low < 0.797 < moved.high
        assert moved.value == pytest.approx(0.797, rel=0.15)
        assert moved.method == "modelled"

    def test_another_precision_of_the_same_is_the_same(self):
        work = InferenceWork(8e9, serving_device("H100"), batch=64.0)
        assert served_otherwise(figure(1.0), work, work, token_model()).value == pytest.approx(1.0)
