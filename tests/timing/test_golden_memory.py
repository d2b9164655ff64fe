"""What passes the buffer and the chip's edge: state and maps, images, ports, weights in passes. Small
cases, by hand.
"""

import math

import pytest
from golden.chip import Chip
from golden.comparison import by_place
from golden.machine import TILE, A, B, ends
from golden.networks import DENSE, image, linear
from golden.tile_writes import last_device

import archsim
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from tests.near import near
from workloads.network import Layer, Network


def test_what_the_buffer_does_not_hold_goes_off_chip():
    # 512 bits: beside 5 kept results of 4 bits, 492 of 52 x 16 bits of training state; a's maps, 8
    # x 4 bits, displace 12 of 524
    chip = Chip(capacity_kib=0.0625)
    result = archsim.simulate(DENSE[0], chip.built(), scheme="sgd", phase="training")
    counts = by_place(result.ledger)
    state = 1 - 492 / 832
    maps = 1 - 512 / 524
    assert counts["a", "forward"]["off_chip_memory.read"] == near(5 * 4 * maps)
    assert counts["a", "forward"]["off_chip_memory.write"] == near(3 * 5 * maps)
    assert "off_chip_memory.read" not in counts["b", "forward"]
    # gradient and optimiser of 18 weights: one word each way, and two
    assert counts["a", "update"]["off_chip_memory.read"] == near(3 * 18 * 16 * state)
    assert counts["a", "update"]["off_chip_memory.write"] == near(3 * 18 * 16 * state)
    # all of it passes the buffer, with the inputs of the gradient and what is written to a's 5 rows
    inputs = (5 + 3) * 4 + 5 * 3 * 4
    words = 3 * 18 * 16
    assert counts["a", "update"]["buffer.read"] == near((inputs + words) / 32)
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
    result = archsim.simulate(DENSE[0], Chip(preload=False).built(), images=2)
    assert ends(result) == [13 + 6 + A, 19 + A + B, 19 + A + B + A, 19 + 2 * (A + B)]
    busy = {row["name"]: row["busy_cycles"] for row in result.resources}
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
    def sums(kernel, stride, dilation, size, positions):
        layers = (
            image(1, size, 2),
            Layer("c", "conv2d", ("input",), ((1, size, 2),), (1, size, 2)),
            Layer(
                "d",
                "conv2d",
                ("c",),
                ((1, size, 2),),
                (1, positions, 2),
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
    # four of the 8 results leave in a pass: 28 bits on 16 wires, four codes to numbers on 2 lanes
    step = 2 + TILE + 2 + 2
    assert halves.cycles == 6 + 2 * (load + 2 * step) == ends(halves)[-1]
