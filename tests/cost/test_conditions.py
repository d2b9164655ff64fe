"""What do supply, temperature and flavour of the process move, and where are they refused?"""

import pytest

import archsim
from archsim.chip.timing_closure import is_closure_note
from hwlib import PARTS, load_figures, price
from hwlib.conditions import CONDITIONS
from hwlib.errors import InputError
from hwlib.node_levels import delay_level, energy_level, supply_voltage
from tests.members import every
from tests.near import near

NODES = (130, 90, 65, 45, 40, 32, 28, 22, 16, 14, 10, 7)
SHARES = [0.7 + 0.05 * step for step in range(10)]


def figure(name):
    return load_figures()[name].value


def chip_with(**settings):
    return archsim.load_architecture("cim40", settings)


@every("node", NODES)
def test_the_laws_of_supply_are_monotone_where_they_are_allowed(node):
    nominal = supply_voltage(node).value
    energies = [energy_level(node, share * nominal).value for share in SHARES]
    delays = [delay_level(node, share * nominal).value for share in SHARES]
    assert energies == sorted(energies) and delays == sorted(delays, reverse=True)
    assert energies[0] > 0 and delays[-1] > 0


@every("name", sorted(PARTS))
def test_the_usual_conditions_change_no_bit(name):
    usual = {"temperature_c": 25.0, "flavour": "low_power", "supply_v": 0.0}
    for node in (40.0, 28.0):
        plain = price(name, {}, node)
        said = price(name, usual, node)
        assert plain.area == said.area and plain.leakage == said.leakage
        assert plain.energy == said.energy and plain.latency == said.latency


@every("name", sorted(PARTS))
def test_more_supply_costs_no_less_and_is_no_slower(name):
    nominal = supply_voltage(40.0).value
    rising = [price(name, {"supply_v": share * nominal}) for share in SHARES]
    for earlier, later in zip(rising, rising[1:]):
        assert later.area.value == earlier.area.value
        assert later.leakage.value >= earlier.leakage.value
        for action in earlier.energy:
            assert later.energy[action].value >= earlier.energy[action].value
            assert later.latency[action].value <= earlier.latency[action].value
            for cost in (later.energy[action], later.latency[action], later.leakage):
                assert cost.low <= cost.value <= cost.high


def test_an_adder_at_nine_tenths_of_a_volt():
    # 40 nm: between the rows of 45 nm and 32 nm by logarithms, at 0.9 V and at 1.1 V
    plain = price("adder")
    low = price("adder", {"supply_v": 0.9})
    energy = energy_level(40.0, 0.9).value / energy_level(40.0, 1.1).value
    delay = delay_level(40.0, 0.9).value / delay_level(40.0, 1.1).value
    assert low.energy["add"].value == near(plain.energy["add"].value * energy)
    assert low.latency["add"].value == near(plain.latency["add"].value * delay)
    assert low.leakage.value == near(plain.leakage.value * (0.9 / 1.1) ** 3)
    assert 0.65 < energy < 0.72 and 1.8 < delay < 2.0


def test_wires_go_with_the_square_and_array_voltages_stay():
    square = (0.9 / 1.1) ** 2
    for name, action in (
        ("wire_bus", "transfer"),
        ("clock_tree", "cycle"),
        ("column_mux", "select"),
    ):
        plain = price(name)
        low = price(name, {"supply_v": 0.9})
        assert low.energy[action].value == near(plain.energy[action].value * square)
    # a line that is charged to the supply
    line = {"cells": 64}
    plain, low = (price("word_line_driver", line | more) for more in ({}, {"supply_v": 0.9}))
    assert low.energy["drive"].value == near(plain.energy["drive"].value * square)
    assert price("cell_1t1r", {"supply_v": 0.9}).energy == price("cell_1t1r").energy
    # a write driver works at the array's voltage, its input at the supply
    plain, low = (price("write_driver", more).energy["pulse"] for more in ({}, {"supply_v": 0.9}))
    assert 0.9 * plain.value < low.value < plain.value


def test_leakage_follows_the_table_of_temperatures():
    # a straight line in the logarithm: 25 C lies 2 K below the first temperature of the table
    step = (9.02e-11 / 1.01e-11) ** (1 / 50)
    at_77 = price("adder", {"temperature_c": 77.0}).leakage.value / price("adder").leakage.value
    assert at_77 == near(step**52)
    later = (4.1e-10 / 9.02e-11) ** (1 / 50)
    at_102 = price("adder", {"temperature_c": 102.0}).leakage.value / price("adder").leakage.value
    assert at_102 == near(step**52 * later**25)


def test_general_purpose_is_faster_and_leaks():
    fast, slow = price("adder", {"flavour": "general_purpose"}), price("adder")
    assert fast.leakage.value / slow.leakage.value == near(figure("leakage.general_purpose"))
    assert fast.latency["add"].value < 0.5 * slow.latency["add"].value
    assert fast.energy["add"].value < slow.energy["add"].value  # at its own, lower supply
    with pytest.raises(InputError, match="no high-performance row"):
        price("adder", {"flavour": "general_purpose"}, 16.0)


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ({"supply_v": 0.5}, "0.77 to 1.26 V"),
        ({"supply_v": 1.3}, "0.77 to 1.26 V"),
        ({"temperature_c": 150.0}, "125"),
        ({"flavour": "low_powr"}, "low_power"),
    ],
)
def test_outside_the_laws_it_is_refused(conditions, says):
    with pytest.raises(InputError, match=says):
        price("adder", conditions)


def test_the_conditions_of_a_chip_are_those_of_its_parts():
    chip = chip_with(supply_v=0.9, temperature_c=85.0)
    result = archsim.simulate("lenet1", chip)
    plain = archsim.simulate("lenet1", "cim40")
    for row in result.inventory:
        outside = row["boundary"] == "system"
        assert row["parameters"].get("supply_v") == (None if outside else 0.9)
    assert result.cycles == plain.cycles and result.area_mm2 == near(plain.area_mm2)
    assert result.dynamic_power_uw < plain.dynamic_power_uw
    assert result.static_power_uw > plain.static_power_uw
    # one part on a supply of its own
    mixed = chip_with(**{"components.buffer.parameters.supply_v": 0.9})
    energy = archsim.simulate("lenet1", mixed).by_component["buffer"]["dynamic_energy_j"]
    assert energy == near(result.by_component["buffer"]["dynamic_energy_j"])


def test_the_clock_that_parts_allow_follows_the_supply():
    notes = archsim.simulate("lenet1", chip_with(supply_v=0.9), timing=False).notes
    (note,) = filter(is_closure_note, notes)
    ratio = delay_level(40.0, 0.9).value / delay_level(40.0, 1.1).value
    assert f"vector_unit.multiply (part vector_lane, a cycle) allows {355.9 / ratio:.1f}" in note
    fast = chip_with(flavour="general_purpose", clock_mhz=900.0)
    slow = chip_with(clock_mhz=900.0)
    words = [
        len(" ".join(filter(is_closure_note, archsim.simulate("lenet1", c, timing=False).notes)))
        for c in (fast, slow)
    ]
    assert words[0] < words[1]


def test_a_run_of_other_conditions_is_priced_again_as_it_was():
    result = archsim.simulate("lenet1", chip_with(supply_v=0.9))
    assert result.reprice(40).energy_j == result.energy_j
    assert result.estimate().energy_j().value == near(result.energy_j)
    assert {parameter.name for parameter in CONDITIONS} == {"supply_v", "temperature_c", "flavour"}


def test_a_condition_that_is_misspelt_is_told_with_its_name():
    with pytest.raises(
        InputError, match=r"allowed: bits, flavour, rate_msps, supply_v, .*mean 'supply_v'"
    ):
        price("adc_sar", {"suply_v": 1.0})
