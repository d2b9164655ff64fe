"""What does a driver of a line draw from its supply?"""

import pytest

from hwlib import figure, find_part
from hwlib.conditions import supply_under
from hwlib.parts.drivers import line_capacitance


@pytest.mark.parametrize("volts", [0.0, 2.0])
def test_a_driver_charges_its_line_and_its_own_stages(volts):
    # C V^2 of the line, and a third more in the stages before; 0 V: the supply of the node, 1.1 V
    part = find_part("word_line_driver")(cells=64, voltage_v=volts)
    line = line_capacitance(64, part.line_pitch_nm, figure(part.cell_capacitance)).value
    supply = volts or supply_under(part.conditions, part.native_node_nm).value
    share = figure("line.buffer_share").value
    (action,) = part.actions
    # the energies are below the absolute tolerance that approx has by itself
    expected = pytest.approx((1 + share) * line * supply**2, rel=1e-9, abs=0)
    assert part.energy(action).value == expected
