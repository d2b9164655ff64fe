"""What is done more than once: copies of a weight, reads that are repeated, refreshes, pulses before
the training. Small cases, by hand.
"""

from dataclasses import replace

from golden.chip import Chip
from golden.comparison import by_place
from golden.machine import TILE, column
from golden.networks import CONV, DENSE, image

import archsim
from archsim.schemes import load_scheme
from archsim.trace import LayerMatrix, Operation, Trace, build_trace
from archsim.trace.operation import Activity
from archsim.trace.upkeep import Refreshes, with_refreshes
from tests.near import near
from workloads.network import Layer, Network


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
        assert two["tile_control.cycle"] == near(turns * one["tile_control.cycle"])


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
    plain, retries = (by_place(retried(mean).ledger)["a", "forward"] for mean in (0.0, 0.5))
    for action in plain:
        again = action.split(".")[0] not in ("buffer", "interconnect", "vector_unit")
        assert retries[action] == plain[action] * (6 / 4 if again else 1), action
    # the second and the fourth vector are read twice
    assert retried(0.0).cycles + 2 * TILE == retried(0.5).cycles == 1 + 6 * TILE + 1 + 2
    assert retried(0.5).tile_operations == 6
    # two vectors at a time, each repeated once in the mean: the worse of two is repeated 1 -
    # (1/2)^k ... = 5/3 times
    worse = sum(1 - (1 - 0.5**k) ** 2 for k in range(1, 60))
    assert worse == near(5 / 3)
    assert retried(1.0, steps=60, copies=2).tile_operations == 30 + 30 * 5 // 3


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
    assert fewer.activity.devices_written == near(1 / 3) and fewer.activity.write_pulses == 1.5
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
        often[1].activity.devices_written == near(9 / 60) and often[1].activity.write_pulses == 5.0
    )
    assert often[0].vector_work == {"compare": 4} and often[1].input_elements == near(2 * 9 / 60)
    c2 = with_refreshes(
        conv, {"c2": Refreshes(pairs=6, pulses=60)}, images=12, every_images=24
    ).image_operations[-1]
    # 8 rows of 3 columns in 24 images: one in three; 4 rows in 12 images, 12 pairs of which 6 were
    # found
    assert (c2.steps, c2.every) == (1, 3) and c2.activity.devices_written == near(6 / 12)
    c1 = with_refreshes(
        conv, {"c1": Refreshes(pairs=4, pulses=8)}, images=6, every_images=3
    ).image_operations[-2:]
    # 6 rows in 3 images: 2 an image; 12 looks of (24 weights + 4 biases) / 6 pairs
    assert c1[0].input_elements == 2 and c1[1].activity.devices_written == near(4 / (12 * 28 / 6))


def test_pulses_of_a_device_before_the_training():
    pulses = archsim.simulate(
        DENSE[0], Chip().built(), scheme=load_scheme("zero_shift", {"pulses": 7}), phase="training"
    ).setup["pulses"]
    # seven to the symmetry point and four of the initial weights; four into the reference
    assert pulses["a"] == 7 + 4 and pulses["a.reference"] == 4
    fast = archsim.simulate(
        DENSE[0], Chip(bias="row").built(), scheme="hic", phase="training"
    ).setup["pulses"]
    assert fast["a"] == 4 and fast["a.accumulator"] == near(1)


def test_an_operation_is_done_for_one_of_several_images():
    rule = load_scheme("tiki_taka", {"transfer_every": 3})
    trace = build_trace(DENSE[0], rule, "training", 6)
    assert {op.every for op in trace.image_operations if "transfer" in op.name} == {3}
    result = archsim.simulate(replace(trace), Chip().built(), scheme=rule)
    assert [row["image"] for row in result.timeline if row["operation"] == "a.transfer_read"] == [
        0,
        3,
    ]
