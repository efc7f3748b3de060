"""Energy by component: measured, modelled, attributed, missing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulebook.ledger.accounting.cpu import codecarbon_power_w, family_of, model_cpu, plain_model_name
from joulebook.ledger.accounting.energy import account_window, full_stack_energy
from joulebook.ledger.accounting.memory import model_memory
from joulebook.ledger.accounting.observations import WindowUse


def test_the_cpu_model_bears_idle_of_allotted_cores_and_dynamic_of_the_tree(factors, make):
    # 8 threads x 100 s = 800 thread-seconds, less 50 that others kept busy; 0.5 W idle, 1.5 W more when busy.
    energy = model_cpu(make.host(), factors)
    assert energy.value == pytest.approx(0.5 * 750 + 1.5 * 200)
    assert energy.method == "modelled"
    assert energy.measured_share == 0.0
    # A limit of two cores bears the idle power of two, whatever the neighbours do.
    limited = model_cpu(make.host(cpu_limit_cores=2.0), factors)
    assert limited.value == pytest.approx(0.5 * 200 + 1.5 * 200)
    # Two runs that overlap bear half of the idle power each.
    shared = model_cpu(make.host(idle_share=0.5), factors)
    assert shared.value == pytest.approx(0.5 * 375 + 1.5 * 200)


def test_an_unknown_processor_has_the_spread_of_all(factors, make):
    known, unknown = (
        model_cpu(make.host(cpu_model=name), factors) for name in ("AMD EPYC 7763", "Intel(R) Xeon(R) Processor")
    )
    assert unknown.value == pytest.approx(0.7 * 750 + 3.0 * 200)
    assert unknown.high / unknown.low > 3 * known.high / known.low / 2


def test_codecarbons_model_is_the_whole_machine_at_its_load(factors, make):
    chosen = replace(factors, cpu_model="codecarbon", cpu_tdp_w={"amd epyc 7763": 280.0})
    load = 250 / 800
    assert model_cpu(make.host(), chosen).value == pytest.approx(280 * (0.1 + 0.9 * load**3) * 100)
    assert codecarbon_power_w(100.0, 1.0) == pytest.approx(100.0)
    # A processor that the table does not know: 4 W a thread, as CodeCarbon has it.
    other = model_cpu(make.host(cpu_model="mystery"), replace(chosen, cpu_model="tdp"))
    assert other.value == pytest.approx(4 * 8 * 100)


def test_cpu_names_are_told_from_their_decoration():
    assert plain_model_name("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz") == "intel xeon gold 6130"
    assert plain_model_name("AMD EPYC 7763 64-Core Processor") == "amd epyc 7763"


def test_memory_is_what_the_tree_held_or_what_was_allotted(factors, make):
    assert model_memory(make.host(), factors).value == pytest.approx(400 * 0.14)
    allotted = replace(factors, memory_model="allotted")
    assert model_memory(make.host(), allotted).value == pytest.approx(64 * 100 * 0.14)
    assert model_memory(make.host(memory_limit_bytes=16e9), allotted).value == pytest.approx(16 * 100 * 0.14)
    assert model_memory(make.host(tree_rss_byte_s=None, memory_used_byte_s=None), factors) is None


def test_a_window_adds_up_and_says_what_was_measured(factors, make):
    figures = account_window(make.window(), factors)
    assert figures.energy_j.value == pytest.approx(1000 + 675 + 56)
    assert figures.energy_j.value == pytest.approx(sum(f.value for f in figures.energy_by_component.values() if f))
    assert figures.energy_j.method == "modelled"
    assert figures.energy_j.measured_share == pytest.approx(1000 / 1731)
    assert (figures.energy_j.boundary, figures.missing) == ("IT", ())
    assert figures.energy_by_component["other"] is None


def test_a_counter_beats_the_model(factors, make):
    package = make.gpu(50.0, device_id="boot-a/package-0", component="cpu", name="package-0", source="powercap")
    figures = account_window(make.window([package]), factors)
    assert figures.energy_by_component["cpu"].value == pytest.approx(50.0)
    assert figures.energy_by_component["ram"].method == "modelled"
    # One that could not be read leaves the model in place.
    unread = replace(package, reading=None, why_unknown="no permission")
    assert account_window(make.window([unread]), factors).energy_by_component["cpu"].value == pytest.approx(675.0)


def test_the_unknown_is_named_never_zero(factors, make):
    blind = make.gpu(None, why_unknown="driver hangs")
    figures = account_window(make.window([blind], [make.host(tree_cpu_s=None, machine_busy_s=None)]), factors)
    assert figures.energy_by_component["gpu"] is None
    assert figures.missing == ("gpu", "cpu")
    assert figures.energy_j.boundary == "IT without gpu, cpu"
    assert "driver hangs" in figures.warnings[0]
    second = make.gpu(10.0, device_id="GPU-2")
    assert account_window(make.window([blind, second]), factors).missing == ("gpu GPU-1",)
    alone = account_window(make.window(hosts=[]), factors)
    assert (alone.energy_j.boundary, alone.missing) == ("accelerators", ("cpu", "ram"))
    assert account_window(WindowUse(5.0), factors).energy_j is None


def test_no_cpu_time_read_is_not_known_to_be_none(factors, make):
    # Less than a clock tick of a hundredth of a second, on a machine that others kept busy.
    unseen = make.host(duration_s=0.05, tree_cpu_s=0.0, machine_busy_s=100.0)
    cpu = account_window(make.window([], [unseen], 0.05), factors).energy_by_component["cpu"]
    full_high_w = family_of(unseen.cpu_model, factors).full_high_w
    assert (cpu.value, cpu.low, cpu.high) == pytest.approx((0.0, 0.0, full_high_w * 0.01))


def test_shares_and_reserved_devices(factors, make):
    shared = make.gpu(1000.0, share=0.25, share_how="process")
    reserved = make.gpu(300.0, device_id="GPU-2", reserved=True)
    figures = account_window(make.window([shared, reserved]), factors)
    assert figures.energy_by_component["gpu"].value == pytest.approx(250.0)
    assert figures.devices[0].device_energy_j.value == pytest.approx(1000.0)
    assert figures.reserved[0].energy_j.value == pytest.approx(300.0)
    by_time = account_window(make.window([make.gpu(1000.0, share=0.5, share_how="time")]), factors).devices[0].energy_j
    assert (by_time.method, by_time.measured_share) == ("modelled", 0.0)
    assert by_time.high <= 1050.0 + 1e-9


def test_full_stack_from_the_accelerators_alone(factors, make):
    gpu = account_window(make.window(hosts=[]), factors).energy_j
    # Google's prompt: 0.10 Wh in active accelerators, 0.24 Wh in all.
    whole = full_stack_energy(gpu.scaled(360 / 1000), factors.get("full_stack"))
    assert whole.value == pytest.approx(0.24 * 3600)
    assert (whole.boundary, whole.method) == ("facility", "modelled")


amounts = st.floats(0.0, 1e6)


@given(amounts, amounts, amounts, st.floats(0.1, 1e5), st.floats(0.05, 0.95))
def test_windows_that_follow_one_another_add_up(factors, make, energy, tree, held, seconds, cut):
    def use(part):
        tree_s = part * min(tree, 8 * seconds)
        machine = {"machine_busy_s": tree_s, "tree_cpu_s": tree_s, "tree_rss_byte_s": part * held * 1e9}
        return make.window([make.gpu(part * energy)], [make.host(part * seconds, **machine)], part * seconds)

    whole, first, second = (account_window(use(part), factors).energy_j for part in (1.0, cut, 1 - cut))
    assert first.value + second.value == pytest.approx(whole.value, rel=1e-9, abs=1e-9)
    assert whole.low <= whole.value * (1 + 1e-9)
    assert whole.value <= whole.high * (1 + 1e-9)
