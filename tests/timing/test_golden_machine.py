"""What the machine adds to single operations: overlap, copies, retries, traffic off chip, loads,
upkeep. Small cases, by hand.
"""

import math
from dataclasses import replace

import pytest
from golden.chip import Chip
from golden.comparison import by_place
from golden.hand import last_device
from golden.networks import CONV, DENSE, image, linear, simple
from golden.steps import forward

import archsim
from archsim.schemes import load_scheme
from archsim.trace import LayerMatrix, Operation, Trace, build_trace
from archsim.trace.operation import Activity
from archsim.trace.upkeep import Refreshes, with_refreshes
from workloads.network import Layer, Network

# Layer a of DENSE: 5 inputs of 4 bits take 2 cycles on a wire of 16; the tile 2 slots x 3 + 4
# conversions x 5; three results, three biases and three tables take 5 cycles on 2 lanes; 2 cycles
# of wire. Layer b: 1 cycle; the tile; two of its 16 actions are divisions of 9 cycles: 15 cycles;
# the wire.
TILE = 26
A = 2 + 26 + 5 + 2
B = 1 + 26 + 15 + 2


def column(heights, kernel=1, rows=1):
    """A column of pixels through a 1 x 1 convolution and one of `kernel` x 1."""
    layers = (
        Layer("c", "conv2d", ("input",), ((rows, heights, 1),), (1, heights, 1)),
        Layer("d", "conv2d", ("c",), ((1, heights, 1),), (1, heights - kernel + 1, 1), (kernel, 1)),
    )
    return Network("column", (image(rows, heights, 1), *layers))


def cycles(network, images=1, **settings):
    return archsim.simulate(
        network, Chip(issue=settings.pop("issue", 6)).built(**settings), images=images
    ).cycles


def ends(result):
    return [row["end"] for row in result.timeline]


def test_the_hand_agrees_with_itself():
    assert [forward(Chip(), layer).cycles for layer in DENSE[1]] == [A, B]


def test_layer_by_layer_and_pipelined():
    assert cycles(DENSE[0], images=2) == 6 + 2 * (A + B)
    result = archsim.simulate(DENSE[0], Chip().built(execution__mode="pipelined"), images=2)
    # issued at 6, 12, 18 and 24. b begins when a is through, at 41; the second a finds its tile
    # free at 34 and is through at 34 + 33; the second b is fed by 68, in which cycle its tile,
    # taken at 42, is free again
    assert sorted(ends(result)) == [6 + A, 34 + TILE + 5 + 2, 41 + B, 68 + TILE + 15 + 2]
    assert result.cycles == 111
    # half of the images: from the end of the first to that of the second
    assert result.interval_per_image_s == pytest.approx((111 - 85) * 10e-9)
    tiles = {row["name"]: row for row in result.resources}
    assert tiles["tiles:a"]["busy_cycles"] == tiles["tiles:b"]["busy_cycles"] == 2 * TILE
    # a waits for its instruction and its input, b for a, from the instruction at 12 to 41, then for
    # its input
    assert tiles["tiles:a"]["stalls"] == {"input": 2} and tiles["tiles:b"]["stalls"] == {
        "dependency": 41 - 12,
        "input": 1,
    }
    assert tiles["vector_unit"]["busy_cycles"] == 2 * (5 + 15) and tiles["interconnect"][
        "busy_cycles"
    ] == 2 * (2 + 1)
    assert {
        tiles[name]["requests"]
        for name in ("controller", "interconnect", "vector_unit", "tiles:a", "buffer")
    } == {4, 2}
    for row in result.resources:
        assert (
            row["idle_cycles"] == row["total_cycles"] - row["busy_cycles"] - row["stalled_cycles"]
            and row["total_cycles"] == 111
        )
        assert row["stalled_cycles"] == sum(row["stalls"].values())
    assert result.utilisation == pytest.approx(2 * 2 * TILE / (2 * 111))
    assert tiles["controller"]["busy_cycles"] == 4 * 6 and tiles["buffer"]["busy_cycles"] == 2 * (
        1 + 1
    )
    assert tiles["interconnect_up"]["busy_cycles"] == 2 * (2 + 1) and tiles["buffer_write"][
        "busy_cycles"
    ] == 2 * (1 + 1)


def test_stalls_layer_by_layer():
    result = archsim.simulate(DENSE[0], Chip().built())
    tiles = {row["name"]: row for row in result.resources}
    # the first instruction is waited for; b's was fetched meanwhile
    assert tiles["tiles:a"]["stalls"] == {"input": 2, "instruction": 6} and tiles["tiles:b"][
        "stalls"
    ] == {"input": 1}
    assert tiles["tiles:a"]["idle_cycles"] == 6 + A + B - TILE - 8
    assert result.by_phase["forward"]["cycles"] == A + B
    assert [
        (row["layer"], row["cycles"], row["stall_cycles"], row["tile_operations"])
        for row in result.by_layer[:2]
    ] == [("a", A, 8, 1), ("b", B, 1, 1)]
    assert result.stalls == {"input": 3, "output": 0, "dependency": 0, "instruction": 6}


def test_few_operations_in_flight():
    settings = {"execution__mode": "pipelined", "controller__in_flight": 1}
    # b is issued with a: its instruction waits, until a ends; so does the next image's
    assert cycles(DENSE[0], images=2, **settings) == 6 + 2 * (A + B)


def test_rows_flow_through_a_pipeline():
    network = column(4, kernel=2)
    # one value a step: 1 cycle in, the tile, 1 cycle out, 2 of wire: rows of c at 30, 56, 82, 108
    assert cycles(network, issue=0) == 108 + (1 + 3 * TILE + 1 + 2)
    result = archsim.simulate(network, Chip(issue=0).built(execution__mode="pipelined"))
    # a row of d needs two of c: fed by 57, 83 and 109
    assert sorted(ends(result)) == [108, 109 + TILE + 1 + 2]


def pipelined_ends(*layers, shape, **further):
    network = Network("rows", (image(*shape), *layers))
    return sorted(
        ends(archsim.simulate(network, Chip(issue=0).built(execution__mode="pipelined", **further)))
    )


def test_rows_of_several_places():
    # two places a row: rows of c at 1 + 52 r + 3; a row of d needs two of c and is read in two
    # steps, fed by 109, 161 and 213
    found = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 2),), (1, 4, 2)),
        Layer("d", "conv2d", ("c",), ((1, 4, 2),), (1, 3, 2), (2, 1)),
        shape=(1, 4, 2),
    )
    assert found == [1 + 8 * TILE + 3, 213 + 2 * TILE + 3]


def test_rows_through_a_pool():
    # of six rows a pool makes three; the first of d needs two of them, four of c, which are through
    # at 108; the second the end, at 160
    found = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 6, 1),), (1, 6, 1)),
        simple("p", "max_pool", "c", (1, 6, 1), (1, 3, 1), kernel=(2, 1), stride=(2, 1)),
        Layer("d", "conv2d", ("p",), ((1, 3, 1),), (1, 2, 1), (2, 1)),
        shape=(1, 6, 1),
    )
    assert found == [160, 161 + TILE + 3]


def test_rows_with_stride_padding_and_dilation():
    # padding above: the first row of d needs one of c, at 30, the second, two on, three of c, at 82
    found = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 1),), (1, 4, 1)),
        Layer("d", "conv2d", ("c",), ((1, 4, 1),), (1, 2, 1), (2, 1), (2, 1), (1, 0, 0, 0)),
        shape=(1, 4, 1),
    )
    assert found == [1 + 4 * TILE + 3, 83 + TILE + 3]
    # two lines that lie two apart reach over three
    found = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 1),), (1, 4, 1)),
        Layer("d", "conv2d", ("c",), ((1, 4, 1),), (1, 2, 1), (2, 1), dilation=(2, 1)),
        shape=(1, 4, 1),
    )
    assert found == [108, 109 + TILE + 3]


def test_branches_meet_row_by_row():
    # the second branch is fed a cycle later: its rows are through at 31, 57 and 83; a sum takes a
    # cycle in, one on the lanes
    found = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 3, 1),), (1, 3, 1)),
        Layer("e", "conv2d", ("input",), ((1, 3, 1),), (1, 3, 1)),
        Layer("s", "add", ("c", "e"), ((1, 3, 1),) * 2, (1, 3, 1)),
        shape=(1, 3, 1),
    )
    assert found == [82, 83, 83 + 1 + 1]
    # a pool of a map that two read is a step of its own: rows at 30, 56, 82 and 108 make two, the
    # other branch waits for each alike
    found = pipelined_ends(
        Layer("c", "conv2d", ("input",), ((1, 4, 1),), (1, 4, 1)),
        simple("p", "max_pool", "c", (1, 4, 1), (1, 2, 1), kernel=(2, 1), stride=(2, 1)),
        simple("q", "average_pool", "c", (1, 4, 1), (1, 2, 1), kernel=(2, 1), stride=(2, 1)),
        Layer("s", "multiply", ("p", "q"), ((1, 2, 1),) * 2, (1, 2, 1)),
        shape=(1, 4, 1),
    )
    # the last row of c is its end: p's is fed by 109, q's by 110, and done on the lanes by 110 and
    # 111; the product follows
    assert found == [108, 110, 111, 111 + 1 + 1]


def test_an_lstm_waits_for_itself_and_what_feeds_it():
    network = Network(
        "two",
        (
            image(3, 4),
            Layer("u", "lstm", ("input",), ((3, 4),), (3, 2), hidden=2),
            Layer("v", "lstm", ("u",), ((3, 2),), (3, 1), hidden=1),
        ),
    )
    # u: 4 fresh values; two tiles of 8 columns; 8 sums of 7 bits; 8 codes and 18 actions of two
    # units on 2 lanes: 13 cycles
    u, v = 3 * (1 + TILE + 13 + 2), 3 * (1 + TILE + (4 + 9 + 1) // 2 + 2)
    for mode in ("layer_by_layer", "pipelined"):
        found = sorted(ends(archsim.simulate(network, Chip(issue=0).built(execution__mode=mode))))
        assert found == [u, u + v], mode
    copies = archsim.simulate(network, Chip(issue=0).built(placement__copies={"v": 2}))
    assert (
        ends(copies) == [u, u + v]
        and by_place(copies.ledger)["v", "forward"]["input_register.write"] == 3
    )


def test_full_output_queues_stop_the_tile():
    # 16 tokens of 2 values to 4 with a division each: softmax takes (4 + 8 + 4 + 4 x 9 + 4) / 2 =
    # 28 cycles a token, the tile 26
    network = Network(
        "tokens",
        (image(16, 2), linear("a", "input", (16, 2), 4), simple("s", "softmax", "a", (16, 4))),
    )
    result = archsim.simulate(network, Chip(issue=0).built())
    assert result.cycles == 1 + TILE + 16 * 28 + 2
    row = next(row for row in result.resources if row["name"] == "tiles:a")
    assert row["busy_cycles"] == 16 * TILE
    # the queue holds two beside the one under work: a tile that is faster by 2 cycles a token is 28
    # ahead, two tokens, at the end
    assert set(row["stalls"]) == {"input"} and row["stalls"]["input"] == 1
    slow = archsim.simulate(network, Chip(issue=0, divide=19).built())  # 48 cycles a token
    row = next(row for row in slow.resources if row["name"] == "tiles:a")
    assert slow.cycles == 1 + TILE + 16 * 48 + 2
    # token k is worked on from 27 + 48 (k - 1); the next two have the places of the queue, so that
    # the tile is rid of the 16th when the 14th begins: what it did not work since cycle 1 it stood
    # still
    assert row["stalls"]["output"] == 1 + TILE + 48 * 13 - 1 - 16 * TILE


def test_requests_wait_for_a_resource():
    # two branches of one input, one after the other on the wires: four values in a cycle each, four
    # results of 7 bits in two
    layers = (
        image(4),
        linear("a", "input", (4,), 4),
        linear("b", "input", (4,), 4),
        Layer("s", "add", ("a", "b"), ((4,), (4,)), (4,)),
    )
    result = archsim.simulate(
        Network("two", layers), Chip(issue=0).built(execution__mode="pipelined")
    )
    # a: fed 0 to 1, tile to 27, the tree to 29, the lanes to 31; b comes to the tree at 28 and
    # waits a cycle; the sum of 8 values: 32 bits and 4 sums, whose 20 bits take a cycle
    assert sorted(ends(result)) == [31, 33, 33 + 1 + 2]
    rows = {row["name"]: row for row in result.resources}
    # b's input waits for the port, and finds the wires free behind it; its result waits for the
    # tree
    assert rows["buffer"]["queue_max"] == 1 and rows["buffer"]["queue_mean"] == pytest.approx(
        1 / 36
    )
    assert rows["interconnect"]["queue_max"] == 0
    assert rows["interconnect_up"]["queue_max"] == 1 and rows["interconnect_up"][
        "queue_mean"
    ] == pytest.approx(1 / 36)
    # a layer's operations are under way at the same time in one phase
    assert result.by_phase["forward"]["cycles"] == 36 == result.cycles
    assert {row["layer"]: row["cycles"] for row in result.by_layer if row["layer"] != "shared"} == {
        "a": 31,
        "b": 33,
        "s": 36,
    }


def test_copies_on_one_tile_and_on_several():
    network = column(4)
    chip = Chip(issue=0)
    # two copies of one weight share a tile and take two vectors at a time: twice the transport,
    # half of the reads
    shared = archsim.simulate(network, chip.built(placement__copies={"c": 2}))
    assert shared.timeline[0]["end"] == 2 + 2 * TILE + 2 + 2
    counts = by_place(shared.ledger)["c", "forward"]
    assert (
        counts["adc.convert"] == 2 * 8
        and counts["dac.convert"] == 4 * 2
        and counts["input_register.write"] == 2
    )
    assert counts["tile_control.cycle"] == 2 * TILE and counts["array.read"] == 4 * 2 * 2 * 0.25
    # three of them: the last job has one vector
    three = archsim.simulate(network, chip.built(placement__copies={"c": 3}))
    assert three.timeline[0]["end"] == 3 + 2 * TILE + 1 + 2
    # a matrix that fills a tile: two tiles take turns, vectors come every 3 cycles, 4 results take
    # 2
    full = Network(
        "full", (image(12, 4, 1), Layer("c", "conv2d", ("input",), ((12, 4, 1),), (4, 4, 1)))
    )
    two = archsim.simulate(full, chip.built(placement__copies={"c": 2}))
    assert two.cycles == 6 + 2 * TILE + 2 + 2 and two.tiles == 2
    some = by_place(
        archsim.simulate(
            network, chip.built(placement__copies={"c": 2}, read__all_groups=False)
        ).ledger
    )["c", "forward"]
    assert some["adc.convert"] == 2 * 2 * 2  # two columns of each copy


def test_copies_are_updated_and_written_all():
    settings = {"placement__copies": {"c": 2}}
    for scheme in ("rpu", "sgd"):
        one, two = (
            by_place(
                archsim.simulate(
                    column(4), Chip().built(**further), scheme=scheme, phase="training"
                ).ledger
            )["c", "update"]
            for further in ({}, settings)
        )
        action = "array.update" if scheme == "rpu" else "array.write"
        assert (
            two[action] == 2 * one[action]
            and two["bit_line_driver.drive"] == 2 * one["bit_line_driver.drive"]
        )
        assert two["buffer.read"] == one["buffer.read"]
        # rows of copies on one tile are pulsed together, and written one after the other, each with
        # two devices
        turns = 1 if scheme == "rpu" else 2
        assert two["tile_control.cycle"] == pytest.approx(turns * one["tile_control.cycle"])


def retried(mean, steps=4, copies=1):
    operation = Operation(
        "a.forward",
        "a",
        "forward",
        "read",
        steps,
        input_elements=2,
        output_elements=1,
        activity=Activity(retries=mean),
    )
    trace = Trace(
        "retries", None, "inference", 1, (LayerMatrix("a", 2, 1),), (operation,), input_elements=2
    )
    return archsim.simulate(trace, Chip(issue=0).built(placement__copies={"a": copies}))


def test_retries_repeat_the_analog_part():
    plain, found = (by_place(retried(mean).ledger)["a", "forward"] for mean in (0.0, 0.5))
    for action in plain:
        again = action.split(".")[0] not in ("buffer", "interconnect", "vector_unit")
        assert found[action] == plain[action] * (6 / 4 if again else 1), action
    # the second and the fourth vector are read twice
    assert retried(0.0).cycles + 2 * TILE == retried(0.5).cycles == 1 + 6 * TILE + 1 + 2
    assert retried(0.5).tile_operations == 6
    # two vectors at a time, each repeated once in the mean: the worse of two is repeated 1 -
    # (1/2)^k ... = 5/3 times
    worse = sum(1 - (1 - 0.5**k) ** 2 for k in range(1, 60))
    assert worse == pytest.approx(5 / 3)
    assert retried(1.0, steps=60, copies=2).tile_operations == 30 + 30 * 5 // 3


def test_what_the_buffer_does_not_hold_goes_off_chip():
    # 512 bits: beside 5 kept results of 4 bits, 492 of 52 x 16 bits of training state; a's maps, 8
    # x 4 bits, displace 12 of 524
    chip = Chip(capacity_kib=0.0625)
    result = archsim.simulate(DENSE[0], chip.built(), scheme="sgd", phase="training")
    counts = by_place(result.ledger)
    state = 1 - 492 / 832
    maps = 1 - 512 / 524
    assert counts["a", "forward"]["off_chip_memory.read"] == pytest.approx(5 * 4 * maps)
    assert counts["a", "forward"]["off_chip_memory.write"] == pytest.approx(3 * 5 * maps)
    assert "off_chip_memory.read" not in counts["b", "forward"]
    # gradient and optimiser of 18 weights: one word each way, and two
    assert counts["a", "update"]["off_chip_memory.read"] == pytest.approx(3 * 18 * 16 * state)
    assert counts["a", "update"]["off_chip_memory.write"] == pytest.approx(3 * 18 * 16 * state)
    # all of it passes the buffer, with the inputs of the gradient and what is written to a's 5 rows
    inputs, words = (5 + 3) * 4 + 5 * 3 * 4, 3 * 18 * 16
    assert counts["a", "update"]["buffer.read"] == pytest.approx((inputs + words) / 32)
    spans = {row["operation"]: row["end"] - row["start"] for row in result.timeline}
    # 10 cycles until the first word; 0.8 bits of maps take a cycle beside the transport
    assert spans["a.forward"] == 10 + A
    # 18 words there and back at 8 bits a cycle, before 18 products on 2 lanes; beside the way back,
    # 18 x 16 x 0.59 bits at 32
    assert spans["a.gradient"] == 10 + math.ceil(2 * 18 * 16 * state / 8) + 9
    everything = archsim.simulate(
        DENSE[0], Chip(capacity_kib=1.0).built(), scheme="sgd", phase="training"
    )
    assert not any(
        "off_chip_memory.write" in table for table in by_place(everything.ledger).values()
    )


def test_images_that_are_not_there_yet():
    # 20 bits at 8 a cycle after 10 cycles; the second image is fetched while b runs
    found = archsim.simulate(DENSE[0], Chip(preload=False).built(), images=2)
    assert ends(found) == [13 + 6 + A, 19 + A + B, 19 + A + B + A, 19 + 2 * (A + B)]
    busy = {row["name"]: row["busy_cycles"] for row in found.resources}
    assert busy["off_chip_memory"] == 2 * 3


@pytest.mark.parametrize(
    ("ports", "reading", "writing"), [(1, 1, 0), (2, 1, 1), (3, 2, 1), (8, 4, 4)]
)
def test_ports_read_and_write(ports, reading, writing):
    result = archsim.simulate(DENSE[0], Chip().built(buffer__ports=ports))
    capacity = {row["name"]: row["total_cycles"] for row in result.resources}
    assert (
        capacity["buffer"] == reading * result.cycles
        and capacity.get("buffer_write", 0) == writing * result.cycles
    )
    busy = {row["name"]: row["busy_cycles"] for row in result.resources}
    assert busy["buffer"] == 2 + (0 if writing else 2) and busy.get("buffer_write", 0) == (
        2 if writing else 0
    )


def test_what_windows_share():
    def sums(kernel, stride, dilation, size, places):
        layers = (
            image(1, size, 2),
            Layer("c", "conv2d", ("input",), ((1, size, 2),), (1, size, 2)),
            Layer(
                "d",
                "conv2d",
                ("c",),
                ((1, size, 2),),
                (1, places, 2),
                (kernel, 1),
                (stride, 1),
                dilation=(dilation, 1),
            ),
        )
        trace = build_trace(Network("n", layers), load_scheme("sgd"), "training")
        return next(
            op.vector_work.get("add", 0) * op.steps
            for op in trace.image_operations
            if op.name == "d.backward"
        )

    assert (
        sums(2, 1, 1, 4, 3) == 2 * 6 and sums(2, 2, 1, 4, 2) == 0 and sums(3, 2, 1, 7, 3) == 3 * 6
    )
    assert sums(4, 1, 1, 4, 1) == 0  # one place on the axis: its window meets no other
    # taps 0 and 3, places 0, 2, 4: lines 0 3, 2 5, 4 7; taps 0 and 2 meet the next place; taps 0
    # and 4 the one after, if there is one
    assert sums(2, 2, 3, 8, 3) == 0 and sums(2, 2, 2, 5, 2) == 2 * 4
    assert sums(2, 2, 4, 9, 3) == 2 * 6 and sums(2, 2, 4, 7, 2) == 0


def test_clocks_that_are_not_gated():
    result = archsim.simulate(DENSE[0], Chip(gating=False).built())
    total = sum(row["count"] for row in result.ledger if row["component"] == "tile_clock")
    assert total == 2 * (6 + A + B)
    assert by_place(result.ledger)["a", "forward"]["tile_clock.cycle"] == TILE


def test_weights_in_passes():
    result = archsim.simulate(DENSE[0], Chip().built(tile__count=1, execution__reload=True))
    # six devices of a row and four pulses in the mean; five rows, then three of four; 90 bits of
    # weights take 10 + 12 cycles, fewer
    a = math.ceil(5 * last_device(6, 1.0, 4.0, True) * 9)
    b = math.ceil(3 * last_device(4, 1.0, 4.0, True) * 9)
    assert result.cycles == 6 + a + A + b + B
    counts = by_place(result.ledger)
    assert (
        counts["a", "forward"]["off_chip_memory.read"] == 15 * 6
        and counts["b", "forward"]["off_chip_memory.read"] == 6 * 6
    )
    assert (
        counts["a", "forward"]["array.write"] == 30 * 4
        and counts["a", "forward"]["level_shifter.shift"] == 30 * 4
    )
    assert counts["a", "forward"]["word_line_driver.drive"] == 5 * 2 * 0.25 + 5 * 4 * 2
    assert counts["a", "forward"]["interconnect.transfer"] == 20 + 21 + 90
    # a layer of two tiles in two passes, each half of its columns
    wide = Network("wide", (image(5), linear("a", "input", (5,), 8)))
    halves = archsim.simulate(wide, Chip().built(tile__count=1, execution__reload=True), images=2)
    assert (
        halves.tile_operations == 4
        and by_place(halves.ledger)["a", "forward"]["off_chip_memory.read"] == 40 * 6
    )
    load = math.ceil(5 * last_device(8, 1.0, 4.0, True) * 9)
    step = (
        2 + TILE + 2 + 2
    )  # four of the 8 results leave in a pass: 28 bits on 16 wires, four codes to numbers on 2 lanes
    assert halves.cycles == 6 + 2 * (load + 2 * step) == ends(halves)[-1]


def test_a_shared_tile_is_taken_in_turn():
    settings = {"placement__pack": True, "execution__mode": "pipelined"}
    result = archsim.simulate(DENSE[0], Chip(issue=0).built(**settings), images=2)
    assert result.tiles == 1
    # both layers lie on one tile: a, a of the next image, then b and b, each 26 cycles
    assert sorted(ends(result)) == [A, 28 + TILE + 7, 54 + TILE + 17, 80 + TILE + 17]


def test_results_before_inputs():
    settings = {"interconnect__kind": "bus", "execution__mode": "pipelined"}
    chip = Chip(issue=0)
    for order in ("fifo", "drain_first"):
        result = archsim.simulate(
            column(4, kernel=2), chip.built(interconnect__arbitration=order, **settings)
        )
        # a tile of 26 cycles leaves the bus free: rows of c at 30, 56, 82, 108 as with two trees
        assert ends(result)[-1] == 109 + TILE + 1 + 2, order


def test_refreshes_look_compare_and_write_again():
    trace = build_trace(column(4), load_scheme("rpu"), "training", 1)
    refreshed = with_refreshes(
        trace, {"c": Refreshes(pairs=3, pulses=24)}, images=12, every_images=4
    )
    look, again = refreshed.image_operations[-2:]
    # one row, looked at in one of four images: 3 looks in 12 images found 3 pairs of the one there:
    # all; 4 pulses for each of two devices
    assert (look.kind, look.steps, look.every, look.lines, look.after) == (
        "read",
        1,
        4,
        1,
        ("c.update",),
    )
    assert look.vector_work == {"compare": 2} and again.after == ("c.look",)
    assert (
        again.activity.devices_written,
        again.activity.write_pulses,
        again.activity.verify_reads,
    ) == (1.0, 4.0, 1.0)
    assert again.input_elements == 1 and again.every == 4 and again.steps == 1
    fewer = with_refreshes(
        trace, {"c": Refreshes(pairs=1, pulses=3)}, images=12, every_images=4
    ).image_operations[-1]
    assert (
        fewer.activity.devices_written == pytest.approx(1 / 3)
        and fewer.activity.write_pulses == 1.5
    )
    assert (
        len(with_refreshes(trace, {"c": Refreshes(0, 0)}, 12, 4).image_operations)
        == len(trace.image_operations) + 1
    )
    conv = build_trace(CONV[0], load_scheme("rpu"), "training", 1)
    often = with_refreshes(
        conv, {"fc": Refreshes(pairs=9, pulses=90)}, images=10, every_images=6
    ).image_operations[-2:]
    # 18 rows of 2 columns in 6 images: 3 an image; 60 pairs looked at, 9 found
    assert [op.steps for op in often] == [3, 3] and [op.every for op in often] == [1, 1]
    assert (
        often[1].activity.devices_written == pytest.approx(9 / 60)
        and often[1].activity.write_pulses == 5.0
    )
    assert often[0].vector_work == {"compare": 4} and often[1].input_elements == pytest.approx(
        2 * 9 / 60
    )
    c2 = with_refreshes(
        conv, {"c2": Refreshes(pairs=6, pulses=60)}, images=12, every_images=24
    ).image_operations[-1]
    # 8 rows of 3 columns in 24 images: one in three; 4 rows in 12 images, 12 pairs of which 6 were
    # found
    assert (c2.steps, c2.every) == (1, 3) and c2.activity.devices_written == pytest.approx(6 / 12)
    c1 = with_refreshes(
        conv, {"c1": Refreshes(pairs=4, pulses=8)}, images=6, every_images=3
    ).image_operations[-2:]
    # 6 rows in 3 images: 2 an image; 12 looks of (24 weights + 4 biases) / 6 pairs
    assert c1[0].input_elements == 2 and c1[1].activity.devices_written == pytest.approx(
        4 / (12 * 28 / 6)
    )


def test_chips_with_a_number_of_tiles_have_everything_on_each():
    free = archsim.simulate(DENSE[0], Chip().built(), scheme="tiki_taka", phase="training", batch=2)
    alike = archsim.simulate(
        DENSE[0], Chip().built(tile__count=8), scheme="tiki_taka", phase="training", batch=2
    )
    assert free.tiles_without["adc"] == 4 and alike.tiles_without == {} and alike.tiles == 6
    # the fast array has converters: the weights' tile stands by; the reference has a clock
    one, two = (
        by_place(result.ledger)["a", "update"]["tile_control.cycle"] for result in (free, alike)
    )
    assert one == two == 2 * 2 * 5 * 3 + 2 * TILE + 2 * 3


def test_lenders_and_partners_are_taken():
    rule = load_scheme("tiki_taka", {"transfer_every": 1})
    result = archsim.simulate(DENSE[0], Chip().built(), scheme=rule, phase="training")
    busy = {row["name"]: row["busy_cycles"] for row in result.resources if row["kind"] == "tile"}
    # the weights: forward, a line of the fast array through their converters, a pulse in two
    # phases; the fast array: five slots in two phases, and its line, which the reference is read
    # with
    assert (
        busy["tiles:a"] == TILE + TILE + 2 * 3
        and busy["tiles:a.fast"] == 5 * 2 * 3 + TILE
        and busy["tiles:a.reference"] == TILE
    )


def test_two_batches():
    result = archsim.simulate(
        DENSE[0], Chip().built(), scheme="sgd", phase="training", batch=2, images=4
    )
    half = archsim.simulate(DENSE[0], Chip().built(), scheme="sgd", phase="training", batch=2)
    # what is left of a cycle after the rows of both layers is spent in the second batch
    assert 0 <= result.cycles - 2 * half.cycles <= 2
    once = by_place(half.ledger)["a", "update"]
    assert by_place(result.ledger)["a", "update"] == pytest.approx(
        {name: 2 * count for name, count in once.items()}
    )
    assert result.interval_per_image_s == pytest.approx(result.cycles / 4 * 10e-9)


def test_counts_without_events_are_those_of_the_events():
    for rule in ("sgd", "tiki_taka", "hic"):
        for images in (3, 4):
            timed, counted = (
                archsim.simulate(
                    DENSE[0],
                    Chip(always_on=False).built(),
                    scheme=rule,
                    phase="training",
                    batch=2,
                    images=images,
                    timing=timing,
                )
                for timing in (True, False)
            )
            ledger = by_place(timed.ledger)
            without = by_place(counted.ledger)
            ledger["", ""].pop("clock_tree.cycle")
            assert set(ledger) == set(without)
            for place, table in ledger.items():
                assert table == pytest.approx(without[place]), place
            assert timed.tile_operations == counted.tile_operations


def test_pulses_of_a_device_before_the_training():
    found = archsim.simulate(
        DENSE[0], Chip().built(), scheme=load_scheme("zero_shift", {"pulses": 7}), phase="training"
    ).setup["pulses"]
    # seven to the symmetry point and four of the initial weights; four into the reference
    assert found["a"] == 7 + 4 and found["a.reference"] == 4
    fast = archsim.simulate(
        DENSE[0], Chip(bias="row").built(), scheme="hic", phase="training"
    ).setup["pulses"]
    assert fast["a"] == 4 and fast["a.accumulator"] == pytest.approx(1)


def test_an_operation_is_done_for_one_of_several_images():
    rule = load_scheme("tiki_taka", {"transfer_every": 3})
    trace = build_trace(DENSE[0], rule, "training", 6)
    assert {op.every for op in trace.image_operations if "transfer" in op.name} == {3}
    result = archsim.simulate(replace(trace), Chip().built(), scheme=rule)
    assert [row["image"] for row in result.timeline if row["operation"] == "a.transfer_read"] == [
        0,
        3,
    ]
