"""Do training, inference and their twins read the tiles that the chip places?"""

import numpy as np

from archsim.kernels.panels import LANES
from archsim.kernels.periphery import Periphery, read_physics
from archsim.kernels.read_block import PART, SMALL
from archsim.kernels.tile_read import Keys, TilePart, tile_read
from archsim.kernels.tile_read_reference import tile_read_reference
from archsim.kernels.tile_records import (
    CELL_BITS,
    DEVICE_NOISE,
    PERIPHERY,
    RETRY_LIMIT,
    SLOT_BITS,
    SLOTS,
    WEIGHT_BITS,
    WEIGHT_RANGE,
    WRITTEN,
)
from tests.members import every
from tests.near import near

F = np.float32


def physics(input_bits=8, output_bits=6, bound=1.5, noise=0.06, input_noise=0.0, managed="both"):
    values = np.zeros(PERIPHERY, F)
    periphery = Periphery(managed, managed, input_bits, 1.0, input_noise, output_bits, bound, noise)
    values[:8] = read_physics(periphery, False)
    values[SLOTS] = 1
    return values


def with_slots(values, bits, input_bits=8):
    values[[SLOTS, SLOT_BITS]] = -(-input_bits // bits), bits
    return values


def with_slices(values, weight_bits, cell_bits, full=0.0, written=False):
    values[[WEIGHT_BITS, CELL_BITS, WEIGHT_RANGE, WRITTEN]] = weight_bits, cell_bits, full, written
    return values


CASES = {
    "plain": physics(),
    "slots of a bit": with_slots(physics(), 1),
    "slots of three bits": with_slots(physics(input_noise=0.1), 3),
    "slices": with_slices(physics(), 8, 4),
    "uneven slices, no rounding": with_slices(physics(0, 0), 7, 2),
    "slots and slices": with_slices(with_slots(physics(), 2), 8, 3),
    "written slices": with_slices(physics(), 6, 2, full=0.8, written=True),
    "unmanaged": with_slots(physics(managed="off"), 4),
}


@every("transposed", [False, True])
@every("part", [None, TilePart(3, 2, 5, 4)])
@every("case", CASES)
def test_a_tile_has_the_bits_of_its_twin(case, part, transposed):
    draw = np.random.default_rng(2)
    weights = draw.normal(size=(9, 11)).astype(F)
    lines = part.lines if part else (9 if transposed else 11)
    inputs = draw.normal(size=(6, lines)).astype(F)
    inputs[3] = 0
    asked = (weights, inputs, CASES[case], Keys(3, 5, 7, 11), part, transposed)
    compiled, twin = tile_read(*asked), tile_read_reference(*asked)
    assert (compiled.outputs == twin.outputs).all()
    assert (compiled.repeats == twin.repeats).all()
    assert compiled.saturations == twin.saturations
    assert compiled.repeats.any() or case == "unmanaged"


def with_device_noise(values, noise=0.05):
    values[DEVICE_NOISE] = noise
    return values


# Blocks of many vectors are converted and multiplied in parts.
LONG = {
    "plain": physics(bound=9.0),
    "noise of the inputs": physics(bound=9.0, input_noise=0.1),
    "not rounded": physics(0, 0, bound=9.0),
    "as they are": physics(0, 6, bound=9.0, managed="off"),
    "clipped": physics(0, 6, bound=9.0, managed="off"),
    "once": physics(bound=3.0, managed="off"),
    "noisy devices": with_device_noise(physics(bound=9.0)),
    "noisy devices, as they are": with_device_noise(physics(0, 6, bound=9.0, managed="off")),
}


@every("count", [PART - 1, PART, PART + LANES - 1, PART + LANES, 2 * PART + 1, 3 * PART - 9])
@every("case", LONG)
def test_many_vectors_are_read_as_few_at_a_time(case, count):
    draw = np.random.default_rng(count)
    lines = SMALL // PART + 3
    weights = draw.uniform(-1, 1, (7, lines)).astype(F)
    inputs = draw.uniform(-1, 1, (count, lines)).astype(F) * (2 if case == "clipped" else 1)
    whole = tile_read(weights, inputs, LONG[case], Keys(3, 5, 7, 11))
    saturations, begin = 0, 0
    for width in (1, 100, 60, count):
        few = slice(begin, begin + width)
        read = tile_read(weights, inputs[few], LONG[case], Keys(3, 5, 7, 11 + begin))
        assert (read.outputs == whole.outputs[few]).all()
        assert (read.repeats == whole.repeats[few]).all()
        saturations += read.saturations
        begin += len(inputs[few])
    assert (begin, saturations) == (count, whole.saturations)
    assert whole.repeats.any() == (LONG[case][RETRY_LIMIT] > 0)


def exact(bound=1e6):
    return physics(input_bits=8, output_bits=0, bound=bound, noise=0.0, managed="off")


def test_slots_of_an_input_add_up_to_its_code():
    # codes -127 to 127 of eight bits, a weight of one: whatever the slots, the output is the code
    codes = np.arange(-127, 128, dtype=F)
    inputs = (codes / F(127))[:, None]
    for bits in (1, 2, 3, 4, 7, 8):
        values = with_slots(exact(), bits) if bits < 8 else exact()
        outputs = tile_read(np.ones((1, 1), F), inputs, values).outputs[:, 0]
        np.testing.assert_allclose(outputs * 127, codes, atol=1e-4)


def test_slices_of_a_weight_add_up_to_its_code():
    # eight bits: the largest weight 0.5 has the code 127, so 0.1 has 25 (25.4) and reads as 25/254
    weights = np.array([[0.5, -0.5, 0.1, 0.0]], F)
    for cell_bits in (1, 2, 3, 4, 8):
        values = with_slices(exact(), 8, cell_bits)
        outputs = tile_read(weights.T.copy(), np.ones((1, 1), F), values).outputs[0]
        np.testing.assert_allclose(outputs, [0.5, -0.5, 25 / 254, 0.0], atol=1e-6)
        back = tile_read(weights.T.copy(), np.eye(4, dtype=F), values, transposed=True)
        np.testing.assert_allclose(back.outputs[:, 0], [0.5, -0.5, 25 / 254, 0.0], atol=1e-6)


def test_a_written_weight_keeps_what_lies_beside_its_code():
    # 0.1 of a range of 0.5 in four bits: code 1 (1.4 of 7); written, the highest cell makes up 0.4
    weights = np.array([[0.1]], F)
    one = np.ones((1, 1), F)
    coded = tile_read(weights, one, with_slices(exact(), 4, 2, full=0.5))
    written = tile_read(weights, one, with_slices(exact(), 4, 2, full=0.5, written=True))
    assert coded.outputs[0, 0] == near(0.5 / 7)
    assert written.outputs[0, 0] == near(0.1)


def test_a_slot_is_converted_by_itself():
    # input 3/127 in two slots of four bits: the first drives 3/15, the second nothing. A converter
    # of 3 bits has levels of a third: 3/15 x 1 rounds to 1/3 (0.6 of it), which counts 15/127.
    values = with_slots(physics(8, 3, bound=1.0, noise=0.0, managed="off"), 4)
    outputs = tile_read(np.ones((1, 1), F), np.array([[3 / 127]], F), values).outputs
    assert outputs[0, 0] == near(1 / 3 * 15 / 127)
    together = physics(8, 3, bound=1.0, noise=0.0, managed="off")
    assert tile_read(np.ones((1, 1), F), np.array([[3 / 127]], F), together).outputs[0, 0] == 0
