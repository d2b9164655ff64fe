"""Does a training step on a chip of cores take the cycles that arithmetic by hand gives: errors and
activations go from core to core, updates reach all copies, state waits in the global buffer?
"""

import pytest
from core_chips import core_chip, run_on_cores
from small_chips import DRAIN, READ, read, trace_of

import archsim
from archsim.schemes import list_schemes
from archsim.trace import Operation
from archsim.training.placed_tiles import tiles_of
from workloads import load_network

# 32 values of 8 bits: 4 flits and a head, through an input buffer that writes and reads them in 2
VALUES = 32
FLITS = 5
HOP = 3
BUFFER = 2
# 8 slots, then the 32 rows of a tile on its 8 converters
BACK = 8 + 4
# trains of 10 slots for either polarity
UPDATE = 2 * 10


def of(layer, phase, kind, **fields):
    return Operation(f"{layer}.{phase}", layer, phase, kind, 1, **fields)


def step(**settings):
    """A training step of two layers of 32 x 32, one on each of two cores."""
    maps = {"input_elements": VALUES, "output_elements": VALUES, "map_elements": 2 * VALUES}
    both = {"input_elements": 2 * VALUES}
    operations = (
        read("a", 1, input_elements=VALUES, output_elements=VALUES),
        read("b", 1, after=("a.forward",), **maps),
        of("b", "backward", "read_transposed", after=("b.forward",), **maps),
        of("b", "update", "pulse_update", after=("b.backward", "b.forward"), **both),
        of("a", "update", "pulse_update", after=("b.backward", "a.forward"), **both),
    )
    trace = trace_of(*operations, phase="training", rows=VALUES, columns=VALUES)
    chip = core_chip(execution__mode="layer_by_layer", tile__rows=32, tile__columns=64, **settings)
    return run_on_cores(trace, chip)[0]


def test_a_step_of_two_layers_on_two_cores():
    machine = step()
    ends = {span.operation: span.end for span in machine.spans}
    # from the port beside core 0
    forward_a = HOP + FLITS + BUFFER + READ + DRAIN
    # to core 1: two routers
    forward_b = forward_a + 2 * HOP + FLITS + BUFFER + READ + DRAIN
    # the error is made where the result of b lies: read from the output buffer in a cycle
    backward_b = forward_b + 1 + BUFFER + BACK + DRAIN
    # the activations come from core 0 again, the error is there
    update_b = backward_b + 2 * HOP + FLITS + BUFFER + UPDATE
    # activations from the port pass the way into core 0 from 3 to 8; the head of the error, which
    # comes from core 1, is there at 6 and waits for it: 8 to 13
    update_a = update_b + HOP + 2 * FLITS + BUFFER + UPDATE
    assert ends == {
        "a.forward": forward_a,
        "b.forward": forward_b,
        "b.backward": backward_b,
        "b.update": update_b,
        "a.update": update_a,
    }
    flits = {link.name: link.flits for link in machine.links()}
    # activations twice from core 0 to core 1, once forward and once for the update; one error back
    assert (flits["0>1"], flits["1>0"]) == (2 * FLITS, FLITS)


def test_activations_that_a_core_cannot_keep_come_from_the_global_buffer():
    # a buffer of 64 bytes has room for two of the three maps that live until the updates
    machine = step(core__tiles=2, core__output_buffer_kib=0.0625)
    assert machine.map.kept["a.forward"] == machine.map.kept["b.forward"] == 1
    assert machine.map.kept["b.backward"] == 0
    assert {link.name: link.flits for link in machine.links()}["0>buffer"] == FLITS


def test_all_copies_are_updated_at_once():
    machine = step(placement__copies={"a": 2})
    plan = machine.plan_of(
        next(op for op in machine.trace.image_operations if op.name == "a.update")
    )
    (unit,) = plan.cores.units
    assert {core.core for core in unit.cores} == {0, 1}
    # a message of activations and one of errors, each a tree to both cores
    assert [set(message.takers) for message in plan.cores.fetches[0]] == [{0, 1}, {0, 1}]


def test_state_crosses_the_network_and_is_written_back():
    # 32 words of 16 bits to core 0 and back: 8 flits and a head, through the buffer of the core in a
    # cycle each way, and the global buffer writes in the cycles in which words come
    optimiser = of(
        "a", "update", "digital", state_reads=VALUES, state_writes=VALUES, vector_work={"add": 32}
    )
    trace = trace_of(
        read("a", 1), batch_operations=(optimiser,), phase="training", rows=VALUES, columns=VALUES
    )
    chip = core_chip(execution__mode="layer_by_layer", tile__rows=32, tile__columns=64)
    machine, _ = run_on_cores(trace, chip)
    flits = {link.name: link.flits for link in machine.links()}
    assert flits["buffer>0"] == flits["0>buffer"] == 9
    begin, end = next((s.start, s.end) for s in machine.spans if s.operation == "a.update")
    there = HOP + 9
    assert end - begin == there + BUFFER + 1 + HOP + 9


@pytest.mark.parametrize("scheme", sorted(list_schemes()))
def test_every_scheme_trains_on_cores(scheme):
    result = archsim.simulate("digits_cnn", "cores40", scheme, "training", batch=2, images=2)
    assert result.cycles > 0 and result.document["energy_j"] > 0


def test_training_reads_the_tiles_that_cores_hold():
    network = load_network("lenet1")
    tile = {"tile.rows": 32, "tile.columns": 32, "read.columns_per_adc": 8}
    flat = tiles_of(archsim.load_architecture("cim40", tile), network, {})
    assert flat and flat == tiles_of(archsim.load_architecture("cores40", tile), network, {})
