"""Scaling between nodes: the published multipliers come out, the way back is exact, outside the
range is refused.
"""

import csv
import itertools
import math
from importlib import resources

import numpy as np
import pytest

from hwlib import InputError, Quantity, figure
from hwlib.node_levels import NODES, delay_level, energy_level, supply_voltage
from hwlib.scaling import SCALING_CLASSES, scale, scaling_factor
from tests.members import every
from tests.near import near

ONE = Quantity(1.0, 0.5, 2.0, "um2")
DENSE = sorted({*NODES, 150.0, 110.0, 55.0, 40.0, 28.0, 22.0, 12.0}, reverse=True)


@pytest.mark.parametrize(
    "node, printed", [(130, 0.121), (90, 0.267), (65, 0.508), (45, 0.765), (32, 1.675)]
)
def test_area_multipliers_to_40_nm(node, printed):
    # The printed table has two digits and does not invert; one factor a node stays within 2 % of
    # each row.
    assert scaling_factor("area", node, 40, "logic").value == near(printed, rel=0.02)


@pytest.mark.parametrize(
    "what, scaling_class, to_nm",
    [
        ("area", "matched", 14),
        ("area", "high_voltage", 14),
        ("energy", "high_voltage", 14),
        ("energy", "access_cell", 14),
        ("area", "sram_array", 40),
    ],
)
def test_what_no_node_moves_stays_at_any_draw(what, scaling_class, to_nm):
    factor = scaling_factor(what, 40, to_nm, scaling_class)
    assert (factor.low, factor.value, factor.high) == (1.0, 1.0, 1.0)


ENERGIES = [
    (130, 1.3, "lp", 0.164),
    (65, 1.1, "lp", 0.616),
    (45, 1.1, "lp", 0.854),
    (45, 0.9, "hp", 1.48),
]


@pytest.mark.parametrize("node, supply, flavour, printed", ENERGIES)
def test_energy_multipliers_to_40_nm_low_power(node, supply, flavour, printed):
    factor = energy_level(40).value / energy_level(node, supply, flavour).value
    assert factor == near(printed, rel=0.002)


def test_energy_factor_is_the_low_power_one():
    assert scaling_factor("energy", 45, 40, "logic").value == pytest.approx(0.854, abs=0.001)
    assert scaling_factor("energy", 65, 40, "logic").value == pytest.approx(0.616, abs=0.001)


def test_area_figures_are_the_least_squares_fit_of_the_printed_table():
    text = (resources.files("hwlib") / "figures" / "stillmaker2017_area.csv").read_text(
        encoding="utf-8"
    )
    rows = list(csv.DictReader(text.splitlines()))
    nodes = [int(row["from_nm"]) for row in rows]
    logs = np.array([[math.log(float(row[str(n)])) for n in nodes] for row in rows])
    level = (logs.mean(axis=0) - logs.mean(axis=1)) / 2
    level -= level[nodes.index(45)]
    residual = logs - (level[None, :] - level[:, None])
    assert np.abs(residual).max() < 0.05
    for column, node in enumerate(nodes):
        fitted = figure(f"scaling.area_{node}")
        alone = np.concatenate([residual[:, column], -residual[column, :]])
        assert fitted.value == near(math.exp(level[column]), rel=1e-5)
        assert fitted.low == near(math.exp(level[column] + alone.min()), rel=1e-4)
        assert fitted.high == near(math.exp(level[column] + alone.max()), rel=1e-4)


@every("what", ["area", "energy", "delay", "leakage"])
@every("scaling_class", SCALING_CLASSES)
def test_round_trip_and_chain_are_exact(what, scaling_class):
    for a, b in itertools.product((130, 65, 40, 28, 7), repeat=2):
        there = scale(ONE, what, a, b, scaling_class)
        back = scale(there, what, b, a, scaling_class)
        assert back.value == near(ONE.value, rel=1e-12)
        over = scale(scale(ONE, what, a, 32, scaling_class), what, 32, b, scaling_class)
        assert over.value == near(there.value, rel=1e-12)
        assert there.low <= there.value <= there.high


@pytest.mark.parametrize("what", ["area", "energy"])
def test_smaller_nodes_are_never_larger_or_hungrier(what):
    factors = [scaling_factor(what, 180, node, "logic").value for node in DENSE]
    assert all(later < earlier for earlier, later in zip(factors, factors[1:]))


def test_delay_keeps_one_flavour_across_the_bulk_rows():
    # 65 nm has only a fast row: without the flavour ratio a part would slow down by 2.2 on its way
    # to 45 nm.
    assert (
        delay_level(65).value > delay_level(45).value > delay_level(20).value > delay_level(7).value
    )


def test_leakage_is_never_scaled():
    for scaling_class in SCALING_CLASSES:
        assert scale(ONE, "leakage", 40, 7, scaling_class).value == ONE.value
    assert "flavour" in scaling_factor("leakage", 40, 7, "logic").formula


def test_analogue_parts_shrink_less_than_logic_and_at_most_as_one_design_in_two_nodes():
    # 14 nm over 28 nm: the MRAM macro of the source, 0.67, and not at all at the other end
    area = scaling_factor("area", 28, 14, "analog")
    assert area.value == near(0.67, rel=0.001) and area.high == 1.0
    # density x 9.24 from 180 to 40 nm
    assert scaling_factor("area", 180, 40, "analog").low == near(1 / 9.24, rel=0.01)
    assert scaling_factor("energy", 180, 40, "analog").value == near(0.311, rel=0.001)
    assert scaling_factor("area", 28, 14, "logic").value < area.value


def test_capacitors_keep_their_area_and_pay_by_the_square_of_the_supply():
    supplies = supply_voltage(7).value / supply_voltage(40).value
    assert scaling_factor("area", 40, 7, "matched").value == 1.0
    assert scaling_factor("energy", 40, 7, "matched").value == near(supplies**2)


def test_what_stands_at_the_lines_follows_their_pitches():
    # contacted gate pitch x metal pitch: 51 x 38 nm at 7 nm, 145.5 x 118.5 at 40 nm
    ratio = 51 * 38 / (145.5 * 118.5)
    assert scaling_factor("area", 40, 7, "pitch").value == near(ratio)
    assert scaling_factor("energy", 40, 7, "pitch").value == near(math.sqrt(ratio))


def test_memories_follow_published_cells():
    assert scaling_factor("area", 40, 28, "sram").value == near(0.122 / 0.242)
    # between 28 and 16 nm evenly in the logarithm
    share = math.log(28 / 22) / math.log(28 / 16)
    assert scaling_factor("area", 28, 22, "sram").value == near((0.07 / 0.122) ** share)
    logic = scaling_factor("energy", 40, 28, "logic").value
    assert scaling_factor("energy", 40, 28, "sram").value == logic
    # in an array that computes it is a line at the supply
    pitch = scaling_factor("energy", 40, 28, "pitch").value
    supplies = supply_voltage(28).value / supply_voltage(40).value
    assert scaling_factor("energy", 40, 28, "sram_array").value == near(pitch * supplies**2)


def test_thick_oxide_does_not_follow_the_node():
    for what in ("area", "energy", "delay"):
        assert scaling_factor(what, 130, 7, "high_voltage").value == 1.0


def test_cells_with_an_access_transistor_shrink_less_than_the_square_of_the_node():
    # least squares over the eight published cells that the figure names
    cells = ((130, 2.125), (130, 1.44), (90, 0.165), (65, 0.25))
    cells += ((40, 0.07), (40, 0.0848), (22, 0.0486), (16, 0.0763))
    nodes, areas = np.log(np.array(cells)).T
    slope = np.polyfit(nodes, areas, 1)[0]
    assert figure("scaling.access_cell_area_exponent").value == pytest.approx(slope, abs=1e-3)
    assert scaling_factor("area", 40, 7, "access_cell").value == near((7 / 40) ** slope, rel=0.01)


def test_cell_and_wire():
    assert scaling_factor("area", 40, 28, "cell").value == near(0.49)
    assert scaling_factor("energy", 40, 28, "cell").value == 1.0
    expected = (supply_voltage(28).value / supply_voltage(40).value) ** 2
    assert scaling_factor("energy", 40, 28, "wire").value == near(expected)
    # flip-flops lie closer by F, and so many wires are as long as the root of their number
    assert scaling_factor("energy", 40, 28, "clock").value == near(expected * 40 / 28)


@every("node", [6.9, 181, 0, -40, math.nan, math.inf])
@every("scaling_class", SCALING_CLASSES)
def test_outside_the_published_range_is_refused_with_the_law_and_its_range(node, scaling_class):
    with pytest.raises(InputError, match=r"Stillmaker & Baas 2017.*7 to 180 nm"):
        scale(ONE, "area", 40, node, scaling_class)


def test_factors_rest_on_the_figures_of_both_nodes():
    used = {f.name for f in scaling_factor("energy", 65, 40, "logic").figures()}
    assert {
        "scaling.energy_65_v2",
        "scaling.energy_lp45_v2",
        "scaling.energy_lp32_v0",
        "scaling.supply_40",
    } <= used
    assert not any("hp" in name for name in used)
