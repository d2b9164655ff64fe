"""Do reads straight from feature maps have the bits of one tile read after the other?"""

import numpy as np
import pytest

from archsim.kernels.map_read import WIDTH, gather_vectors, read_maps_in_parts, read_maps_once
from archsim.kernels.map_read_reference import read_maps_reference
from archsim.kernels.map_records import (
    MAP_COUNTS,
    MISSING,
    REPEATS,
    HeldBlocks,
    MapReads,
    MapSource,
)
from archsim.kernels.random import as_word
from archsim.kernels.tile_read import is_one_conversion
from archsim.operators.array_forward import array_inputs, on_array
from archsim.readers.table import Table
from archsim.soc.data.map_reads import block_keys, slice_ranges
from tests.members import every
from tests.physics.test_tile_reads import CASES
from workloads.layers import infer_layer

F = np.float32
SEED = 7
# two groups of 3 outputs and 5 lines, of which tiles hold 3 lines and 2 outputs; the second tile of
# the first group converts its lines one after the other
BLOCKS = [
    *((0, 0, 3, 0, 2, 0), (0, 0, 3, 2, 1, 1), (0, 3, 1, 0, 2, 2), (0, 4, 1, 0, 2, 2)),
    *((0, 3, 1, 2, 1, 3), (0, 4, 1, 2, 1, 3)),
    *((1, 0, 3, 0, 2, 4), (1, 0, 3, 2, 1, 5), (1, 3, 2, 0, 2, 6), (1, 3, 2, 2, 1, 7)),
]
CONVOLUTIONS = {
    "plain": {"kernel": 3},
    "padded": {"kernel": 3, "padding": 1},
    "uneven": {"kernel": [2, 3], "padding": [1, 0, 2, 1], "stride": [2, 1]},
    "dilated": {"kernel": 2, "dilation": 2, "padding": "same"},
    "grouped": {"kernel": 3, "groups": 2, "padding": 1},
    "by depth": {"kernel": 3, "groups": 4, "stride": 2},
    "points": {"kernel": 1},
}


def case_of(physics, biased, managed, images, vectors=5, devices=2):
    """Maps of 2 x 2 channels, of which a vector has two taps, on the tiles of `BLOCKS`."""
    draw = np.random.default_rng(4)
    rows = 4 if biased else 5
    channels = 4 if biased else 5
    positions = draw.integers(-1, 6, (2, vectors)).astype(np.int32)
    maps = draw.normal(size=(images, channels * 6)).astype(F)
    maps[-1] = 0
    source = MapSource(maps, positions, 6, rows, 2, F(1), managed, 127, as_word(11))
    weights = draw.normal(size=(2, 2, 3, 5)).astype(F)
    blocks = np.array(BLOCKS, np.int64)
    periphery = np.tile(physics, (devices, len(blocks), 1))
    held = HeldBlocks(weights, blocks, 8, periphery, block_keys(SEED, len(blocks), devices))
    slice_ranges(held)
    return source, held


def read(source, held):
    images = len(source.maps)
    vectors = source.positions.shape[1]
    reads = MapReads(
        np.zeros((images, 6, vectors), F),
        np.zeros(images * vectors, np.int64),
        np.zeros(MAP_COUNTS, np.int64),
    )
    once = is_one_conversion(held.periphery[0, 0])
    (read_maps_once if once else read_maps_in_parts)(source, held, reads)
    return reads


@every("managed", [False, True])
@every("biased", [False, True])
@every("case", CASES)
def test_maps_are_read_with_the_bits_of_the_twin(case, biased, managed):
    source, held = case_of(CASES[case], biased, managed, 3)
    compiled, twin = read(source, held), read_maps_reference(source, held, SEED)
    assert (compiled.outputs == twin.outputs).all()
    assert (compiled.slowest == twin.slowest).all()
    assert (compiled.counts == twin.counts).all()
    assert compiled.counts[REPEATS] > 0 or case == "unmanaged"


def test_images_that_go_together_do_not_see_each_other():
    # 30 images of 5 vectors are more than go through at a time, and one of them lies across
    images = 30
    assert images * 5 > WIDTH and WIDTH % 5
    source, held = case_of(CASES["plain"], False, True, images)
    together = read(source, held)
    for image in range(images):
        own = source._replace(
            maps=source.maps[image : image + 1], first=as_word(int(source.first) + 5 * image)
        )
        alone = read(own, held)
        assert (alone.outputs[0] == together.outputs[image]).all()
        assert (alone.slowest == together.slowest[5 * image : 5 * image + 5]).all()


def test_a_value_that_has_not_arrived_is_told():
    source, held = case_of(CASES["plain"], True, False, 3)
    source.maps[1, max(0, source.positions[0, 2])] = np.nan
    assert read(source, held).counts[MISSING] > 0


def layer_of(operator, shape, fields):
    table = Table({"name": "it", "operator": operator} | fields, "test")
    return infer_layer(table, operator, ("x",), (shape,))


@pytest.mark.parametrize(
    "layer",
    [layer_of("conv2d", (4, 7, 6), {"channels": 4} | it) for it in CONVOLUTIONS.values()]
    + [layer_of("linear", shape, {"features": 3}) for shape in ((5,), (4, 5))],
    ids=[*CONVOLUTIONS, "a vector", "vectors"],
)
def test_places_say_where_the_vectors_of_a_layer_lie(layer):
    maps = np.random.default_rng(1).normal(size=(2, *layer.input_shapes[0])).astype(F)
    positions, step = on_array(layer).positions(layer)
    shape = layer.matrix
    gathered = np.empty((2 * shape.vectors, shape.groups * shape.rows), F)
    turned = np.ascontiguousarray(positions.T)
    gather_vectors(maps.reshape(2, -1), turned, step, gathered)
    steps = slice(0, shape.vectors)
    assert (gathered == np.concatenate([array_inputs(layer, one, steps) for one in maps])).all()
