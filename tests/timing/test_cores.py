"""Do operations on a chip of cores take the cycles that arithmetic by hand gives: inputs over the
network, sums in the accumulator, results in the core or sent on?
"""

from core_chips import core_chip, run_on_cores
from small_chips import DRAIN, READ, read, trace_of

# 32 values of 8 bits: 4 flits and a head, through an input buffer that writes and reads it in a cycle each
VALUES = 32
FLITS = 5
HOP = 3
BUFFER = 2


def link(machine, name):
    return next(link for link in machine.network.links if link.name == name)


def test_a_step_without_inputs_is_a_read_and_its_drain():
    machine, _ = run_on_cores(trace_of(read("a", 1)), core_chip())
    assert machine.end == READ + DRAIN


def test_inputs_come_from_the_port_of_the_global_buffer():
    # one router between the port and core 0; the buffer is read in the cycles in which words leave
    machine, jobs = run_on_cores(trace_of(read("a", 1, input_elements=VALUES)), core_chip())
    arrives = HOP + FLITS
    assert jobs.begins("a") == [arrives + BUFFER]
    assert machine.end == arrives + BUFFER + READ + DRAIN


def test_inputs_of_the_next_step_come_meanwhile():
    # a message every 5 cycles, but reads of 16: the tile never waits for the second
    _, jobs = run_on_cores(trace_of(read("a", 3, input_elements=VALUES)), core_chip())
    first = HOP + FLITS + BUFFER
    assert jobs.begins("a") == [first, first + READ, first + 2 * READ]


def test_a_slow_network_sets_the_pace():
    # flits of 8 bits: 32 of them and 2 heads of packets of 17, one packet after the other
    trace = trace_of(read("a", 3, input_elements=VALUES))
    _, jobs = run_on_cores(trace, core_chip(network__flit_bits=8, core__port_bits=8))
    begins = jobs.begins("a")
    assert [later - one for one, later in zip(begins, begins[1:])] == [34, 34]


def test_results_go_from_core_to_core():
    # a: two reads, the last result is in the buffer of core 0 at 33. b, on core 1, asks then: two
    # routers and 5 flits; its second message leaves 5 cycles behind the first.
    a = read("a", 2, output_elements=VALUES)
    b = read("b", 2, after=("a.forward",), input_elements=VALUES)
    machine, jobs = run_on_cores(trace_of(a, b), core_chip())
    ends = 2 * READ + DRAIN
    first = ends + 2 * HOP + FLITS + BUFFER
    assert jobs.begins("b") == [first, first + READ]
    assert machine.end == first + 2 * READ + DRAIN
    assert link(machine, "0>1").flits == 2 * FLITS
    assert not link(machine, "buffer>0").packets  # nothing comes from the global buffer


def test_rows_follow_each_other_from_core_to_core():
    # b begins with the first row of a, which is through at 17
    a = read("a", 2, output_elements=VALUES, steps_per_row=1, rows_out=2)
    b = read("b", 2, after=("a.forward",), input_elements=VALUES, steps_per_row=1, rows_out=2)
    _, jobs = run_on_cores(trace_of(a, b), core_chip())
    first = READ + DRAIN + 2 * HOP + FLITS + BUFFER
    assert jobs.begins("b") == [first, first + READ]


def test_two_layers_on_one_core_need_no_network():
    a = read("a", 1, output_elements=VALUES)
    b = read("b", 1, after=("a.forward",), input_elements=VALUES)
    machine, jobs = run_on_cores(trace_of(a, b), core_chip(core__tiles=2))
    # the output buffer is read in a cycle, and the input buffer takes it
    assert jobs.begins("b") == [READ + DRAIN + 1 + BUFFER]
    assert not machine.links()


def four_tiles(**settings):
    """A matrix of 32 x 8 on four tiles of 8 rows in one core."""
    trace = trace_of(read("a", 1), rows=32, columns=8)
    return trace, core_chip(tile__rows=8, tile__columns=16, read__columns_per_adc=8, **settings)


def test_a_tree_adds_what_crosses_the_wires():
    # 4 x 8 sums of 9 bits over 96 wires: 16-19; 3 x 8 additions by 4 adders: 16-22; two levels: 24
    trace, chip = four_tiles(core__tiles=4, interconnect__width_bits=96, accumulator__adders=4)
    machine, _ = run_on_cores(trace, chip)
    servers = machine.cores[0].servers
    assert (servers["wires_up"].busy, servers["accumulator"].busy) == (3, 6)
    assert machine.end == READ + 6 + 2


def test_a_chain_hands_sums_from_tile_to_tile():
    # 8 additions of each tile by 4 adders: 16-18, three tiles on: 21; the last one's sums, 72 bits
    # over 96 wires, follow their head from 19 on
    trace, chip = four_tiles(
        core__tiles=4, interconnect__width_bits=96, accumulator__adders=4, accumulator__kind="chain"
    )
    machine, _ = run_on_cores(trace, chip)
    servers = machine.cores[0].servers
    assert (servers["wires_up"].busy, servers["accumulator"].busy) == (1, 2)
    assert machine.end == READ + 2 + 3


def test_sums_that_one_core_cannot_hold_cross_the_network():
    # two tiles a core: core 0 adds 8 pairs in 2 cycles and a level (19) and sends 8 sums of 9 bits,
    # 2 flits and a head over two routers (28), to core 1, which adds them in 2 cycles and a level
    trace, chip = four_tiles(core__tiles=2, accumulator__adders=4)
    machine, _ = run_on_cores(trace, chip)
    sent = READ + 2 + 1
    arrives = sent + 2 * HOP + 3
    assert machine.end == arrives + 2 + 1
    assert machine.cores[1].servers["accumulator"].busy == 4
    assert link(machine, "0>1").flits == 3


def test_an_input_of_several_cores_passes_a_link_once():
    # columns on cores 0, 1, 2 and 3 of a mesh of 2 x 2, inputs from router 0
    trace = trace_of(read("a", 1, input_elements=VALUES), rows=8, columns=32)
    machine, jobs = run_on_cores(trace, core_chip(tile__columns=16, read__columns_per_adc=8))
    # 0 > 1 > 3: the core that is farthest has three routers before it
    assert jobs.begins("a") == [3 * HOP + FLITS + BUFFER]
    used = {one.name: one.flits for one in machine.links()}
    names = ["0>1", "0>2", "1>3", "buffer>0", *(f"{n}>core {n}" for n in range(4))]
    assert used == dict.fromkeys(names, FLITS)


def test_copies_on_cores_of_their_own_work_side_by_side():
    chip = core_chip(placement__copies={"a": 2})
    _, jobs = run_on_cores(trace_of(read("a", 4, input_elements=VALUES)), chip)
    # the first two messages leave one behind the other; copy 1 is a router farther
    first, second = HOP + FLITS + BUFFER, FLITS + 2 * HOP + FLITS + BUFFER
    assert sorted(jobs.begins("a")) == sorted([first, second, first + READ, second + READ])


def test_results_that_wait_hold_up_the_tile():
    """One lane of a core: eight sums and 64 additions are 72 cycles a result, a read is 16."""
    slow = read("a", 9, output_elements=VALUES, vector_work={"add": 64.0})
    _, jobs = run_on_cores(trace_of(slow), core_chip(core__lanes=1))
    leaves = [READ + 72 * number for number in range(1, 5)]
    # one result is under way and four wait when the fifth read ends; then each that leaves lets one in
    assert jobs.begins("a") == [0, 16, 32, 48, 64, *leaves]


def test_what_a_core_cannot_keep_goes_to_the_global_buffer():
    # a map of 2 x 128 bytes and a buffer of 64: three quarters go to the port at router 0 and come
    # from there
    a = read("a", 2, output_elements=128)
    b = read("b", 1, after=("a.forward",), input_elements=256, map_elements=256)
    machine, _ = run_on_cores(trace_of(a, b), core_chip(core__output_buffer_kib=0.0625))
    bits = 256 * 8 * 3 // 4
    assert machine.map.kept["a.forward"] == 0.25
    assert link(machine, "0>buffer").flits == 2 * sum(machine.network.speed.packets(bits // 2))
    assert link(machine, "buffer>0").flits == sum(machine.network.speed.packets(bits))


def test_results_that_nobody_takes_leave_by_the_global_buffer():
    machine, _ = run_on_cores(trace_of(read("a", 1, output_elements=VALUES)), core_chip())
    # read from the output buffer, a router, 5 flits, and the buffer writes as they come
    assert machine.end == READ + DRAIN + HOP + FLITS
    assert machine.wiring.up["buffer"].busy == 1


def three_maps(mode):
    """Three layers on one core, whose buffer holds one of their maps of 64 bytes."""
    a = read("a", 1, output_elements=64)
    b = read("b", 1, after=("a.forward",), input_elements=64, output_elements=64, map_elements=128)
    c = read("c", 1, after=("b.forward",), input_elements=64, output_elements=64, map_elements=128)
    d = read("d", 1, after=("c.forward",), input_elements=64, map_elements=64)
    chip = core_chip(core__tiles=4, core__output_buffer_kib=0.0625, execution__mode=mode)
    return run_on_cores(trace_of(a, b, c, d), chip)[0].map.kept


def test_a_map_that_was_taken_makes_room_for_the_next_but_one():
    # b needs the map of a while it makes its own; c makes its own where that of a was
    names = ("a.forward", "b.forward", "c.forward")
    kept = three_maps("layer_by_layer")
    assert [kept[name] for name in names] == [1.0, 0.0, 1.0]


def test_in_a_pipeline_every_map_keeps_its_room():
    names = ("a.forward", "b.forward", "c.forward")
    kept = three_maps("pipelined")
    assert [kept[name] for name in names] == [1.0, 0.0, 0.0]
