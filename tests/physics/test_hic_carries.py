"""Does a carry of `hic` that is larger than the pulses of one write leave a word?"""

import numpy as np
import pytest

import archsim
from archsim.chip.load import load_architecture
from archsim.devices.presets import load_device
from archsim.schemes import load_scheme
from archsim.schemes.digital.algorithms.hic_rule import HicRule, carry_size
from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.state_read import LineRead

F = np.float32


def rule_of_one_layer(line_read=None):
    scheme = load_scheme("hic", {"carry_pulses": 8})
    devices = load_device(scheme.device).build(1, 3)
    writes = np.zeros((1, 3), np.int32)
    layer = LayerState(0, "fc", devices.weights, devices, writes, vectors=1, bias=False, tile=0)
    layer.line_read = line_read
    return HicRule(scheme, [layer], rate=0.5, batch=1, seed=0), layer


def write_carries(rule, layer, carries):
    """One mini-batch whose step is so many carries."""
    step = np.array(carries, F)[:, None] * F(carry_size(rule.scheme, layer) / rule.rate)
    rule.image(layer, step, np.ones((1, 1), F), 0)
    rule.batch(layer, 0)


def test_what_was_not_given_is_counted_and_said():
    rule, layer = rule_of_one_layer()
    write_carries(rule, layer, [1, 8, 0])  # 8 pulses a carry: 8 and 64 are as many as are given
    assert rule.notes() == []
    write_carries(rule, layer, [-10, 1, 9])  # 80 and 72 pulses: 16 and 8 too many
    assert layer.writes.tolist() == [[8 + 64, 64 + 8, 64]]
    (note,) = rule.notes()
    assert note.startswith("2 of 5 writes of carries asked for more than 64 pulses")
    assert "24 pulses were not given" in note
    later, _ = rule_of_one_layer()
    later.restore(rule.facts())
    assert later.notes() == [note]
    later.restore({})  # a checkpoint of before
    assert later.notes() == []


@pytest.mark.parametrize("rate, said", [(0.2, 0), (200.0, 1)])
def test_the_result_of_a_training_says_it(rate, said):
    training = archsim.train(
        "digits_cnn",
        "cim40",
        data="digits",
        scheme="hic",
        epochs=1,
        images=8,
        batch=8,
        settings={"learning_rate": rate},
    )
    notes = training.result.notes
    assert sum("pulses were not given" in note for note in notes) == said


def test_a_converter_that_tells_no_cell_leaves_accumulators_unread_and_says_so():
    # a cell that is on is 1, a third of a level: each word is taken for 0, whatever it holds
    rule, layer = rule_of_one_layer(LineRead(step=3.0, bound=12.0, noise=0.0))
    rule.registers[0][...] = [[63, -1, 0]]
    write_carries(rule, layer, [0.5, 0.5, 0.5])  # 32 of 64 units
    assert layer.writes.tolist() == [[0, 0, 0]]  # read rightly the first would carry
    # 0100000 is written over what was seen as 0: the other cells keep what they hold
    assert rule.registers[0].tolist() == [[63, -1, 32]]
    (note,) = rule.notes()
    assert note.startswith("13 of 21 accumulator bits were misread")  # six, seven and none
    later, _ = rule_of_one_layer()
    later.restore(rule.facts())
    assert later.notes() == [note]


@pytest.mark.parametrize("bits, said", [(3, 1), (9, 0)])
def test_accumulators_are_read_through_the_converter_of_the_chip(bits, said):
    training = archsim.train(
        "digits_cnn",
        data="digits",
        scheme="hic",
        chip=load_architecture("cim40", {"read.adc_bits": bits}),
        epochs=1,
        images=16,
        batch=8,
    )
    notes = training.result.notes
    assert sum("accumulator bits were misread" in note for note in notes) == said
