"""Is the small traffic of a training counted: masks of activations, errors that are added to errors,
maps of images that follow each other, and the offset of sliced weights?
"""

import pytest

import archsim
from archsim.chip.plan.memory_map import MemoryMap, images_in_flight
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from tests.near import near
from workloads.network import Layer, Network


def picture(*shape):
    return Layer("input", "input", (), (), shape)


# 2 x 2 windows over 4 x 4 values: 3 x 3 places; a ReLU, then the largest of each 3 x 3: one value
POOLED = Network(
    "pooled",
    (
        picture(1, 4, 4),
        Layer("a", "conv2d", ("input",), ((1, 4, 4),), (1, 4, 4)),
        Layer("b", "conv2d", ("a",), ((1, 4, 4),), (2, 3, 3), (2, 2)),
        Layer("r", "relu", ("b",), ((2, 3, 3),), (2, 3, 3)),
        Layer("p", "max_pool", ("r",), ((2, 3, 3),), (2, 1, 1), (3, 3), (3, 3)),
        Layer("f", "flatten", ("p",), ((2, 1, 1),), (2,)),
        Layer("c", "linear", ("f",), ((2,),), (2,)),
    ),
)
MASK = 18 + 2 * 4  # a bit for each ReLU, and four say which of nine


def counts(result, layer, phase, action, component="buffer"):
    return sum(
        row["count"]
        for row in result.ledger
        if (row["layer"], row["phase"], row["component"], row["action"])
        == (layer, phase, component, action)
    )


def step(**changes):
    chip = archsim.load_architecture("cim40", changes)
    return archsim.simulate(
        POOLED, chip, scheme="mixed_precision", phase="training", batch=2, timing=False
    )


def test_masks_are_left_on_the_way_forward_and_read_on_the_way_back():
    chip = archsim.load_architecture("cim40")
    width = chip.buffer.width_bits
    bits = chip.read.output_bits
    training, inference = step(), archsim.simulate(POOLED, chip, timing=False)
    # two results of 8 bits an image; a training of two images leaves its masks beside them
    assert counts(inference, "b", "forward", "write") == near(2 * bits / width)
    assert counts(training, "b", "forward", "write") == near(2 * (2 * bits + MASK) / width)


def test_a_mask_takes_memory_of_an_image():
    trace = build_trace(POOLED, load_scheme("mixed_precision"), "training", 2)
    words = sum(trace.state_words.values())
    chip = archsim.load_architecture("cim40")
    memory = MemoryMap.of(trace, chip, 2)
    assert memory.state_bits == words * chip.vector_unit.word_bits + MASK


def test_errors_of_windows_that_overlap_are_read_to_be_added_to():
    chip = archsim.load_architecture("cim40")
    width = chip.buffer.width_bits
    bits = chip.read.output_bits
    result = step()
    # nine vectors: two errors and eight weights of the copy in, four out, each added to what is
    # there; the masks once
    taken = 9 * (2 * chip.read.input_bits + 8 * chip.vector_unit.word_bits + 4 * bits) + MASK
    assert counts(result, "b", "backward", "read") == near(2 * taken / width)
    assert counts(result, "b", "backward", "write") == near(2 * 9 * 4 * bits / width)
    assert counts(result, "b", "backward", "add", "vector_unit") == 2 * 9 * 4


@pytest.mark.parametrize(
    ("images", "in_flight", "expected"), [(1, 64, 1), (5, 64, 5), (50, 64, 22), (50, 2, 1)]
)
def test_images_in_flight_are_those_of_the_operations_held(images, in_flight, expected):
    # three operations an image: 64 of them are of 22 images, the last one's in part
    changes = {"execution.mode": "pipelined", "controller.in_flight": in_flight}
    chip = archsim.load_architecture("cim40", changes)
    trace = build_trace(POOLED)
    assert images_in_flight(trace, chip, images) == expected
    assert images_in_flight(trace, archsim.load_architecture("cim40"), images) == 1


def test_maps_of_images_in_flight_lie_side_by_side():
    chip = archsim.load_architecture("cim40", {"execution.mode": "pipelined"})
    bits = chip.read.input_bits
    trace = build_trace(POOLED)
    # values in and out: a 16 + 16, b 16 + 2, c 2 + 2
    maps = (32, 18, 4)
    for images, beside in ((1, 0), (2, 32), (3, 32 + 18), (5, sum(maps) + 32)):
        memory = MemoryMap.of(trace, chip, images)
        assert memory.needed_bits(trace, chip) == (32 + beside) * bits
    # a training keeps alive what each image does, and a mini-batch ends before the next begins
    step = build_trace(POOLED, load_scheme("mixed_precision"), "training", 2)
    one, two, more = (MemoryMap.of(step, chip, images) for images in (1, 2, 9))
    assert one.resident_bits == (16 + 2 + 2) * bits
    assert two.resident_bits == more.resident_bits == 2 * one.resident_bits


def test_what_images_in_flight_keep_leaves_a_small_buffer():
    changes = {"execution.mode": "pipelined", "buffer.capacity_kib": 0.0625}
    chip = archsim.load_architecture("cim40", changes)
    one, four = (archsim.simulate(POOLED, chip, images=n, timing=False) for n in (1, 4))
    # 512 bits hold 64 values: 32 of one image; beside the largest map lie those of three more
    assert one.memory["maps_off_chip"] == 0
    assert four.memory["maps_off_chip"] == near(1 - 64 / (32 + 32 + 18 + 4))


def test_the_offset_of_sliced_weights_is_paid():
    changes = {"weights.mapping": "bit_slices", "weights.bits": 4, "weights.cell_bits": 2}
    changes |= {"read.accumulate": "analog", "tile.rows": 64, "tile.columns": 64}
    chip = archsim.load_architecture("cim40", changes)
    result = archsim.simulate(POOLED, chip, timing=False)
    # c: two inputs added up; of two weights two slices are joined, and the offset is taken off
    assert counts(result, "c", "forward", "add", "shift_add") == 2 + 2 * (1 + 1)
    # a single bit has no sign, and no offset
    changes |= {"weights.bits": 1, "weights.cell_bits": 1}
    single = archsim.load_architecture("cim40", changes)
    result = archsim.simulate(POOLED, single, timing=False)
    assert counts(result, "c", "forward", "add", "shift_add") == 0
