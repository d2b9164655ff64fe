"""Digital parts: sums against synthesis reports, disputed ranges, growth with every parameter."""

import itertools
import math

import pytest

from hwlib import PARTS, InputError, figure, find_part, price
from tests.members import every
from tests.near import near

GROUPS = ("digital", "control", "stochastic")
MINE = sorted(name for name, part in PARTS.items() if part.group in GROUPS)
USED = figure("layout.utilisation").value


def sweep(parameter):
    """Up to ten values of a numeric parameter over its whole range, ends included; all choices of a
    word.
    """
    if parameter.choices:
        return list(parameter.choices)
    least = parameter.low or 1e-3 * parameter.high  # a range from zero up
    steps = [least * (parameter.high / least) ** (i / 9) for i in range(10)]
    # the power may overshoot by a rounding error
    steps[0], steps[-1] = parameter.low, parameter.high
    return sorted({round(step) for step in steps}) if parameter.integer else steps


def numbers(priced):
    """Every cost of a priced part as (what, (low, value, high))."""
    costs = [("area", priced.area), ("leakage", priced.leakage), *priced.energy.items()]
    return [(what, (cost.low, cost.value, cost.high)) for what, cost in costs]


@every("name", MINE)
def test_costs_are_finite_and_never_fall_with_a_larger_parameter(name):
    part = PARTS[name]
    words = [p for p in part.parameters if p.choices]
    for choice in itertools.product(*(p.choices for p in words)):
        fixed = dict(zip((p.name for p in words), choice))
        for parameter in [p for p in part.parameters if not p.choices]:
            last = None
            for value in sweep(parameter):
                costs = numbers(price(name, {**fixed, parameter.name: value}))
                for what, (low, middle, high) in costs:
                    assert all(map(math.isfinite, (low, middle, high))), (what, value)
                    assert 0 <= low <= middle <= high, (what, fixed, value)
                if last and parameter.monotone:
                    for (what, now), (_, before) in zip(costs, last):
                        assert all(a >= b * (1 - 1e-12) for a, b in zip(now, before)), (
                            what,
                            fixed,
                            parameter.name,
                            value,
                        )
                last = costs


@every("name", MINE)
def test_every_cost_leads_to_a_figure(name):
    priced = price(name)
    for what, cost in [
        ("area", priced.area),
        ("leakage", priced.leakage),
        *priced.energy.items(),
        *priced.latency.items(),
    ]:
        given = "parameters" in cost.formula  # a pulse as long as the user says needs no source
        assert list(cost.figures()) or (cost.value == 0 and cost.formula) or given, what


def test_register_of_128_is_the_data_buffer_report():
    priced = price("register", {"bits": 128})
    assert priced.area.value * USED == near(981.67)
    assert priced.energy["write"].value == near(771e-15)
    assert priced.leakage.value == near(79.762e-9)


def test_adder_and_its_flip_flops_give_the_registered_adder():
    cells = (
        price("adder", {"bits": 8}).area.value * USED + 25 * figure("logic.flip_flop_area").value
    )
    assert cells == near(figure("adder_8.registered_area").value, rel=0.06)


def test_multiplier_and_its_flip_flops_give_the_registered_multiplier():
    cells = (
        price("multiplier", {"bits": 8}).area.value * USED
        + 32 * figure("logic.flip_flop_area").value
    )
    assert cells == near(figure("multiplier_8.registered_area").value, rel=0.06)


def test_composed_multiply_accumulate_is_near_its_report():
    priced = price("multiply_accumulate", {"bits": 8})
    assert priced.area.value * USED == near(figure("mac_8.area").value, rel=0.12)
    assert priced.energy["multiply_add"].value == near(figure("mac_8.energy").value, rel=0.12)
    assert priced.leakage.value == near(figure("mac_8.leakage").value, rel=0.12)


@pytest.mark.parametrize(
    "name, action, others",
    [
        ("adder", "add", (0.1e-12, 0.21e-12)),  # Horowitz, Aladdin
        ("multiplier", "multiply", (3.1e-12, 12.7e-12)),
    ],
)
def test_ranges_at_32_bits_hold_the_other_sources(name, action, others):
    energy = price(name, {"bits": 32}).energy[action]
    assert all(energy.low <= other <= energy.high for other in others)


@pytest.mark.parametrize(
    "name, action, horowitz, aladdin",
    [
        ("floating_adder", "add", 0.9e-12, 16.7e-12),
        ("floating_multiplier", "multiply", 3.7e-12, 35.3e-12),
    ],
)
def test_fp32_carries_both_sides_of_the_dispute(name, action, horowitz, aladdin):
    energy = price(name, {"format": "fp32"}).energy[action]
    assert energy.low <= horowitz * (1 + 1e-9) and energy.high >= aladdin * (1 - 1e-9)
    assert energy.value == near(math.sqrt(horowitz * aladdin))
    assert "geometric mean" in energy.formula
    assert {f.source for f in energy.figures()} == {"horowitz2014", "aladdin"}


@pytest.mark.parametrize("name", ["floating_adder", "floating_multiplier"])
def test_narrower_floating_formats_cost_less(name):
    prices = [price(name, {"format": form}) for form in ("bf16", "fp16", "fp32")]
    for (what, small), (_, middle), (_, large) in zip(*map(numbers, prices)):
        assert small[1] < middle[1] < large[1], what


def test_vector_lane_pays_for_the_unit_it_uses():
    lane = price("vector_lane", {"format": "int16"}).energy
    multiplier = price("multiplier", {"bits": 16}).energy["multiply"].value
    write = price("register", {"bits": 16}).energy["write"].value
    assert lane["multiply"].value == near(multiplier + 3 * write)
    assert (
        lane["multiply_add"].value
        > lane["multiply"].value
        > lane["add"].value
        > lane["compare"].value
    )
    assert lane["divide"].value > 10 * price("adder", {"bits": 16}).energy["add"].value


def test_the_adder_of_a_lane_holds_sums_of_products():
    # products of 8 bits have 16, and four more let sixteen of them be added; never above 64
    for form, bits, wide in (("int8", 8, 20), ("int32", 32, 64)):
        lane = price("vector_lane", {"format": form}).energy
        adder = price("adder", {"bits": wide}).energy["add"].value
        write = price("register", {"bits": bits}).energy["write"].value
        assert lane["add"].value == near(adder + 3 * write)


def test_the_table_of_a_lane_has_a_word_for_each_of_256_entries():
    # 256 words of 16 bits are half of the KiB that was measured, of 32 bits all of it
    half, whole = (
        price("vector_lane", {"format": form}).area.value
        - sum(part.area().value for part in find_part("vector_lane")(format=form)._held())
        for form in ("int16", "int32")
    )
    assert half == near(figure("lookup_table.area_1kib").value / 2)
    assert whole == near(2 * half)


def test_vector_lane_grows_with_its_format():
    areas = [
        price("vector_lane", {"format": form}).area.value for form in ("int8", "int16", "int32")
    ]
    assert areas == sorted(areas) and areas[0] > 1000


def test_clock_tree_is_capacitance_times_voltage_squared():
    energy = price("clock_tree", {"area_mm2": 2.0}).energy["cycle"]
    density = figure("clock.capacitance_density").value
    volts = figure("clock.supply").value
    # a density of 65 nm, 65/40 as dense at 40 nm
    assert energy.value == near(2e6 * density * 65 / 40 * volts**2)
    assert density == near(0.33 * 0.278 / 200e6 / 10.55e6, rel=0.01)


def test_riscv_core_variants():
    small = price("riscv_core")
    large = price("riscv_core", {"variant": "multiply"})
    assert small.energy["cycle"].value == near(4e-12)  # 4 uW/MHz
    assert large.area.value / small.area.value == near(26133 / 16443)
    assert small.energy["cycle"].low <= 3e-12


@pytest.mark.parametrize(
    "name, parameters, word",
    [
        ("register", {"bits": 0}, "1 to 65536"),
        ("register", {"bits": 2.5}, "whole number"),
        ("register", {"bit": 8}, "did you mean 'bits'"),
        ("vector_lane", {"format": "fp23"}, "did you mean 'fp32'"),
        ("adder", {"bits": math.nan}, "finite"),
    ],
)
def test_wrong_parameters_are_refused(name, parameters, word):
    with pytest.raises(InputError, match=word):
        price(name, parameters)


def test_a_sequencer_is_its_counters_its_state_and_its_gates():
    # rows, columns and groups: 12 x 200 x 3 take counters of 4, 8 and 2 bits
    priced = price("tile_control", {"rows": 12, "columns": 200, "groups": 3})
    counters = [price("counter", {"bits": bits}) for bits in (4, 8, 2)]
    state = figure("sequencer.state_bits").value
    gates = figure("sequencer.state_gates").value + 215 * figure("sequencer.gates_per_line").value
    logic = gates * figure("logic.nand2_area").value
    cells = state * figure("logic.flip_flop_area").value + logic
    assert priced.area.value == near(sum(counter.area.value for counter in counters) + cells / USED)
    switched = logic * figure("logic.energy_density").value * figure("sequencer.activity").value
    assert priced.energy["cycle"].value == near(
        sum(counter.energy["count"].value for counter in counters)
        + state * figure("logic.flip_flop_energy").value
        + switched
    )
