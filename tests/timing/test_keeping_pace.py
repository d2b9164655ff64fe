"""Do digital units that keep pace with the tiles end where they no longer hold them up?"""

import pytest
from small_chips import quiet_chip, read, trace_of

import archsim
from archsim.chip import load_architecture
from archsim.chip.built import build_chip

PACE = {"execution.keep_pace": True}


def grown(operation, **settings):
    """The chip that a step of 16 cycles on its tiles is built on."""
    chip = quiet_chip(execution__keep_pace=True, **settings)
    built = build_chip(trace_of(operation), chip)
    return built.chip, built


def test_lanes_are_as_many_as_a_step_asks_for():
    # a read of 8 codes that are scaled, and 152 additions: 160 actions in 16 cycles are ten lanes
    chip, built = grown(read("a", 4, vector_work={"add": 152.0}), vector_unit__lanes=1)
    assert chip.vector_unit.lanes == 10
    assert any("vector_unit.lanes 1 to 10" in note for note in built.assumptions)
    # what is enough stays
    chip, built = grown(read("a", 4, vector_work={"add": 152.0}), vector_unit__lanes=11)
    assert chip.vector_unit.lanes == 11 and built.pace == ()


def test_wires_and_buffer_are_wide_enough():
    # 64 values of 8 bits in 16 cycles are 32 bits a cycle of the buffer, which one port of two reads;
    # over the bus go the 8 results of 8 bits, too: 36, and each way takes whole cycles
    step = read("a", 4, input_elements=64, output_elements=8)
    narrow = {"buffer__width_bits": 8, "buffer__ports": 2, "interconnect__width_bits": 8}
    narrow |= {"interconnect__kind": "bus"}
    chip, _ = grown(step, **narrow)
    assert chip.buffer.width_bits == 32
    assert 37 <= chip.interconnect.width_bits <= 39


def test_a_chip_without_it_is_as_it_is():
    chip = load_architecture("cim40")
    assert not chip.execution.keep_pace
    result = archsim.simulate("lenet1", load_architecture("cores40"))
    assert "execution.keep_pace" not in result.document["unused"]
    with pytest.raises(archsim.InputError, match="as they are set"):
        archsim.simulate("lenet1", load_architecture("cores40", PACE))
