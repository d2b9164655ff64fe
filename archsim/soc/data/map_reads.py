"""Reads of a layer's tiles from feature maps: from the chip's words to the compiled read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.chip.config import Architecture
from archsim.kernels.map_read import read_maps_in_parts, read_maps_once
from archsim.kernels.map_records import (
    CODES,
    MAP_COUNTS,
    MISSING,
    NONZERO,
    ONES,
    REPEATS,
    SATURATIONS,
    HeldBlocks,
    MapReads,
    MapSource,
)
from archsim.kernels.random import READ_INPUT, READ_OUTPUT, as_word, stream_key
from archsim.kernels.tile_read import is_one_conversion
from archsim.kernels.tile_records import CELL_BITS, WEIGHT_RANGE
from archsim.operators.on_array import Positions
from archsim.soc.data.layer_reads import CodeCounts
from archsim.soc.data.no_numbers import NOT_ARRIVED, NotArrivedError

STEP = as_word(0)  # an inference has no steps of training


class AskedMaps(NamedTuple):
    """Maps (images, values) to be read: where their vectors lie, rows of a group without a bias,
    number of the first vector, whether a bias on the tiles is driven, and whether input codes are
    counted.
    """

    maps: np.ndarray
    positions: Positions
    rows: int
    first: int
    bias: bool
    with_codes: bool


class MapOutputs(NamedTuple):
    """Outputs (images, groups x outputs, vectors), summed over the devices of a weight; repeats of
    each vector's slowest tile and of all tiles, saturated outputs, and input codes.
    """

    outputs: np.ndarray
    slowest: np.ndarray
    repeats: int
    saturations: int
    codes: CodeCounts


def block_keys(seed: int, blocks: int, devices: int) -> np.ndarray:
    """Keys of the noise of inputs and outputs, uint64 (devices, blocks, 2)."""
    streams = (READ_INPUT, READ_OUTPUT)
    word = as_word(seed)
    keys = [
        as_word(stream_key(word, STEP, as_word(number), stream))
        for number in range(devices * blocks)
        for stream in streams
    ]
    return np.array(keys, np.uint64).reshape(devices, blocks, len(streams))


def slice_ranges(held: HeldBlocks) -> None:
    """Set the full scale of weights that are cut into slices: the largest of their matrix."""
    copies = len(held.weights)
    for device, rows in enumerate(held.periphery):
        largest = np.abs(held.weights[device % copies]).max(axis=(1, 2), initial=0)
        for (group, *_), periphery in zip(held.blocks, rows):
            if periphery[CELL_BITS] > 0:
                periphery[WEIGHT_RANGE] = largest[group]


def read_on_tiles(held: HeldBlocks, asked: AskedMaps, chip: Architecture) -> MapOutputs:
    """Read all vectors of some maps.

    Args:
        held: the weights on the tiles.
        asked: the maps.
        chip: its input converters.

    Returns:
        the `MapOutputs`.

    Raises:
        RuntimeError: for a value that is no number: it was fetched before it had arrived.
    """
    positions, step = asked.positions
    images = len(asked.maps)
    vectors = positions.shape[1]
    _, groups, columns, _ = held.weights.shape
    reads = MapReads(
        np.zeros((images, groups * columns, vectors), np.float32),
        np.zeros(images * vectors, np.int64),
        np.zeros(MAP_COUNTS, np.int64),
    )
    source = MapSource(
        np.ascontiguousarray(asked.maps, np.float32),
        positions,
        step,
        asked.rows,
        groups,
        np.float32(asked.bias),
        bool(chip.physics.noise_management),
        2**chip.read.input_bits - 1 if asked.with_codes else 0,
        as_word(asked.first),
    )
    read = read_maps_once if is_one_conversion(held.periphery[0, 0]) else read_maps_in_parts
    read(source, held, reads)
    counts = reads.counts
    if counts[MISSING]:
        raise NotArrivedError(NOT_ARRIVED)
    codes = CodeCounts()
    if asked.with_codes:
        values = images * vectors * asked.rows * groups
        codes = CodeCounts(values, int(counts[NONZERO]), int(counts[CODES]), int(counts[ONES]))
    return MapOutputs(
        reads.outputs, reads.slowest, int(counts[REPEATS]), int(counts[SATURATIONS]), codes
    )
